#include "common/model.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/text.h"

#define MAGIC "WMMODEL\n"
#define FORMAT_VERSION 1u
#define HEADER_BYTES 128u
#define ENTRY_BYTES 32u
#define SECTIONS_MAX 64u
#define SECTION_NAME_BYTES 16u
#define KIND_BYTES 16u
#define NAME_BYTES 64u
#define LANGUAGE_BYTES 16u
#define ALIGNMENT 64u
#define REBUILD "build it again with training/build, or set WM_MODEL to another file"

typedef struct {
  char name[SECTION_NAME_BYTES];
  uint64_t offset, length;
} section_t;

struct wm_model {
  unsigned char *data;
  size_t len;
  section_t sections[SECTIONS_MAX];
  size_t n_sections;
  char *path;
  char kind[KIND_BYTES], name[NAME_BYTES], language[LANGUAGE_BYTES];
  char sha256[65];
};

static uint32_t read_u32(const unsigned char *p) {
  return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t read_u64(const unsigned char *p) {
  return (uint64_t)read_u32(p) | (uint64_t)read_u32(p + 4) << 32;
}

/* Copies a NUL-padded UTF-8 field of `cap` bytes; false if it is not one or has no room for its last NUL. */
static bool read_name(const unsigned char *p, size_t cap, char *out) {
  size_t len = strnlen((const char *)p, cap);
  if (len == cap || !wm_utf8_valid((const char *)p, len, NULL)) return false;
  for (size_t i = len; i < cap; i++)
    if (p[i]) return false;
  for (size_t i = 0; i < len; i++)
    if (p[i] < ' ' || p[i] == 0x7F) return false;
  memcpy(out, p, cap);
  return true;
}

static wm_err_t map_file(wm_model_t *m, int fd, wm_error_t *err) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: cannot look at it: %s", m->path, strerror(errno));
  if (S_ISDIR(st.st_mode))
    return wm_error_set(err, WM_ERR_MODEL, "model %s: is a directory: set WM_MODEL to a file", m->path);
  if (!S_ISREG(st.st_mode))
    return wm_error_set(err, WM_ERR_MODEL, "model %s: is not a regular file: set WM_MODEL to one", m->path);
  if (st.st_size == 0) return wm_error_set(err, WM_ERR_MODEL, "model %s: the file is empty: " REBUILD, m->path);
  if (st.st_size < (off_t)HEADER_BYTES)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: %lld bytes are too few for a model file: " REBUILD, m->path,
                        (long long)st.st_size);
  if ((uint64_t)st.st_size > WM_MODEL_BYTES_MAX)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: %lld bytes are more than the maximum of %u", m->path,
                        (long long)st.st_size, WM_MODEL_BYTES_MAX);
  void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED)
    return wm_error_set(err, errno == ENOMEM ? WM_ERR_NOMEM : WM_ERR_MODEL, "model %s: cannot map it: %s", m->path,
                        strerror(errno));
  m->data = data;
  m->len = (size_t)st.st_size;
  return WM_OK;
}

static wm_err_t open_file(wm_model_t *m, wm_error_t *err) {
  int fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno == ENOENT)
      return wm_error_set(err, WM_ERR_MODEL, "model %s: no such file: build it with training/build or set WM_MODEL",
                          m->path);
    return wm_error_set(err, WM_ERR_MODEL, "model %s: cannot open it: %s", m->path, strerror(errno));
  }
  wm_err_t rc = map_file(m, fd, err);
  close(fd);
  return rc;
}

/* XXH3-64 of the file with the checksum's own eight bytes as zero. */
static wm_err_t checksum(const wm_model_t *m, uint64_t *out, wm_error_t *err) {
  static const unsigned char k_zero[8];
  XXH3_state_t *state = XXH3_createState();
  if (!state) return wm_error_set(err, WM_ERR_NOMEM, "out of memory for a checksum");
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, m->data, 24);
  XXH3_64bits_update(state, k_zero, sizeof k_zero);
  XXH3_64bits_update(state, m->data + 32, m->len - 32);
  *out = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return WM_OK;
}

