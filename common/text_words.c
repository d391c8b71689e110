/* Word lists of the tokenizer: abbreviations, sentence starters, units, domains. All sorted by bytes, for bsearch. */
#include <stdlib.h>
#include <string.h>

#include "common/text_internal.h"

#define WORD_MAX 12u

typedef struct {
  char word[WORD_MAX];
  uint8_t kind;
} entry_t;

#define B WM_ABBREV_BEFORE
#define P WM_ABBREV_PLAIN
#define N WM_ABBREV_NUMBER
/* Left out on purpose: words that end sentences more often than they are abbreviations (May, Sun, Man, Jun, Ed). */
static const entry_t k_abbrevs[] = {
    {"Adm", B},    {"Ala", P},   {"Ald", B},    {"Alta", P},  {"Amb", B},   {"Apr", P},   {"Ariz", P},
    {"Ark", P},    {"Art", N},   {"Assn", P},   {"Assoc", P}, {"Asst", B},  {"Atty", B},  {"Aug", P},
    {"Ave", P},    {"Bldg", P},  {"Blvd", P},   {"Brig", B},  {"Bros", P},  {"Calif", P}, {"Capt", B},
    {"Cdr", B},    {"Ch", N},    {"Cie", P},    {"Cllr", B},  {"Cmdr", B},  {"Co", P},    {"Col", B},
    {"Colo", P},   {"Comdr", B}, {"Conn", P},   {"Corp", P},  {"Cos", P},   {"Cpl", B},   {"Dec", P},
    {"Del", P},    {"Dep", B},   {"Dept", P},   {"Det", B},   {"Dist", P},  {"Dr", B},    {"Dra", B},
    {"Drs", B},    {"Ens", B},   {"Esq", P},    {"Feb", P},   {"Fig", N},   {"Figs", N},  {"Fla", P},
    {"Fr", B},     {"Fri", P},   {"Ft", B},     {"Ga", P},    {"Gen", B},   {"Gens", B},  {"Gov", B},
    {"Govs", B},   {"Govt", P},  {"Hon", B},    {"Hwy", P},   {"Ill", P},   {"Inc", P},   {"Ind", P},
    {"Insp", B},   {"Intl", P},  {"Jan", P},    {"Jr", P},    {"Jul", P},   {"Kan", P},   {"Ky", P},
    {"La", P},     {"Lieut", B}, {"Lt", B},     {"Lts", B},   {"Ltd", P},   {"Maj", B},   {"Mar", P},
    {"Mass", P},   {"Md", P},    {"Messrs", B}, {"Mfg", P},   {"Mgr", B},   {"Mich", P},  {"Minn", P},
    {"Miss", P},   {"Mlle", B},  {"Mme", B},    {"Mo", P},    {"Mon", P},   {"Mont", P},  {"Mr", B},
    {"Mrs", B},    {"Ms", B},    {"Msgr", B},   {"Mt", B},    {"Mx", B},    {"Natl", P},  {"Neb", P},
    {"Nev", P},    {"No", N},    {"Nos", N},    {"Nov", P},   {"Nr", N},    {"Oct", P},   {"Okla", P},
    {"Ont", P},    {"Op", N},    {"Ore", P},    {"Pa", P},    {"Par", N},   {"Pfc", B},   {"Ph", WM_ABBREV_DEGREE},
    {"Pkwy", P},   {"Plc", P},   {"Pres", B},   {"Prof", B},  {"Profs", B}, {"Pte", P},   {"Pty", P},
    {"Pvt", B},    {"Rd", P},    {"Rep", B},    {"Reps", B},  {"Rev", B},   {"Rt", B},    {"Sask", P},
    {"Sat", P},    {"Sec", B},   {"Sen", B},    {"Sens", B},  {"Sep", P},   {"Sept", P},  {"Sgt", B},
    {"Sgts", B},   {"Spc", B},   {"Sr", P},     {"Sra", B},   {"Srta", B},  {"St", B},    {"Ste", B},
    {"Supt", B},   {"Tenn", P},  {"Tex", P},    {"Thu", P},   {"Thur", P},  {"Thurs", P}, {"Treas", B},
    {"Tue", P},    {"Tues", P},  {"Univ", P},   {"Va", P},    {"Ven", B},   {"Vol", N},   {"Vols", N},
    {"Vs", B},     {"Vt", P},    {"Wash", P},   {"Wed", P},   {"Wis", P},   {"Wyo", P},   {"al", P},
    {"approx", B}, {"art", N},   {"ca", B},     {"cf", B},    {"ch", N},    {"dept", P},  {"est", B},
    {"etc", P},    {"fig", N},   {"figs", N},   {"govt", P},  {"inc", P},   {"incl", B},  {"jr", P},
    {"ltd", P},    {"no", N},    {"nos", N},    {"nr", N},    {"p", N},     {"par", N},   {"pp", N},
    {"sec", N},    {"sr", P},    {"v", B},      {"vol", N},   {"vols", N},  {"vs", B},
};
#undef B
#undef P
#undef N

