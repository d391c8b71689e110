/**
 * files: documents and NDJSON from files and standard input into the topic.
 *
 * A file is one transaction: its articles are all in the topic or none is, so a run that was cut off can be run again. Standard input is
 * committed whenever nothing more is there to be read, and every 1,000 articles. A bad article is told on stderr with file and line and
 * left out; the others go their way.
 *
 * Threads: one. Ownership: all borrowed.
 */
#ifndef WM_INGEST_FILES_H
#define WM_INGEST_FILES_H

#include "services/ingest/outlet.h"

typedef struct {
  size_t taken, refused, withdrawn;
} wm_files_count_t;

/** Reads `path` ("-": standard input) and sends what is in it. `partitions` of the state topic. Counts are added to `count`. WM_ERR_IO (cannot be
 * read), WM_ERR_NOT_XML and the like (the document as a whole), WM_ERR_KAFKA. */
wm_err_t wm_files_send(wm_outlet_t *outlet, const wm_ingest_settings_t *set, const char *path, int partitions,
                       wm_files_count_t *count, wm_error_t *err);

#endif
