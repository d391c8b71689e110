/* An enriched article as Superdesk's flat ninjs. */
#include <stdio.h>
#include <string.h>

#include "services/deliver/format.h"

#define KEYWORDS_MAX 20u
#define KEYWORD_RELEVANCE 30 /* of an entity, to be a keyword */

/* Members that Superdesk has and wiremill does not make: passed on with these types. */
static const struct {
  const char *name;
  json_type type;
} k_passed[] = {
    {"slugline", JSON_STRING},
    {"ednote", JSON_STRING},
    {"usageterms", JSON_STRING},
    {"copyrightholder", JSON_STRING},
    {"copyrightnotice", JSON_STRING},
    {"located", JSON_STRING},
    {"embargoed", JSON_STRING},
    {"profile", JSON_STRING},
    {"evolvedfrom", JSON_STRING},
    {"description_text", JSON_STRING},
    {"urgency", JSON_INTEGER},
    {"priority", JSON_INTEGER},
    {"genre", JSON_ARRAY},
    {"service", JSON_ARRAY},
    {"ancestors", JSON_ARRAY},
    {"products", JSON_ARRAY},
    {"associations", JSON_OBJECT},
    {"extra", JSON_OBJECT},
};

static void put_time(wm_json_t *j, const wm_item_t *item, const char *key, const char *names) {
  char text[WM_TIME_TEXT_MAX];
  int64_t ms = item->timestamp_ms;
  if (!wm_time_read(wm_item_member(item, names), &ms) && ms <= 0) return;
  wm_time_write(ms, "+0000", text);
  wm_json_string(j, key, text);
}

/* Text as HTML: a paragraph for each run of lines between blank ones. */
static void put_html(wm_json_t *j, const char *s, size_t len) {
  bool open = false;
  int breaks = 0;
  for (size_t i = 0; i < len; i++) {
    char c = s[i];
    if (c == '\n') {
      breaks++;
      continue;
    }
    if (c == '\r' || (breaks > 0 && c == ' ')) continue;
    if (open && breaks > 1) wm_json_text_piece(j, "</p>", 4);
    if (!open || breaks > 1) wm_json_text_piece(j, "<p>", 3);
    else if (breaks == 1) wm_json_text_piece(j, " ", 1);
    open = true;
    breaks = 0;
    if (c == '<') wm_json_text_piece(j, "&lt;", 4);
    else if (c == '>') wm_json_text_piece(j, "&gt;", 4);
    else if (c == '&') wm_json_text_piece(j, "&amp;", 5);
    else wm_json_text_piece(j, &c, 1);
  }
  if (open) wm_json_text_piece(j, "</p>", 4);
}

static void put_body(wm_json_t *j, const wm_item_t *item) {
  const char *html = wm_item_member(item, "body_html");
  wm_json_text_begin(j, "body_html");
  if (html) wm_json_text_piece(j, html, strlen(html));
  else put_html(j, item->body.s, item->body.len);
  wm_json_text_end(j);
}

static void put_coded(wm_json_t *j, const char *code, const char *name, const char *scheme) {
  wm_json_open(j, NULL, '{');
  wm_json_string(j, "code", code);
  wm_json_string(j, "name", name);
  wm_json_string(j, "scheme", scheme);
  wm_json_close(j, '}');
}

/* What the article itself has in the list `name`, but for entries with a code of ours. */
static void put_own(wm_json_t *j, const wm_item_t *item, const char *name, const json_t *ours, const char *member,
                    size_t skip) {
  size_t i, k;
  json_t *entry, *other;
  json_array_foreach(json_object_get(item->root, name), i, entry) {
    const char *code = wm_item_text(entry, "code");
    bool doubled = false;
    if (!code || !wm_item_text(entry, "name")) continue;
    json_array_foreach(ours, k, other) {
      const char *is = wm_item_text(other, member);
      doubled = doubled || (is && strlen(is) >= skip && strcmp(is + skip, code) == 0);
    }
    if (!doubled) wm_json_value(j, NULL, entry);
  }
}

