/**
 * service: the one descriptor by which an enricher is known to the stage, the tool and the tests.
 *
 * Threads: the model is opened once a process and then read-only; a worker object belongs to one thread.
 */
#ifndef WM_SERVICE_H
#define WM_SERVICE_H

#include "common/article.h"
#include "common/config.h"

#ifndef WM_VERSION
#define WM_VERSION "0.1.0"
#endif

typedef struct {
  const char *name;   /* goes into `processing.model`; NULL if there is no model */
  const char *sha256; /* goes into `processing.model_sha256` */
} wm_model_info_t;

/** Where an article came from. */
typedef struct {
  int64_t timestamp_ms; /* Unix time of the record; 0: it has none */
  int32_t partition;
  int64_t offset;
} wm_origin_t;

typedef struct {
  const char *name;     /* "entities": service name, kind of model, group, log field */
  const char *version;  /* of this enricher, semantic */
  const char *summary;  /* for --help */
  const char *topic_in; /* defaults of the flow */
  const char *topic_out;
  const char *http_listen;           /* "127.0.0.1:9101" */
  const wm_config_option_t *options; /* own rows ("model" included) */
  size_t n_options;
  /** Loads what is shared by all workers. WM_ERR_MODEL, WM_ERR_CONFIG, WM_ERR_NOMEM. */
  wm_err_t (*open)(const wm_config_t *config, void **shared, wm_error_t *err);
  void (*close)(void *shared);
  /** Scratch memory of one worker; `shared` outlives it. */
  wm_err_t (*worker_open)(const void *shared, void **worker, wm_error_t *err);
  void (*worker_close)(void *worker);
  /** Adds the service's member to the article. An error of class poison makes a dead letter; any other stops the worker. */
  wm_err_t (*enrich)(void *worker, wm_article_t *article, wm_error_t *err);
  wm_model_info_t (*model_info)(const void *shared);
  /** Optional: reads again what may change while workers run (SIGHUP). On an error all stays as it was. Called by one thread at a time. */
  wm_err_t (*reload)(void *shared, wm_error_t *err);
  /**
   * Instead of enrich, for a service that publishes another document than the article: appends it to the empty `out`, or sets `*skip`,
   * and then nothing is published for the article. Errors as of enrich.
   */
  wm_err_t (*render)(void *worker, const wm_article_t *article, const wm_origin_t *origin, wm_buffer_t *out, bool *skip,
                     wm_error_t *err);
} wm_service_t;

/** Calls enrich, takes the time and writes the line in `processing`. Errors of enrich; WM_ERR_NOMEM. */
wm_err_t wm_service_enrich(const wm_service_t *service, const void *shared, void *worker, wm_article_t *article,
                           wm_error_t *err);

/**
 * The whole main() of a worker executable: config (common rows and the service's), log, signals, model, metrics, workers,
 * stop. Returns the exit code.
 */
int wm_service_main(const wm_service_t *service, int argc, char **argv);

#endif
