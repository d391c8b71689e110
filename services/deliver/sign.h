/**
 * sign: signatures of what is pushed over HTTP (HMAC, RFC 2104), through libcrypto.
 *
 * Superdesk Newsroom: header `x-superdesk-signature: sha1=<hex HMAC-SHA1 of the body>`. Standard Webhooks
 * (https://www.standardwebhooks.com): `webhook-signature: v1,<Base64 of HMAC-SHA256 over "id.timestamp.body">`.
 *
 * Threads: no state. Each fills `out` and returns WM_OK, or WM_ERR_INTERNAL where libcrypto fails.
 */
#ifndef WM_DELIVER_SIGN_H
#define WM_DELIVER_SIGN_H

#include "common/error.h"

#define WM_SIGN_TEXT_MAX 64 /* bytes of a signature as text, terminating NUL included */

/** "sha1=..." */
wm_err_t wm_sign_superdesk(const char *key, size_t key_len, const char *body, size_t len, char out[WM_SIGN_TEXT_MAX],
                           wm_error_t *err);
/** "v1,..." */
wm_err_t wm_sign_webhook(const char *key, size_t key_len, const char *id, const char *timestamp, const char *body,
                         size_t len, char out[WM_SIGN_TEXT_MAX], wm_error_t *err);

#endif
