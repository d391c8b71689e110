/**
 * address: which network addresses a fetch that somebody else may steer is allowed to connect to.
 *
 * A feed, a redirect or a name server can name any address. What is not a public unicast address is refused: loopback, private and
 * shared networks (RFC 1918, RFC 6598), link-local (cloud metadata at 169.254.169.254 among them), unique-local, multicast, broadcast,
 * documentation and benchmark networks (IANA's special-purpose registries, RFC 6890), and IPv6 forms that carry such an IPv4 address
 * (mapped, 6to4, NAT64); Teredo is refused as a whole. The check belongs on the address that is connected to, after names are resolved:
 * with libcurl in CURLOPT_OPENSOCKETFUNCTION.
 *
 * Threads: no state. Ownership: nothing is kept.
 */
#ifndef WM_ADDRESS_H
#define WM_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#define WM_ADDRESS_TEXT_MAX 64 /* bytes of an address as text */

/** True if `address` (`len` bytes) is IPv4 or IPv6 and a public unicast address. */
bool wm_address_is_public(const struct sockaddr *address, socklen_t len);
/** Writes the address without its port ("192.0.2.1", "2001:db8::1"; "?" for other families) and returns `out`. */
const char *wm_address_text(const struct sockaddr *address, socklen_t len, char out[WM_ADDRESS_TEXT_MAX]);

#endif
