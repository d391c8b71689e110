/** publish: a resolved document as the `entities` member of the article. Private to the service. */
#ifndef WM_ENTITIES_PUBLISH_H
#define WM_ENTITIES_PUBLISH_H

#include "services/entities/document.h"

#define WM_NAME_BYTES_MAX 1024u /* bytes of a published name; a longer one is cut at a code point */

/** A new JSON array of the document's entities, most relevant first; NULL when out of memory. */
json_t *wm_document_publish(const wm_document_t *d);

#endif
