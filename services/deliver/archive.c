/*
 * Target file: lines into numbered files (store.h).
 *
 * A commit writes the buffer, syncs it, and then commits offsets together with the file's number and length. After a crash the file is
 * cut back to that length before anything is written, so no half line and no line of what will be read again stays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "services/deliver/format.h"
#include "services/deliver/runner.h"
#include "services/deliver/store.h"

#define AGAIN_MS 2000 /* after an error of the disk */
#define LINE_MAX_BYTES (80u << 20)

typedef struct {
  wm_store_t store;
  wm_buffer_t line;
  bool resumed;
  int64_t again_at; /* ms: not to be written before; 0: no trouble */
} archive_t;

static archive_t *archive_of(const wm_runner_t *r) {
  return r->state;
}

static wm_err_t open_archive(wm_runner_t *r, wm_error_t *err) {
  archive_t *a = calloc(1, sizeof *a);
  if (!a) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_buffer_init(&a->line, LINE_MAX_BYTES);
  wm_err_t rc = wm_store_open(&a->store, r->target->path, err);
  if (rc != WM_OK) {
    free(a);
    return rc;
  }
  r->state = a;
  return WM_OK;
}

static void close_archive(wm_runner_t *r) {
  archive_t *a = archive_of(r);
  if (!a) return;
  wm_store_close(&a->store);
  wm_buffer_clear(&a->line);
  free(a);
  r->state = NULL;
}

/* The first assignment tells where the last process was: the furthest place of the partitions that are ours. */
static wm_err_t assigned(wm_runner_t *r, const rd_kafka_topic_partition_list_t *committed, wm_error_t *err) {
  archive_t *a = archive_of(r);
  int64_t number = 0, length = 0;
  if (a->resumed) return WM_OK;
  for (int i = 0; i < committed->cnt; i++) {
    int64_t n, l;
    if (!wm_store_place_read(&a->store, committed->elems[i].metadata, committed->elems[i].metadata_size, &n, &l))
      continue;
    if (n < number || (n == number && l <= length)) continue;
    number = n;
    length = l;
  }
  wm_err_t rc = wm_store_resume(&a->store, number, length, err);
  if (rc != WM_OK) return rc;
  a->resumed = true;
  if (number == a->store.number && length > a->store.length)
    wm_log_warn("a file is shorter than what was committed", WM_LOG_STR("target", r->target->name),
                WM_LOG_INT("file", number), WM_LOG_INT("committed", length), WM_LOG_INT("length", a->store.length));
  wm_log_info("archive goes on", WM_LOG_STR("target", r->target->name), WM_LOG_INT("file", a->store.number),
              WM_LOG_INT("length", a->store.length));
  return WM_OK;
}

static bool store_ok(wm_runner_t *r, wm_err_t rc, wm_error_t *err) {
  archive_t *a = archive_of(r);
  wm_metric_set(r->metrics.up, rc == WM_OK);
  if (rc == WM_OK) {
    a->again_at = 0;
    return true;
  }
  if (err->cls == WM_CLASS_FATAL)
    wm_error_set_class(&r->error, err->code, err->cls, "target %s: %s", r->target->name, err->text);
  wm_log_failed(WM_LOG_WARN, err, "not written; to be tried again", WM_LOG_STR("target", r->target->name));
  a->again_at = wm_runner_now() + AGAIN_MS;
  return false;
}

static bool flush(wm_runner_t *r) {
  archive_t *a = archive_of(r);
  wm_error_t err = WM_ERROR_INIT;
  if (!a->resumed) return true;
  if (a->again_at > wm_runner_now()) return false;
  bool any = a->store.buffer.len > 0;
  return store_ok(r, wm_store_write(&a->store, any && r->target->fsync == WM_FSYNC_COMMIT, &err), &err);
}

static void metadata(const wm_runner_t *r, char *out, size_t cap) {
  const archive_t *a = archive_of(r);
  if (a->resumed) wm_store_place(&a->store, out, cap);
}

