#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include "common/lines.h"

#define SLOTS (2u * WM_POLICY_RULES_MAX) /* a power of two */

struct wm_policy {
  size_t count;
  wm_policy_rule_t rules[WM_POLICY_RULES_MAX];
  uint32_t batch[WM_POLICY_RULES_MAX]; /* the text that a rule came from */
  uint32_t batches;
  uint16_t slots[SLOTS]; /* index + 1 */
};

wm_policy_t *wm_policy_new(void) {
  return calloc(1, sizeof(wm_policy_t));
}
void wm_policy_destroy(wm_policy_t *p) {
  free(p);
}
size_t wm_policy_count(const wm_policy_t *p) {
  return p->count;
}

static size_t slot_of(const wm_policy_t *p, uint64_t hash) {
  size_t i = (size_t)hash & (SLOTS - 1);
  while (p->slots[i] && p->rules[p->slots[i] - 1].hash != hash) i = (i + 1) & (SLOTS - 1);
  return i;
}

const wm_policy_rule_t *wm_policy_find(const wm_policy_t *p, uint64_t hash) {
  size_t i = slot_of(p, hash);
  return p->slots[i] ? &p->rules[p->slots[i] - 1] : NULL;
}

typedef struct {
  wm_policy_t *policy;
  const wm_gazetteer_t *g;
} reader_t;

static wm_err_t fault(const wm_line_t *at, const char *what, wm_str_t thing, const char *remedy) {
  return wm_line_fault(at, "%s \"%.*s\": %s", what, wm_line_shown(thing), thing.s, remedy);
}

/* The right side of a rule. */
static wm_err_t read_codes(const wm_gazetteer_t *g, const wm_line_t *at, wm_str_t codes, wm_policy_rule_t *rule) {
  if (codes.len == 0)
    return fault(at, "nothing after \"=\" in", codes, "give a country code such as UA, or - for none");
  if (codes.len == 1 && codes.s[0] == '-') return WM_OK;
  while (codes.len > 0) {
    size_t n = 0;
    while (n < codes.len && codes.s[n] != ' ' && codes.s[n] != '\t') n++;
    wm_str_t code = {codes.s, n};
    uint8_t country = wm_gazetteer_find_country(g, code.s, code.len);
    if (country == WM_NO_COUNTRY)
      return fault(at, "unknown country code", code,
                   "use ISO 3166-1 alpha-2 in capitals (XK for Kosovo), or - for none");
    if (rule->n == WM_POLICY_CODES_MAX) return fault(at, "too many codes at", code, "at most 4 countries a name");
    rule->countries[rule->n++] = country;
    codes.s += n;
    codes.len -= n;
    codes = wm_line_trim(codes);
  }
  return WM_OK;
}

static wm_err_t read_rule(const reader_t *r, const wm_line_t *at, wm_str_t line) {
  wm_policy_t *p = r->policy;
  const char *equals = memchr(line.s, '=', line.len);
  if (!equals) return fault(at, "no \"=\" in", line, "a rule is NAME = CODE");
  wm_str_t name = wm_line_trim((wm_str_t){line.s, (size_t)(equals - line.s)});
  wm_policy_rule_t rule = {0, 0, {0}};
  wm_key_t key;
  if (!wm_key_make(name.s, name.len, &key))
    return fault(at, "no name that can be looked up in", line, "a rule is NAME = CODE");
  rule.hash = wm_key_hash(key.text, key.len);
  wm_err_t rc =
      read_codes(r->g, at, wm_line_trim((wm_str_t){equals + 1, line.len - (size_t)(equals + 1 - line.s)}), &rule);
  if (rc != WM_OK) return rc;
  size_t slot = slot_of(p, rule.hash);
  if (p->slots[slot]) {
    if (p->batch[p->slots[slot] - 1] == p->batches) return fault(at, "a second rule for", name, "give each name once");
    return WM_OK; /* an earlier text decided */
  }
  if (p->count == WM_POLICY_RULES_MAX) return fault(at, "too many rules at", name, "at most 4096");
  p->batch[p->count] = p->batches;
  p->rules[p->count++] = rule;
  p->slots[slot] = (uint16_t)p->count;
  return WM_OK;
}

static wm_err_t take(void *self, const wm_line_t *at, wm_str_t line) {
  const char *comment = line.len ? memchr(line.s, '#', line.len) : NULL;
  if (comment) line.len = (size_t)(comment - line.s);
  line = wm_line_trim(line);
  return line.len > 0 ? read_rule(self, at, line) : WM_OK;
}

wm_err_t wm_policy_add(wm_policy_t *p, const wm_gazetteer_t *g, const char *origin, const char *text, size_t len,
                       wm_error_t *err) {
  reader_t r = {p, g};
  p->batches++;
  return wm_lines_parse(origin, text, len, take, &r, err);
}

wm_err_t wm_policy_add_file(wm_policy_t *p, const wm_gazetteer_t *g, const char *path, wm_error_t *err) {
  reader_t r = {p, g};
  p->batches++;
  return wm_lines_read(path, WM_POLICY_FILE_BYTES_MAX, take, &r, err);
}
