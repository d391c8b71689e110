/* model: every way in which a model file can be wrong, and one that is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/model.h"

#define FILE_MAX 1024

typedef struct {
  unsigned char bytes[FILE_MAX];
  size_t len;
} file_t;

static char g_dir[64], g_path[128];

static void put(file_t *f, size_t at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) f->bytes[at + i] = (unsigned char)(value >> (8 * i));
}

static void put_text(file_t *f, size_t at, const char *text) {
  memcpy(f->bytes + at, text, strlen(text));
}

/* Writes length and checksum for what is there now. */
static void seal(file_t *f) {
  put(f, 16, f->len, 8);
  put(f, 24, 0, 8);
  put(f, 24, XXH3_64bits(f->bytes, f->len), 8);
}

/* What tests/data/model/tiny.wmm holds, made here byte by byte: sections "numbers" (three 32-bit), "empty", "text" (5 bytes). */
static void make_tiny(file_t *f) {
  memset(f, 0, sizeof *f);
  put_text(f, 0, "WMMODEL\n");
  put(f, 8, 1, 4);
  put(f, 12, 3, 4);
  put_text(f, 32, "entities");
  put_text(f, 48, "entities-en-2026.12");
  put_text(f, 112, "en");
  static const struct {
    const char *name;
    uint64_t offset, length;
  } k_sections[] = {{"numbers", 256, 12}, {"empty", 320, 0}, {"text", 320, 5}};
  for (size_t i = 0; i < 3; i++) {
    put_text(f, 128 + 32 * i, k_sections[i].name);
    put(f, 128 + 32 * i + 16, k_sections[i].offset, 8);
    put(f, 128 + 32 * i + 24, k_sections[i].length, 8);
  }
  put(f, 256, 1, 4);
  put(f, 260, 2, 4);
  put(f, 264, 3000000000u, 4);
  put_text(f, 320, "hello");
  f->len = 325;
  seal(f);
}

static void save(const file_t *f) {
  FILE *out = fopen(g_path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(f->bytes, 1, f->len, out), f->len);
  assert_int_equal(fclose(out), 0);
}

static void check_refused(const char *path, const char *kind, const char *fault) {
  wm_model_t *m = (wm_model_t *)1;
  wm_error_t err = WM_ERROR_INIT;
  assert_int_equal(wm_model_open(path, kind, &m, &err), WM_ERR_MODEL);
  assert_null(m);
  assert_int_equal(err.code, WM_ERR_MODEL);
  if (!strstr(err.text, path) || !strstr(err.text, fault))
    fail_msg("\"%s\" does not name %s and %s", err.text, path, fault);
}

/* Saves `f` and expects it to be refused with a text that names path and fault. */
static void refuse(const file_t *f, const char *fault) {
  save(f);
  check_refused(g_path, "entities", fault);
}

static int set_up(void **state) {
  (void)state;
  snprintf(g_dir, sizeof g_dir, "/tmp/wm_model_XXXXXX");
  if (!mkdtemp(g_dir)) return -1;
  snprintf(g_path, sizeof g_path, "%s/m.wmm", g_dir);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  unlink(g_path);
  return rmdir(g_dir);
}

static void test_good(void **state) {
  (void)state;
  wm_model_t *m;
  wm_error_t err = WM_ERROR_INIT;
  if (wm_model_open(WM_SOURCE_DIR "/tests/data/model/tiny.wmm", "entities", &m, &err) != WM_OK)
    fail_msg("%s", err.text);
  assert_string_equal(wm_model_name(m), "entities-en-2026.12");
  assert_string_equal(wm_model_language(m), "en");
  assert_string_equal(wm_model_sha256(m), "a9a12e5f119542644253473c61e4e49d91c6d30a9bf06437ed59b1bc62a176f2");
  const void *data;
  size_t len;
  assert_int_equal(wm_model_section(m, "numbers", sizeof(uint32_t), &data, &len, &err), WM_OK);
  assert_int_equal(len, 12);
  assert_int_equal((uintptr_t)data % 64, 0);
  assert_int_equal(((const uint32_t *)data)[2], 3000000000u);
  assert_int_equal(wm_model_section(m, "empty", 8, &data, &len, &err), WM_OK);
  assert_int_equal(len, 0);
  assert_int_equal(wm_model_section(m, "text", 1, &data, &len, &err), WM_OK);
  assert_int_equal(len, 5);
  assert_memory_equal(data, "hello", 5);
  assert_int_equal(wm_model_section(m, "text", 4, &data, &len, &err), WM_ERR_MODEL);
  assert_null(data);
  assert_non_null(strstr(err.text, "text"));
  wm_error_clear(&err);
  assert_int_equal(wm_model_section(m, "absent", 1, &data, &len, &err), WM_ERR_MODEL);
  assert_non_null(strstr(err.text, "absent"));
  wm_model_close(m);
  wm_model_close(NULL);
}

/* The Python writer and the layout in the header agree byte for byte. */
static void test_python_writer(void **state) {
  (void)state;
  file_t f;
  make_tiny(&f);
  unsigned char fixture[FILE_MAX];
  FILE *in = fopen(WM_SOURCE_DIR "/tests/data/model/tiny.wmm", "rb");
  assert_non_null(in);
  size_t n = fread(fixture, 1, sizeof fixture, in);
  fclose(in);
  assert_int_equal(n, f.len);
  assert_memory_equal(fixture, f.bytes, n);
}

