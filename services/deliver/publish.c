#include "services/deliver/publish.h"

#include "services/deliver/filter.h"
#include "services/deliver/format.h"

static wm_err_t worker_open(const void *target, void **worker, wm_error_t *err) {
  (void)err;
  *worker = (void *)(uintptr_t)target; /* read only; there is nothing of the worker's own */
  return WM_OK;
}

static wm_err_t render(void *worker, const wm_article_t *article, const wm_origin_t *origin, wm_buffer_t *out,
                       bool *skip, wm_error_t *err) {
  const wm_target_t *target = worker;
  wm_item_t item;
  wm_item_read(article, origin, &item);
  *skip = !wm_filter_wants(&target->filter, &item);
  return *skip ? WM_OK : wm_format_ninjs(&item, out, err);
}

static const wm_service_t k_service = {
    .name = "deliver",
    .version = WM_VERSION,
    .summary = "",
    .worker_open = worker_open,
    .render = render,
};

void wm_publish_settings(const wm_deliver_settings_t *set, const wm_target_t *target, const char *labels,
                         wm_stage_settings_t *out) {
  *out = (wm_stage_settings_t){
      .service = &k_service,
      .shared = target,
      .config = set->config,
      .bootstrap_servers = set->bootstrap_servers,
      .topic_in = set->topic_in,
      .topic_out = target->topic,
      .topic_dlq = target->dead_letters,
      .group = target->group,
      .instance = set->instance,
      .workers = (int)target->workers,
      .commit_messages = (int)wm_config_int(set->config, "commit.messages"),
      .commit_ms = set->commit_ms,
      .transaction_timeout_ms = (int)wm_config_int(set->config, "transaction.timeout.ms"),
      .stop_ms = set->stop_ms,
      .limits = set->limits,
      .metrics = set->metrics,
      .labels = labels,
  };
}
