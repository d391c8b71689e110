#include "services/entities/publish.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#define CALM_ALONE 5u  /* bytes of a single word that is no abbreviation */
#define CALM_BESIDE 3u /* of a word beside others */

/**
 * Writes a name that stands in the text in capitals only as one would write it: "WARSAW" is "Warsaw", "NEW YORK" "New York". What may be an abbreviation (two letters,
 * a single word of up to four, dots) stays.
 */
static size_t calm(const wm_document_t *d, const wm_mention_t *m, char *name, size_t n) {
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  size_t letters = m->end - m->first == 1 ? CALM_ALONE : CALM_BESIDE, out = 0;
  bool inside = false;
  if (memchr(name, '.', n)) return n;
  for (uint32_t i = m->first; i < m->end; i++)
    if (tokens[i].flags & WM_TOKEN_UPPER && tokens[i].end - tokens[i].start < letters) return n;
  for (size_t i = 0, step = 0; i < n; i += step) {
    char utf8[4];
    utf8proc_int32_t cp = (utf8proc_int32_t)wm_utf8_decode(name + i, n - i, &step);
    utf8proc_category_t kind = utf8proc_category(cp);
    if (inside && (kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LT)) cp = utf8proc_tolower(cp);
    inside = kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_ME;
    size_t bytes = wm_utf8_encode((uint32_t)cp, utf8);
    if (bytes > step) return n; /* no such letter is known; what was written so far is as long as what was read */
    memcpy(name + out, utf8, bytes);
    out += bytes;
  }
  return out;
}

/** True for letters with dots: "u.s.", "j.k.". */
static bool dotted(const char *s, size_t len) {
  for (size_t i = 1; i < len; i += 2)
    if (s[i] != '.') return false;
  return len > 1;
}

/** True if a word of a name is an abbreviation, as far as its length tells: "IMF", "UN Security Council", "UK". */
static bool short_form(const wm_mention_t *m, const char *s, size_t len) {
  if (dotted(s, len)) return true;
  if (m->type == WM_NAME_PERSON || m->type == WM_NAME_GROUP) return false;
  if (m->end - m->first > 1) return len < CALM_BESIDE;
  return len < (m->type == WM_NAME_PLACE ? CALM_ALONE - 1 : CALM_ALONE);
}

/**
 * Writes at most `cap` bytes of a name that the article has without capitals as one would write it: "bank of uganda" is "Bank of Uganda", "imf" "IMF". The letters come
 * from the text in capitals, byte for byte. Returns how many.
 */
static size_t dress(const wm_document_t *d, const wm_mention_t *m, char *out, size_t cap) {
  const char *written = d->written[m->field].s, *capitals = d->text[m->field].s;
  const wm_token_t *tokens = d->tokens[m->field]->tokens;
  size_t n = m->end_byte - m->start_byte;
  if (n > cap)
    for (n = cap; n > 0 && ((unsigned char)written[m->start_byte + n] & 0xC0u) == 0x80u;) n--;
  memcpy(out, written + m->start_byte, n);
  for (uint32_t i = m->first; i < m->end; i++) {
    unsigned kind = wm_document_kind(d, capitals, &tokens[i]);
    size_t at = tokens[i].start - m->start_byte, len = tokens[i].end - tokens[i].start, step = 0;
    if (i > m->first && kind & (WM_WORD_SMALL | WM_WORD_ARTICLE | WM_WORD_PARTICLE)) continue;
    wm_utf8_decode(capitals + tokens[i].start, len, &step);
    if (short_form(m, capitals + tokens[i].start, len)) step = len;
    if (at + step <= n) memcpy(out + at, capitals + tokens[i].start, step);
  }
  return n;
}