static const char k_starters[][WORD_MAX] = {
    "About",   "According", "After",  "Although", "Among",   "And",    "Another", "As",        "At",      "Because",
    "Before",  "Both",      "But",    "By",       "Despite", "During", "Each",    "Earlier",   "Even",    "Every",
    "For",     "From",      "He",     "Her",      "Here",    "His",    "How",     "However",   "If",      "In",
    "Instead", "It",        "Its",    "Just",     "Last",    "Later",  "Many",    "Meanwhile", "More",    "Most",
    "My",      "Nearly",    "Now",    "Of",       "On",      "Once",   "One",     "Only",      "Other",   "Others",
    "Our",     "Over",      "She",    "Since",    "So",      "Some",   "Still",   "Such",      "That",    "The",
    "Their",   "Then",      "There",  "These",    "They",    "This",   "Those",   "Though",    "Through", "To",
    "Two",     "Under",     "Until",  "We",       "What",    "When",   "Where",   "Whether",   "While",   "Who",
    "Why",     "With",      "Within", "Without",  "Yet",     "You",
};

static const char k_units[][WORD_MAX] = {
    "B",  "F",   "GB",  "GHz", "GW", "Hz",  "K",   "KB", "M",  "MB",  "MHz", "MW",  "T",   "TB",  "TWh", "am",  "b",
    "bn", "bpd", "bps", "c",   "cc", "cm",  "ft",  "g",  "h",  "ha",  "hr",  "hrs", "in",  "k",   "kW",  "kWh", "kg",
    "km", "kmh", "kph", "kt",  "lb", "lbs", "m",   "mg", "mi", "min", "ml",  "mm",  "mn",  "mph", "nd",  "nm",  "oz",
    "p",  "pc",  "pct", "pm",  "rd", "s",   "sec", "sq", "st", "t",   "th",  "tn",  "trn", "x",   "yd",
};

static const char k_domains[][WORD_MAX] = {
    "ai",  "au", "cn", "com", "de",  "edu", "eu", "fr", "gov", "info",
    "int", "io", "jp", "mil", "net", "org", "ru", "tv", "ua",  "uk",
};

/* Copies a short word into a zero-padded key; false if it is longer than any in the tables. */
static bool make_key(char key[WORD_MAX], const char *s, size_t len) {
  if (len == 0 || len >= WORD_MAX) return false;
  memset(key, 0, WORD_MAX);
  memcpy(key, s, len);
  return true;
}

static int compare_key(const void *key, const void *entry) {
  return memcmp(key, entry, WORD_MAX); /* an entry begins with its word */
}

#define FIND(key, table) bsearch((key), (table), sizeof(table) / sizeof((table)[0]), sizeof((table)[0]), compare_key)

static bool is_upper_word(const char *s, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (s[i] < 'A' || s[i] > 'Z') return false;
  return true;
}

wm_abbrev_t wm_text_abbrev(const char *s, size_t len) {
  char key[WORD_MAX];
  if (len > WM_ABBREV_LEN_MAX || !make_key(key, s, len)) return WM_ABBREV_NONE;
  const entry_t *e = FIND(key, k_abbrevs);
  if (e) return (wm_abbrev_t)e->kind;
  if (len < 2 || !is_upper_word(s, len)) return WM_ABBREV_NONE;
  for (size_t i = 1; i < len; i++) key[i] = (char)(key[i] + ('a' - 'A'));
  e = FIND(key, k_abbrevs);
  return e && (e->kind == WM_ABBREV_BEFORE || e->kind == WM_ABBREV_NUMBER) ? (wm_abbrev_t)e->kind : WM_ABBREV_NONE;
}

bool wm_text_is_starter(const char *s, size_t len) {
  char key[WORD_MAX];
  return make_key(key, s, len) && FIND(key, k_starters) != NULL;
}

bool wm_text_is_unit(const char *s, size_t len) {
  char key[WORD_MAX];
  return make_key(key, s, len) && FIND(key, k_units) != NULL;
}

bool wm_text_is_domain(const char *s, size_t len) {
  char key[WORD_MAX];
  return make_key(key, s, len) && FIND(key, k_domains) != NULL;
}
