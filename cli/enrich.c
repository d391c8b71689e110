#include <stdio.h>
#include <string.h>

#include "cli/chain.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/show.h"
#include "common/html.h"

static const wm_config_program_t k_program = {
    .program = "wiremill enrich",
    .version = WM_VERSION,
    .summary =
        "Enriches articles here and now, without Kafka: reads them from the files named (or standard input, also as "
        "-)\n"
        "and writes each with its entities, countries and topics as one line of JSON to standard output, in input "
        "order.",
    .usage = "wiremill enrich [OPTION...] [FILE...]",
    .epilog =
        "Input: one JSON article a line, a file that holds one JSON object, or plain text (then the whole is the body "
        "and\n"
        "the file's name the uri). What begins with { is JSON.\n"
        "An article that cannot be enriched gives an error object on standard error with its file and line; the "
        "others\n"
        "still come out, and the exit code is 1.\n"
        "\n"
        "Examples:\n"
        "  wiremill enrich examples/treaty.json | jq .enrichment.countries\n"
        "  wiremill enrich --format pretty examples/*.json\n"
        "  wiremill enrich < articles.ndjson > enriched.ndjson 2> refused.ndjson",
    .takes_operands = true,
};

static const wm_config_option_t k_rows[] = {
    {"services", "Enriching", WM_CONFIG_STRING, 0, 0, NULL, "entities,countries,topics", 0, "LIST",
     "which enrichers run, in this order, separated by commas"},
    {"format", "Enriching", WM_CONFIG_CHOICE, 0, 0, "json|pretty", "json", 0, "FORMAT",
     "json: one article a line; pretty: for reading, with the entities marked in the text"},
    {"max.article.bytes", "Enriching", WM_CONFIG_BYTES, 1024, 64 << 20, NULL, "8MiB", 0, "BYTES",
     "largest article that is read"},
    {"color", "Enriching", WM_CONFIG_CHOICE, 0, 0, "auto|always|never", "auto", 0, "WHEN",
     "colours in the pretty format: auto means on a terminal"},
};

typedef struct {
  wm_chain_t chain;
  wm_article_t *article;
  wm_buffer_t out;
  wm_show_t show;
  bool pretty;
  size_t refused;
} enrich_t;

static wm_err_t enrich_item(enrich_t *e, const wm_input_t *in, const wm_input_item_t *item, wm_error_t *err) {
  wm_err_t rc;
  if (item->error)
    return wm_error_set(err, WM_ERR_TOO_LARGE, "%s of %zu bytes (--max-article-bytes)", item->error, in->max);
  if (item->text) rc = wm_article_from_text(e->article, item->bytes, item->len, in->name, err);
  else rc = wm_article_parse(e->article, item->bytes, item->len, NULL, err);
  if (rc == WM_OK) rc = wm_chain_enrich(&e->chain, e->article, err);
  if (rc != WM_OK) return rc;
  wm_buffer_reset(&e->out);
  if (e->pretty) return wm_show_article(&e->show, e->article, &e->out, err);
  rc = wm_article_write(e->article, &e->out, err);
  if (rc == WM_OK) rc = wm_buffer_append(&e->out, "\n", 1, err);
  return rc;
}

/* Enriches all of one file. Poison is reported and counted; any other error ends the run. */
static wm_err_t enrich_input(enrich_t *e, wm_input_t *in, wm_error_t *err) {
  wm_input_item_t item;
  while (wm_input_next(in, &item, err)) {
    wm_error_t why = WM_ERROR_INIT;
    wm_err_t rc = enrich_item(e, in, &item, &why);
    if (rc != WM_OK && why.cls != WM_CLASS_POISON) {
      if (err) *err = why;
      return rc;
    }
    if (rc != WM_OK) {
      e->refused++;
      wm_cli_report(&why, in->name, item.line, NULL);
    } else if (fwrite(e->out.data, 1, e->out.len, stdout) != e->out.len) {
      return wm_error_set(err, WM_ERR_IO, "cannot write to standard output");
    }
    if (!wm_input_ready(in) && fflush(stdout) != 0)
      return wm_error_set(err, WM_ERR_IO, "cannot write to standard output");
  }
  return err->code;
}

static wm_err_t enrich_files(enrich_t *e, const char *const *files, size_t n, size_t max, wm_error_t *err) {
  static const char *const k_stdin[] = {"-"};
  if (n == 0) {
    files = k_stdin;
    n = 1;
  }
  for (size_t i = 0; i < n; i++) {
    wm_input_t in;
    wm_error_t why = WM_ERROR_INIT;
    wm_err_t rc = wm_input_open(&in, files[i], max, &why);
    if (rc == WM_OK) {
      rc = enrich_input(e, &in, &why);
      wm_input_close(&in);
    }
    if (rc == WM_ERR_IO && files[i][0] != '-' && !ferror(stdout)) { /* this file only: the others still come out */
      e->refused++;
      wm_cli_report(&why, files[i], 0, NULL);
    } else if (rc != WM_OK) {
      *err = why;
      return rc;
    }
  }
  return WM_OK;
}

static wm_err_t run(enrich_t *e, const wm_config_t *config, wm_error_t *err) {
  wm_article_limits_t limits = {.bytes_max = (size_t)wm_config_int(config, "max.article.bytes")};
  wm_err_t rc = wm_chain_open(&e->chain, config, wm_config_string(config, "services"), err);
  if (rc != WM_OK) return rc;
  e->article = wm_article_new(&limits);
  if (!e->article) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  e->pretty = strcmp(wm_config_string(config, "format"), "pretty") == 0;
  wm_show_init(&e->show, wm_config_string(config, "color"));
  wm_buffer_init(&e->out, SIZE_MAX / 4);
  size_t n;
  const char *const *files = wm_config_operands(config, &n);
  rc = enrich_files(e, files, n, limits.bytes_max, err);
  if (rc == WM_OK && fflush(stdout) != 0) rc = wm_error_set(err, WM_ERR_IO, "cannot write to standard output");
  return rc;
}

int wm_cli_enrich(int argc, char **argv) {
  wm_error_t err = WM_ERROR_INIT;
  enrich_t e = {0};
  int code = 1;
  wm_config_t *config = wm_config_new(&k_program);
  if (!config) return wm_cli_fail(&(wm_error_t){WM_ERR_NOMEM, WM_CLASS_FATAL, "out of memory"});
  if (wm_config_add(config, k_rows, sizeof k_rows / sizeof k_rows[0], &err) != WM_OK ||
      wm_chain_init(&e.chain, config, &err) != WM_OK) {
    code = wm_cli_fail(&err);
    goto out;
  }
  code = wm_cli_load(config, argc, argv);
  if (code >= 0) goto out;
  wm_html_init();
  code = run(&e, config, &err) == WM_OK ? (e.refused > 0 ? 1 : 0) : wm_cli_fail(&err);
  wm_html_cleanup();
out:
  wm_buffer_clear(&e.out);
  wm_article_destroy(e.article);
  wm_chain_clear(&e.chain);
  wm_config_destroy(config);
  return code;
}
