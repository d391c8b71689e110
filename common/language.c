#include "common/language.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/language_internal.h"
#include "common/text.h"

struct wm_language {
  char text[WM_LANGUAGE_BYTES + 8]; /* what cld2 gets: cleaned, with a few NULs behind it */
};

/* ISO 639-2 (both forms) and 639-3 to ISO 639-1, sorted. */
static const struct code {
  char three[4], two[4];
} k_codes[] = {
    {"aar", "aa"}, {"abk", "ab"}, {"afr", "af"}, {"aka", "ak"}, {"alb", "sq"}, {"amh", "am"}, {"ara", "ar"},
    {"arg", "an"}, {"arm", "hy"}, {"asm", "as"}, {"ava", "av"}, {"ave", "ae"}, {"aym", "ay"}, {"aze", "az"},
    {"bak", "ba"}, {"bam", "bm"}, {"baq", "eu"}, {"bel", "be"}, {"ben", "bn"}, {"bih", "bh"}, {"bis", "bi"},
    {"bod", "bo"}, {"bos", "bs"}, {"bre", "br"}, {"bul", "bg"}, {"bur", "my"}, {"cat", "ca"}, {"ces", "cs"},
    {"cha", "ch"}, {"che", "ce"}, {"chi", "zh"}, {"chu", "cu"}, {"chv", "cv"}, {"cor", "kw"}, {"cos", "co"},
    {"cre", "cr"}, {"cym", "cy"}, {"cze", "cs"}, {"dan", "da"}, {"deu", "de"}, {"div", "dv"}, {"dut", "nl"},
    {"dzo", "dz"}, {"ell", "el"}, {"eng", "en"}, {"epo", "eo"}, {"est", "et"}, {"eus", "eu"}, {"ewe", "ee"},
    {"fao", "fo"}, {"fas", "fa"}, {"fij", "fj"}, {"fin", "fi"}, {"fra", "fr"}, {"fre", "fr"}, {"fry", "fy"},
    {"ful", "ff"}, {"geo", "ka"}, {"ger", "de"}, {"gla", "gd"}, {"gle", "ga"}, {"glg", "gl"}, {"glv", "gv"},
    {"gre", "el"}, {"grn", "gn"}, {"guj", "gu"}, {"hat", "ht"}, {"hau", "ha"}, {"heb", "he"}, {"her", "hz"},
    {"hin", "hi"}, {"hmo", "ho"}, {"hrv", "hr"}, {"hun", "hu"}, {"hye", "hy"}, {"ibo", "ig"}, {"ice", "is"},
    {"ido", "io"}, {"iii", "ii"}, {"iku", "iu"}, {"ile", "ie"}, {"ina", "ia"}, {"ind", "id"}, {"ipk", "ik"},
    {"isl", "is"}, {"ita", "it"}, {"jav", "jv"}, {"jpn", "ja"}, {"kal", "kl"}, {"kan", "kn"}, {"kas", "ks"},
    {"kat", "ka"}, {"kau", "kr"}, {"kaz", "kk"}, {"khm", "km"}, {"kik", "ki"}, {"kin", "rw"}, {"kir", "ky"},
    {"kom", "kv"}, {"kon", "kg"}, {"kor", "ko"}, {"kua", "kj"}, {"kur", "ku"}, {"lao", "lo"}, {"lat", "la"},
    {"lav", "lv"}, {"lim", "li"}, {"lin", "ln"}, {"lit", "lt"}, {"ltz", "lb"}, {"lub", "lu"}, {"lug", "lg"},
    {"mac", "mk"}, {"mah", "mh"}, {"mal", "ml"}, {"mao", "mi"}, {"mar", "mr"}, {"may", "ms"}, {"mkd", "mk"},
    {"mlg", "mg"}, {"mlt", "mt"}, {"mon", "mn"}, {"mri", "mi"}, {"msa", "ms"}, {"mya", "my"}, {"nau", "na"},
    {"nav", "nv"}, {"nbl", "nr"}, {"nde", "nd"}, {"ndo", "ng"}, {"nep", "ne"}, {"nld", "nl"}, {"nno", "nn"},
    {"nob", "nb"}, {"nor", "no"}, {"nya", "ny"}, {"oci", "oc"}, {"oji", "oj"}, {"ori", "or"}, {"orm", "om"},
    {"oss", "os"}, {"pan", "pa"}, {"per", "fa"}, {"pli", "pi"}, {"pol", "pl"}, {"por", "pt"}, {"pus", "ps"},
    {"que", "qu"}, {"roh", "rm"}, {"ron", "ro"}, {"rum", "ro"}, {"run", "rn"}, {"rus", "ru"}, {"sag", "sg"},
    {"san", "sa"}, {"sin", "si"}, {"slk", "sk"}, {"slo", "sk"}, {"slv", "sl"}, {"sme", "se"}, {"smo", "sm"},
    {"sna", "sn"}, {"snd", "sd"}, {"som", "so"}, {"sot", "st"}, {"spa", "es"}, {"sqi", "sq"}, {"srd", "sc"},
    {"srp", "sr"}, {"ssw", "ss"}, {"sun", "su"}, {"swa", "sw"}, {"swe", "sv"}, {"tah", "ty"}, {"tam", "ta"},
    {"tat", "tt"}, {"tel", "te"}, {"tgk", "tg"}, {"tgl", "tl"}, {"tha", "th"}, {"tib", "bo"}, {"tir", "ti"},
    {"ton", "to"}, {"tsn", "tn"}, {"tso", "ts"}, {"tuk", "tk"}, {"tur", "tr"}, {"twi", "tw"}, {"uig", "ug"},
    {"ukr", "uk"}, {"urd", "ur"}, {"uzb", "uz"}, {"ven", "ve"}, {"vie", "vi"}, {"vol", "vo"}, {"wel", "cy"},
    {"wln", "wa"}, {"wol", "wo"}, {"xho", "xh"}, {"yid", "yi"}, {"yor", "yo"}, {"zha", "za"}, {"zho", "zh"},
    {"zul", "zu"},
};

