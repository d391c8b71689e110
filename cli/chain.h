/**
 * chain: the enrichers in the process, one after the other.
 *
 * Their own options appear in the tool's table under the service's name: row "model" of entities is `--entities-model`,
 * WM_ENTITIES_MODEL.
 *
 * Threads: a chain's models are read-only after wm_chain_open() and shared by stages; wm_chain_enrich() is for one thread.
 */
#ifndef WM_CHAIN_H
#define WM_CHAIN_H

#include "common/config.h"
#include "common/service.h"

#define WM_CHAIN_MAX 3u

typedef struct {
  const wm_service_t *service;
  wm_config_t *config; /* the service's own table, loaded */
  void *shared, *worker;
} wm_link_t;

typedef struct {
  wm_link_t links[WM_CHAIN_MAX];
  size_t count;
  wm_config_option_t *rows; /* the rows added to the tool's table, with prefixed keys */
  size_t row_count;
} wm_chain_t;

/** Makes `chain` empty and adds the rows of all enrichers to `config` (which must not outlive the chain). WM_ERR_NOMEM, WM_ERR_INTERNAL. */
wm_err_t wm_chain_init(wm_chain_t *chain, wm_config_t *config, wm_error_t *err);
/** Opens the enrichers named in `names` ("entities,countries,topics"), in that order. WM_ERR_USAGE (unknown name), WM_ERR_MODEL, WM_ERR_CONFIG, WM_ERR_NOMEM. */
wm_err_t wm_chain_open(wm_chain_t *chain, const wm_config_t *config, const char *names, wm_error_t *err);
/** The enrichers' rows as the services themselves know them ("model": WM_MODEL), for wm_config_neighbours(). Its errors. */
wm_err_t wm_chain_neighbours(wm_config_t *config, wm_error_t *err);
/** Runs every enricher on the article. Errors of wm_service_enrich(). */
wm_err_t wm_chain_enrich(wm_chain_t *chain, wm_article_t *article, wm_error_t *err);
/** Closes what is open and frees. */
void wm_chain_clear(wm_chain_t *chain);

#endif
