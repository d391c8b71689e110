/** ingest: the program, from its arguments to its exit code. */
#ifndef WM_INGEST_INGEST_H
#define WM_INGEST_INGEST_H

/** The main() of wiremill-ingest: returns the exit code. */
int wm_ingest_main(int argc, char **argv);

#endif
