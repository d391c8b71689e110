#include "services/deliver/item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ABOUT_RELEVANCE 50 /* from this relevance on the story is about it */

int64_t wm_item_version(const wm_origin_t *origin) {
  int64_t seconds = origin->timestamp_ms / 1000;
  if (seconds < 0) seconds = 0;
  if (seconds > UINT32_MAX) seconds = UINT32_MAX;
  return (seconds << 31) | (origin->offset & INT64_C(0x7fffffff));
}

static const json_t *list(const wm_article_t *article, const char *name) {
  const json_t *value = wm_article_peek(article, name);
  return json_is_array(value) ? value : NULL;
}

void wm_item_read(const wm_article_t *article, const wm_origin_t *origin, wm_item_t *out) {
  *out = (wm_item_t){.uri = wm_article_uri(article),
                     .version = wm_item_version(origin),
                     .timestamp_ms = origin->timestamp_ms,
                     .root = wm_article_json(article),
                     .topics = list(article, "topics"),
                     .countries = list(article, "countries"),
                     .entities = list(article, "entities"),
                     .headline = wm_article_text(article, WM_FIELD_HEADLINE),
                     .body = wm_article_text(article, WM_FIELD_BODY)};
  snprintf(out->version_text, sizeof out->version_text, "%" PRId64, out->version);
  out->language = wm_item_text(wm_article_peek(article, "language"), "code");
  if (!out->language || strcmp(out->language, "und") == 0) out->language = wm_article_language(article);
}

const char *wm_item_text(const json_t *object, const char *name) {
  return json_string_value(json_object_get(object, name));
}

int64_t wm_item_number(const json_t *object, const char *name, int64_t def) {
  const json_t *value = json_object_get(object, name);
  return json_is_integer(value) ? json_integer_value(value) : def;
}

const char *wm_item_member(const wm_item_t *item, const char *names) {
  char name[64];
  for (const char *s = names;;) {
    size_t n = strcspn(s, "|");
    snprintf(name, sizeof name, "%.*s", (int)n, s);
    const json_t *value = json_object_get(item->root, name);
    if (json_is_string(value) && json_string_value(value)[0] &&
        strlen(json_string_value(value)) == json_string_length(value))
      return json_string_value(value);
    if (s[n] == '\0') return NULL;
    s += n + 1;
  }
}

const char *wm_item_status(const wm_item_t *item) {
  const char *status = wm_item_member(item, "pubStatus|pubstatus");
  if (status && strcmp(status, "canceled") == 0) return "canceled";
  return status && strcmp(status, "withheld") == 0 ? "withheld" : "usable";
}

const char *wm_item_rel(int64_t relevance) {
  return relevance >= ABOUT_RELEVANCE ? "about" : "mentions";
}

bool wm_item_is_country(const wm_item_t *item, const char *id) {
  size_t i, k;
  json_t *country, *evidence;
  if (!id) return false;
  json_array_foreach(item->countries, i, country) {
    json_array_foreach(json_object_get(country, "evidence"), k, evidence) {
      const char *kind = wm_item_text(evidence, "kind"), *entity = wm_item_text(evidence, "entity");
      if (kind && entity && strcmp(kind, "country") == 0 && strcmp(entity, id) == 0) return true;
    }
  }
  return false;
}

/* ---- times ---- */

/* `n` digits as a number from min to max; -1 if they are none. */
static int number(const char *s, int n, int min, int max) {
  int value = 0;
  for (int i = 0; i < n; i++) {
    if (s[i] < '0' || s[i] > '9') return -1;
    value = value * 10 + (s[i] - '0');
  }
  return value >= min && value <= max ? value : -1;
}

/* Minutes east of UTC, INT_MIN if it is no zone. */
static bool zone(const char *s, int *minutes) {
  *minutes = 0;
  if ((s[0] == 'Z' || s[0] == 'z') && s[1] == '\0') return true;
  if (s[0] != '+' && s[0] != '-') return false;
  size_t len = strlen(s);
  if (len != 5 && !(len == 6 && s[3] == ':')) return false;
  int hours = number(s + 1, 2, 0, 23), rest = number(s + len - 2, 2, 0, 59);
  if (hours < 0 || rest < 0) return false;
  *minutes = (s[0] == '-' ? -1 : 1) * (hours * 60 + rest);
  return true;
}

bool wm_time_read(const char *text, int64_t *ms) {
  if (!text || strlen(text) < 20 || strlen(text) > 40) return false;
  int year = number(text, 4, 0, 9999), month = number(text + 5, 2, 1, 12), day = number(text + 8, 2, 1, 31);
  int hour = number(text + 11, 2, 0, 23), minute = number(text + 14, 2, 0, 59), second = number(text + 17, 2, 0, 60);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return false;
  if (text[4] != '-' || text[7] != '-' || !strchr("Tt ", text[10]) || text[13] != ':' || text[16] != ':') return false;
  const char *rest = text + 19;
  int minutes = 0, fraction = 0;
  if (*rest == '.') {
    int digits = 0;
    for (rest++; *rest >= '0' && *rest <= '9'; rest++, digits++)
      if (digits < 3) fraction = fraction * 10 + (*rest - '0');
    if (digits == 0) return false;
    for (; digits < 3; digits++) fraction *= 10;
  }
  if (!zone(rest, &minutes)) return false;
  struct tm tm = {
      .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second};
  struct tm check = tm;
  time_t at = timegm(&check);
  if (check.tm_mday != day && second != 60) return false; /* the 31st of February */
  *ms = ((int64_t)at - minutes * 60) * 1000 + fraction;
  return true;
}

void wm_time_write(int64_t ms, const char *zone_text, char out[WM_TIME_TEXT_MAX]) {
  time_t at = (time_t)(ms / 1000);
  struct tm tm;
  gmtime_r(&at, &tm);
  size_t n = strftime(out, WM_TIME_TEXT_MAX - 8, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(out + n, WM_TIME_TEXT_MAX - n, "%s", zone_text);
}

/* ---- uris ---- */

static bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Bytes of "scheme:" at the start, 0 if there is none (RFC 3986, 3.1). */
static size_t scheme_length(const char *s) {
  size_t n = 0;
  if (!is_alpha(s[0])) return 0;
  while (is_alpha(s[n]) || is_digit(s[n]) || (s[n] && strchr("+-.", s[n]))) n++;
  return s[n] == ':' && s[n + 1] ? n + 1 : 0;
}

void wm_item_write_uri(wm_json_t *j, const char *key, const char *uri) {
  bool fragment = false;
  wm_json_text_begin(j, key);
  if (scheme_length(uri) == 0) wm_json_text_piece(j, "urn:wiremill:", 13);
  for (const char *s = uri; *s; s++) {
    bool plain = is_alpha(*s) || is_digit(*s) || strchr("-._~:/?@!$&'()*+,;=", *s) ||
                 (*s == '%' && is_hex(s[1]) && is_hex(s[2])) || (*s == '#' && !fragment);
    if (*s == '#') fragment = true;
    char text[4];
    if (!plain) snprintf(text, sizeof text, "%%%02X", (unsigned char)*s);
    wm_json_text_piece(j, plain ? s : text, plain ? 1 : 3);
  }
  wm_json_text_end(j);
}
