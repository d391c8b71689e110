#include <cstdio>  // cld2's header uses FILE without it

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include "common/language_internal.h"

const char *wm_language_cld2(const char *s, int len, int *percent, int *reliable) {
  *percent = 0;
  *reliable = 0;
  try {
    CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    CLD2::Language languages[3];
    int percents[3], text_bytes = 0;
    double scores[3];
    bool sure = false;
    CLD2::Language language = CLD2::ExtDetectLanguageSummary(s, len, true, &hints, 0, languages, percents, scores,
                                                             nullptr, &text_bytes, &sure);
    for (int i = 0; i < 3; i++)
      if (languages[i] == language) *percent = percents[i];
    *reliable = sure;
    return language == CLD2::UNKNOWN_LANGUAGE ? "un" : CLD2::LanguageCode(language);
  } catch (...) {  // out of memory: no guess
    return "un";
  }
}
