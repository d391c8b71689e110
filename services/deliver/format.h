/**
 * format: an enriched article as ninjs 3.1, as Superdesk's flat ninjs, and how the withdrawal of one is told.
 *
 * ninjs 3.1 (IPTC, https://iptc.org/standards/ninjs/): every object is closed, so only what the standard names is written, each member
 * with the type that it wants; what the article has under a member of the same name in another type is left out. Topics and countries
 * are `subjects` with their scores, entities are people, organisations, places, events and objects; countries are places, too.
 *
 * Superdesk's flat ninjs, as Superdesk Newsroom takes it at /push: guid, headline, body_html, subject, place and so on. Members of
 * Superdesk's own that the article came with (associations, service, slugline, ...) are passed on, so that an update keeps them.
 *
 * Threads: no state. Errors of all: WM_ERR_NOMEM, WM_ERR_TOO_LARGE (of `out`).
 */
#ifndef WM_DELIVER_FORMAT_H
#define WM_DELIVER_FORMAT_H

#include "services/deliver/item.h"
#include "services/deliver/target.h"

wm_err_t wm_format_ninjs(const wm_item_t *item, wm_buffer_t *out, wm_error_t *err);
/** `scheme` goes into each subject that is a topic. */
wm_err_t wm_format_superdesk(const wm_item_t *item, const char *scheme, wm_buffer_t *out, wm_error_t *err);
/** {"uri": ..., "version": ..., "pubStatus": "canceled"}: valid ninjs, and what JSON targets get for an article that was withdrawn. */
wm_err_t wm_format_withdrawn(const char *uri, int64_t version, wm_buffer_t *out, wm_error_t *err);
/** The same for Newsroom's push: {"guid", "type": "text", "version", "versioncreated" (`at_ms`), "pubstatus": "canceled"}. */
wm_err_t wm_format_superdesk_withdrawn(const char *uri, int64_t version, int64_t at_ms, wm_buffer_t *out,
                                       wm_error_t *err);

#endif
