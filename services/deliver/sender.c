/*
 * Targets over HTTP: superdesk, webhook, opensearch.
 *
 * A job is one request: a record, or for opensearch a batch of them. It is waiting (an older one of the same uri is under way), ready,
 * sent, backing off until its next try, or a dead letter on its way. Jobs are bounded in number and in bytes; without room nothing is
 * taken (runner.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "common/log.h"
#include "services/deliver/bulk.h"
#include "services/deliver/format.h"
#include "services/deliver/order.h"
#include "services/deliver/post.h"
#include "services/deliver/runner.h"
#include "services/deliver/sign.h"

#define JOBS_A_SLOT 4u          /* jobs of one record, for each request that may be under way */
#define BATCHES_MORE 2u         /* batches beside those under way */
#define BYTES_MAX (64u << 20)   /* of records in jobs */
#define BODY_MAX (80u << 20)    /* bytes of one request */
#define KEEP_BYTES (256u << 10) /* a larger buffer is not kept for the next job */
#define LINGER_MS 20            /* a batch that is not full waits so long while others are under way */
#define SNIPPET_MAX 160         /* bytes of an answer in a dead letter's reason */

typedef enum { STATE_WAITING, STATE_READY, STATE_SENT, STATE_BACKOFF, STATE_LETTER } state_t;

typedef struct {
  wm_record_t record;
  size_t at, len; /* of a batch: its lines in the body */
} entry_t;

typedef struct job {
  wm_order_link_t link;        /* first: a link is its job */
  struct job *next;            /* ready, or free */
  struct job *older, *younger; /* all that live */
  state_t state;
  bool ordered;
  entry_t *entries;
  size_t n, capacity;
  size_t left;      /* letters that are not acknowledged */
  wm_buffer_t own;  /* the body, where it is not the record itself */
  const char *body; /* NULL: own */
  size_t body_len, bytes;
  int tries;
  int64_t due, made; /* ms */
  char id[40];
} job_t;

typedef struct {
  wm_runner_t *r;
  wm_post_t *post;
  wm_signer_t *signer; /* NULL: no secret, or opensearch */
  wm_order_t order;
  job_t *first_ready, *last_ready, *unused, *all;
  job_t *batch; /* being filled */
  size_t jobs, jobs_max, bytes, n_backoff;
  wm_buffer_t document; /* scratch */
  uint64_t random;
  wm_error_t error;
} sender_t;

static sender_t *sender_of(const wm_runner_t *r) {
  return r->state;
}

/* ---- jobs ---- */

static job_t *job_new(sender_t *s) {
  job_t *j = s->unused;
  if (j) s->unused = j->next;
  else if (!(j = calloc(1, sizeof *j))) return NULL;
  entry_t *entries = j->entries;
  size_t capacity = j->capacity;
  wm_buffer_t own = j->own;
  *j = (job_t){.entries = entries, .capacity = capacity, .own = own, .older = s->all, .made = wm_runner_now()};
  j->own.max = BODY_MAX;
  if (s->all) s->all->younger = j;
  s->all = j;
  s->jobs++;
  return j;
}

static void set_ready(sender_t *s, job_t *j) {
  j->state = STATE_READY;
  j->next = NULL;
  if (s->last_ready) s->last_ready->next = j;
  else s->first_ready = j;
  s->last_ready = j;
}

/* Ends a job whose records are done or forgotten; the next one of its uri may go. */
static void job_free(sender_t *s, job_t *j) {
  wm_order_link_t *next = j->ordered ? wm_order_remove(&s->order, &j->link) : NULL;
  if (j->younger) j->younger->older = j->older;
  else s->all = j->older;
  if (j->older) j->older->younger = j->younger;
  s->jobs--;
  s->bytes -= j->bytes;
  if (j->own.capacity > KEEP_BYTES) wm_buffer_clear(&j->own);
  wm_buffer_reset(&j->own);
  j->next = s->unused;
  s->unused = j;
  if (next) set_ready(s, (job_t *)(void *)next);
}

