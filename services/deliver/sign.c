#include "services/deliver/sign.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  const char *s;
  size_t len;
} part_t;

static wm_err_t hmac(const char *digest, const char *key, size_t key_len, const part_t *parts, size_t n,
                     unsigned char out[EVP_MAX_MD_SIZE], size_t *out_len, wm_error_t *err) {
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
  char name[16];
  snprintf(name, sizeof name, "%s", digest);
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", name, 0), OSSL_PARAM_construct_end()};
  bool ok = context && EVP_MAC_init(context, (const unsigned char *)key, key_len, params) == 1;
  for (size_t i = 0; ok && i < n; i++)
    ok = EVP_MAC_update(context, (const unsigned char *)parts[i].s, parts[i].len) == 1;
  ok = ok && EVP_MAC_final(context, out, out_len, EVP_MAX_MD_SIZE) == 1;
  EVP_MAC_CTX_free(context);
  EVP_MAC_free(mac);
  return ok ? WM_OK : wm_error_set(err, WM_ERR_INTERNAL, "libcrypto cannot sign with HMAC-%s", digest);
}

wm_err_t wm_sign_superdesk(const char *key, size_t key_len, const char *body, size_t len, char out[WM_SIGN_TEXT_MAX],
                           wm_error_t *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  size_t n = 0;
  const part_t parts[] = {{body, len}};
  wm_err_t rc = hmac("SHA1", key, key_len, parts, 1, digest, &n, err);
  if (rc != WM_OK) return rc;
  memcpy(out, "sha1=", 6);
  for (size_t i = 0; i < n; i++) snprintf(out + 5 + 2 * i, 3, "%02x", digest[i]);
  return WM_OK;
}

wm_err_t wm_sign_webhook(const char *key, size_t key_len, const char *id, const char *timestamp, const char *body,
                         size_t len, char out[WM_SIGN_TEXT_MAX], wm_error_t *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  size_t n = 0;
  const part_t parts[] = {{id, strlen(id)}, {".", 1}, {timestamp, strlen(timestamp)}, {".", 1}, {body, len}};
  wm_err_t rc = hmac("SHA256", key, key_len, parts, sizeof parts / sizeof parts[0], digest, &n, err);
  if (rc != WM_OK) return rc;
  memcpy(out, "v1,", 3);
  EVP_EncodeBlock((unsigned char *)out + 3, digest, (int)n);
  return WM_OK;
}
