#include "services/deliver/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define CHUNK 65536
#define DIGITS 6

/* ---- names ---- */

static void name_file(const wm_store_t *s, int64_t number, char out[PATH_BYTES]) {
  snprintf(out, PATH_BYTES, "%s/%s.%0*" PRId64 "%s", s->folder, s->stem, DIGITS, number, s->suffix);
}

static wm_err_t split_path(wm_store_t *s, const char *path, wm_error_t *err) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
  if (base[0] == '\0' || dot == base) return wm_error_set(err, WM_ERR_CONFIG, "%s: is no name of a file", path);
  s->folder = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
  s->stem = dot ? strndup(base, (size_t)(dot - base)) : strdup(base);
  s->suffix = strdup(dot ? dot : "");
  return s->folder && s->stem && s->suffix ? WM_OK : wm_error_set(err, WM_ERR_NOMEM, "out of memory");
}

/* The number in a file's name, 0 if it is none of ours. */
static int64_t number_of(const wm_store_t *s, const char *name) {
  size_t stem = strlen(s->stem), n = 0;
  int64_t number = 0;
  if (strncmp(name, s->stem, stem) != 0 || name[stem] != '.') return 0;
  for (name += stem + 1; name[n] >= '0' && name[n] <= '9' && n < 15; n++) number = number * 10 + (name[n] - '0');
  return n >= DIGITS && strcmp(name + n, s->suffix) == 0 ? number : 0;
}

/* The highest number; with `remove_above` >= 0 files above that are removed. */
static int64_t scan(const wm_store_t *s, int64_t remove_above) {
  char path[PATH_BYTES];
  int64_t highest = 0;
  DIR *dir = opendir(s->folder);
  if (!dir) return 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    int64_t number = number_of(s, entry->d_name);
    if (remove_above >= 0 && number > remove_above) {
      name_file(s, number, path);
      unlink(path);
    } else if (number > highest) {
      highest = number;
    }
  }
  closedir(dir);
  return highest;
}

/* ---- opening ---- */

static wm_err_t open_series(wm_store_t *s, const char *path, wm_error_t *err) {
  char name[PATH_BYTES], text[WM_STORE_ID_MAX] = "";
  snprintf(name, sizeof name, "%s/%s.id", s->folder, s->stem);
  s->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (s->lock < 0) return wm_error_set(err, WM_ERR_CONFIG, "%s: cannot be written: %s", name, strerror(errno));
  if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
    return wm_error_set(err, WM_ERR_CONFIG, "%s: another process writes these files; each needs its own path", path);
  if (pread(s->lock, text, WM_STORE_ID_MAX - 1, 0) == WM_STORE_ID_MAX - 1) {
    memcpy(s->id, text, sizeof s->id);
    return WM_OK;
  }
  unsigned char random[(WM_STORE_ID_MAX - 1) / 2];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
    return wm_error_set(err, WM_ERR_INTERNAL, "no random bytes: %s", strerror(errno));
  for (size_t i = 0; i < sizeof random; i++) snprintf(s->id + 2 * i, 3, "%02x", random[i]);
  if (pwrite(s->lock, s->id, WM_STORE_ID_MAX - 1, 0) != WM_STORE_ID_MAX - 1 || fsync(s->lock) != 0)
    return wm_error_set(err, WM_ERR_IO, "%s: %s", name, strerror(errno));
  return WM_OK;
}

wm_err_t wm_store_open(wm_store_t *s, const char *path, wm_error_t *err) {
  *s = (wm_store_t){.lock = -1, .fd = -1};
  wm_buffer_init(&s->buffer, 256u << 20);
  wm_err_t rc = split_path(s, path, err);
  if (rc == WM_OK) rc = open_series(s, path, err);
  if (rc != WM_OK) wm_store_close(s);
  return rc;
}

void wm_store_close(wm_store_t *s) {
  if (s->fd >= 0) close(s->fd);
  if (s->lock >= 0) close(s->lock);
  free(s->folder);
  free(s->stem);
  free(s->suffix);
  wm_buffer_clear(&s->buffer);
  *s = (wm_store_t){.lock = -1, .fd = -1};
}

static wm_err_t sync_folder(const wm_store_t *s, wm_error_t *err) {
  int fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool ok = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return ok ? WM_OK : wm_error_set(err, WM_ERR_IO, "%s: %s", s->folder, strerror(errno));
}

static wm_err_t begin(wm_store_t *s, int64_t number, int flags, wm_error_t *err) {
  char name[PATH_BYTES];
  struct stat st;
  name_file(s, number, name);
  int fd = open(name, O_RDWR | O_CLOEXEC | flags, 0644);
  if (fd < 0 || fstat(fd, &st) != 0) {
    wm_err_t rc = wm_error_set_class(err, WM_ERR_IO, WM_CLASS_RETRIABLE, "%s: %s", name, strerror(errno));
    if (fd >= 0) close(fd);
    return rc;
  }
  if (s->fd >= 0) close(s->fd);
  s->fd = fd;
  s->number = number;
  s->length = st.st_size;
  return WM_OK;
}

