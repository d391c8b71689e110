/* wiremill-passthrough: a whole service around an enricher that does nothing, for the benchmark and the tests of the loop. */
#include "tests/support/stage/stage_service.h"

int main(int argc, char **argv) {
  return wm_service_main(&stage_passthrough_service, argc, argv);
}
