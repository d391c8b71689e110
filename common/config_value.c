#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/config_internal.h"
#include "common/listen.h"

typedef struct {
  const char *suffix;
  long long factor;
} unit_t;

/* The largest first: the order in which a value is written. */
static const unit_t k_times[] = {{"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};
static const unit_t k_sizes[] = {{"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}, {NULL, 0}};

static bool is_number(const wm_config_option_t *o) {
  return o->type == WM_CONFIG_INT || o->type == WM_CONFIG_MS || o->type == WM_CONFIG_BYTES;
}

static bool is_text(const wm_config_option_t *o) {
  return o->type == WM_CONFIG_STRING || o->type == WM_CONFIG_PATH;
}

void wm_config_value_lengths(const wm_config_option_t *o, size_t *min, size_t *max) {
  bool given = is_text(o) && (o->min != 0 || o->max != 0);
  *min = given ? (size_t)o->min : 0;
  *max = given ? (size_t)o->max : WM_CONFIG_VALUE_MAX;
}

static bool key_valid(const char *key) {
  static const char *const k_reserved[] = {"help", "version", "dump.config", "check.config", "kafka"};
  for (size_t i = 0; i < sizeof k_reserved / sizeof k_reserved[0]; i++)
    if (strcmp(key, k_reserved[i]) == 0) return false;
  size_t len = strlen(key);
  if (len == 0 || len > WM_CONFIG_KEY_MAX || key[0] == '.' || key[len - 1] == '.') return false;
  for (size_t i = 0; i < len; i++)
    if (!((key[i] >= 'a' && key[i] <= 'z') || (key[i] >= '0' && key[i] <= '9') || key[i] == '.')) return false;
  return true;
}

bool wm_config_option_valid(const wm_config_option_t *o, const char **why) {
  *why = NULL;
  if (!o->key || !key_valid(o->key))
    *why = "a key has small letters, digits and dots, and is none of the standard flags";
  else if (!o->group || !*o->group || !o->help || !*o->help) *why = "group or help is missing";
  else if ((unsigned)o->type > WM_CONFIG_LISTEN) *why = "no such type";
  else if (is_number(o) && o->min >= o->max) *why = "a number needs a range, min below max";
  else if (o->type != WM_CONFIG_INT && is_number(o) && o->min < 0) *why = "a time or size cannot be below 0";
  else if (is_text(o) && (o->min < 0 || o->min > o->max || o->max > (long long)WM_CONFIG_FILE_MAX))
    *why = "impossible lengths";
  else if (o->type == WM_CONFIG_CHOICE && (!o->choices || !*o->choices)) *why = "a choice needs its choices";
  else if ((o->flags & WM_CONFIG_SECRET) && (!is_text(o) || o->def)) *why = "a secret is a string without a default";
  return *why == NULL;
}

const char *wm_config_value_quoted(const char *value, char *out, size_t cap) {
  size_t room = cap - 6, n = 0; /* two quotes, "…" and NUL */
  out[n++] = '"';
  for (; *value && n < room; value++) out[n++] = (unsigned char)*value < 0x20 || *value == 0x7F ? '?' : *value;
  if (*value) {
    while (n > 1 && ((unsigned char)out[n - 1] & 0xC0) == 0x80) n--; /* not in the middle of a code point */
    if (n > 1 && (unsigned char)out[n - 1] >= 0xC0) n--;
    memcpy(out + n, "\xE2\x80\xA6", 3);
    n += 3;
  }
  out[n++] = '"';
  out[n] = '\0';
  return out;
}

/* A number as a person writes it: 60000 is "1m", 1500 is "1500ms". */
static void write_number(const wm_config_option_t *o, long long n, char *out, size_t cap) {
  const unit_t *units = o->type == WM_CONFIG_MS ? k_times : k_sizes;
  if (o->type == WM_CONFIG_INT || n == 0) {
    snprintf(out, cap, "%lld", n);
    return;
  }
  while (n % units->factor != 0) units++;
  snprintf(out, cap, "%lld%s", n / units->factor, units->suffix);
}

void wm_config_value_range(const wm_config_option_t *o, char *out, size_t cap) {
  char min[32], max[32];
  out[0] = '\0';
  if (is_number(o)) {
    write_number(o, o->min, min, sizeof min);
    write_number(o, o->max, max, sizeof max);
    bool open = o->max == LLONG_MAX;
    snprintf(out, cap, "%s%s%s", min, open ? " or more" : " to ", open ? "" : max);
  } else if (o->type == WM_CONFIG_CHOICE) {
    snprintf(out, cap, "%s", o->choices);
  } else if (o->type == WM_CONFIG_LISTEN) {
    snprintf(out, cap, "host:port or off");
  } else if (o->type == WM_CONFIG_BOOL) {
    snprintf(out, cap, "true or false");
  }
}

void wm_config_value_allowed(const wm_config_option_t *o, char *out, size_t cap) {
  char range[256];
  size_t min, max;
  wm_config_value_range(o, range, sizeof range);
  switch (o->type) {
    case WM_CONFIG_INT:
      snprintf(out, cap, "an integer, %s", range);
      return;
    case WM_CONFIG_MS:
      snprintf(out, cap, "a time such as 500, 500ms, 2s or 1m, %s", range);
      return;
    case WM_CONFIG_BYTES:
      snprintf(out, cap, "a size such as 4096, 64KiB or 8MiB, %s", range);
      return;
    case WM_CONFIG_BOOL:
      snprintf(out, cap, "true or false (also yes, no, on, off, 1, 0)");
      return;
    case WM_CONFIG_CHOICE:
      snprintf(out, cap, "one of %s", range);
      return;
    case WM_CONFIG_LISTEN:
      snprintf(out, cap, "host:port, [IPv6 address]:port or off");
      return;
    default:
      wm_config_value_lengths(o, &min, &max);
      snprintf(out, cap, "text of %zu to %zu bytes", min, max);
      return;
  }
}

/* Digits with an optional minus and one of the units; false if it is anything else or overflows. */
static bool read_number(const char *s, const unit_t *units, long long *out) {
  bool minus = *s == '-';
  long long n = 0;
  s += minus;
  if (*s < '0' || *s > '9') return false;
  for (; *s >= '0' && *s <= '9'; s++)
    if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, *s - '0', &n))
      return false; /* counts downwards */
  if (!minus && __builtin_mul_overflow(n, -1, &n)) return false;
  *out = n;
  if (*s == '\0') return true; /* the plain number is milliseconds, or bytes */
  for (; units && units->suffix; units++)
    if (strcmp(s, units->suffix) == 0) return !__builtin_mul_overflow(n, units->factor, out);
  return false;
}

const char *wm_config_value_default(const wm_config_option_t *o, const char *def, char *out, size_t cap) {
  long long number;
  if (*def == '\0') snprintf(out, cap, "%s", o->type == WM_CONFIG_LISTEN ? "off" : "empty");
  else if (o->type == WM_CONFIG_MS && read_number(def, k_times, &number)) write_number(o, number, out, cap);
  else if (o->type == WM_CONFIG_BYTES && read_number(def, k_sizes, &number)) write_number(o, number, out, cap);
  else snprintf(out, cap, "%s", def);
  return out;
}

static bool read_bool(const char *s, long long *out) {
  static const char *const k_words[] = {"false", "true", "0", "1", "no", "yes", "off", "on"};
  for (size_t i = 0; i < sizeof k_words / sizeof k_words[0]; i++) {
    if (strcasecmp(s, k_words[i]) != 0) continue;
    *out = (long long)(i % 2);
    return true;
  }
  return false;
}

static bool is_choice(const char *choices, const char *value) {
  size_t len = strcspn(value, "|");
  if (value[len] != '\0') return false;
  for (const char *p = choices; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
    if (strncmp(p, value, len) == 0 && (p[len] == '|' || p[len] == '\0') && len > 0) return true;
  return false;
}

/* Fails for text with a wrong length or, unless it is a secret, a control character: most often the line end of another system. */
static wm_err_t check_text(const wm_config_option_t *o, const char *name, const char *value, wm_err_t code,
                           wm_error_t *err) {
  size_t min, max, len = strlen(value);
  wm_config_value_lengths(o, &min, &max);
  if (o->flags & WM_CONFIG_SECRET && (o->min == 0 && o->max == 0)) max = WM_CONFIG_FILE_MAX;
  if (len < min || len > max)
    return wm_error_set(err, code, "%s: has %zu bytes; allowed is text of %zu to %zu bytes", name, len, min, max);
  for (const char *s = value; *s && !(o->flags & WM_CONFIG_SECRET); s++)
    if ((unsigned char)*s < 0x20 || *s == 0x7F)
      return wm_error_set(err, code, "%s: has a control character (0x%02X%s)", name, (unsigned)(unsigned char)*s,
                          *s == '\r' ? ", from a file with Windows line ends?" : "");
  return WM_OK;
}

static wm_err_t check_listen(const char *name, const char *value, wm_err_t code, wm_error_t *err) {
  wm_listen_t address;
  wm_error_t why = WM_ERROR_INIT;
  char quoted[96];
  if (!*value || strcmp(value, "off") == 0 || wm_listen_parse(value, &address, &why) == WM_OK) return WM_OK;
  return wm_error_set(err, code, "%s: %s %s", name, wm_config_value_quoted(value, quoted, sizeof quoted), why.text);
}

wm_err_t wm_config_value_check(const wm_config_option_t *o, const char *name, const char *value, wm_err_t code,
                               long long *number, wm_error_t *err) {
  bool ok = true, in_range = true;
  switch (o->type) {
    case WM_CONFIG_INT:
    case WM_CONFIG_MS:
    case WM_CONFIG_BYTES:
      ok = read_number(value, o->type == WM_CONFIG_MS ? k_times : o->type == WM_CONFIG_BYTES ? k_sizes : NULL, number);
      in_range = ok && *number >= o->min && *number <= o->max;
      break;
    case WM_CONFIG_BOOL:
      ok = read_bool(value, number);
      break;
    case WM_CONFIG_CHOICE:
      ok = is_choice(o->choices, value);
      break;
    case WM_CONFIG_LISTEN:
      return check_listen(name, value, code, err);
    default:
      return check_text(o, name, value, code, err);
  }
  if (ok && in_range) return WM_OK;
  char quoted[96], allowed[320];
  wm_config_value_allowed(o, allowed, sizeof allowed);
  return wm_error_set(err, code, "%s: %s is %s; allowed is %s", name,
                      wm_config_value_quoted(value, quoted, sizeof quoted), ok ? "out of range" : "not valid", allowed);
}
