/*
 * The topics model: a small whole model, overwritten at places that the input names, is refused as WM_ERR_MODEL, or gives topics for a text
 * without reading or adding beyond what is there. Length and checksum are made right again after the changes.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "fuzz.h"
#include "services/topics/topics_internal.h"

enum { CONCEPTS = 3, TOPS = 2, WORDS = 2, DIM = 16, HIDDEN = 16, INPUT = 4 * DIM, OUTPUTS = CONCEPTS + TOPS };

typedef struct {
  wm_topics_params_t params;
  wm_topics_concept_t concepts[CONCEPTS];
  char names[8];
  wm_topics_slot_t slots[4], phrases[2];
  wm_topics_entry_t entries[2];
  int32_t gains[3 * WM_TOPICS_LEVELS_MAX * WM_TOPICS_BINS];
  int8_t words[WORDS * DIM], pairs[2 * DIM], hidden[HIDDEN * INPUT], out[OUTPUTS * HIDDEN];
  int32_t hidden_bias[HIDDEN], out_bias[OUTPUTS];
  float hidden_scale[HIDDEN], out_scale[OUTPUTS];
} parts_t;

static const char text[] = "the striker scored the goal and the striker scored";

static void fill(parts_t *p) {
  static wm_topics_scratch_t s;
  memset(p, 0, sizeof *p);
  wm_topics_scratch_init(&s);
  FUZZ_CHECK(wm_topics_words(&s, (wm_str_t){"", 0}, (wm_str_t){text, sizeof text - 1}, NULL) == WM_OK);
  p->params = (wm_topics_params_t){.format = WM_TOPICS_FORMAT,
                                   .n_concepts = CONCEPTS,
                                   .n_tops = TOPS,
                                   .n_words = WORDS,
                                   .words_dim = DIM,
                                   .slots = 4,
                                   .pairs = 2,
                                   .pairs_dim = DIM,
                                   .hidden = HIDDEN,
                                   .opening = 60,
                                   .profile = 2,
                                   .profile_dim = DIM,
                                   .phrase_slots = 2,
                                   .paired = 128,
                                   .gain = {4, 4, 1, 1},
                                   .rank = {1, 1},
                                   .release = "2025-10-09"};
  p->concepts[0] = (wm_topics_concept_t){.code = 11000000, .parent = -1, .level = 1, .calibrate_a = 1};
  p->concepts[1] = (wm_topics_concept_t){.code = 15000000, .parent = -1, .level = 1, .calibrate_a = 1};
  p->concepts[2] = (wm_topics_concept_t){.code = 20001065, .parent = 1, .level = 2, .calibrate_a = 1};
  memset(p->slots, 0xFF, sizeof p->slots);
  memset(p->phrases, 0xFF, sizeof p->phrases);
  for (uint32_t i = 0; i < WORDS; i++) {
    uint32_t at = (uint32_t)(s.hashes[i] >> 1) & 3;
    while (p->slots[at].row != UINT32_MAX) at = (at + 1) & 3;
    p->slots[at] = (wm_topics_slot_t){(uint32_t)(s.hashes[i] >> 32), i | 0x60000000u};
  }
  p->phrases[(s.hashes[1] >> 1) & 1] = (wm_topics_slot_t){(uint32_t)(s.hashes[1] >> 32), 0};
  p->entries[0] = (wm_topics_entry_t){1, 3, 0};
  p->entries[1] = (wm_topics_entry_t){2, 3, 1};
  for (size_t i = 0; i < sizeof p->words; i++) p->words[i] = (int8_t)(i * 37);
  for (size_t i = 0; i < sizeof p->pairs; i++) p->pairs[i] = (int8_t)(i * 11);
  for (size_t i = 0; i < sizeof p->hidden; i++) p->hidden[i] = (int8_t)(i * 73);
  for (size_t i = 0; i < sizeof p->out; i++) p->out[i] = (int8_t)(i * 29);
  for (size_t i = 0; i < HIDDEN; i++) p->hidden_scale[i] = 0.01F;
  for (size_t i = 0; i < OUTPUTS; i++) p->out_scale[i] = 0.5F;
  wm_topics_scratch_clear(&s);
}

static void put(uint8_t *at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) at[i] = (uint8_t)(value >> (8 * i));
}

#define SECTION(name, member) \
  { name, offsetof(parts_t, member), sizeof((parts_t *)0)->member }

/* Lays the parts out as common/model.h says; returns the length. */
static size_t lay_out(const parts_t *p, uint8_t *file) {
  static const struct {
    const char *name;
    size_t from, len;
  } sections[] = {SECTION("params", params),
                  SECTION("concepts", concepts),
                  SECTION("names", names),
                  SECTION("slots", slots),
                  SECTION("phrases", phrases),
                  SECTION("entries", entries),
                  SECTION("gains", gains),
                  SECTION("words", words),
                  SECTION("pairs", pairs),
                  SECTION("hidden", hidden),
                  SECTION("hidden_bias", hidden_bias),
                  SECTION("hidden_scale", hidden_scale),
                  SECTION("out", out),
                  SECTION("out_bias", out_bias),
                  SECTION("out_scale", out_scale)};
  size_t n = sizeof sections / sizeof *sections, at = (128 + 32 * n + 63) / 64 * 64, end = at;
  memcpy(file, "WMMODEL\n", 8);
  put(file + 8, 1, 4);
  put(file + 12, n, 4);
  memcpy(file + 32, "topics", 6);
  memcpy(file + 48, "fuzz", 4);
  memcpy(file + 112, "en", 2);
  for (size_t i = 0; i < n; i++) {
    uint8_t *entry = file + 128 + 32 * i;
    memcpy(entry, sections[i].name, strlen(sections[i].name));
    put(entry + 16, at, 8);
    put(entry + 24, sections[i].len, 8);
    memcpy(file + at, (const uint8_t *)p + sections[i].from, sections[i].len);
    end = at + sections[i].len;
    at = (end + 63) / 64 * 64;
  }
  return end;
}

