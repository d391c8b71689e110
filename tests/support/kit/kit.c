#include "kit.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile sig_atomic_t stopped;

int kit_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "%s: ", program_invocation_short_name);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  return 1;
}

/* Lost connections are news only to a person: the tests take the broker away on purpose. */
static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
  (void)opaque;
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    char text[512];
    rd_kafka_fatal_error(rk, text, sizeof text);
    kit_fail("%s: %s", reason, text);
  }
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
  (void)rk;
  if (level <= 2) kit_fail("%s: %s", facility, text);
}

rd_kafka_conf_t *kit_conf(const char *brokers, const kit_property_t *properties, size_t n) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  char text[512];
  const kit_property_t server = {"bootstrap.servers", brokers};
  rd_kafka_conf_set_error_cb(conf, on_error);
  rd_kafka_conf_set_log_cb(conf, on_log);
  for (size_t i = 0; i <= n; i++) {
    const kit_property_t *p = i ? &properties[i - 1] : &server;
    if (rd_kafka_conf_set(conf, p->name, p->value, text, sizeof text) != RD_KAFKA_CONF_OK) {
      kit_fail("%s", text);
      rd_kafka_conf_destroy(conf);
      return NULL;
    }
  }
  return conf;
}

rd_kafka_t *kit_client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char text[512];
  if (!conf) return NULL;
  rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
  if (!rk) {
    kit_fail("%s", text);
    rd_kafka_conf_destroy(conf);
    return NULL;
  }
  if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(rk);
  return rk;
}

static int64_t clock_us(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t kit_now_us(void) {
  return clock_us(CLOCK_REALTIME);
}
int64_t kit_monotonic_us(void) {
  return clock_us(CLOCK_MONOTONIC);
}

bool kit_number(const char *text, long min, long max, long *out) {
  char *end;
  errno = 0;
  *out = strtol(text, &end, 10);
  return !errno && end != text && !*end && *out >= min && *out <= max;
}

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

void kit_stop_on_signals(void) {
  const struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
}

bool kit_stopped(void) {
  return stopped != 0;
}