/** A mention's text as a name: runs of white space become one space. */
static json_t *name_of(const wm_document_t *d, const wm_entity_t *e) {
  const wm_form_t *form = &d->forms[e->name];
  const wm_mention_t *m = &d->mentions[form->mention];
  const char *s = d->text[m->field].s + m->start_byte;
  char name[WM_NAME_BYTES_MAX], dressed[WM_NAME_BYTES_MAX];
  size_t n = 0, len = m->end_byte - m->start_byte;
  bool bare = d->written[m->field].s != d->text[m->field].s;
  if (bare) {
    len = dress(d, m, dressed, sizeof dressed);
    s = dressed;
  }
  for (size_t i = 0; i < len && n < sizeof name; i++) {
    bool space = (unsigned char)s[i] <= ' ';
    if (space && n > 0 && name[n - 1] == ' ') continue;
    name[n++] = space ? ' ' : s[i];
  }
  if (n == sizeof name)
    while (n > 0 && ((unsigned char)name[n - 1] & 0xC0u) != 0) {
      bool head = ((unsigned char)name[n - 1] & 0xC0u) == 0xC0u;
      if (!head && ((unsigned char)name[n - 1] & 0x80u) == 0) break;
      n--;
      if (head) break;
    }
  if (!bare && form->upper && (e->type == WM_NAME_PLACE || e->type == WM_NAME_PERSON)) n = calm(d, m, name, n);
  return json_stringn(name, n);
}

/**
 * Adds what is known of the entity beside the text: what the newsroom's list says, else what the model knows (of places the countries
 * service says the country).
 */
static int add_known(json_t *json, const wm_document_t *d, const wm_entity_t *e) {
  static const wm_known_t nothing = {0, {0, 0}, 0, 0};
  static const wm_newsroom_thing_t unlisted = {0};
  bool listed = e->listed != WM_UNLISTED;
  const wm_known_t *k = e->known == WM_LOOKUP_NONE ? &nothing : &d->knowledge->known[e->known];
  const wm_newsroom_thing_t *t = listed ? wm_newsroom_thing(d->newsroom, e->listed) : &unlisted;
  const char *country = t->country[0] ? t->country : e->type != WM_NAME_PLACE && k->country[0] ? k->country : NULL;
  uint32_t wikidata = t->wikidata ? t->wikidata : t->id ? 0 : k->wikidata;
  int failed = 0;
  if (country) failed |= json_object_set_new(json, "country", json_stringn(country, 2));
  if (wikidata) {
    char id[16];
    snprintf(id, sizeof id, "Q%u", (unsigned)wikidata);
    failed |= json_object_set_new(json, "wikidata", json_string(id));
  }
  if (t->id) failed |= json_object_set_new(json, "house", json_string(t->id));
  if (listed) failed |= json_object_set_new(json, "listed", json_true());
  return failed;
}

static json_t *entity_of(const wm_document_t *d, const wm_entity_t *e, size_t number) {
  char id[24];
  snprintf(id, sizeof id, "e%zu", number);
  const wm_newsroom_thing_t *thing = e->listed == WM_UNLISTED ? NULL : wm_newsroom_thing(d->newsroom, e->listed);
  json_t *name = thing ? json_stringn(thing->name, thing->name_len) : name_of(d, e);
  json_t *json = json_pack("{s:s, s:s, s:o, s:i, s:i}", "id", id, "type", wm_name_types[e->type], "name", name,
                           "relevance", e->relevance, "confidence", e->confidence);
  if (!json) return NULL;
  if (add_known(json, d, e) || json_object_set_new(json, "mentions", json_array())) {
    json_decref(json);
    return NULL;
  }
  return json;
}

static json_t *mention_of(const wm_document_t *d, const wm_mention_t *m, wm_text_points_t *points) {
  const char *text = d->written[m->field].s + m->start_byte;
  size_t start = wm_text_points_at(points, m->start_byte);
  size_t end = wm_text_points_at(points, m->end_byte);
  return json_pack("{s:s, s:I, s:I, s:s%}", "field", wm_field_names[m->field], "start", (json_int_t)start, "end",
                   (json_int_t)end, "text", text, (size_t)(m->end_byte - m->start_byte));
}

json_t *wm_document_publish(const wm_document_t *d) {
  json_t *all = json_array();
  wm_text_points_t points[WM_FIELD_COUNT];
  for (size_t f = 0; f < WM_FIELD_COUNT; f++) wm_text_points_init(&points[f], d->written[f].s, d->written[f].len);
  for (size_t i = 0; all && i < d->n_entities; i++)
    if (json_array_append_new(all, entity_of(d, &d->entities[i], i + 1))) goto failed;
  for (size_t i = 0; all && i < d->n_mentions; i++) {
    const wm_mention_t *m = &d->mentions[i];
    json_t *entity = json_array_get(all, d->forms[m->form].entity);
    if (json_array_append_new(json_object_get(entity, "mentions"), mention_of(d, m, &points[m->field]))) goto failed;
  }
  return all;
failed:
  json_decref(all);
  return NULL;
}
