/**
 * countries: the enricher that says which countries an article involves, and which ones it is about.
 *
 * Reads `enrichment.entities`, fills `country` and `geonames` in them, and writes `enrichment.countries` (docs: README.md in this folder).
 */
#ifndef WM_COUNTRIES_H
#define WM_COUNTRIES_H

#include "common/service.h"

extern const wm_service_t wm_countries_service;

#endif