/* Where the last whole line of the first `length` bytes ends. */
static int64_t whole_lines(int fd, int64_t length) {
  char chunk[CHUNK];
  while (length > 0) {
    int64_t from = length > CHUNK ? length - CHUNK : 0;
    ssize_t n = pread(fd, chunk, (size_t)(length - from), from);
    if (n <= 0) return length;
    const char *last = memrchr(chunk, '\n', (size_t)n);
    if (last) return from + (last - chunk) + 1;
    length = from;
  }
  return 0;
}

static wm_err_t cut(wm_store_t *s, int64_t length, wm_error_t *err) {
  if (length > s->length) length = s->length; /* it lost what was never synced */
  length = whole_lines(s->fd, length);
  if (length < s->length && (ftruncate(s->fd, length) != 0 || fsync(s->fd) != 0))
    return wm_error_set(err, WM_ERR_IO, "%s/%s: cannot be cut back: %s", s->folder, s->stem, strerror(errno));
  s->length = length;
  return WM_OK;
}

wm_err_t wm_store_resume(wm_store_t *s, int64_t number, int64_t length, wm_error_t *err) {
  char name[PATH_BYTES];
  wm_err_t rc = WM_OK;
  int64_t highest = scan(s, -1);
  name_file(s, number, name);
  if (number > 0 && access(name, F_OK) == 0) {
    scan(s, number);
    rc = begin(s, number, 0, err);
    return rc == WM_OK ? cut(s, length, err) : rc;
  }
  if (number == 0 && highest > 0) { /* nothing is known: keep what is there, but no half line */
    rc = begin(s, highest, 0, err);
    if (rc == WM_OK) rc = cut(s, s->length, err);
  }
  if (number > 0) scan(s, number); /* the committed file was taken away */
  if (number > highest) highest = number;
  if (rc == WM_OK) rc = begin(s, (number > 0 ? number : highest) + 1, O_CREAT | O_EXCL, err);
  return rc == WM_OK ? sync_folder(s, err) : rc;
}

/* ---- writing ---- */

wm_err_t wm_store_add(wm_store_t *s, const char *line, size_t len, wm_error_t *err) {
  wm_err_t rc = wm_buffer_reserve(&s->buffer, len + 1, err);
  if (rc == WM_OK) rc = wm_buffer_append(&s->buffer, line, len, err);
  return rc == WM_OK ? wm_buffer_append(&s->buffer, "\n", 1, err) : rc;
}

int64_t wm_store_size(const wm_store_t *s) {
  return s->length + (int64_t)s->buffer.len;
}

static wm_err_t write_all(wm_store_t *s, wm_error_t *err) {
  size_t done = 0;
  while (done < s->buffer.len) {
    ssize_t n = pwrite(s->fd, s->buffer.data + done, s->buffer.len - done, s->length + (int64_t)done);
    if (n > 0) {
      done += (size_t)n;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    wm_err_t rc = wm_error_set_class(err, WM_ERR_IO, WM_CLASS_RETRIABLE, "%s/%s: %s", s->folder, s->stem,
                                     strerror(n < 0 ? errno : ENOSPC));
    if (done > 0 && ftruncate(s->fd, s->length) != 0) return rc; /* the next try writes over it */
    return rc;
  }
  s->length += (int64_t)done;
  wm_buffer_reset(&s->buffer);
  return WM_OK;
}

wm_err_t wm_store_write(wm_store_t *s, bool sync, wm_error_t *err) {
  wm_err_t rc = s->buffer.len > 0 ? write_all(s, err) : WM_OK;
  if (rc == WM_OK && sync && fdatasync(s->fd) != 0)
    rc = wm_error_set_class(err, WM_ERR_IO, WM_CLASS_FATAL, "%s/%s: fdatasync: %s: what was written may be lost",
                            s->folder, s->stem, strerror(errno));
  return rc;
}

wm_err_t wm_store_rotate(wm_store_t *s, bool sync, wm_error_t *err) {
  if (sync && fdatasync(s->fd) != 0)
    return wm_error_set_class(err, WM_ERR_IO, WM_CLASS_FATAL, "%s/%s: fdatasync: %s", s->folder, s->stem,
                              strerror(errno));
  wm_err_t rc = begin(s, s->number + 1, O_CREAT | O_TRUNC, err);
  return rc == WM_OK ? sync_folder(s, err) : rc;
}

/* ---- the committed place ---- */

void wm_store_place(const wm_store_t *s, char *out, size_t cap) {
  snprintf(out, cap, "{\"series\":\"%s\",\"file\":%" PRId64 ",\"length\":%" PRId64 "}", s->id, s->number, s->length);
}

bool wm_store_place_read(const wm_store_t *s, const char *text, size_t len, int64_t *number, int64_t *length) {
  json_t *root = text ? json_loadb(text, len, 0, NULL) : NULL;
  const char *series = json_string_value(json_object_get(root, "series"));
  *number = json_integer_value(json_object_get(root, "file"));
  *length = json_integer_value(json_object_get(root, "length"));
  bool ours = series && strcmp(series, s->id) == 0 && *number > 0 && *length >= 0;
  json_decref(root);
  return ours;
}
