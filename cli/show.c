#include "cli/show.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 100u
#define LABEL_COLUMNS 15u
#define LIST_MAX 8u      /* entities of a type that are listed */
#define MARKS_MAX 20000u /* marked mentions of a text */

typedef struct {
  const char *type, *label, *color, *letter;
} kind_t;

static const kind_t k_kinds[] = {
    {"person", "People", "\033[1;36m", "person"}, {"organisation", "Organisations", "\033[1;35m", "organisation"},
    {"place", "Places", "\033[1;32m", "place"},   {"group", "Groups", "\033[1;33m", "group"},
    {"event", "Events", "\033[1;31m", "event"},   {"work", "Works", "\033[1;34m", "work"},
};
#define KINDS (sizeof k_kinds / sizeof k_kinds[0])

typedef struct {
  size_t start, end; /* code points */
  const kind_t *kind;
} mark_t;

/* Writes text with word wrap. The first error sticks, so that callers need not check each call. */
typedef struct {
  wm_buffer_t *out;
  wm_error_t *err;
  wm_err_t rc;
  size_t column, indent;
  bool glued; /* no space since the last word: what follows belongs to it */
} writer_t;

static void put(writer_t *w, const char *s, size_t len) {
  if (w->rc == WM_OK) w->rc = wm_buffer_append(w->out, s, len, w->err);
}

static void put_plain(writer_t *w, const char *s) {
  put(w, s, strlen(s));
}

static void newline(writer_t *w) {
  put(w, "\n", 1);
  for (size_t i = 0; i < w->indent; i++) put(w, " ", 1);
  w->column = w->indent;
  w->glued = false;
}

/* A word that is not broken, with `before` glued to its front; begins a new line where it does not fit. Control
   characters are left out: they could do things to a terminal. */
static void put_glued(writer_t *w, const char *before, const char *s, size_t len) {
  size_t width = strlen(before) + wm_utf8_points(s, len);
  if (!w->glued && w->column > w->indent && w->column + width > COLUMNS) newline(w);
  put_plain(w, before);
  for (size_t at = 0; at < len;) {
    size_t n;
    uint32_t cp = wm_utf8_decode(s + at, len - at, &n);
    if (cp >= 0x20 && cp != 0x7F && !(cp >= 0x80 && cp < 0xA0)) put(w, s + at, n);
    at += n;
  }
  w->column += width;
  w->glued = true;
}

static void put_word(writer_t *w, const char *s, size_t len) {
  put_glued(w, "", s, len);
}

static void put_space(writer_t *w) {
  if (w->column > w->indent && w->column < COLUMNS) {
    put(w, " ", 1);
    w->column++;
  }
  w->glued = false;
}

/* Text with white space folded and lines wrapped; `s` is valid UTF-8. `before` goes before the first word. */
static void put_marked_text(writer_t *w, const char *before, const char *s, size_t len) {
  size_t at = 0;
  while (at < len) {
    size_t end = at;
    while (end < len && !strchr(" \t\r\n", s[end])) end++;
    if (end > at) {
      put_glued(w, before, s + at, end - at);
      before = "";
    }
    at = end;
    bool line = false, space = false;
    while (at < len && strchr(" \t\r\n", s[at])) {
      line = line || s[at] == '\n';
      space = true;
      at++;
    }
    if (line) newline(w);
    else if (space) put_space(w);
  }
}

static void put_text(writer_t *w, const char *s, size_t len) {
  put_marked_text(w, "", s, len);
}

static const char *text_of(const json_t *o, const char *key) {
  const char *s = json_string_value(json_object_get(o, key));
  return s ? s : "";
}

static const kind_t *kind_of(const char *type) {
  for (size_t i = 0; i < KINDS; i++)
    if (strcmp(k_kinds[i].type, type) == 0) return &k_kinds[i];
  return &k_kinds[KINDS - 1];
}

static int by_start(const void *a, const void *b) {
  const mark_t *x = a, *y = b;
  return x->start < y->start ? -1 : x->start > y->start;
}

/* The mentions of one field in order, `*n` of them; NULL when there are none or no memory is left (then nothing is marked). */
static mark_t *collect(const json_t *entities, const char *field, size_t *n) {
  *n = 0;
  size_t capacity = 0, i, k;
  json_t *entity, *mention;
  json_array_foreach(entities, i, entity) capacity += json_array_size(json_object_get(entity, "mentions"));
  if (capacity > MARKS_MAX) capacity = MARKS_MAX;
  mark_t *marks = capacity ? calloc(capacity, sizeof *marks) : NULL;
  if (!marks) return NULL;
  json_array_foreach(entities, i, entity) {
    json_array_foreach(json_object_get(entity, "mentions"), k, mention) {
      if (*n == capacity || strcmp(text_of(mention, "field"), field) != 0) continue;
      marks[(*n)++] =
          (mark_t){(size_t)json_integer_value(json_object_get(mention, "start")),
                   (size_t)json_integer_value(json_object_get(mention, "end")), kind_of(text_of(entity, "type"))};
    }
  }
  qsort(marks, *n, sizeof *marks, by_start);
  return marks;
}

/* Byte offset of code point `point`, going on from (*at_point, *at_byte). */
static size_t byte_of(wm_str_t t, size_t point, size_t *at_point, size_t *at_byte) {
  while (*at_point < point && *at_byte < t.len) {
    size_t n;
    wm_utf8_decode(t.s + *at_byte, t.len - *at_byte, &n);
    *at_byte += n;
    (*at_point)++;
  }
  return *at_byte;
}

