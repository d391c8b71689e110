#include "services/ingest/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const char k_hex[] = "0123456789abcdef";

static int hex_value(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads `digits` hexadecimal digits. */
static bool read_hex(const char *s, size_t digits, uint64_t *out) {
  *out = 0;
  for (size_t i = 0; i < digits; i++) {
    int v = hex_value(s[i]);
    if (v < 0) return false;
    *out = *out << 4 | (uint64_t)v;
  }
  return true;
}

static void write_hex(uint64_t value, size_t digits, char *out) {
  for (size_t i = 0; i < digits; i++) out[i] = k_hex[value >> (4 * (digits - 1 - i)) & 15];
}

/* Dumps and releases `json` (NULL: out of memory). */
static wm_err_t dump(json_t *json, wm_buffer_t *out, wm_error_t *err) {
  char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
  json_decref(json);
  wm_buffer_reset(out);
  if (!text) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (state)");
  wm_err_t rc = wm_buffer_puts(out, text, err);
  free(text);
  return rc;
}

/* --- signatures --- */

/* A JSON string; most uris need no escaping, and this is done for each article. */
static wm_err_t put_string(const char *s, wm_buffer_t *out, wm_error_t *err) {
  bool plain = true;
  for (const char *p = s; *p && plain; p++) plain = (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\';
  if (plain) return wm_buffer_printf(out, err, "\"%s\"", s);
  json_t *json = json_string(s);
  char *text = json_dumps(json, JSON_ENCODE_ANY);
  json_decref(json);
  wm_err_t rc = text ? wm_buffer_puts(out, text, err) : wm_error_set(err, WM_ERR_NOMEM, "out of memory (state)");
  free(text);
  return rc;
}

wm_err_t wm_state_write_signature(const char *uri, const char *first, int64_t at_ms, const wm_signature_t *signature,
                                  wm_buffer_t *out, wm_error_t *err) {
  char hex[4 * WM_SIGNATURE_BINS + 1];
  for (size_t i = 0; i < WM_SIGNATURE_BINS; i++) write_hex(signature->bin[i], 4, hex + 4 * i);
  hex[4 * WM_SIGNATURE_BINS] = '\0';
  wm_buffer_reset(out);
  wm_err_t rc = wm_buffer_puts(out, "{\"uri\":", err);
  if (rc == WM_OK) rc = put_string(uri, out, err);
  if (rc == WM_OK) rc = wm_buffer_puts(out, ",\"first\":", err);
  if (rc == WM_OK) rc = put_string(first, out, err);
  return rc == WM_OK ? wm_buffer_printf(out, err, ",\"at\":%lld,\"sig\":\"%s\"}", (long long)at_ms, hex) : rc;
}

bool wm_state_read_signature(const char *bytes, size_t len, wm_state_signature_t *out) {
  json_t *json = json_loadb(bytes, len, 0, NULL);
  const char *uri = NULL, *first = NULL, *hex = NULL;
  json_int_t at = 0;
  bool ok = json_unpack(json, "{s:s, s:s, s:I, s:s}", "uri", &uri, "first", &first, "at", &at, "sig", &hex) == 0 &&
            strlen(hex) == 4 * WM_SIGNATURE_BINS && strlen(uri) <= WM_ARTICLE_URI_MAX &&
            strlen(first) <= WM_ARTICLE_URI_MAX;
  for (size_t i = 0; ok && i < WM_SIGNATURE_BINS; i++) {
    uint64_t value;
    ok = read_hex(hex + 4 * i, 4, &value);
    out->signature.bin[i] = (uint16_t)value;
  }
  if (ok) {
    snprintf(out->uri, sizeof out->uri, "%s", uri);
    snprintf(out->first, sizeof out->first, "%s", first);
    out->at_ms = at;
    out->signature.usable = true;
  }
  json_decref(json);
  return ok;
}

int64_t wm_state_slot(const char *key, size_t len) {
  size_t skip = strlen(WM_STATE_SIGNATURE);
  int64_t slot = 0;
  if (!key || len <= skip || len > skip + 9 || memcmp(key, WM_STATE_SIGNATURE, skip) != 0) return -1;
  for (size_t i = skip; i < len; i++) {
    if (key[i] < '0' || key[i] > '9') return -1;
    slot = slot * 10 + (key[i] - '0');
  }
  return slot;
}

/* --- feeds --- */

void wm_state_feed_clear(wm_state_feed_t *f) {
  free(f->seen);
  *f = (wm_state_feed_t){.seen = NULL};
}

wm_err_t wm_state_write_feed(const wm_state_feed_t *f, const char *shown_url, wm_buffer_t *out, wm_error_t *err) {
  size_t len = 16 * f->n_seen;
  char *hex = malloc(len + 1);
  if (!hex) return wm_error_set(err, WM_ERR_NOMEM, "out of memory (state)");
  for (size_t i = 0; i < f->n_seen; i++) write_hex(f->seen[i], 16, hex + 16 * i);
  hex[len] = '\0';
  json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:i, s:s}", "url", shown_url, "etag", f->etag, "modified", f->modified,
                           "next", (json_int_t)f->next_ms, "failures", f->failures, "seen", hex);
  free(hex);
  return dump(json, out, err);
}

static bool copy_tag(char out[WM_STATE_TAG_MAX + 1], const char *s) {
  return (size_t)snprintf(out, WM_STATE_TAG_MAX + 1, "%s", s) <= WM_STATE_TAG_MAX;
}

bool wm_state_read_feed(const char *bytes, size_t len, wm_state_feed_t *out) {
  json_t *json = json_loadb(bytes, len, 0, NULL);
  const char *etag = "", *modified = "", *seen = "";
  json_int_t next = 0;
  *out = (wm_state_feed_t){.seen = NULL};
  bool ok = json_unpack(json, "{s:s, s:s, s:I, s:i, s:s}", "etag", &etag, "modified", &modified, "next", &next,
                        "failures", &out->failures, "seen", &seen) == 0 &&
            strlen(seen) % 16 == 0 && strlen(seen) / 16 <= WM_STATE_SEEN_MAX && copy_tag(out->etag, etag) &&
            copy_tag(out->modified, modified);
  size_t n = ok ? strlen(seen) / 16 : 0;
  out->next_ms = next;
  out->seen = ok ? malloc((n + 1) * sizeof *out->seen) : NULL;
  ok = ok && out->seen;
  for (size_t i = 0; ok && i < n; i++) ok = read_hex(seen + 16 * i, 16, &out->seen[i]);
  out->n_seen = n;
  json_decref(json);
  if (!ok) wm_state_feed_clear(out);
  return ok;
}

uint64_t wm_state_feed_hash(const char *url) {
  return XXH3_64bits(url, strlen(url));
}

void wm_state_feed_key(uint64_t hash, char out[WM_STATE_KEY_MAX]) {
  snprintf(out, WM_STATE_KEY_MAX, "%s%016llx", WM_STATE_FEED, (unsigned long long)hash);
}

uint64_t wm_state_item_hash(const char *uri, const char *version) {
  return XXH3_64bits_withSeed(version, strlen(version), XXH3_64bits(uri, strlen(uri)));
}