static void put_subject(wm_json_t *j, const wm_item_t *item, const char *scheme) {
  size_t i;
  json_t *topic;
  wm_json_open(j, "subject", '[');
  json_array_foreach(item->topics, i, topic) {
    const char *qcode = wm_item_text(topic, "qcode");
    if (!qcode) continue;
    if (strncmp(qcode, "medtop:", 7) == 0) put_coded(j, qcode + 7, wm_item_text(topic, "name"), scheme);
    else if (strncmp(qcode, "house:", 6) == 0) put_coded(j, qcode + 6, wm_item_text(topic, "name"), "house");
  }
  put_own(j, item, "subject", item->topics, "qcode", 7);
  wm_json_close(j, ']');
  wm_json_open(j, "place", '[');
  json_array_foreach(item->countries, i, topic) {
    if (wm_item_text(topic, "code")) put_coded(j, wm_item_text(topic, "code"), wm_item_text(topic, "name"), NULL);
  }
  put_own(j, item, "place", item->countries, "code", 0);
  wm_json_close(j, ']');
}

static void put_names(wm_json_t *j, const wm_item_t *item, const char *key, const char *type) {
  size_t i;
  json_t *entity;
  wm_json_open(j, key, '[');
  json_array_foreach(item->entities, i, entity) {
    const char *is = wm_item_text(entity, "type"), *name = wm_item_text(entity, "name");
    if (!is || !name || strcmp(is, type) != 0) continue;
    wm_json_open(j, NULL, '{');
    wm_json_string(j, "name", name);
    wm_json_string(j, "rel", wm_item_rel(wm_item_number(entity, "relevance", 0)));
    wm_json_close(j, '}');
  }
  wm_json_close(j, ']');
}

static void put_keywords(wm_json_t *j, const wm_item_t *item) {
  size_t i, n = 0;
  json_t *thing;
  wm_json_open(j, "keywords", '[');
  json_array_foreach(json_object_get(item->root, "keywords"), i, thing) {
    if (!json_is_string(thing) || n == KEYWORDS_MAX) continue;
    wm_json_text(j, NULL, json_string_value(thing), json_string_length(thing));
    n++;
  }
  json_array_foreach(item->entities, i, thing) {
    const char *name = wm_item_text(thing, "name");
    if (!name || n == KEYWORDS_MAX || wm_item_number(thing, "relevance", 0) < KEYWORD_RELEVANCE) continue;
    wm_json_string(j, NULL, name);
    n++;
  }
  wm_json_close(j, ']');
}

wm_err_t wm_format_superdesk(const wm_item_t *item, const char *scheme, wm_buffer_t *out, wm_error_t *err) {
  wm_json_t j;
  wm_json_begin(&j, out, err);
  wm_json_open(&j, NULL, '{');
  wm_json_string(&j, "guid", item->uri);
  wm_json_string(&j, "type", "text");
  wm_json_string(&j, "version", item->version_text);
  put_time(&j, item, "firstcreated", "firstcreated|firstCreated|published");
  put_time(&j, item, "versioncreated", "versioncreated|versionCreated");
  /* Newsroom hides what is canceled and knows no other status: what is withheld must not be seen either. */
  wm_json_string(&j, "pubstatus", strcmp(wm_item_status(item), "usable") == 0 ? "usable" : "canceled");
  if (item->language[0]) wm_json_string(&j, "language", item->language);
  wm_json_text(&j, "headline", item->headline.s, item->headline.len);
  put_body(&j, item);
  wm_json_string(&j, "byline", wm_item_member(item, "byline|by"));
  wm_json_string(&j, "source", wm_item_member(item, "source"));
  put_subject(&j, item, scheme);
  put_names(&j, item, "person", "person");
  put_names(&j, item, "organisation", "organisation");
  put_names(&j, item, "event", "event");
  put_keywords(&j, item);
  for (size_t i = 0; i < sizeof k_passed / sizeof k_passed[0]; i++) {
    const json_t *value = json_object_get(item->root, k_passed[i].name);
    if (value && json_typeof(value) == k_passed[i].type) wm_json_value(&j, k_passed[i].name, value);
  }
  wm_json_close(&j, '}');
  return wm_json_end(&j);
}

wm_err_t wm_format_superdesk_withdrawn(const char *uri, int64_t version, int64_t at_ms, wm_buffer_t *out,
                                       wm_error_t *err) {
  wm_json_t j;
  char text[WM_TIME_TEXT_MAX];
  wm_json_begin(&j, out, err);
  wm_json_open(&j, NULL, '{');
  wm_json_string(&j, "guid", uri);
  wm_json_string(&j, "type", "text");
  snprintf(text, sizeof text, "%lld", (long long)version);
  wm_json_string(&j, "version", text);
  if (at_ms > 0) {
    wm_time_write(at_ms, "+0000", text);
    wm_json_string(&j, "versioncreated", text);
  }
  wm_json_string(&j, "pubstatus", "canceled");
  wm_json_close(&j, '}');
  return wm_json_end(&j);
}