static void put_marked(writer_t *w, const wm_show_t *show, wm_str_t t, const mark_t *marks, size_t n) {
  size_t at = 0, point = 0, byte = 0;
  for (size_t i = 0; i < n; i++) {
    if (marks[i].start < point) continue; /* overlaps the one before */
    size_t from = byte_of(t, marks[i].start, &point, &byte);
    size_t to = byte_of(t, marks[i].end, &point, &byte);
    put_text(w, t.s + at, from - at);
    if (show->color) {
      put_plain(w, marks[i].kind->color);
      put_text(w, t.s + from, to - from);
      put_plain(w, "\033[0m");
    } else {
      put_marked_text(w, "[", t.s + from, to - from);
      put_word(w, "]", 1);
    }
    at = to;
  }
  size_t end = t.len;
  while (end > at && strchr(" \t\r\n", t.s[end - 1])) end--;
  put_text(w, t.s + at, end - at);
}

static void put_label(writer_t *w, const wm_show_t *show, const char *label, const char *color) {
  w->indent = 0;
  newline(w);
  put_plain(w, "  ");
  if (show->color) put_plain(w, color);
  put_plain(w, label);
  if (show->color) put_plain(w, "\033[0m");
  for (size_t i = strlen(label); i < LABEL_COLUMNS; i++) put(w, " ", 1);
  w->indent = w->column = LABEL_COLUMNS + 2;
}

static void put_number(writer_t *w, const json_t *o, const char *key) {
  char s[24];
  int n = snprintf(s, sizeof s, " %d", (int)json_integer_value(json_object_get(o, key)));
  put_word(w, s, (size_t)n);
}

static void put_entities(writer_t *w, const wm_show_t *show, const json_t *entities) {
  for (size_t k = 0; k < KINDS; k++) {
    size_t i, listed = 0, left = 0;
    json_t *e;
    json_array_foreach(entities, i, e) {
      if (kind_of(text_of(e, "type")) != &k_kinds[k]) continue;
      if (listed == LIST_MAX) {
        left++;
        continue;
      }
      if (listed++ == 0) put_label(w, show, k_kinds[k].label, k_kinds[k].color);
      else put_text(w, ", ", 2);
      const char *name = text_of(e, "name"), *country = text_of(e, "country");
      put_text(w, name, strlen(name));
      if (*country) {
        put_text(w, " (", 2);
        put_word(w, country, strlen(country));
        put_word(w, ")", 1);
      }
    }
    if (left > 0) {
      char more[40];
      snprintf(more, sizeof more, ", and %zu more", left);
      put_text(w, more, strlen(more));
    }
  }
}

static void put_countries(writer_t *w, const wm_show_t *show, const json_t *countries) {
  size_t i;
  json_t *c;
  json_array_foreach(countries, i, c) {
    if (i == 0) put_label(w, show, "Countries", "\033[1m");
    else put_text(w, ", ", 2);
    const char *name = text_of(c, "name"), *code = text_of(c, "code");
    bool focus = json_is_true(json_object_get(c, "focus"));
    if (focus) put_plain(w, show->color ? "\033[1m*" : "*");
    put_text(w, name, strlen(name));
    if (focus && show->color) put_plain(w, "\033[0m");
    put_space(w);
    put_word(w, code, strlen(code));
    put_number(w, c, "relevance");
  }
}

static void put_topics(writer_t *w, const wm_show_t *show, const json_t *topics) {
  size_t i;
  json_t *t;
  json_array_foreach(topics, i, t) {
    if (i == 0) put_label(w, show, "Topics", "\033[1m");
    else put_text(w, ", ", 2);
    const char *name = text_of(t, "name");
    put_text(w, name, strlen(name));
    put_number(w, t, "relevance");
  }
}

void wm_show_init(wm_show_t *show, const char *when) {
  const char *no_color = getenv("NO_COLOR");
  show->shown = 0;
  show->color =
      strcmp(when, "always") == 0 || (strcmp(when, "auto") == 0 && isatty(STDOUT_FILENO) && !(no_color && *no_color));
}

wm_err_t wm_show_article(wm_show_t *show, const wm_article_t *article, wm_buffer_t *out, wm_error_t *err) {
  writer_t w = {.out = out, .err = err};
  const json_t *entities = wm_article_peek(article, "entities");
  if (show->shown++ > 0) put_plain(&w, "\n");
  for (int f = 0; f < WM_FIELD_COUNT; f++) {
    wm_str_t t = wm_article_text(article, (wm_field_t)f);
    if (t.len == 0) continue;
    size_t n;
    mark_t *marks = collect(entities, wm_field_names[f], &n);
    if (f == WM_FIELD_HEADLINE && show->color) put_plain(&w, "\033[4m");
    w.column = w.indent = 0;
    put_marked(&w, show, t, marks, n);
    if (f == WM_FIELD_HEADLINE) put_plain(&w, show->color ? "\033[0m\n" : "\n");
    put_plain(&w, f == WM_FIELD_HEADLINE ? "\n" : "");
    free(marks);
  }
  put_plain(&w, "\n");
  put_entities(&w, show, entities);
  put_countries(&w, show, wm_article_peek(article, "countries"));
  put_topics(&w, show, wm_article_peek(article, "topics"));
  const char *code = text_of(wm_article_peek(article, "language"), "code");
  if (*code) {
    put_label(&w, show, "Language", "\033[1m");
    put_word(&w, code, strlen(code));
  }
  put_label(&w, show, "Article", "\033[1m");
  put_text(&w, wm_article_uri(article), strlen(wm_article_uri(article)));
  put_plain(&w, "\n");
  return w.rc;
}
