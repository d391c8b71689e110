/* wiremill-test: a whole service around the enricher that does as the headline says. */
#include "tests/support/stage/stage_service.h"

int main(int argc, char **argv) {
  return wm_service_main(&stage_test_service, argc, argv);
}
