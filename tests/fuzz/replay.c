/* main() of a fuzz target without libFuzzer: gives it every file of the folders (or the files) that are named. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define PATH_BYTES 4096
#define INPUT_BYTES_MAX (16u << 20)

static int replay_file(const char *path) {
  FILE *f = fopen(path, "rb");
  struct stat st;
  if (!f || fstat(fileno(f), &st) != 0 || st.st_size > (off_t)INPUT_BYTES_MAX) {
    fprintf(stderr, "%s cannot be read\n", path);
    if (f) fclose(f);
    return 1;
  }
  size_t size = (size_t)st.st_size;
  uint8_t *data = malloc(size ? size : 1); /* exactly as large, so that ASan sees a read beyond it */
  int rc = !data || fread(data, 1, size, f) != size;
  fclose(f);
  if (rc) fprintf(stderr, "%s cannot be read\n", path);
  else LLVMFuzzerTestOneInput(data, size);
  free(data);
  return rc;
}

static int replay_folder(const char *path, size_t *count) {
  DIR *dir = opendir(path);
  if (!dir) {
    fprintf(stderr, "%s cannot be opened\n", path);
    return 1;
  }
  int rc = 0;
  for (const struct dirent *e; (e = readdir(dir));) {
    char name[PATH_BYTES];
    if (e->d_name[0] == '.') continue;
    if (snprintf(name, sizeof name, "%s/%s", path, e->d_name) >= (int)sizeof name) rc = 1;
    else rc |= replay_file(name);
    ++*count;
  }
  closedir(dir);
  return rc;
}

int main(int argc, char **argv) {
  int rc = 0;
  size_t count = 0;
  for (int i = 1; i < argc; i++) {
    struct stat st;
    if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
      rc |= replay_folder(argv[i], &count);
    } else {
      rc |= replay_file(argv[i]);
      count++;
    }
  }
  printf("%zu inputs\n", count);
  return rc || count == 0;
}
