/*
 * The model file: any bytes are refused as WM_ERR_MODEL, or every section can be read to its end. The first byte says whether length and
 * checksum are made right beforehand, without which little would come past them.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/model.h"
#include "fuzz.h"

#define INPUT_BYTES_MAX 65536u

static void put_u64(uint8_t *p, uint64_t value) {
  for (int i = 0; i < 8; i++) p[i] = (uint8_t)(value >> (8 * i));
}

static void seal(uint8_t *file, size_t len) {
  put_u64(file + 16, len);
  put_u64(file + 24, 0);
  put_u64(file + 24, XXH3_64bits(file, len));
}

static void read_section(const wm_model_t *m, const char *name, size_t unit) {
  const void *data = NULL;
  size_t len = 0;
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_model_section(m, name, unit, &data, &len, &err);
  FUZZ_CHECK(rc == WM_OK || rc == WM_ERR_MODEL);
  if (rc != WM_OK) return;
  FUZZ_CHECK(len % unit == 0 && (uintptr_t)data % 64 == 0);
  volatile uint8_t sum = 0;
  for (size_t i = 0; i < len; i++) sum = (uint8_t)(sum + ((const uint8_t *)data)[i]);
}

/* Every name in the section table, and some that are not there. */
static void read_sections(const wm_model_t *m, const uint8_t *file, size_t len) {
  for (size_t at = 128; at + 32 <= len && at < 128 + 64 * 32; at += 32) {
    char name[17] = "";
    memcpy(name, file + at, 16);
    read_section(m, name, 1);
    read_section(m, name, 12);
  }
  read_section(m, "", 1);
  read_section(m, "absent", 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  static char path[64];
  static uint8_t file[INPUT_BYTES_MAX];
  if (fd < 0) {
    fd = memfd_create("fuzz_model", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  }
  FUZZ_CHECK(fd >= 0);
  if (size < 1 || size - 1 > sizeof file) return 0;
  size_t len = size - 1;
  memcpy(file, data + 1, len);
  if (data[0] % 2 == 1 && len >= 128) seal(file, len);
  FUZZ_CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, file, len, 0) == (ssize_t)len);
  wm_model_t *m = NULL;
  wm_error_t err = WM_ERROR_INIT;
  wm_err_t rc = wm_model_open(path, "entities", &m, &err);
  FUZZ_CHECK(rc == WM_OK || (rc == WM_ERR_MODEL && !m && err.text[0]));
  if (rc == WM_OK) {
    FUZZ_CHECK(strlen(wm_model_name(m)) < 64 && strlen(wm_model_language(m)) < 16 && strlen(wm_model_sha256(m)) == 64);
    read_sections(m, file, len);
  }
  wm_model_close(m);
  return 0;
}
