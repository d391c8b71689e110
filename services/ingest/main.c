#include "services/ingest/ingest.h"

int main(int argc, char **argv) {
  return wm_ingest_main(argc, argv);
}
