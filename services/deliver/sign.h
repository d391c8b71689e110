/**
 * sign: signatures of what is pushed over HTTP (HMAC, RFC 2104), through libcrypto.
 *
 * Superdesk Newsroom: header `x-superdesk-signature: sha1=<hex HMAC-SHA1 of the body>`. Standard Webhooks
 * (https://www.standardwebhooks.com): `webhook-signature: v1,<Base64 of HMAC-SHA256 over "id.timestamp.body">`.
 *
 * Threads: a signer belongs to one thread. Ownership: a signer keeps what libcrypto made of the key, not the key.
 */
#ifndef WM_DELIVER_SIGN_H
#define WM_DELIVER_SIGN_H

#include "common/error.h"

#define WM_SIGN_TEXT_MAX 64 /* bytes of a signature as text, terminating NUL included */

typedef struct wm_signer wm_signer_t;

/** For the key of `len` bytes and "SHA1" or "SHA256". NULL where libcrypto fails, or out of memory. */
wm_signer_t *wm_signer_new(const char *digest, const char *key, size_t len);
void wm_signer_destroy(wm_signer_t *signer);
/** "sha1=..." by a signer of SHA1. WM_ERR_INTERNAL. */
wm_err_t wm_sign_superdesk(wm_signer_t *signer, const char *body, size_t len, char out[WM_SIGN_TEXT_MAX],
                           wm_error_t *err);
/** "v1,..." by a signer of SHA256. WM_ERR_INTERNAL. */
wm_err_t wm_sign_webhook(wm_signer_t *signer, const char *id, const char *timestamp, const char *body, size_t len,
                         char out[WM_SIGN_TEXT_MAX], wm_error_t *err);

#endif
