/*
 * What reading a text costs on one core: tokens, code points, folding, language, HTML.
 *
 *   bench_text [FILE]     FILE is UTF-8 text; without it a paragraph of its own, repeated
 *
 * Each line is the best of several rounds: the machine's other work only ever makes a round slower.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/html.h"
#include "common/language.h"
#include "common/text.h"

#define ROUNDS 7
#define TEXT_BYTES (4u << 20)

static const char k_paragraph[] =
    "The harbour board of Port Ellery said on Tuesday, Jan. 14, that it would lend $3.2 million to the town's fishing "
    "co-operative. Dr. Ana Ruiz-Keller, who leads the U.N. office there, called it “a start”: 21 of the island's 60 "
    "boats are older "
    "than their owners. \"We don't need charity,\" said J.P. O'Hara, 58. São Tomé and Curaçao have tried the same.\n";

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
  const char *s;
  size_t len;
  wm_tokens_t tokens;
  wm_buffer_t html, out;
  wm_language_t *language;
  size_t sum; /* so that no result goes unused */
} bench_t;

/* Does the work once; returns how many things were done. */
typedef size_t (*work_t)(bench_t *b);

static size_t tokenize(bench_t *b) {
  if (wm_text_tokenize(b->s, b->len, &b->tokens, NULL) != WM_OK) return 0;
  return b->tokens.count;
}

static size_t points(bench_t *b) {
  wm_text_points_t c;
  wm_text_points_init(&c, b->s, b->len);
  for (size_t i = 0; i < b->tokens.count; i++) b->sum += wm_text_points_at(&c, b->tokens.tokens[i].start);
  return b->tokens.count;
}

static size_t fold(bench_t *b) {
  char key[WM_TOKEN_BYTES_MAX * 4];
  for (size_t i = 0; i < b->tokens.count; i++) {
    const wm_token_t *t = &b->tokens.tokens[i];
    b->sum += wm_text_fold(b->s + t->start, t->end - t->start, key, sizeof key);
  }
  return b->tokens.count;
}

static size_t valid(bench_t *b) {
  return wm_utf8_valid(b->s, b->len, NULL) ? 1 : 0;
}

static size_t language(bench_t *b) {
  size_t n = 0;
  for (size_t at = 0; at + WM_LANGUAGE_BYTES <= b->len && n < 200; at += WM_LANGUAGE_BYTES, n++)
    b->sum += (size_t)wm_language_detect(b->language, b->s + at, WM_LANGUAGE_BYTES).confidence;
  return n;
}

static size_t html(bench_t *b) {
  wm_buffer_reset(&b->out);
  return wm_html_text(b->html.data, b->html.len, &b->out, NULL) == WM_OK ? 1 : 0;
}

static size_t looks(bench_t *b) {
  b->sum += wm_html_looks(b->s, b->len);
  return 1;
}

static void report(bench_t *b, const char *name, const char *unit, size_t bytes, work_t work) {
  double best = 1e9;
  size_t n = 0;
  for (int i = 0; i < ROUNDS; i++) {
    double start = now();
    n = work(b);
    double seconds = now() - start;
    if (seconds < best) best = seconds;
  }
  printf("%-10s %12.0f %ss/s %9.1f MB/s %9.3f us each\n", name, (double)n / best, unit, (double)bytes / best / 1e6,
         best / (double)n * 1e6);
}

static wm_err_t load(wm_buffer_t *text, const char *path, wm_error_t *err) {
  if (!path) {
    wm_err_t rc = WM_OK;
    while (rc == WM_OK && text->len < TEXT_BYTES) rc = wm_buffer_puts(text, k_paragraph, err);
    return rc;
  }
  FILE *in = fopen(path, "rb");
  if (!in) return wm_error_set(err, WM_ERR_IO, "cannot open %s", path);
  char chunk[65536];
  size_t n;
  wm_err_t rc = WM_OK;
  while (rc == WM_OK && (n = fread(chunk, 1, sizeof chunk, in)) > 0) rc = wm_buffer_append(text, chunk, n, err);
  fclose(in);
  if (rc == WM_OK && !wm_utf8_valid(text->data ? text->data : "", text->len, NULL))
    return wm_error_set(err, WM_ERR_NOT_UTF8, "%s is not UTF-8", path);
  return rc;
}

/* Each line of the text as a paragraph of a page. */
static wm_err_t make_html(const wm_buffer_t *text, wm_buffer_t *out, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  for (size_t at = 0; rc == WM_OK && at < text->len;) {
    const char *line = text->data + at, *end = memchr(line, '\n', text->len - at);
    size_t n = end ? (size_t)(end - line) : text->len - at;
    rc = wm_buffer_puts(out, "<p class=\"story-body__p\" id=\"p1\"><a href=\"https://a.example/x?y=1\">", err);
    if (rc == WM_OK) rc = wm_buffer_append(out, line, n, err);
    if (rc == WM_OK) rc = wm_buffer_puts(out, "</a> &amp; <b>more</b></p>\n", err);
    at += n + 1;
  }
  return rc;
}

int main(int argc, char **argv) {
  wm_error_t err = WM_ERROR_INIT;
  wm_buffer_t text;
  bench_t b = {0};
  wm_buffer_init(&text, 64u << 20);
  wm_buffer_init(&b.html, 256u << 20);
  wm_buffer_init(&b.out, 256u << 20);
  wm_tokens_init(&b.tokens, WM_TOKENS_MAX);
  wm_html_init();
  wm_err_t rc = load(&text, argc > 1 ? argv[1] : NULL, &err);
  if (rc == WM_OK) rc = make_html(&text, &b.html, &err);
  if (rc == WM_OK && !(b.language = wm_language_new(&err))) rc = err.code;
  if (rc == WM_OK) {
    b.s = text.data ? text.data : "";
    b.len = text.len;
    report(&b, "tokenize", "token", b.len, tokenize);
    report(&b, "points", "token", b.len, points);
    report(&b, "fold", "token", b.len, fold);
    report(&b, "utf8 valid", "text", b.len, valid);
    report(&b, "language", "call", b.len < 200 * WM_LANGUAGE_BYTES ? b.len : 200 * WM_LANGUAGE_BYTES, language);
    report(&b, "html", "text", b.html.len, html);
    report(&b, "html looks", "text", b.len, looks);
    printf("(%zu bytes of text, %zu tokens, %zu bytes of HTML, check %zu)\n", b.len, b.tokens.count, b.html.len, b.sum);
  } else {
    fprintf(stderr, "bench_text: %s\n", err.text);
  }
  wm_language_destroy(b.language);
  wm_tokens_clear(&b.tokens);
  wm_buffer_clear(&text);
  wm_buffer_clear(&b.html);
  wm_buffer_clear(&b.out);
  wm_html_cleanup();
  return wm_error_exit_code(&err);
}
