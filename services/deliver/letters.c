/* Dead letters of a target: an idempotent producer; a record is done when its letter is acknowledged. */
#include <stdlib.h>
#include <string.h>

#include "common/dead_letter.h"
#include "common/kafka.h"
#include "common/log.h"
#include "services/deliver/runner.h"

#define AGAIN_MS 2000

struct wm_letter {
  wm_letter_t *next;
  wm_record_t record;
  wm_error_t why;
  wm_dead_letter_form_t form;
  void *job;
};

static void finish(wm_runner_t *r, wm_letter_t *l) {
  wm_record_t record = l->record;
  void *job = l->job;
  wm_log_warn("dead letter", WM_LOG_STR("target", r->target->name), WM_LOG_STR("topic", r->target->dead_letters),
              WM_LOG_STR("error", wm_err_word(l->why.code)), WM_LOG_INT("partition", record.message->partition),
              WM_LOG_INT("offset", record.message->offset));
  free(l);
  r->letters_open--;
  wm_runner_done(r, &record, r->metrics.dead);
  if (job) r->operations->letter_done(r, job);
}

static void again(wm_runner_t *r, wm_letter_t *l) {
  l->next = r->letters_again;
  r->letters_again = l;
  if (r->letters_at == 0) r->letters_at = wm_runner_now() + AGAIN_MS;
}

static void send_once(wm_runner_t *r, wm_letter_t *l) {
  const rd_kafka_message_t *m = l->record.message;
  rd_kafka_timestamp_type_t type;
  int64_t timestamp = rd_kafka_message_timestamp(m, &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) timestamp = 0;
  rd_kafka_headers_t *headers = wm_dead_letter_headers(m, "deliver", WM_VERSION, &l->why, &l->form);
  const void *value = l->form.truncated ? "" : m->payload;
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__FAIL;
  if (headers)
    code = rd_kafka_producev(r->letters, RD_KAFKA_V_RKT(r->letters_topic), RD_KAFKA_V_KEY(m->key, m->key_len),
                             RD_KAFKA_V_VALUE((void *)(uintptr_t)value, l->form.truncated ? 0 : m->len),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(timestamp),
                             RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(l), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  if (headers) rd_kafka_headers_destroy(headers);
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) l->form.truncated = true;
  again(r, l);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *runner) {
  wm_runner_t *r = runner;
  wm_letter_t *l = m->_private;
  (void)rk;
  if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    finish(r, l);
    return;
  }
  if (m->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || m->err == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE) {
    if (l->form.truncated) l->form.bare = true;
    l->form.truncated = true;
  } else if (m->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE && m->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
    wm_log_warn("dead letter not taken", WM_LOG_STR("target", r->target->name),
                WM_LOG_STR("topic", r->target->dead_letters), WM_LOG_STR("reason", rd_kafka_err2str(m->err)),
                WM_LOG_STR("remedy", "create the topic (wiremill setup TOPIC); it is tried again"));
  }
  again(r, l);
}

wm_err_t wm_letters_open(wm_runner_t *r, wm_error_t *err) {
  rd_kafka_conf_t *conf = wm_kafka_conf(WM_KAFKA_PRODUCER, r->set->bootstrap_servers, r->set->config, err);
  if (!conf) return WM_ERR_CONFIG;
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set_opaque(conf, r);
  r->letters = wm_kafka_new(RD_KAFKA_PRODUCER, conf, err);
  if (!r->letters) return WM_ERR_CONFIG;
  r->letters_topic = rd_kafka_topic_new(r->letters, r->target->dead_letters, NULL);
  if (r->letters_topic) return WM_OK;
  return wm_error_set(err, WM_ERR_CONFIG, "target %s: %s is no name for a topic", r->target->name,
                      r->target->dead_letters);
}

void wm_letters_close(wm_runner_t *r) {
  if (r->letters) rd_kafka_purge(r->letters, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  if (r->letters) rd_kafka_flush(r->letters, 1000);
  for (wm_letter_t *l = r->letters_again, *next; l; l = next) { /* not committed: read again */
    next = l->next;
    rd_kafka_message_destroy(l->record.message);
    free(l);
  }
  r->letters_again = NULL;
  if (r->letters_topic) rd_kafka_topic_destroy(r->letters_topic);
  if (r->letters) rd_kafka_destroy(r->letters);
  r->letters_topic = NULL;
  r->letters = NULL;
}

wm_err_t wm_letters_send(wm_runner_t *r, const wm_record_t *record, const wm_error_t *why, void *job, wm_error_t *err) {
  wm_letter_t *l = calloc(1, sizeof *l);
  if (!l) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  l->record = *record;
  l->why = *why;
  l->job = job;
  r->letters_open++;
  send_once(r, l);
  return WM_OK;
}

void wm_letters_serve(wm_runner_t *r) {
  if (r->letters_open == 0) return;
  rd_kafka_poll(r->letters, 0);
  if (!r->letters_again || wm_runner_now() < r->letters_at) return;
  wm_letter_t *list = r->letters_again;
  r->letters_again = NULL;
  r->letters_at = 0;
  for (wm_letter_t *next; list; list = next) {
    next = list->next;
    send_once(r, list);
  }
}

void wm_letters_flush(wm_runner_t *r, int ms) {
  if (r->letters_open > 0) rd_kafka_flush(r->letters, ms);
}
