/**
 * listen: the address that a server listens on, as people write it.
 *
 * Threads: no state.
 */
#ifndef WM_LISTEN_H
#define WM_LISTEN_H

#include "common/error.h"

#define WM_LISTEN_HOST_MAX 256 /* bytes of a host, terminating NUL included */

typedef struct {
  char host[WM_LISTEN_HOST_MAX]; /* name or address, without brackets */
  int port;                      /* 0: any free one */
} wm_listen_t;

/**
 * Splits "host:port" or "[v6]:port". The host is not looked up. WM_ERR_CONFIG with a text that says what is wrong ("has no port"),
 * to stand after the name and the value.
 */
wm_err_t wm_listen_parse(const char *text, wm_listen_t *out, wm_error_t *err);

#endif
