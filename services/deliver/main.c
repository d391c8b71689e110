#include "deliver.h"

int main(int argc, char **argv) {
  return wm_deliver_main(argc, argv);
}
