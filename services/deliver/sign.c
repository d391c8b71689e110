#include "services/deliver/sign.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *s;
  size_t len;
} part_t;

struct wm_signer {
  EVP_MAC_CTX *context; /* with the key; begun anew for each signature */
};

wm_signer_t *wm_signer_new(const char *digest, const char *key, size_t len) {
  wm_signer_t *s = calloc(1, sizeof *s);
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  char name[16];
  snprintf(name, sizeof name, "%s", digest);
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", name, 0), OSSL_PARAM_construct_end()};
  if (s && mac) s->context = EVP_MAC_CTX_new(mac);
  bool ok = s && s->context && EVP_MAC_init(s->context, (const unsigned char *)key, len, params) == 1;
  EVP_MAC_free(mac);
  if (ok) return s;
  wm_signer_destroy(s);
  return NULL;
}

void wm_signer_destroy(wm_signer_t *signer) {
  if (!signer) return;
  EVP_MAC_CTX_free(signer->context);
  free(signer);
}

static wm_err_t hmac(wm_signer_t *s, const part_t *parts, size_t n, unsigned char out[EVP_MAX_MD_SIZE], size_t *out_len,
                     wm_error_t *err) {
  bool ok = EVP_MAC_init(s->context, NULL, 0, NULL) == 1; /* the same key once more */
  for (size_t i = 0; ok && i < n; i++)
    ok = EVP_MAC_update(s->context, (const unsigned char *)parts[i].s, parts[i].len) == 1;
  ok = ok && EVP_MAC_final(s->context, out, out_len, EVP_MAX_MD_SIZE) == 1;
  return ok ? WM_OK : wm_error_set(err, WM_ERR_INTERNAL, "libcrypto cannot sign");
}

wm_err_t wm_sign_superdesk(wm_signer_t *signer, const char *body, size_t len, char out[WM_SIGN_TEXT_MAX],
                           wm_error_t *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  size_t n = 0;
  const part_t parts[] = {{body, len}};
  wm_err_t rc = hmac(signer, parts, 1, digest, &n, err);
  if (rc != WM_OK) return rc;
  memcpy(out, "sha1=", 6);
  for (size_t i = 0; i < n; i++) snprintf(out + 5 + 2 * i, 3, "%02x", digest[i]);
  return WM_OK;
}

wm_err_t wm_sign_webhook(wm_signer_t *signer, const char *id, const char *timestamp, const char *body, size_t len,
                         char out[WM_SIGN_TEXT_MAX], wm_error_t *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  size_t n = 0;
  const part_t parts[] = {{id, strlen(id)}, {".", 1}, {timestamp, strlen(timestamp)}, {".", 1}, {body, len}};
  wm_err_t rc = hmac(signer, parts, sizeof parts / sizeof parts[0], digest, &n, err);
  if (rc != WM_OK) return rc;
  memcpy(out, "v1,", 3);
  EVP_EncodeBlock((unsigned char *)out + 3, digest, (int)n);
  return WM_OK;
}
