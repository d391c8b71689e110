/* One message: read, enrich, publish; or a dead letter; or passed on as a withdrawal. All in the open transaction. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/stage_internal.h"

typedef struct {
  rd_kafka_topic_t *topic;
  const void *key, *value; /* NULL: null */
  size_t key_len, len;
  rd_kafka_headers_t *headers; /* taken when it is sent */
} record_t;

typedef enum { SENT, REFUSED, STEP_ABORTED, STEP_END } sent_t;

static rd_kafka_resp_err_t send_once(wm_worker_t *w, const rd_kafka_message_t *source, const record_t *r) {
  rd_kafka_timestamp_type_t type;
  int64_t timestamp = rd_kafka_message_timestamp(source, &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) timestamp = 0; /* now */
  return rd_kafka_producev(w->producer, RD_KAFKA_V_RKT(r->topic), RD_KAFKA_V_KEY(r->key, r->key_len),
                           RD_KAFKA_V_VALUE((void *)(uintptr_t)r->value, r->len),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(timestamp),
                           RD_KAFKA_V_HEADERS(r->headers),
                           RD_KAFKA_V_OPAQUE(wm_suspect_pack(source->partition, source->offset)), RD_KAFKA_V_END);
}

/* Takes r->headers in every case. REFUSED: the record is larger than anything librdkafka would send. */
static sent_t publish(wm_worker_t *w, const rd_kafka_message_t *source, record_t *r) {
  for (;;) {
    rd_kafka_resp_err_t rc = send_once(w, source, r);
    if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
      w->tally.bytes_out += r->len;
      return SENT;
    }
    if (rc == RD_KAFKA_RESP_ERR__QUEUE_FULL && rd_kafka_outq_len(w->producer) > 0) {
      rd_kafka_poll(w->producer, 50);
      if (!wm_worker_give_up(w)) continue;
    }
    if (r->headers) rd_kafka_headers_destroy(r->headers);
    r->headers = NULL;
    if (rc == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || rc == RD_KAFKA_RESP_ERR__QUEUE_FULL) return REFUSED;
    wm_log_warn("record not accepted", WM_LOG_INT("worker", w->index), WM_LOG_STR("reason", rd_kafka_err2str(rc)));
    /* The transaction has failed in the background; whether it can be aborted the abort finds out. */
    return wm_txn_abort(w, "a record was not accepted") == WM_STEP_ABORTED ? STEP_ABORTED : STEP_END;
  }
}

static wm_step_t fail_nomem(wm_worker_t *w) {
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set(&err, WM_ERR_NOMEM, "out of memory");
  return wm_worker_fail(w, &err);
}

/* Publishes a dead letter in the form of `level`, and in the next one where that is too large to be sent at all. */
static wm_step_t dead_letter(wm_worker_t *w, const rd_kafka_message_t *m, wm_level_t level, const wm_error_t *why) {
  if (level < WM_LEVEL_DEAD_LETTER) level = WM_LEVEL_DEAD_LETTER;
  for (; level < WM_LEVEL_END; level++) {
    wm_dead_letter_form_t form = {.truncated = level >= WM_LEVEL_TRUNCATED && m->payload,
                                  .bare = level >= WM_LEVEL_BARE};
    record_t r = {.topic = w->dlq_topic, .key = m->key, .key_len = m->key_len, .value = m->payload, .len = m->len};
    if (form.truncated) r.value = "", r.len = 0;
    if (form.bare) r.key = NULL, r.key_len = 0;
    r.headers = wm_dead_letter_headers(m, w->stage->set.service->name, w->stage->set.service->version, why, &form);
    if (!r.headers) return fail_nomem(w);
    sent_t sent = publish(w, m, &r);
    if (sent == REFUSED) continue;
    if (sent != SENT) return sent == STEP_ABORTED ? WM_STEP_ABORTED : WM_STEP_END;
    w->tally.dead++;
    w->tally.errors[why->code]++;
    wm_log_warn("dead letter", WM_LOG_INT("worker", w->index), WM_LOG_STR("error", wm_err_word(why->code)),
                WM_LOG_INT("partition", m->partition), WM_LOG_INT("offset", m->offset),
                WM_LOG_BOOL("truncated", form.truncated), WM_LOG_STR("reason", why->text));
    return WM_STEP_OK;
  }
  wm_error_t err = WM_ERROR_INIT;
  wm_error_set(&err, WM_ERR_KAFKA, "topic %s takes not even an empty dead letter for partition %d offset %lld of %s",
               w->stage->set.topic_dlq, (int)m->partition, (long long)m->offset, w->stage->set.topic_in);
  return wm_worker_fail(w, &err);
}

