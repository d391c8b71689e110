/* Reading a newsroom's list, line by line. */
#include <stdio.h>
#include <string.h>

#include "common/lines.h"
#include "services/entities/newsroom_internal.h"
#include "services/entities/tagger.h"

#define COLUMNS 5u

enum { NAME, TYPE, ID, COUNTRY, ALIASES };

typedef struct {
  wm_newsroom_t *g;
  wm_tokens_t tokens;
  bool begun; /* a line other than blank ones and comments was seen */
} reader_t;

/* ISO 3166-1 alpha-2, and XK for Kosovo. */
static const char k_countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDE"
    "DJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP"
    "KE"
    "KGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOM"
    "PA"
    "PEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUA"
    "UG"
    "UMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

static bool is(wm_str_t s, const char *text) {
  return s.len == strlen(text) && memcmp(s.s, text, s.len) == 0;
}

static wm_err_t read_type(const wm_line_t *at, wm_str_t s, uint8_t *type) {
  for (uint8_t t = 0; t < WM_NAME_TYPES; t++)
    if (is(s, wm_name_types[t])) {
      *type = t;
      return WM_OK;
    }
  return wm_line_fault(at, "unknown type \"%.*s\": use person, organisation, place, group, event or work",
                       wm_line_shown(s), s.s);
}

static wm_err_t read_country(const wm_line_t *at, wm_str_t s, char country[2]) {
  if (s.len == 0) return WM_OK;
  for (size_t i = 0; s.len == 2 && i + 2 < sizeof k_countries; i += 2)
    if (!memcmp(s.s, k_countries + i, 2)) {
      memcpy(country, s.s, 2);
      return WM_OK;
    }
  return wm_line_fault(at,
                       "unknown country \"%.*s\": use ISO 3166-1 alpha-2 in capitals such as KE (XK for Kosovo), or "
                       "leave it empty",
                       wm_line_shown(s), s.s);
}

/* The number of a Wikidata id, 0 if it is none. */
static uint32_t wikidata_of(wm_str_t s) {
  uint64_t n = 0;
  if (s.len < 2 || s.len > 11 || s.s[0] != 'Q' || s.s[1] == '0') return 0;
  for (size_t i = 1; i < s.len; i++) {
    if (s.s[i] < '0' || s.s[i] > '9') return 0;
    n = n * 10 + (uint64_t)(s.s[i] - '0');
  }
  return n <= UINT32_MAX ? (uint32_t)n : 0;
}

static wm_err_t read_id(wm_newsroom_t *g, const wm_line_t *at, wm_str_t s, wm_newsroom_thing_t *thing) {
  if (s.len == 0) return WM_OK;
  bool good = s.len <= WM_NEWSROOM_ID_MAX;
  for (size_t i = 0; good && i < s.len; i++) good = s.s[i] > ' ' && s.s[i] <= '~';
  if (!good)
    return wm_line_fault(at,
                         "bad id \"%.*s\": use a Wikidata id such as Q155, or your own of at most %u letters, digits "
                         "and signs without spaces",
                         wm_line_shown(s), s.s, WM_NEWSROOM_ID_MAX);
  thing->wikidata = wikidata_of(s);
  if (thing->wikidata) return WM_OK;
  thing->id = wm_newsroom_keep(g, s);
  return thing->id ? WM_OK : wm_error_set(at->err, WM_ERR_NOMEM, "out of memory for a list of names");
}

static wm_err_t read_name(reader_t *r, const wm_line_t *at, wm_str_t name) {
  wm_newsroom_t *g = r->g;
  uint32_t thing = (uint32_t)g->n_things - 1, other = WM_NEWSROOM_NONE;
  int shown = wm_line_shown(name);
  if (name.len > WM_NEWSROOM_NAME_MAX)
    return wm_line_fault(at, "name \"%.*s\" is too long: at most %u bytes", shown, name.s, WM_NEWSROOM_NAME_MAX);
  wm_err_t rc = wm_text_tokenize(name.s, name.len, &r->tokens, at->err);
  if (rc) return rc;
  const wm_token_t *tokens = r->tokens.tokens;
  size_t n = r->tokens.count;
  while (n > 1 && tokens[n - 1].end - tokens[n - 1].start == 1 && name.s[tokens[n - 1].start] == '.') n--;
  bool word = false;
  for (size_t i = 0; i < n; i++) {
    word = word || !(tokens[i].flags & WM_TOKEN_PUNCT);
    if (i > 0 && tokens[i].flags & WM_TOKEN_PARAGRAPH)
      return wm_line_fault(at, "a line break inside the name \"%.*s\": write it with spaces", shown, name.s);
  }
  if (!word) return wm_line_fault(at, "name \"%.*s\" has no letter or digit: write the name", shown, name.s);
  if (n > WM_NEWSROOM_WORDS_MAX)
    return wm_line_fault(at, "name \"%.*s\" has too many words: at most %u, hyphens and commas counted", shown, name.s,
                         WM_NEWSROOM_WORDS_MAX);
  if (g->n_names == WM_NEWSROOM_NAMES_MAX)
    return wm_line_fault(at, "too many names at \"%.*s\": at most %u in one list", shown, name.s,
                         WM_NEWSROOM_NAMES_MAX);
  rc = wm_newsroom_add(g, name.s, tokens, n, thing, &other, at->err);
  if (rc || other == WM_NEWSROOM_NONE || other == thing) return rc;
  return wm_line_fault(at, "\"%.*s\" is a name in line %u already: give each name to one thing, the likelier one",
                       shown, name.s, g->things[other].line);
}

