/*
 * wm-test-format ninjs|superdesk: enriched articles on stdin, one a line, in the format on stdout, one a line. What is no article is
 * told on stderr and left out. Line N is as if it were the record at offset N, of 2026-03-01T12:00:00Z.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/html.h"
#include "kit/kit.h"
#include "services/deliver/format.h"

#define TIMESTAMP_MS INT64_C(1772366400000)

static int convert(wm_article_t *article, const char *line, size_t len, int64_t number, bool ninjs, wm_buffer_t *out) {
  wm_error_t err = WM_ERROR_INIT;
  wm_item_t item;
  const wm_origin_t origin = {.timestamp_ms = TIMESTAMP_MS, .offset = number};
  wm_buffer_reset(out);
  if (wm_article_parse(article, line, len, NULL, &err) != WM_OK) {
    fprintf(stderr, "wm-test-format: line %lld: %s\n", (long long)number, err.text);
    return 0;
  }
  wm_item_read(article, &origin, &item);
  const wm_err_t rc = ninjs ? wm_format_ninjs(&item, out, &err)
                            : wm_format_superdesk(&item, "http://cv.iptc.org/newscodes/mediatopic/", out, &err);
  if (rc != WM_OK) return kit_fail("line %lld: %s", (long long)number, err.text);
  fwrite(out->data, 1, out->len, stdout);
  putchar('\n');
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 2 || (strcmp(argv[1], "ninjs") != 0 && strcmp(argv[1], "superdesk") != 0)) {
    fprintf(stderr, "usage: wm-test-format ninjs|superdesk   (enriched articles on stdin)\n");
    return 64;
  }
  wm_html_init();
  wm_article_t *article = wm_article_new(NULL);
  wm_buffer_t out;
  wm_buffer_init(&out, KIT_RECORD_BYTES_MAX);
  char *line = NULL;
  size_t capacity = 0;
  int failed = article ? 0 : kit_fail("out of memory");
  ssize_t n;
  for (int64_t number = 1; !failed && (n = getline(&line, &capacity, stdin)) > 0; number++)
    failed = convert(article, line, (size_t)n, number, strcmp(argv[1], "ninjs") == 0, &out);
  free(line);
  wm_buffer_clear(&out);
  wm_article_destroy(article);
  wm_html_cleanup();
  return failed;
}