static wm_err_t job_add(sender_t *s, job_t *j, const wm_record_t *record, wm_error_t *err) {
  if (j->n == j->capacity) {
    size_t capacity = j->capacity ? 2 * j->capacity : 1;
    entry_t *entries = realloc(j->entries, capacity * sizeof *entries);
    if (!entries) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    j->entries = entries;
    j->capacity = capacity;
  }
  j->entries[j->n++] = (entry_t){.record = *record};
  j->bytes += record->message->len;
  s->bytes += record->message->len;
  return WM_OK;
}

/* ---- taking records ---- */

static const char *key_text(const rd_kafka_message_t *m, char *out, size_t cap) {
  snprintf(out, cap, "%.*s", (int)(m->key_len < cap ? m->key_len : cap - 1), m->key ? (const char *)m->key : "");
  return out;
}

/* The document of a record: `*body` is the record itself or in `out`. */
static wm_err_t make_document(const sender_t *s, const wm_record_t *record, const wm_item_t *item, const char *uri,
                              wm_buffer_t *out, const char **body, size_t *len, wm_error_t *err) {
  const wm_target_t *t = s->r->target;
  wm_err_t rc = WM_OK;
  wm_buffer_reset(out);
  *body = NULL;
  if (!item && t->format == WM_FORMAT_SUPERDESK)
    rc = wm_format_superdesk_withdrawn(uri, record->version, rd_kafka_message_timestamp(record->message, NULL), out,
                                       err);
  else if (!item) rc = wm_format_withdrawn(uri, record->version, out, err);
  else if (t->format == WM_FORMAT_NINJS) rc = wm_format_ninjs(item, out, err);
  else if (t->format == WM_FORMAT_SUPERDESK) rc = wm_format_superdesk(item, t->scheme, out, err);
  else {
    *body = record->message->payload;
    *len = record->message->len;
    return WM_OK;
  }
  *body = out->data;
  *len = out->len;
  return rc;
}

/* One record, one request. */
static wm_err_t take_single(sender_t *s, const wm_record_t *record, const wm_item_t *item, const char *uri,
                            wm_error_t *err) {
  job_t *j = job_new(s);
  if (!j) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  wm_err_t rc = job_add(s, j, record, err);
  if (rc == WM_OK) rc = make_document(s, record, item, uri, &j->own, &j->body, &j->body_len, err);
  if (rc != WM_OK) return rc;
  XXH128_hash_t h = XXH3_128bits_withSeed(uri, strlen(uri), (XXH64_hash_t)record->version);
  snprintf(j->id, sizeof j->id, "msg_%016" PRIx64 "%016" PRIx64, (uint64_t)h.high64, (uint64_t)h.low64);
  j->ordered = true;
  if (wm_order_add(&s->order, &j->link, XXH3_64bits(uri, strlen(uri)))) set_ready(s, j);
  return WM_OK;
}

static void close_batch(sender_t *s) {
  if (!s->batch) return;
  set_ready(s, s->batch);
  s->batch = NULL;
}

static bool one_line(const char *s, size_t len) {
  return !memchr(s, '\n', len) && !memchr(s, '\r', len);
}

/* Into the batch that is being filled. */
static wm_err_t take_batched(sender_t *s, const wm_record_t *record, const wm_item_t *item, const char *uri,
                             wm_error_t *err) {
  const wm_target_t *t = s->r->target;
  const char *document = NULL;
  size_t len = 0;
  if (!s->batch && !(s->batch = job_new(s))) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  job_t *j = s->batch;
  wm_err_t rc = item ? make_document(s, record, item, uri, &s->document, &document, &len, err) : WM_OK;
  if (rc == WM_OK && document &&
      !one_line(document, len)) { /* the lines of a bulk request end at the first line break */
    json_t *root = json_loadb(document, len, 0, NULL);
    wm_json_t w;
    wm_buffer_reset(&s->document);
    wm_json_begin(&w, &s->document, err);
    wm_json_value(&w, NULL, root);
    json_decref(root);
    rc = wm_json_end(&w);
    document = s->document.data;
    len = s->document.len;
  }
  if (rc == WM_OK) rc = job_add(s, j, record, err);
  size_t at = j->own.len;
  if (rc == WM_OK) rc = wm_bulk_add(&j->own, t->index, uri, record->version, document, len, err);
  if (rc != WM_OK) return rc;
  j->entries[j->n - 1].at = at;
  j->entries[j->n - 1].len = j->own.len - at;
  if (j->n >= (size_t)t->batch || j->own.len >= (size_t)t->batch_bytes) close_batch(s);
  return WM_OK;
}

