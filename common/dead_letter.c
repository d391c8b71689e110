#include "common/dead_letter.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

static const char *const k_ours[] = {"wm-service",   "wm-version", "wm-error", "wm-reason",   "wm-topic",
                                     "wm-partition", "wm-offset",  "wm-time",  "wm-truncated"};

static bool is_ours(const char *name) {
  for (size_t i = 0; i < sizeof k_ours / sizeof k_ours[0]; i++)
    if (strcmp(name, k_ours[i]) == 0) return true;
  return false;
}

static bool add(rd_kafka_headers_t *headers, const char *name, const char *value) {
  return rd_kafka_header_add(headers, name, -1, value, (ssize_t)strlen(value)) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool add_number(rd_kafka_headers_t *headers, const char *name, int64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%lld", (long long)value);
  return add(headers, name, text);
}

static bool add_time(rd_kafka_headers_t *headers) {
  struct timespec ts;
  struct tm tm;
  char text[64];
  clock_gettime(CLOCK_REALTIME, &ts);
  gmtime_r(&ts.tv_sec, &tm);
  size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(text + n, sizeof text - n, ".%03ldZ", ts.tv_nsec / 1000000);
  return add(headers, "wm-time", text);
}

/* The reason as valid UTF-8 of at most WM_DEAD_LETTER_REASON_MAX bytes: a message may quote bytes of the article. */
static bool add_reason(rd_kafka_headers_t *headers, const char *text) {
  char reason[WM_DEAD_LETTER_REASON_MAX + 1];
  size_t len = strlen(text), bad = 0;
  if (len > WM_DEAD_LETTER_REASON_MAX) {
    len = WM_DEAD_LETTER_REASON_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) len--;
  }
  memcpy(reason, text, len);
  reason[len] = '\0';
  while (!wm_utf8_valid(reason, len, &bad)) reason[bad] = '?';
  return add(headers, "wm-reason", reason);
}

static bool copy_others(rd_kafka_headers_t *to, const rd_kafka_message_t *message) {
  rd_kafka_headers_t *from = NULL;
  if (rd_kafka_message_headers(message, &from) != RD_KAFKA_RESP_ERR_NO_ERROR) return true; /* it has none */
  const char *name;
  const void *value;
  size_t size;
  for (size_t i = 0; rd_kafka_header_get_all(from, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
    if (is_ours(name)) continue;
    if (rd_kafka_header_add(to, name, -1, value, (ssize_t)size) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  }
  return true;
}

rd_kafka_headers_t *wm_dead_letter_headers(const rd_kafka_message_t *message, const char *service, const char *version,
                                           const wm_error_t *why, const wm_dead_letter_form_t *form) {
  rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
  if (!headers) return NULL;
  bool ok = (form && form->bare) || copy_others(headers, message);
  ok = ok && add(headers, "wm-service", service) && add(headers, "wm-version", version);
  ok = ok && add(headers, "wm-error", wm_err_word(why->code)) && add_reason(headers, why->text);
  ok = ok && add(headers, "wm-topic", rd_kafka_topic_name(message->rkt));
  ok = ok && add_number(headers, "wm-partition", message->partition);
  ok = ok && add_number(headers, "wm-offset", message->offset) && add_time(headers);
  if (form && form->truncated) ok = ok && add_number(headers, "wm-truncated", (int64_t)message->len);
  if (ok) return headers;
  rd_kafka_headers_destroy(headers);
  return NULL;
}

rd_kafka_headers_t *wm_dead_letter_original_headers(const rd_kafka_message_t *message) {
  rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
  if (headers && copy_others(headers, message)) return headers;
  if (headers) rd_kafka_headers_destroy(headers);
  return NULL;
}