static wm_err_t check_header(wm_model_t *m, wm_error_t *err) {
  const unsigned char *p = m->data;
  if (memcmp(p, MAGIC, 8) != 0)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: is not a wiremill model file: set WM_MODEL to one", m->path);
  if (read_u32(p + 8) != FORMAT_VERSION)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: has format version %u, this program reads %u: " REBUILD, m->path,
                        read_u32(p + 8), FORMAT_VERSION);
  if (read_u64(p + 16) != m->len)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: has %zu bytes but says %llu (cut off or lengthened): " REBUILD,
                        m->path, m->len, (unsigned long long)read_u64(p + 16));
  uint64_t sum = 0;
  wm_err_t rc = checksum(m, &sum, err);
  if (rc != WM_OK) return rc;
  if (sum != read_u64(p + 24))
    return wm_error_set(err, WM_ERR_MODEL, "model %s: is damaged (checksum %016llx, should be %016llx): " REBUILD,
                        m->path, (unsigned long long)sum, (unsigned long long)read_u64(p + 24));
  if (!read_name(p + 32, KIND_BYTES, m->kind) || !read_name(p + 48, NAME_BYTES, m->name) ||
      !read_name(p + 112, LANGUAGE_BYTES, m->language) || !m->kind[0] || !m->name[0] || !m->language[0])
    return wm_error_set(err, WM_ERR_MODEL, "model %s: kind, name or language is not readable: " REBUILD, m->path);
  return WM_OK;
}

static wm_err_t check_section(wm_model_t *m, const section_t *s, uint64_t floor, wm_error_t *err) {
  if (s->offset % ALIGNMENT != 0)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: section %s begins at %llu, not a multiple of %u: " REBUILD,
                        m->path, s->name, (unsigned long long)s->offset, ALIGNMENT);
  if (s->offset > m->len || s->length > m->len - s->offset)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: section %s reaches beyond the file: " REBUILD, m->path, s->name);
  if (s->offset < floor)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: section %s overlaps what stands before it: " REBUILD, m->path,
                        s->name);
  for (size_t i = 0; i < m->n_sections; i++)
    if (strcmp(m->sections[i].name, s->name) == 0)
      return wm_error_set(err, WM_ERR_MODEL, "model %s: section %s is there twice: " REBUILD, m->path, s->name);
  return WM_OK;
}

static wm_err_t check_sections(wm_model_t *m, wm_error_t *err) {
  uint32_t n = read_u32(m->data + 12);
  if (n > SECTIONS_MAX)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: %u sections are more than the maximum of %u: " REBUILD, m->path,
                        n, SECTIONS_MAX);
  if (m->len - HEADER_BYTES < (size_t)n * ENTRY_BYTES)
    return wm_error_set(err, WM_ERR_MODEL, "model %s: the section table reaches beyond the file: " REBUILD, m->path);
  uint64_t floor = HEADER_BYTES + (uint64_t)n * ENTRY_BYTES;
  for (uint32_t i = 0; i < n; i++) {
    const unsigned char *p = m->data + HEADER_BYTES + (size_t)i * ENTRY_BYTES;
    section_t s = {.offset = read_u64(p + 16), .length = read_u64(p + 24)};
    if (!read_name(p, SECTION_NAME_BYTES, s.name) || !s.name[0])
      return wm_error_set(err, WM_ERR_MODEL, "model %s: the name of section %u is not readable: " REBUILD, m->path, i);
    wm_err_t rc = check_section(m, &s, floor, err);
    if (rc != WM_OK) return rc;
    floor = s.offset + s.length;
    m->sections[m->n_sections++] = s;
  }
  return WM_OK;
}

