/*
 * Reads names, one a line, and writes for each "HASH<tab>KEY" as services/countries/key.h makes them (an empty line where a name has
 * no key), so that the gazetteer is written with the very keys that it is read with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/countries/key.h"

int main(void) {
  char *line = NULL;
  size_t room = 0;
  ssize_t n;
  while ((n = getline(&line, &room, stdin)) >= 0) {
    wm_key_t key;
    size_t len = (size_t)n;
    if (len > 0 && line[len - 1] == '\n') len--;
    if (wm_utf8_valid(line, len, NULL) && wm_key_make(line, len, &key))
      printf("%016llx\t%s\n", (unsigned long long)wm_key_hash(key.text, key.len), key.text);
    else puts("");
  }
  free(line);
  return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
