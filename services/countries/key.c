#include "key.h"

#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#define RAW_BYTES_MAX 384u /* of a name; a longer one has no key */

/* Letters that have no accent to take off but are written plainly in news. */
static const char *plain_letter(uint32_t cp) {
  switch (cp) {
    case 0xE6:
      return "ae";
    case 0xF0:
    case 0x111:
      return "d";
    case 0xF8:
      return "o";
    case 0xFE:
      return "th";
    case 0x127:
      return "h";
    case 0x131:
      return "i";
    case 0x142:
      return "l";
    case 0x153:
      return "oe";
    case 0x259:
      return "a";
    default:
      return NULL;
  }
}

static bool put(wm_key_t *key, const char *s, size_t len) {
  if (len > WM_KEY_BYTES_MAX - key->len) return false;
  memcpy(key->text + key->len, s, len);
  key->len += (uint32_t)len;
  return true;
}

/* What becomes of an ASCII byte: itself in small letters, a space, nothing (0), or "and" ('&'). */
static const char k_ascii[128] = {
    ' ', ' ', ' ', ' ', ' ',  ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ',
    ' ', ' ', ' ', ' ', ' ',  ' ', ' ', ' ', ' ', ' ', ' ', '!', 0,   '#', '$', '%', '&', 0,   0,   0,   '*', '+',
    0,   ' ', 0,   ' ', '0',  '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', '@', 'a',
    'b', 'c', 'd', 'e', 'f',  'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    'x', 'y', 'z', 0,   '\\', 0,   '^', ' ', 0,   'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
    'n', 'o', 'p', 'q', 'r',  's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '{', '|', '}', '~', ' '};

static bool put_ascii(wm_key_t *key, unsigned char c) {
  char out = k_ascii[c];
  if (out == 0) return true;
  if (out == '&') return put(key, "and", 3);
  if (out == ' ' && (key->len == 0 || key->text[key->len - 1] == ' ')) return true;
  if (key->len == WM_KEY_BYTES_MAX) return false;
  key->text[key->len++] = out;
  return true;
}

/* A code point beyond ASCII, folded already: taken apart, its marks dropped. */
static bool put_point(wm_key_t *key, uint32_t cp) {
  const char *plain = plain_letter(cp);
  if (plain) return put(key, plain, strlen(plain));
  utf8proc_int32_t parts[8];
  int last = 0;
  utf8proc_ssize_t n =
      utf8proc_decompose_char((utf8proc_int32_t)cp, parts, 8, UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK, &last);
  for (utf8proc_ssize_t i = 0; i < n && i < 8; i++) {
    char four[4];
    if (parts[i] < 0x80) {
      if (!put_ascii(key, (unsigned char)parts[i])) return false;
      continue;
    }
    const char *simple = plain_letter((uint32_t)parts[i]);
    if (simple) {
      if (!put(key, simple, strlen(simple))) return false;
      continue;
    }
    if (!put(key, four, wm_utf8_encode((uint32_t)parts[i], four))) return false;
  }
  return true;
}

/* The text of the key, without looking at words yet. */
static bool put_all(wm_key_t *key, const char *s, size_t len) {
  size_t i = 0;
  while (i < len && (unsigned char)s[i] < 0x80) i++;
  if (i == len) {
    for (i = 0; i < len; i++)
      if (!put_ascii(key, (unsigned char)s[i])) return false;
    return true;
  }
  char folded[RAW_BYTES_MAX * 2];
  size_t n = wm_text_fold(s, len, folded, sizeof folded);
  if (n == SIZE_MAX) return false;
  for (i = 0; i < n;) {
    size_t bytes = 1;
    uint32_t cp = wm_utf8_decode(folded + i, n - i, &bytes);
    if (!(cp < 0x80 ? put_ascii(key, (unsigned char)cp) : put_point(key, cp))) return false;
    i += bytes;
  }
  return true;
}

bool wm_key_make(const char *s, size_t len, wm_key_t *key) {
  key->len = 0;
  key->n_words = 0;
  key->text[0] = '\0';
  if (len > RAW_BYTES_MAX || !put_all(key, s, len)) {
    key->len = 0;
    key->text[0] = '\0';
    return false;
  }
  if (key->len > 0 && key->text[key->len - 1] == ' ') key->len--;
  if (key->len > 4 && memcmp(key->text, "the ", 4) == 0) {
    key->len -= 4;
    memmove(key->text, key->text + 4, key->len);
  }
  key->text[key->len] = '\0';
  uint32_t start = 0;
  for (uint32_t i = 0; i <= key->len && key->n_words < WM_KEY_WORDS_MAX; i++) {
    if (i < key->len && key->text[i] != ' ') continue;
    if (i > start) {
      key->starts[key->n_words] = (uint8_t)start;
      key->ends[key->n_words++] = (uint8_t)i;
    }
    start = i + 1;
  }
  return key->len > 0;
}

uint64_t wm_key_hash(const char *key, size_t len) {
  return XXH3_64bits(key, len);
}