static wm_err_t take(wm_runner_t *r, const wm_record_t *record, const wm_item_t *item, wm_error_t *err) {
  sender_t *s = sender_of(r);
  char key[WM_ARTICLE_URI_MAX + 1];
  const char *uri = item ? item->uri : key_text(record->message, key, sizeof key);
  if (!item && uri[0] == '\0') { /* nobody knows what was withdrawn */
    wm_runner_done(r, record, r->metrics.withdrawn);
    return WM_OK;
  }
  return r->target->type == WM_TARGET_OPENSEARCH ? take_batched(s, record, item, uri, err)
                                                 : take_single(s, record, item, uri, err);
}

static bool room(const wm_runner_t *r) {
  const sender_t *s = sender_of(r);
  return s->jobs < s->jobs_max && s->bytes < BYTES_MAX;
}

/* ---- sending ---- */

static bool append(struct curl_slist **list, const char *name, const char *value) {
  char line[512];
  snprintf(line, sizeof line, "%s: %s", name, value);
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (longer) *list = longer;
  return longer != NULL;
}

/* The headers that belong to this body, signature included. */
static wm_err_t make_headers(const sender_t *s, const job_t *j, const char *body, size_t len, struct curl_slist **list,
                             wm_error_t *err) {
  const wm_target_t *t = s->r->target;
  char signature[WM_SIGN_TEXT_MAX] = "", text[32];
  wm_err_t rc = WM_OK;
  bool ok = true;
  *list = NULL;
  if (t->type == WM_TARGET_SUPERDESK && s->signer) {
    rc = wm_sign_superdesk(s->signer, body, len, signature, err);
    ok = rc == WM_OK && append(list, "x-superdesk-signature", signature);
  }
  if (t->type == WM_TARGET_WEBHOOK) {
    snprintf(text, sizeof text, "%lld", (long long)time(NULL));
    ok = append(list, "webhook-id", j->id) && append(list, "webhook-timestamp", text);
    if (s->signer) rc = wm_sign_webhook(s->signer, j->id, text, body, len, signature, err);
    if (s->signer) ok = ok && rc == WM_OK && append(list, "webhook-signature", signature);
    snprintf(text, sizeof text, "%" PRId64, j->entries[0].record.version);
    ok = ok && append(list, "x-wiremill-version", text);
  }
  if (ok && rc == WM_OK) return WM_OK;
  curl_slist_free_all(*list);
  return rc != WM_OK ? rc : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

static wm_err_t start_ready(sender_t *s, wm_error_t *err) {
  while (s->first_ready && wm_post_free(s->post)) {
    job_t *j = s->first_ready;
    s->first_ready = j->next;
    if (!s->first_ready) s->last_ready = NULL;
    const char *body = j->body ? j->body : j->own.data;
    size_t len = j->body ? j->body_len : j->own.len;
    struct curl_slist *headers;
    wm_err_t rc = make_headers(s, j, body, len, &headers, err);
    if (rc == WM_OK) rc = wm_post_start(s->post, j, body, len, headers, err);
    if (rc != WM_OK) return rc;
    j->state = STATE_SENT;
  }
  return WM_OK;
}

static void wake_due(sender_t *s) {
  if (s->n_backoff == 0) return;
  int64_t now = wm_runner_now();
  for (job_t *j = s->all, *older; j; j = older) {
    older = j->older;
    if (j->state != STATE_BACKOFF || now < j->due) continue;
    s->n_backoff--;
    set_ready(s, j);
  }
}

static int next_due(const sender_t *s, int timeout_ms) {
  int64_t now = wm_runner_now(), least = timeout_ms;
  if (s->n_backoff == 0) return timeout_ms;
  for (const job_t *j = s->all; j; j = j->older)
    if (j->state == STATE_BACKOFF && j->due - now < least) least = j->due - now;
  return least < 0 ? 0 : (int)least;
}

static wm_err_t work(wm_runner_t *r, bool idle, int timeout_ms, wm_error_t *err) {
  sender_t *s = sender_of(r);
  wake_due(s);
  if (s->batch && idle) {
    int64_t left = s->batch->made + LINGER_MS - wm_runner_now();
    if (left <= 0 || wm_post_running(s->post) == 0) close_batch(s);
    else if (left < timeout_ms) timeout_ms = (int)left;
  }
  wm_err_t rc = start_ready(s, err);
  if (rc != WM_OK) return rc;
  wm_post_step(s->post, r->event, next_due(s, timeout_ms));
  wm_metric_set(r->metrics.in_flight, (int64_t)wm_post_running(s->post));
  rc = start_ready(s, err); /* without a turn in between */
  if (s->error.code != WM_OK) return wm_error_set_class(err, s->error.code, s->error.cls, "%s", s->error.text);
  return rc;
}

/* ---- answers ---- */

static void back_off(sender_t *s, job_t *j, const wm_answer_t *a) {
  const wm_target_t *t = s->r->target;
  s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  j->due =
      wm_runner_now() + wm_post_backoff(j->tries, t->retry_ms, t->retry_max_ms, a->retry_after_ms, s->random >> 33);
  j->state = STATE_BACKOFF;
  s->n_backoff++;
}

static void letter(sender_t *s, job_t *j, const entry_t *e, const wm_error_t *why) {
  j->left++;
  if (wm_letters_send(s->r, &e->record, why, j, &s->error) != WM_OK) j->left--;
}

/* All of the job's records become dead letters. */
static void give_up(sender_t *s, job_t *j, const wm_error_t *why) {
  size_t n = j->n;
  j->state = STATE_LETTER;
  j->n = 0;
  for (size_t i = 0; i < n; i++) letter(s, j, &j->entries[i], why);
}

static void describe(const wm_answer_t *a, int tries, const char *what, wm_error_t *why) {
  char snippet[SNIPPET_MAX + 1];
  size_t n = a->len < SNIPPET_MAX ? a->len : SNIPPET_MAX;
  for (size_t i = 0; i < n; i++) snippet[i] = (char)((unsigned char)a->text[i] < ' ' ? ' ' : a->text[i]);
  snippet[n] = '\0';
  if (a->status == 0) wm_error_set(why, WM_ERR_REFUSED, "%s after %d tries: %s", what, tries, a->reason);
  else if (a->status >= 300 && a->status < 400)
    wm_error_set_class(
        why, WM_ERR_REFUSED, WM_CLASS_POISON,
        "%s: the target redirects (status %ld), which is not followed: set its url to where it lives now", what,
        a->status);
  else wm_error_set(why, WM_ERR_REFUSED, "%s after %d tries: status %ld: %s", what, tries, a->status, snippet);
}

static void retry(sender_t *s, job_t *j, const wm_answer_t *a) {
  const wm_target_t *t = s->r->target;
  wm_metric_add(s->r->metrics.retried, 1);
  if (t->tries > 0 && j->tries >= t->tries) {
    wm_error_t why = WM_ERROR_INIT;
    describe(a, j->tries, "given up", &why);
    give_up(s, j, &why);
    return;
  }
  back_off(s, j, a);
  wm_log_warn("to be tried again", WM_LOG_STR("target", t->name), WM_LOG_INT("status", a->status),
              WM_LOG_STR("reason", a->reason), WM_LOG_INT("tries", j->tries),
              WM_LOG_INT("in_ms", j->due - wm_runner_now()));
}

static void refuse(sender_t *s, job_t *j, const wm_answer_t *a) {
  wm_error_t why = WM_ERROR_INIT;
  describe(a, j->tries, "refused", &why);
  wm_metric_add(s->r->metrics.refused, 1);
  give_up(s, j, &why);
}

static void all_done(sender_t *s, job_t *j) {
  for (size_t i = 0; i < j->n; i++) {
    bool withdrawn = j->entries[i].record.message->payload == NULL;
    wm_runner_done(s->r, &j->entries[i].record, withdrawn ? s->r->metrics.withdrawn : s->r->metrics.delivered);
  }
  j->n = 0;
  job_free(s, j);
}

/* A batch that is too large for the server goes again in two halves. */
static void split(sender_t *s, job_t *j, const wm_answer_t *a) {
  job_t *other = job_new(s);
  size_t half = j->n / 2, kept = j->n - half;
  wm_err_t rc = other ? WM_OK : wm_error_set(&s->error, WM_ERR_NOMEM, "out of memory");
  for (size_t i = kept; rc == WM_OK && i < j->n; i++) {
    const entry_t *e = &j->entries[i];
    size_t at = other->own.len;
    rc = job_add(s, other, &e->record, &s->error);
    s->bytes -= rc == WM_OK ? e->record.message->len : 0; /* they move */
    j->bytes -= rc == WM_OK ? e->record.message->len : 0;
    if (rc == WM_OK) rc = wm_buffer_append(&other->own, j->own.data + e->at, e->len, &s->error);
    if (rc != WM_OK) return; /* the target ends */
    other->entries[other->n - 1].at = at;
    other->entries[other->n - 1].len = e->len;
  }
  if (rc != WM_OK) return;
  j->own.len = j->entries[kept].at;
  j->n = kept;
  back_off(s, j, a);
  back_off(s, other, a);
}

/* An answer of OpenSearch, item by item: what is to be tried again stays in the job. */
static void sort_items(sender_t *s, job_t *j, const wm_answer_t *a) {
  wm_bulk_answer_t answer;
  wm_error_t err = WM_ERROR_INIT;
  if (wm_bulk_answer_read(a->text, a->len, j->n, &answer, &err) != WM_OK) {
    wm_answer_t broken = *a;
    broken.status = 0;
    snprintf(broken.reason, sizeof broken.reason, "%.150s", err.text);
    retry(s, j, &broken);
    return;
  }
  size_t n = j->n, kept = 0, at = 0;
  wm_answer_t busy = {.status = 429, .retry_after_ms = a->retry_after_ms};
  j->n = 0;
  for (size_t i = 0; i < n; i++) {
    entry_t e = j->entries[i];
    wm_error_t why = WM_ERROR_INIT;
    wm_verdict_t verdict = wm_bulk_item(&answer, i, &why);
    if (verdict == WM_VERDICT_DONE) {
      wm_runner_done(s->r, &e.record, e.record.message->payload ? s->r->metrics.delivered : s->r->metrics.withdrawn);
    } else if (verdict == WM_VERDICT_REFUSED) {
      wm_metric_add(s->r->metrics.refused, 1);
      letter(s, j, &e, &why);
    } else {
      if (kept == 0) snprintf(busy.reason, sizeof busy.reason, "some items: %.150s", why.text);
      memmove(j->own.data + at, j->own.data + e.at, e.len);
      j->entries[kept++] = (entry_t){.record = e.record, .at = at, .len = e.len};
      at += e.len;
    }
  }
  wm_bulk_answer_clear(&answer);
  j->n = kept;
  if (kept > 0) {
    j->own.len = at;
    retry(s, j, &busy);
  } else if (j->left > 0) {
    j->state = STATE_LETTER;
  } else {
    job_free(s, j);
  }
}

/* Whatever is wrong with a batch as a whole (a password, a missing index) is not the articles' fault: it waits. */
static wm_verdict_t verdict_of(const sender_t *s, const wm_answer_t *a) {
  wm_verdict_t verdict = wm_post_verdict(a);
  if (s->r->target->type != WM_TARGET_OPENSEARCH || verdict != WM_VERDICT_REFUSED) return verdict;
  return a->status == 400 || a->status == 413 ? WM_VERDICT_REFUSED : WM_VERDICT_RETRY;
}

static void on_answer(void *sender, void *job, const wm_answer_t *a) {
  sender_t *s = sender;
  job_t *j = job;
  bool bulk = s->r->target->type == WM_TARGET_OPENSEARCH;
  wm_metric_observe(s->r->metrics.seconds, a->seconds);
  wm_metric_set(s->r->metrics.up, a->status != 0);
  j->tries++;
  switch (verdict_of(s, a)) {
    case WM_VERDICT_DONE:
      wm_metric_add(s->r->metrics.done, 1);
      if (bulk) sort_items(s, j, a);
      else all_done(s, j);
      break;
    case WM_VERDICT_RETRY:
      retry(s, j, a);
      break;
    case WM_VERDICT_REFUSED:
      if (bulk && a->status == 413 && j->n > 1) split(s, j, a);
      else refuse(s, j, a);
      break;
  }
}

static void letter_done(wm_runner_t *r, void *job) {
  job_t *j = job;
  if (--j->left == 0 && j->state == STATE_LETTER && j->n == 0) job_free(sender_of(r), j);
}

/* ---- the end ---- */

static void drain(wm_runner_t *r, int ms) {
  sender_t *s = sender_of(r);
  int64_t until = wm_runner_now() + ms;
  while (wm_post_running(s->post) > 0 && wm_runner_now() < until) wm_post_step(s->post, -1, 100);
  wm_post_cancel(s->post);
}

static void forget_job(sender_t *s, job_t *j) {
  for (size_t i = 0; i < j->n; i++) rd_kafka_message_destroy(j->entries[i].record.message);
  j->n = 0;
  if (j->state == STATE_BACKOFF) s->n_backoff--;
  if (j == s->batch) s->batch = NULL;
  if (j->left > 0) j->state = STATE_LETTER;
  else job_free(s, j);
}

/* Drops jobs that hold nothing of ours any more. Nothing is under way: drain() came before, unless the partitions were lost. */
static void forget(wm_runner_t *r) {
  sender_t *s = sender_of(r);
  wm_post_cancel(s->post);
  s->first_ready = s->last_ready = NULL;
  for (job_t *j = s->all, *older; j; j = older) {
    bool any = false;
    older = j->older;
    for (size_t i = 0; i < j->n; i++) any = any || wm_runner_current(r, &j->entries[i].record);
    if (!any && j->state != STATE_LETTER) forget_job(s, j);
  }
  /* What was ready lost its place in the list, and what was let free by the above is in it: build it anew. */
  s->first_ready = s->last_ready = NULL;
  job_t *oldest = s->all;
  while (oldest && oldest->older) oldest = oldest->older;
  for (job_t *j = oldest; j; j = j->younger)
    if (j->state == STATE_READY) set_ready(s, j);
}

static wm_err_t open_sender(wm_runner_t *r, wm_error_t *err) {
  sender_t *s = calloc(1, sizeof *s);
  if (!s) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  r->state = s;
  s->r = r;
  size_t slots = (size_t)r->target->in_flight;
  s->jobs_max = r->target->type == WM_TARGET_OPENSEARCH ? slots + BATCHES_MORE : JOBS_A_SLOT * slots;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  s->random = (uint64_t)now.tv_nsec ^ (uint64_t)(uintptr_t)s;
  wm_buffer_init(&s->document, BODY_MAX);
  if (r->target->secret && r->target->type != WM_TARGET_OPENSEARCH) {
    const char *digest = r->target->type == WM_TARGET_SUPERDESK ? "SHA1" : "SHA256";
    s->signer = wm_signer_new(digest, r->target->secret, r->target->secret_len);
    if (!s->signer) return wm_error_set(err, WM_ERR_INTERNAL, "target %s: libcrypto takes no key", r->target->name);
  }
  return wm_post_new(r->target, on_answer, s, &s->post, err);
}

static void close_sender(wm_runner_t *r) {
  sender_t *s = sender_of(r);
  if (!s) return;
  wm_post_destroy(s->post);
  wm_signer_destroy(s->signer);
  for (job_t *j = s->all, *older; j; j = older) {
    older = j->older;
    for (size_t i = 0; i < j->n; i++) rd_kafka_message_destroy(j->entries[i].record.message);
    j->next = s->unused;
    s->unused = j;
  }
  for (job_t *j = s->unused, *next; j; j = next) {
    next = j->next;
    wm_buffer_clear(&j->own);
    free(j->entries);
    free(j);
  }
  wm_buffer_clear(&s->document);
  free(s);
  r->state = NULL;
}

const wm_operations_t wm_sender_operations = {
    .open = open_sender,
    .close = close_sender,
    .room = room,
    .take = take,
    .work = work,
    .drain = drain,
    .forget = forget,
    .letter_done = letter_done,
};
