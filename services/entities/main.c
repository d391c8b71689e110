#include "services/entities/entities.h"

int main(int argc, char **argv) {
  return wm_service_main(&wm_entities_service, argc, argv);
}
