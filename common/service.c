#include "common/service.h"

#include <math.h>
#include <time.h>

wm_err_t wm_service_enrich(const wm_service_t *service, const void *shared, void *worker, wm_article_t *article,
                           wm_error_t *err) {
  struct timespec from, to, at;
  clock_gettime(CLOCK_MONOTONIC, &from);
  wm_err_t rc = service->enrich(worker, article, err);
  if (rc != WM_OK) return rc;
  clock_gettime(CLOCK_MONOTONIC, &to);
  clock_gettime(CLOCK_REALTIME, &at);
  double ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
  wm_model_info_t info = service->model_info ? service->model_info(shared) : (wm_model_info_t){0};
  return wm_article_processed(article, service->name, service->version, info.name, info.sha256,
                              (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000, round(ms * 1000) / 1000, err);
}
