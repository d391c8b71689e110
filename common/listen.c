#include "common/listen.h"

#include <string.h>

static int digit(char c) {
  return c >= '0' && c <= '9';
}

/* Name characters: letters, digits, dot, hyphen, underscore; and what an IPv6 address has (colon, and % before a zone). */
static int host_char(char c, int v6) {
  return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_' ||
         (v6 && (c == ':' || c == '%'));
}

wm_err_t wm_listen_parse(const char *text, wm_listen_t *out, wm_error_t *err) {
  int v6 = text[0] == '[';
  const char *host = text + v6, *end = v6 ? strchr(text, ']') : strrchr(text, ':');
  if (v6 && (!end || end[1] != ':')) return wm_error_set(err, WM_ERR_CONFIG, "is not [IPv6 address]:port");
  if (!end) return wm_error_set(err, WM_ERR_CONFIG, "has no port (host:port, such as 127.0.0.1:9101)");
  size_t len = (size_t)(end - host);
  if (len == 0)
    return wm_error_set(err, WM_ERR_CONFIG, "has no host (0.0.0.0 stands for every IPv4 address, [::] for IPv6)");
  if (len >= sizeof out->host) return wm_error_set(err, WM_ERR_CONFIG, "has a host of more than 255 bytes");
  if (!v6 && memchr(host, ':', len)) return wm_error_set(err, WM_ERR_CONFIG, "has an IPv6 address without brackets");
  for (size_t i = 0; i < len; i++)
    if (!host_char(host[i], v6))
      return wm_error_set(err, WM_ERR_CONFIG, "has a host that is neither a name nor an address");
  const char *port = end + 1 + v6;
  int number = 0;
  size_t digits = 0;
  for (; digit(port[digits]) && digits < 6; digits++) number = number * 10 + (port[digits] - '0');
  if (digits == 0 || port[digits] != '\0' || number > 65535)
    return wm_error_set(err, WM_ERR_CONFIG, "has a port that is not a number from 0 to 65535");
  memcpy(out->host, host, len);
  out->host[len] = '\0';
  out->port = number;
  return WM_OK;
}
