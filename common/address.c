#include "common/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  uint32_t network;
  unsigned bits;
} network4_t;

/* Not global, or not unicast. */
static const network4_t k_refused4[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* shared (carriers) */
    {0x7F000000, 8},  /* loopback */
    {0xA9FE0000, 16}, /* link-local, metadata */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0000200, 24}, /* documentation */
    {0xC0586300, 24}, /* 6to4 relays */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarks */
    {0xC6336400, 24}, /* documentation */
    {0xCB007100, 24}, /* documentation */
    {0xE0000000, 4},  /* multicast */
    {0xF0000000, 4},  /* reserved, broadcast */
};

static bool public4(uint32_t address) {
  for (size_t i = 0; i < sizeof k_refused4 / sizeof k_refused4[0]; i++)
    if ((address ^ k_refused4[i].network) >> (32 - k_refused4[i].bits) == 0) return false;
  return true;
}

static uint32_t read4(const uint8_t *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool public6(const uint8_t b[16]) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, nat64[12] = {0, 0x64, 0xFF, 0x9B};
  if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0) return public4(read4(b + 12));
  if ((b[0] & 0xE0) != 0x20) return false;                        /* 2000::/3 is all that is global unicast */
  if (b[0] == 0x20 && b[1] == 0x02) return public4(read4(b + 2)); /* 6to4 */
  if (b[0] == 0x20 && b[1] == 0x01) {
    if (b[2] < 2) return false;                     /* 2001::/23: Teredo, benchmarks, ORCHID and the like */
    if (b[2] == 0x0D && b[3] == 0xB8) return false; /* documentation */
  }
  return !(b[0] == 0x3F && b[1] == 0xFF && b[2] < 0x10); /* 3fff::/20: documentation */
}

bool wm_address_is_public(const struct sockaddr *address, socklen_t len) {
  if (address->sa_family == AF_INET && len >= (socklen_t)sizeof(struct sockaddr_in)) {
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return public4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6 && len >= (socklen_t)sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 in;
    memcpy(&in, address, sizeof in);
    return public6(in.sin6_addr.s6_addr);
  }
  return false;
}

const char *wm_address_text(const struct sockaddr *address, socklen_t len, char out[WM_ADDRESS_TEXT_MAX]) {
  const void *bytes = NULL;
  struct sockaddr_in in4;
  struct sockaddr_in6 in6;
  if (address->sa_family == AF_INET && len >= (socklen_t)sizeof in4) {
    memcpy(&in4, address, sizeof in4);
    bytes = &in4.sin_addr;
  } else if (address->sa_family == AF_INET6 && len >= (socklen_t)sizeof in6) {
    memcpy(&in6, address, sizeof in6);
    bytes = &in6.sin6_addr;
  }
  if (!bytes || !inet_ntop(address->sa_family, bytes, out, WM_ADDRESS_TEXT_MAX))
    snprintf(out, WM_ADDRESS_TEXT_MAX, "?");
  return out;
}