/* Tags withdrawn from ISO 639-1 that are still about, and cld2's own. */
static const struct code k_old[] = {{"in", "id"}, {"iw", "he"}, {"ji", "yi"}, {"jw", "jv"}, {"mo", "ro"}, {"sh", "sr"}};

static int compare_three(const void *key, const void *entry) {
  return strcmp(key, ((const struct code *)entry)->three);
}

static bool is_two_letter_code(const char *s) {
  for (size_t i = 0; i < sizeof k_codes / sizeof k_codes[0]; i++)
    if (strcmp(k_codes[i].two, s) == 0) return true;
  return false;
}

/* Length of the subtag at `s`: letters and digits up to a hyphen, an underscore or the end; 0 if it is none of 1 to 8. */
static size_t subtag_length(const char *s) {
  size_t n = 0;
  while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z') || (s[n] >= '0' && s[n] <= '9'))
    if (++n > 8) return 0;
  return s[n] == '\0' || s[n] == '-' || s[n] == '_' ? n : 0;
}

static bool is_well_formed(const char *tag) {
  for (const char *p = tag;;) {
    size_t n = subtag_length(p);
    if (n == 0) return false;
    if (p[n] == '\0') return true;
    p += n + 1;
  }
}

int wm_language_normalize(const char *tag, char out[12]) {
  out[0] = '\0';
  size_t n = tag ? subtag_length(tag) : 0;
  if (n < 2 || n > 3 || !is_well_formed(tag)) return 0;
  char code[4] = "";
  for (size_t i = 0; i < n; i++) {
    if (tag[i] >= '0' && tag[i] <= '9') return 0;
    code[i] = (char)(tag[i] | 0x20);
  }
  if (n == 3) {
    if (strcmp(code, "und") == 0 || strcmp(code, "mis") == 0) return 0;
    const struct code *found =
        bsearch(code, k_codes, sizeof k_codes / sizeof k_codes[0], sizeof k_codes[0], compare_three);
    if (found) memcpy(code, found->two, sizeof code);
  } else {
    for (size_t i = 0; i < sizeof k_old / sizeof k_old[0]; i++)
      if (strcmp(k_old[i].three, code) == 0) memcpy(code, k_old[i].two, sizeof code);
    if (!is_two_letter_code(code)) return 0;
  }
  memcpy(out, code, sizeof code);
  return 1;
}

wm_language_t *wm_language_new(wm_error_t *err) {
  wm_language_t *l = calloc(1, sizeof *l);
  if (!l) wm_error_set(err, WM_ERR_NOMEM, "out of memory for a language detector");
  return l;
}

void wm_language_destroy(wm_language_t *l) {
  free(l);
}

/* cld2 wants no control characters and no code points that are for inside use only; they become spaces. */
static bool is_clean(uint32_t cp) {
  if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) return false;
  return cp != 0xFFFD && !(cp >= 0xFDD0 && cp <= 0xFDEF) && (cp & 0xFFFE) != 0xFFFE;
}

static size_t clean(char *out, const char *s, size_t len) {
  size_t written = 0, n;
  for (size_t i = 0; i < len; i += n) {
    uint32_t cp = wm_utf8_decode(s + i, len - i, &n);
    if (i + n > WM_LANGUAGE_BYTES) break;
    if (is_clean(cp)) memcpy(out + written, s + i, n);
    else memset(out + written, ' ', n);
    written += n;
  }
  memset(out + written, 0, 8);
  return written;
}

wm_language_guess_t wm_language_detect(wm_language_t *l, const char *s, size_t len) {
  wm_language_guess_t guess = {.code = "und", .confidence = 0};
  size_t n = clean(l->text, s, len);
  int percent, reliable;
  const char *code = wm_language_cld2(l->text, (int)n, &percent, &reliable);
  char normal[12];
  if (!wm_language_normalize(code, normal)) return guess; /* "un", a script, or one of cld2's jokes */
  if (strncmp(code, "zz", 2) == 0) return guess;
  memcpy(guess.code, normal, sizeof guess.code);
  if (percent < 0) percent = 0;
  if (percent > 100) percent = 100;
  guess.confidence = reliable ? percent : percent / 2;
  return guess;
}