static wm_err_t read_aliases(reader_t *r, const wm_line_t *at, wm_str_t all) {
  wm_err_t rc = WM_OK;
  unsigned n = 0;
  if (all.len == 0) return WM_OK;
  while (!rc && all.s) {
    wm_str_t alias = wm_line_cut(&all, '|');
    if (alias.len == 0) return wm_line_fault(at, "an empty alias: write NAME|NAME, without \"|\" at the ends");
    if (++n > WM_NEWSROOM_ALIASES_MAX)
      return wm_line_fault(at, "too many aliases at \"%.*s\": at most %u", wm_line_shown(alias), alias.s,
                           WM_NEWSROOM_ALIASES_MAX);
    rc = read_name(r, at, alias);
  }
  return rc;
}

static wm_err_t read_thing(reader_t *r, const wm_line_t *at, const wm_str_t column[COLUMNS]) {
  wm_newsroom_thing_t thing = {.line = (uint32_t)at->number};
  if (column[NAME].len == 0)
    return wm_line_fault(at, "no name: the columns are NAME, TYPE, ID, COUNTRY, ALIASES, with a tab between them");
  if (memchr(column[NAME].s, '|', column[NAME].len))
    return wm_line_fault(at, "\"|\" in the name \"%.*s\": other names go into the fifth column",
                         wm_line_shown(column[NAME]), column[NAME].s);
  wm_err_t rc = read_type(at, column[TYPE], &thing.type);
  if (!rc) rc = read_id(r->g, at, column[ID], &thing);
  if (!rc) rc = read_country(at, column[COUNTRY], thing.country);
  if (rc) return rc;
  if (r->g->n_things == WM_NEWSROOM_THINGS_MAX)
    return wm_line_fault(at, "too many things: at most %u in one list", WM_NEWSROOM_THINGS_MAX);
  thing.name = wm_newsroom_keep(r->g, column[NAME]);
  if (!thing.name) return wm_error_set(at->err, WM_ERR_NOMEM, "out of memory for a list of names");
  thing.name_len = (uint32_t)column[NAME].len;
  rc = wm_newsroom_add_thing(r->g, &thing, at->err);
  if (!rc) rc = read_name(r, at, column[NAME]);
  if (!rc) rc = read_aliases(r, at, column[ALIASES]);
  return rc;
}

static wm_err_t take(void *self, const wm_line_t *at, wm_str_t line) {
  reader_t *r = self;
  wm_str_t column[COLUMNS] = {{NULL, 0}}, rest = line;
  if (wm_line_trim(line).len == 0 || line.s[0] == '#') return WM_OK;
  unsigned n = 0;
  while (rest.s && n < COLUMNS) column[n++] = wm_line_cut(&rest, '\t');
  if (n < 2)
    return wm_line_fault(at, "one column in \"%.*s\": NAME, TYPE, ID, COUNTRY, ALIASES, with a tab between them",
                         wm_line_shown(line), line.s);
  if (rest.s) return wm_line_fault(at, "more than %u columns: NAME, TYPE, ID, COUNTRY, ALIASES (NAME|NAME)", COLUMNS);
  bool head = !r->begun && is(column[NAME], "name") && is(column[TYPE], "type");
  r->begun = true;
  return head ? WM_OK : read_thing(r, at, column);
}

/* Reads `path`, or `text` where there is one. */
static wm_err_t read_all(const char *path, const char *text, size_t len, wm_newsroom_t **out, wm_error_t *err) {
  reader_t r = {.g = wm_newsroom_new()};
  *out = NULL;
  if (!r.g) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a list of names");
  wm_tokens_init(&r.tokens, WM_TOKENS_MAX);
  wm_err_t rc =
      text ? wm_lines_parse(path, text, len, take, &r, err) : wm_lines_read(path, WM_NEWSROOM_BYTES_MAX, take, &r, err);
  wm_tokens_clear(&r.tokens);
  if (rc) wm_newsroom_destroy(r.g);
  else *out = r.g;
  return rc;
}

wm_err_t wm_newsroom_parse(const char *file, const char *text, size_t len, wm_newsroom_t **out, wm_error_t *err) {
  if (len > WM_NEWSROOM_BYTES_MAX)
    return wm_error_set(err, WM_ERR_CONFIG, "%s: more than %u bytes, which is the most", file, WM_NEWSROOM_BYTES_MAX);
  return read_all(file, text, len, out, err);
}

wm_err_t wm_newsroom_open(const char *path, wm_newsroom_t **out, wm_error_t *err) {
  return read_all(path, NULL, 0, out, err);
}
