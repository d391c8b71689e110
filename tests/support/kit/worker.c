#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *variable(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value && *value ? value : otherwise;
}

bool kit_worker_settings(kit_worker_t *w) {
  memset(w, 0, sizeof *w);
  w->brokers = variable("WM_KAFKA_BOOTSTRAP_SERVERS", NULL);
  w->topic_in = variable("WM_TOPIC_IN", NULL);
  w->topic_out = variable("WM_TOPIC_OUT", NULL);
  w->topic_dlq = variable("WM_TOPIC_DLQ", NULL);
  w->group = variable("WM_GROUP", NULL);
  w->session_timeout_ms = variable("WM_KAFKA_SESSION_TIMEOUT_MS", "45000");
  w->transaction_timeout_ms = variable("WM_TRANSACTION_TIMEOUT_MS", "60000");
  if (!kit_number(variable("WM_COMMIT_MESSAGES", "1000"), 1, 1000000, &w->commit_messages)) return false;
  if (!kit_number(variable("WM_COMMIT_MS", "100"), 1, 60000, &w->commit_ms)) return false;
  return w->brokers && w->topic_in && w->topic_out && w->topic_dlq && w->group;
}

rd_kafka_resp_err_t kit_worker_forward(kit_worker_t *w, const rd_kafka_message_t *m) {
  rd_kafka_headers_t *headers = NULL, *copy = NULL;
  json_t *article = m->payload ? json_loadb(m->payload, m->len, JSON_REJECT_DUPLICATES, NULL) : NULL;
  char *text = article ? json_dumps(article, JSON_COMPACT) : NULL;
  const char *topic = text || !m->payload ? w->topic_out : w->topic_dlq;
  void *value = text ? text : m->payload;
  const size_t length = text ? strlen(text) : m->len;
  rd_kafka_resp_err_t e;
  if (!rd_kafka_message_headers(m, &headers)) copy = rd_kafka_headers_copy(headers);
  const bool owned = text != NULL; /* the text is given to librdkafka, which frees it */
  while ((e = rd_kafka_producev(
              w->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(m->key, m->key_len), RD_KAFKA_V_VALUE(value, length),
              RD_KAFKA_V_MSGFLAGS(owned ? RD_KAFKA_MSG_F_FREE : RD_KAFKA_MSG_F_COPY),
              RD_KAFKA_V_TIMESTAMP(rd_kafka_message_timestamp(m, NULL)), RD_KAFKA_V_HEADERS(copy), RD_KAFKA_V_END)) ==
         RD_KAFKA_RESP_ERR__QUEUE_FULL)
    rd_kafka_poll(w->producer, 10);
  if (e) {
    if (copy) rd_kafka_headers_destroy(copy);
    free(text);
  }
  json_decref(article);
  return e;
}
