/* wiremill-topics: the worker that adds IPTC Media Topics. */
#include "services/topics/topics.h"

int main(int argc, char **argv) {
  return wm_service_main(&wm_topics_service, argc, argv);
}