static wm_err_t take_sha256(wm_model_t *m, wm_error_t *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  if (EVP_Digest(m->data, m->len, digest, &n, EVP_sha256(), NULL) != 1 || n != 32)
    return wm_error_set(err, WM_ERR_NOMEM, "model %s: libcrypto could not take its SHA-256", m->path);
  static const char k_hex[] = "0123456789abcdef";
  for (size_t i = 0; i < 32; i++) {
    m->sha256[2 * i] = k_hex[digest[i] >> 4];
    m->sha256[2 * i + 1] = k_hex[digest[i] & 15];
  }
  m->sha256[64] = '\0';
  return WM_OK;
}

wm_err_t wm_model_open(const char *path, const char *kind, wm_model_t **out, wm_error_t *err) {
  *out = NULL;
  wm_model_t *m = calloc(1, sizeof *m);
  wm_err_t rc = WM_OK;
  if (!m || !(m->path = strdup(path))) {
    rc = wm_error_set(err, WM_ERR_NOMEM, "out of memory for model %s", path);
    goto out;
  }
  if ((rc = open_file(m, err)) != WM_OK) goto out;
  if ((rc = check_header(m, err)) != WM_OK) goto out;
  if ((rc = check_sections(m, err)) != WM_OK) goto out;
  if (strcmp(m->kind, kind) != 0) {
    rc = wm_error_set(err, WM_ERR_MODEL,
                      "model %s: is of kind \"%s\", wanted is \"%s\": set WM_MODEL to one of that kind", path, m->kind,
                      kind);
    goto out;
  }
  if ((rc = take_sha256(m, err)) != WM_OK) goto out;
  *out = m;
  m = NULL;
out:
  wm_model_close(m);
  return rc;
}

void wm_model_close(wm_model_t *m) {
  if (!m) return;
  if (m->data) munmap(m->data, m->len);
  free(m->path);
  free(m);
}

wm_err_t wm_model_section(const wm_model_t *m, const char *name, size_t unit, const void **data, size_t *len,
                          wm_error_t *err) {
  *data = NULL;
  *len = 0;
  for (size_t i = 0; i < m->n_sections; i++) {
    const section_t *s = &m->sections[i];
    if (strcmp(s->name, name) != 0) continue;
    if (unit > 1 && s->length % unit != 0)
      return wm_error_set(err, WM_ERR_MODEL, "model %s: section %s has %llu bytes, not a multiple of %zu: " REBUILD,
                          m->path, name, (unsigned long long)s->length, unit);
    *data = m->data + s->offset;
    *len = (size_t)s->length;
    return WM_OK;
  }
  return wm_error_set(err, WM_ERR_MODEL, "model %s: has no section %s: " REBUILD, m->path, name);
}

const char *wm_model_name(const wm_model_t *m) {
  return m->name;
}

const char *wm_model_language(const wm_model_t *m) {
  return m->language;
}

const char *wm_model_sha256(const wm_model_t *m) {
  return m->sha256;
}

wm_err_t wm_model_find(const char *file, char *out, size_t cap, wm_error_t *err) {
  const char *dirs[] = {getenv("WM_MODEL_DIR"), WM_SOURCE_MODEL_DIR, "/usr/local/share/wiremill/models",
                        "/usr/share/wiremill/models"};
  for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
    if (!dirs[i] || !dirs[i][0]) continue;
    int n = snprintf(out, cap, "%s/%s", dirs[i], file);
    if (n < 0 || (size_t)n >= cap)
      return wm_error_set(err, WM_ERR_MODEL, "model %s: its path in %s is longer than %zu bytes", file, dirs[i], cap);
    if (access(out, F_OK) == 0) return WM_OK;
  }
  if (cap > 0) out[0] = '\0';
  return wm_error_set(
      err, WM_ERR_MODEL,
      "model %s: not in %s, %s, %s or %s: build it with training/build, or set WM_MODEL or WM_MODEL_DIR", file,
      dirs[0] && dirs[0][0] ? dirs[0] : "$WM_MODEL_DIR (not set)", dirs[1], dirs[2], dirs[3]);
}