/* Passes `value` on with the message's own headers. */
static sent_t forward(wm_worker_t *w, const rd_kafka_message_t *m, const void *key, size_t key_len, const void *value,
                      size_t len) {
  record_t r = {.topic = w->out_topic, .key = key, .key_len = key_len, .value = value, .len = len};
  rd_kafka_headers_t *headers = NULL;
  if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    r.headers = rd_kafka_headers_copy(headers); /* not detached: a dead letter may still need them */
    if (!r.headers) {
      fail_nomem(w);
      return STEP_END;
    }
  }
  return publish(w, m, &r);
}

static wm_err_t render(wm_worker_t *w, const rd_kafka_message_t *m, bool *skip, wm_error_t *err) {
  rd_kafka_timestamp_type_t type;
  wm_origin_t origin = {
      .timestamp_ms = rd_kafka_message_timestamp(m, &type), .partition = m->partition, .offset = m->offset};
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) origin.timestamp_ms = 0;
  return w->stage->set.service->render(w->enricher, w->article, &origin, &w->out, skip, err);
}

/* Fills `out`, or sets `*skip`. */
static wm_err_t enrich(wm_worker_t *w, const rd_kafka_message_t *m, bool *skip, wm_error_t *err) {
  const wm_stage_settings_t *set = &w->stage->set;
  wm_buffer_reset(&w->out);
  wm_err_t rc = wm_article_parse(w->article, m->payload, m->len, NULL, err);
  if (rc != WM_OK) return rc;
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  rc = set->service->render ? render(w, m, skip, err)
                            : wm_service_enrich(set->service, set->shared, w->enricher, w->article, err);
  clock_gettime(CLOCK_MONOTONIC, &to);
  wm_metric_observe(w->stage->metrics.enrich,
                    (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
  if (rc == WM_OK && !set->service->render) rc = wm_article_write(w->article, &w->out, err);
  return rc;
}

/* Why a broker refused it, as the error of a dead letter. */
static void refusal(wm_worker_t *w, rd_kafka_resp_err_t code, wm_error_t *why) {
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE)
    wm_error_set(why, WM_ERR_TOO_LARGE, "the enriched article is larger than topic %s takes", w->stage->set.topic_out);
  else
    wm_error_set_class(why, WM_ERR_KAFKA, WM_CLASS_POISON, "topic %s refused the enriched article: %s",
                       w->stage->set.topic_out, rd_kafka_err2str(code));
}

static wm_step_t publish_enriched(wm_worker_t *w, const rd_kafka_message_t *m) {
  bool withdrawn = !m->payload;
  const void *key = m->key;
  size_t key_len = m->key_len;
  if (!key && !withdrawn) {
    key = wm_article_uri(w->article);
    key_len = strlen(key);
  }
  sent_t sent = withdrawn ? forward(w, m, key, key_len, NULL, 0) : forward(w, m, key, key_len, w->out.data, w->out.len);
  if (sent == REFUSED) {
    wm_error_t why = WM_ERROR_INIT;
    refusal(w, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, &why);
    return dead_letter(w, m, WM_LEVEL_DEAD_LETTER, &why);
  }
  if (sent != SENT) return sent == STEP_ABORTED ? WM_STEP_ABORTED : WM_STEP_END;
  if (withdrawn) w->tally.withdrawn++;
  else w->tally.enriched++;
  return WM_STEP_OK;
}

static wm_step_t dispatch(wm_worker_t *w, const rd_kafka_message_t *m, wm_level_t level) {
  wm_error_t err = WM_ERROR_INIT;
  if (level >= WM_LEVEL_DEAD_LETTER) {
    rd_kafka_resp_err_t code;
    wm_suspect_level(w, m->partition, m->offset, &code);
    refusal(w, code, &err);
    return dead_letter(w, m, level, &err);
  }
  bool skip = false;
  if (!m->payload || enrich(w, m, &skip, &err) == WM_OK) {
    if (!skip) return publish_enriched(w, m);
    w->tally.skipped++;
    return WM_STEP_OK;
  }
  if (err.cls == WM_CLASS_POISON) return dead_letter(w, m, WM_LEVEL_DEAD_LETTER, &err);
  return wm_worker_fail(w, &err);
}

wm_step_t wm_worker_process(wm_worker_t *w, const rd_kafka_message_t *message, wm_level_t level) {
  if (!w->txn_open) {
    wm_step_t step = wm_txn_begin(w);
    if (step != WM_STEP_OK) return step;
  }
  w->tally.messages++;
  w->tally.bytes_in += message->len;
  wm_step_t step = dispatch(w, message, level);
  if (step == WM_STEP_OK) w->parts[message->partition].next = message->offset + 1;
  return step;
}
