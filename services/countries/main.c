#include "countries.h"

int main(int argc, char **argv) {
  return wm_service_main(&wm_countries_service, argc, argv);
}
