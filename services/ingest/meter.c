#include "services/ingest/meter.h"

#include <stddef.h>

#define ARTICLES "wm_ingest_articles_total"
#define FETCHES "wm_ingest_fetches_total"

static wm_metric_t *counter(wm_metrics_t *m, const char *name, const char *labels, const char *help) {
  return m ? wm_metrics_get(m, WM_METRIC_COUNTER, name, labels, help) : NULL;
}

void wm_meter_init(wm_meter_t *meter, wm_metrics_t *m) {
  static const char articles[] = "Articles by way in and what became of them",
                    fetches[] = "Requests to feeds by outcome";
  *meter = (wm_meter_t){
      .posted = counter(m, ARTICLES, "from=\"post\",result=\"taken\"", articles),
      .fed = counter(m, ARTICLES, "from=\"feed\",result=\"taken\"", articles),
      .filed = counter(m, ARTICLES, "from=\"file\",result=\"taken\"", articles),
      .refused_post = counter(m, ARTICLES, "from=\"post\",result=\"refused\"", articles),
      .refused_feed = counter(m, ARTICLES, "from=\"feed\",result=\"refused\"", articles),
      .refused_file = counter(m, ARTICLES, "from=\"file\",result=\"refused\"", articles),
      .withdrawn = counter(m, "wm_ingest_withdrawn_total", NULL, "Articles that their publisher withdrew"),
      .duplicates = counter(m, "wm_ingest_duplicates_total", NULL, "Articles marked as duplicates of another"),
      .fetch_new = counter(m, FETCHES, "result=\"new\"", fetches),
      .fetch_unchanged = counter(m, FETCHES, "result=\"unchanged\"", fetches),
      .fetch_failed = counter(m, FETCHES, "result=\"failed\"", fetches),
  };
  if (!m) return;
  meter->post_seconds = wm_metrics_get(m, WM_METRIC_HISTOGRAM, "wm_ingest_post_seconds", NULL,
                                       "From a complete POST /articles to Kafka's acknowledgement");
  meter->feeds = wm_metrics_get(m, WM_METRIC_GAUGE, "wm_ingest_feeds", NULL, "Feeds that this process asks");
  meter->ready = wm_metrics_get(m, WM_METRIC_GAUGE, "wm_ready", NULL, "1 when articles can be taken");
}