static void test_not_files(void **state) {
  (void)state;
  check_refused("/nonexistent/x.wmm", "entities", "no such file");
  check_refused(g_dir, "entities", "directory");
  check_refused("/dev/zero", "entities", "regular");
  char fifo[160];
  snprintf(fifo, sizeof fifo, "%s/fifo", g_dir);
  assert_int_equal(mkfifo(fifo, 0600), 0);
  check_refused(fifo, "entities", "regular"); /* and does not wait for a writer */
  unlink(fifo);
  file_t f = {.len = 0};
  refuse(&f, "empty");
  f.len = 127;
  refuse(&f, "too few");
}

static void test_truncated(void **state) {
  (void)state;
  file_t f;
  make_tiny(&f);
  for (size_t len = f.len - 1; len >= 128; len--) {
    f.len = len;
    refuse(&f, "cut off");
  }
  make_tiny(&f);
  f.len++;
  refuse(&f, "lengthened");
}

static void test_bit_flips(void **state) {
  (void)state;
  file_t f;
  make_tiny(&f);
  for (size_t bit = 0; bit < f.len * 8; bit += 3) {
    f.bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
    save(&f);
    wm_model_t *m;
    wm_error_t err = WM_ERROR_INIT;
    assert_int_equal(wm_model_open(g_path, "entities", &m, &err), WM_ERR_MODEL);
    assert_non_null(strstr(err.text, g_path));
    f.bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
  }
}

static void test_foreign(void **state) {
  (void)state;
  file_t f;
  make_tiny(&f);
  f.bytes[7] = '\r';
  refuse(&f, "not a wiremill model file");
  make_tiny(&f);
  put(&f, 8, 2, 4);
  seal(&f);
  refuse(&f, "format version 2");
  make_tiny(&f);
  save(&f);
  check_refused(g_path, "topics", "of kind \"entities\", wanted is \"topics\"");
  memset(f.bytes + 32, 'x', 16); /* a name that fills its field */
  seal(&f);
  refuse(&f, "not readable");
  make_tiny(&f);
  f.bytes[70] = 'x'; /* something behind the end of the name */
  seal(&f);
  refuse(&f, "not readable");
  make_tiny(&f);
  f.bytes[112] = 0xFF;
  seal(&f);
  refuse(&f, "not readable");
}

/* Faults of the section table in a file whose checksum is right. */
static void test_sections(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint64_t value;
    const char *fault;
  } k_faults[] = {
      {12, 65, "65 sections"},
      {12, 0xFFFFFFFF, "4294967295 sections"},
      {12, 60, "table reaches beyond"},
      {144, 250, "not a multiple"},
      {144, 192, "numbers overlaps"},
      {144, 1 << 20, "numbers reaches beyond"},
      {144, 0xFFFFFFFFFFFFFFC0u, "numbers reaches beyond"},
      {152, 0xFFFFFFFFFFFFFFFFu, "numbers reaches beyond"},
      {152, 66, "empty overlaps"},
      {208, 256, "text overlaps"},
      {216, 6, "text reaches beyond"},
      {208, 0, "text overlaps"},
  };
  for (size_t i = 0; i < sizeof k_faults / sizeof k_faults[0]; i++) {
    file_t f;
    make_tiny(&f);
    put(&f, k_faults[i].at, k_faults[i].value, k_faults[i].at == 12 ? 4 : 8);
    seal(&f);
    refuse(&f, k_faults[i].fault);
  }
  file_t f;
  make_tiny(&f);
  memset(f.bytes + 192, 0, 16);
  put_text(&f, 192, "numbers");
  seal(&f);
  refuse(&f, "numbers is there twice");
  memset(f.bytes + 192, 0, 16);
  seal(&f);
  refuse(&f, "name of section 2");
}

static void test_find(void **state) {
  (void)state;
  char out[256];
  wm_error_t err = WM_ERROR_INIT;
  file_t f;
  make_tiny(&f);
  save(&f);
  assert_int_equal(setenv("WM_MODEL_DIR", g_dir, 1), 0);
  assert_int_equal(wm_model_find("m.wmm", out, sizeof out, &err), WM_OK);
  assert_string_equal(out, g_path);
  assert_int_equal(wm_model_find("m.wmm", out, 8, &err), WM_ERR_MODEL);
  wm_error_clear(&err);
  assert_int_equal(wm_model_find("absent.wmm", out, sizeof out, &err), WM_ERR_MODEL);
  assert_non_null(strstr(err.text, "absent.wmm"));
  assert_non_null(strstr(err.text, g_dir));
  assert_non_null(strstr(err.text, "/usr/share/wiremill/models"));
  assert_string_equal(out, "");
  unsetenv("WM_MODEL_DIR");
  wm_error_clear(&err);
  assert_int_equal(wm_model_find("m.wmm", out, sizeof out, &err), WM_ERR_MODEL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),      cmocka_unit_test(test_python_writer), cmocka_unit_test(test_not_files),
      cmocka_unit_test(test_truncated), cmocka_unit_test(test_bit_flips),     cmocka_unit_test(test_foreign),
      cmocka_unit_test(test_sections),  cmocka_unit_test(test_find),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