static void try_out(const char *path, int must_open) {
  static wm_topics_scratch_t s;
  static int ready;
  wm_topics_model_t m;
  wm_error_t err = WM_ERROR_INIT;
  wm_topics_given_t given[WM_TOPICS_GIVEN_MAX];
  if (!ready) wm_topics_scratch_init(&s);
  ready = 1;
  wm_err_t rc = wm_topics_model_open(path, &m, &err);
  FUZZ_CHECK(rc == WM_OK || (rc == WM_ERR_MODEL && err.text[0] && !must_open));
  for (int plain = 0; rc == WM_OK && plain < 2; plain++) {
    s.plain = plain;
    FUZZ_CHECK(wm_topics_features(&m, &s, (wm_str_t){text, sizeof text - 1}, (wm_str_t){text, sizeof text - 1}, &err) ==
               WM_OK);
    wm_topics_score(&m, &s);
    FUZZ_CHECK(wm_topics_decide(&m, &s, NULL, WM_TOPICS_GIVEN_MAX, given) <= WM_TOPICS_GIVEN_MAX);
  }
  wm_topics_model_clear(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  static char path[64];
  static parts_t parts;
  static uint8_t file[65536];
  if (fd < 0) {
    fd = memfd_create("fuzz_topics_model", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    fill(&parts);
  }
  FUZZ_CHECK(fd >= 0 && sizeof parts + 8192 < sizeof file);
  memset(file, 0, sizeof file);
  size_t len = lay_out(&parts, file);
  for (size_t i = 0; i + 3 <= size; i += 3) file[((size_t)data[i] | (size_t)data[i + 1] << 8) % len] = data[i + 2];
  put(file + 16, len, 8);
  put(file + 24, 0, 8);
  put(file + 24, XXH3_64bits(file, len), 8);
  FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, file, len, 0) == (ssize_t)len);
  try_out(path, size < 3);
  return 0;
}
