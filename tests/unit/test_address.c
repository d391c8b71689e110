#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "common/address.h"

static bool is_public(const char *text) {
  struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(80)};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
  char out[WM_ADDRESS_TEXT_MAX];
  if (inet_pton(AF_INET, text, &in4.sin_addr) == 1) {
    assert_string_equal(wm_address_text((struct sockaddr *)&in4, sizeof in4, out), text);
    return wm_address_is_public((struct sockaddr *)&in4, sizeof in4);
  }
  assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
  assert_string_equal(wm_address_text((struct sockaddr *)&in6, sizeof in6, out), text);
  return wm_address_is_public((struct sockaddr *)&in6, sizeof in6);
}

static void test_public(void **state) {
  (void)state;
  static const char *const list[] = {
      "1.1.1.1",          "9.255.255.255",   "11.0.0.0",        "100.63.255.255",  "100.128.0.0",  "126.255.255.255",
      "128.0.0.1",        "169.253.255.255", "172.15.255.255",  "172.32.0.0",      "192.167.0.1",  "192.169.0.0",
      "198.17.255.255",   "198.20.0.0",      "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1",
      "64:ff9b::101:101", "2002:101:101::1", "2001:4860::8888"};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
    if (!is_public(list[i])) fail_msg("%s is public", list[i]);
}

static void test_refused(void **state) {
  (void)state;
  static const char *const list[] = {"0.0.0.0",
                                     "10.0.0.1",
                                     "10.255.255.255",
                                     "100.64.0.1",
                                     "127.0.0.1",
                                     "127.255.255.255",
                                     "169.254.0.1",
                                     "169.254.169.254",
                                     "172.16.0.1",
                                     "172.31.255.255",
                                     "192.0.0.8",
                                     "192.0.2.1",
                                     "192.168.0.1",
                                     "198.18.0.1",
                                     "198.19.255.255",
                                     "198.51.100.1",
                                     "203.0.113.1",
                                     "224.0.0.1",
                                     "239.1.1.1",
                                     "240.0.0.1",
                                     "255.255.255.255",
                                     "::",
                                     "::1",
                                     "fe80::1",
                                     "febf::1",
                                     "fec0::1",
                                     "fc00::1",
                                     "fd00:ec2::254",
                                     "ff02::1",
                                     "::ffff:127.0.0.1",
                                     "::ffff:10.0.0.1",
                                     "64:ff9b::a9fe:a9fe",
                                     "2002:7f00:1::",
                                     "2002:c0a8:101::1",
                                     "2001::1",
                                     "2001:db8::1",
                                     "100::1",
                                     "::7f00:1",
                                     "3fff::1",
                                     "2001:10::1"};
  for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
    char shown[WM_ADDRESS_TEXT_MAX];
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (strcmp(list[i], "::7f00:1") == 0) { /* shown as ::127.0.0.1 */
      assert_int_equal(inet_pton(AF_INET6, list[i], &in6.sin6_addr), 1);
      assert_false(wm_address_is_public((struct sockaddr *)&in6, sizeof in6));
      wm_address_text((struct sockaddr *)&in6, sizeof in6, shown);
      continue;
    }
    if (is_public(list[i])) fail_msg("%s is not public", list[i]);
  }
}

static void test_other_families(void **state) {
  (void)state;
  char out[WM_ADDRESS_TEXT_MAX];
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  assert_false(wm_address_is_public((struct sockaddr *)&un, sizeof un));
  assert_string_equal(wm_address_text((struct sockaddr *)&un, sizeof un, out), "?");
  struct sockaddr_in cut = {.sin_family = AF_INET};
  assert_false(wm_address_is_public((struct sockaddr *)&cut, 4));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_public), cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_other_families)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
