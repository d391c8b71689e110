/*
 * bench_post_bare BROKERS TOPIC: the bare loop beside POST /articles: libmicrohttpd takes a body of up to 1 MiB, librdkafka's idempotent producer
 * sends it as one record, and its delivery report answers 202. Nothing is looked at. Writes its port on stdout; ends on SIGTERM.
 */
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/kit.h"

#define BODY_MAX (1u << 20)
#define CONNECTIONS_MAX 256u

typedef struct {
  struct MHD_Connection *connection;
  char *body;
  size_t len;
  bool sent;
} request_t;

static rd_kafka_t *g_producer;
static rd_kafka_topic_t *g_topic;
static pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER; /* so that no report resumes what is not suspended yet */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
  (void)rk;
  (void)opaque;
  request_t *r = m->_private;
  if (m->err) kit_fail("delivery: %s", rd_kafka_err2str(m->err));
  pthread_mutex_lock(&g_lock);
  MHD_resume_connection(r->connection);
  pthread_mutex_unlock(&g_lock);
}

static enum MHD_Result answer(struct MHD_Connection *connection) {
  static char text[] = "{\"uris\":[]}\n";
  struct MHD_Response *response = MHD_create_response_from_buffer(sizeof text - 1, text, MHD_RESPMEM_PERSISTENT);
  enum MHD_Result rc = MHD_queue_response(connection, 202, response);
  MHD_destroy_response(response);
  return rc;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *bytes, size_t *len,
                                  void **state) {
  (void)context, (void)path, (void)method, (void)version;
  request_t *r = *state;
  if (!r) {
    *state = r = calloc(1, sizeof *r);
    if (!r) return MHD_NO;
    r->connection = connection;
    return MHD_YES;
  }
  if (*len > 0) {
    if (r->len + *len > BODY_MAX) return MHD_NO;
    char *grown = realloc(r->body, r->len + *len);
    if (!grown) return MHD_NO;
    r->body = grown;
    memcpy(r->body + r->len, bytes, *len);
    r->len += *len;
    *len = 0;
    return MHD_YES;
  }
  if (r->sent) return answer(connection);
  r->sent = true;
  pthread_mutex_lock(&g_lock);
  const bool sent =
      rd_kafka_produce(g_topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_FREE, r->body, r->len, &r, sizeof r, r) == 0;
  if (sent) MHD_suspend_connection(connection);
  pthread_mutex_unlock(&g_lock);
  if (sent) r->body = NULL;
  return sent ? MHD_YES : MHD_NO;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
  (void)context, (void)connection, (void)how;
  request_t *r = *state;
  if (r) free(r->body);
  free(r);
  *state = NULL;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: bench_post_bare BROKERS TOPIC\n");
    return 64;
  }
  const kit_property_t properties[] = {{"enable.idempotence", "true"}, {"linger.ms", "5"}, {"compression.type", "lz4"}};
  rd_kafka_conf_t *conf = kit_conf(argv[1], properties, sizeof properties / sizeof properties[0]);
  if (!conf) return 1;
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  kit_stop_on_signals();
  g_producer = kit_client(RD_KAFKA_PRODUCER, conf);
  g_topic = g_producer ? rd_kafka_topic_new(g_producer, argv[2], NULL) : NULL;
  struct MHD_Daemon *daemon =
      g_topic ? MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
                                 NULL, on_request, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                                 MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_END)
              : NULL;
  if (!daemon) return kit_fail("the server does not start");
  printf("%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
  fflush(stdout);
  while (!kit_stopped()) rd_kafka_poll(g_producer, 100);
  rd_kafka_flush(g_producer, 10000);
  MHD_stop_daemon(daemon);
  rd_kafka_topic_destroy(g_topic);
  rd_kafka_destroy(g_producer);
  return 0;
}
