#include "cli/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/countries/countries.h"
#include "services/entities/entities.h"
#include "services/topics/topics.h"

static const wm_service_t *const k_services[] = {&wm_entities_service, &wm_countries_service, &wm_topics_service};
#define SERVICES (sizeof k_services / sizeof k_services[0])

/* "entities" and "model" to "entities.model"; NULL when out of memory. */
static char *prefixed(const char *service, const char *key) {
  size_t size = strlen(service) + strlen(key) + 2;
  char *s = malloc(size);
  if (s) snprintf(s, size, "%s.%s", service, key);
  return s;
}

wm_err_t wm_chain_init(wm_chain_t *chain, wm_config_t *config, wm_error_t *err) {
  memset(chain, 0, sizeof *chain);
  size_t total = 0;
  for (size_t i = 0; i < SERVICES; i++) total += k_services[i]->n_options;
  chain->rows = calloc(total + 1, sizeof *chain->rows);
  if (!chain->rows) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
  for (size_t i = 0; i < SERVICES; i++) {
    for (size_t k = 0; k < k_services[i]->n_options; k++) {
      wm_config_option_t *row = &chain->rows[chain->row_count];
      *row = k_services[i]->options[k];
      row->key = prefixed(k_services[i]->name, row->key);
      if (!row->key) return wm_error_set(err, WM_ERR_NOMEM, "out of memory");
      chain->row_count++;
    }
  }
  return wm_config_add(config, chain->rows, chain->row_count, err);
}

/* Loads the service's own table with the values that the tool's table has under the prefix. */
static wm_err_t load_own(wm_link_t *link, const wm_config_t *config, wm_error_t *err) {
  static const wm_config_program_t program = {.program = "wiremill", .version = WM_VERSION};
  const wm_service_t *service = link->service;
  wm_err_t rc = WM_ERR_NOMEM;
  link->config = wm_config_new(&program);
  wm_config_default_t *values = calloc(service->n_options + 1, sizeof *values);
  size_t n = 0;
  if (!link->config || !values) {
    wm_error_set(err, WM_ERR_NOMEM, "out of memory");
    goto out;
  }
  rc = wm_config_add(link->config, service->options, service->n_options, err);
  if (rc != WM_OK) goto out;
  for (size_t k = 0; k < service->n_options; k++) {
    char key[128];
    snprintf(key, sizeof key, "%s.%s", service->name, service->options[k].key);
    if (!wm_config_is_set(config, key)) continue;
    const char *value = wm_config_string(config, key);
    if (value) values[n++] = (wm_config_default_t){service->options[k].key, value};
  }
  rc = wm_config_defaults(link->config, values, n, err);
  char name[] = "wiremill";
  char *argv[] = {name, NULL};
  if (rc == WM_OK) rc = wm_config_load(link->config, 1, argv, NULL, err);
out:
  free(values);
  return rc;
}

static wm_err_t open_link(wm_chain_t *chain, const wm_service_t *service, const wm_config_t *config, wm_error_t *err) {
  for (size_t i = 0; i < chain->count; i++)
    if (chain->links[i].service == service)
      return wm_error_set(err, WM_ERR_USAGE, "--services names %s twice", service->name);
  wm_link_t *link = &chain->links[chain->count++];
  *link = (wm_link_t){.service = service};
  wm_err_t rc = load_own(link, config, err);
  if (rc == WM_OK) rc = service->open(link->config, &link->shared, err);
  if (rc == WM_OK) rc = service->worker_open(link->shared, &link->worker, err);
  return rc;
}

wm_err_t wm_chain_open(wm_chain_t *chain, const wm_config_t *config, const char *names, wm_error_t *err) {
  const char *at = names;
  while (*at) {
    size_t len = strcspn(at, ",");
    const wm_service_t *found = NULL;
    for (size_t i = 0; i < SERVICES; i++)
      if (strlen(k_services[i]->name) == len && strncmp(k_services[i]->name, at, len) == 0) found = k_services[i];
    if (!found)
      return wm_error_set(err, WM_ERR_USAGE, "--services: no service '%.*s'; there are entities, countries and topics",
                          (int)len, at);
    wm_err_t rc = open_link(chain, found, config, err);
    if (rc != WM_OK) return rc;
    at += len;
    if (*at == ',') at++;
  }
  return WM_OK;
}

wm_err_t wm_chain_neighbours(wm_config_t *config, wm_error_t *err) {
  wm_err_t rc = WM_OK;
  for (size_t i = 0; i < SERVICES && rc == WM_OK; i++)
    rc = wm_config_neighbours(config, k_services[i]->options, k_services[i]->n_options, err);
  return rc;
}

wm_err_t wm_chain_enrich(wm_chain_t *chain, wm_article_t *article, wm_error_t *err) {
  for (size_t i = 0; i < chain->count; i++) {
    wm_link_t *link = &chain->links[i];
    wm_err_t rc = wm_service_enrich(link->service, link->shared, link->worker, article, err);
    if (rc != WM_OK) return rc;
  }
  return WM_OK;
}

void wm_chain_clear(wm_chain_t *chain) {
  for (size_t i = chain->count; i-- > 0;) {
    wm_link_t *link = &chain->links[i];
    if (link->worker) link->service->worker_close(link->worker);
    if (link->shared) link->service->close(link->shared);
    wm_config_destroy(link->config);
  }
  for (size_t i = 0; i < chain->row_count; i++) free((char *)(uintptr_t)chain->rows[i].key);
  free(chain->rows);
  memset(chain, 0, sizeof *chain);
}