/* A file ends with a commit, so that the place in it is final. */
static bool rotate(wm_runner_t *r) {
  archive_t *a = archive_of(r);
  wm_error_t err = WM_ERROR_INIT;
  if (!wm_runner_commit(r, true)) {
    a->again_at = a->again_at ? a->again_at : wm_runner_now() + AGAIN_MS;
    return false;
  }
  return store_ok(r, wm_store_rotate(&a->store, r->target->fsync != WM_FSYNC_NEVER, &err), &err);
}

static wm_err_t take(wm_runner_t *r, const wm_record_t *record, const wm_item_t *item, wm_error_t *err) {
  archive_t *a = archive_of(r);
  const rd_kafka_message_t *m = record->message;
  char key[WM_ARTICLE_URI_MAX + 1];
  const char *line = m->payload;
  size_t len = m->len;
  wm_err_t rc = WM_OK;
  wm_buffer_reset(&a->line);
  if (!item) {
    snprintf(key, sizeof key, "%.*s", (int)(m->key_len < sizeof key ? m->key_len : sizeof key - 1),
             m->key ? (const char *)m->key : "");
    if (key[0] == '\0') { /* nobody knows what was withdrawn */
      wm_runner_done(r, record, r->metrics.withdrawn);
      return WM_OK;
    }
    rc = wm_format_withdrawn(key, record->version, &a->line, err);
  } else if (r->target->format == WM_FORMAT_NINJS) {
    rc = wm_format_ninjs(item, &a->line, err);
  } else if (memchr(line, '\n', len) || memchr(line, '\r', len)) {
    wm_json_t j;
    wm_json_begin(&j, &a->line, err);
    wm_json_value(&j, NULL, item->root);
    rc = wm_json_end(&j);
  }
  if (a->line.len > 0) {
    line = a->line.data;
    len = a->line.len;
  }
  if (rc == WM_OK) rc = wm_store_add(&a->store, line, len, err);
  if (rc == WM_OK) wm_runner_done(r, record, item ? r->metrics.delivered : r->metrics.withdrawn);
  return rc;
}

static bool room(const wm_runner_t *r) {
  const archive_t *a = archive_of(r);
  return a->again_at == 0 && a->store.buffer.len < WM_STORE_BUFFER &&
         wm_store_size(&a->store) < r->target->rotate_bytes;
}

static wm_err_t work(wm_runner_t *r, bool idle, int timeout_ms, wm_error_t *err) {
  archive_t *a = archive_of(r);
  wm_error_t why = WM_ERROR_INIT;
  bool blocked = a->again_at > wm_runner_now();
  bool rotates = a->resumed && wm_store_size(&a->store) >= r->target->rotate_bytes;
  if (!blocked && a->again_at != 0) flush(r); /* sets again_at to 0 where the disk is back */
  if (!blocked && a->resumed && rotates) rotate(r);
  else if (!blocked && a->store.buffer.len >= WM_STORE_BUFFER)
    store_ok(r, wm_store_write(&a->store, false, &why), &why);
  if (r->error.code != WM_OK) return wm_error_set_class(err, r->error.code, r->error.cls, "%s", r->error.text);
  int wait = timeout_ms < r->set->commit_ms ? timeout_ms : r->set->commit_ms;
  if (idle && (room(r) || blocked)) wm_runner_wait(r, wait);
  return WM_OK;
}

static void drain(wm_runner_t *r, int ms) {
  archive_t *a = archive_of(r);
  (void)ms;
  a->again_at = 0; /* the commit that follows may try at once */
}

const wm_operations_t wm_archive_operations = {
    .open = open_archive,
    .close = close_archive,
    .room = room,
    .take = take,
    .work = work,
    .drain = drain,
    .assigned = assigned,
    .flush = flush,
    .metadata = metadata,
};
