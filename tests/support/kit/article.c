#include "kit.h"

#define KIT_BODY_BYTES 1750u /* bytes of body text at least */

static const char *const people[] = {"Amara Lindqvist", "Tobias Okafor",   "Helena Marchetti", "Ravi Castellanos",
                                     "Ingrid Vasquez",  "Samuel Petrovic", "Noor Abernathy",   "Mateo Kowalski",
                                     "Yuki Fontaine",   "Clara Mbeki",     "Anton Delacroix",  "Leila Sorensen"};
static const char *const places[] = {"Portugal", "Kenya",  "Norway", "Chile", "Vietnam", "Poland",
                                     "Nairobi",  "Lisbon", "Hanoi",  "Oslo",  "Warsaw",  "Santiago"};
static const char *const bodies[] = {
    "Harbour Authority",   "Northern Rail Union",     "Central Water Board", "Institute of Marine Science",
    "Ministry of Finance", "Coastal Growers' League", "City Opera",          "National Weather Service"};
static const char *const actions[] = {"announced", "called off", "agreed on",   "warned about",
                                      "paid for",  "reviewed",   "put forward", "opened"};
static const char *const things[] = {"a ferry timetable for the islands", "a trade agreement on timber",
                                     "the repair of two flood gates",     "a vaccine trial in rural clinics",
                                     "new rules for night trains",        "a budget of 40 million",
                                     "the final of the regional cup",     "an exhibition of early maps"};
static const char *const tails[] = {"after three days of talks",          "while farmers waited for rain",
                                    "despite doubts in parliament",       "as markets closed higher",
                                    "before a crowd of several thousand", "with help from two universities",
                                    "when the storm had passed",          "without giving a date"};

/* splitmix64 (Steele, Lea, Flood 2014): any seed gives a good sequence. */
static uint64_t next(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

#define PICK(list) (list)[next(state) % (sizeof(list) / sizeof(list)[0])]

static wm_err_t sentence(uint64_t *state, wm_buffer_t *out) {
  const char *who = PICK(people), *body = PICK(bodies), *place = PICK(places);
  const char *action = PICK(actions), *thing = PICK(things), *tail = PICK(tails);
  switch (next(state) % 3) {
    case 0:
      return wm_buffer_printf(out, NULL, "%s of the %s in %s %s %s %s.", who, body, place, action, thing, tail);
    case 1:
      return wm_buffer_printf(out, NULL, "In %s the %s %s %s, said %s, %s.", place, body, action, thing, who, tail);
    default:
      return wm_buffer_printf(out, NULL, "\\u201cWe have %s %s,\\u201d %s told reporters in %s %s.", action, thing, who,
                              place, tail);
  }
}

wm_err_t kit_article(const char *prefix, uint64_t seed, uint64_t n, wm_buffer_t *out) {
  uint64_t position = seed ^ (n * 0xd1342543de82ef95u), *state = &position;
  wm_buffer_reset(out);
  wm_err_t e = wm_buffer_printf(out, NULL, "{\"uri\":\"%s:%llu\",\"headline\":\"%s %s %s\",\"body_text\":\"", prefix,
                                (unsigned long long)n, PICK(bodies), PICK(actions), PICK(things));
  for (size_t begin = out->len, i = 0; !e && out->len - begin < KIT_BODY_BYTES; i++) {
    if (i) e = wm_buffer_puts(out, i % 4 ? " " : "\\n\\n", NULL);
    if (!e) e = sentence(state, out);
  }
  if (!e)
    e = wm_buffer_printf(
        out, NULL,
        "\",\"language\":\"en\",\"source\":\"The Test Wire\",\"byline\":\"%s\",\"published\":\"2026-03-%02u"
        "T%02u:%02u:00Z\",\"url\":\"https://news.example/%llu\",\"priority\":%u,\"desk\":{\"ratio\":%u.50,"
        "\"words\":1.0e2,\"slug\":\"caf\xc3\xa9 / \\u00e9\",\"empty\":[],\"none\":null,\"live\":false}}",
        PICK(people), (unsigned)(1 + next(state) % 28), (unsigned)(next(state) % 24), (unsigned)(next(state) % 60),
        (unsigned long long)n, (unsigned)(1 + next(state) % 9), (unsigned)(next(state) % 100));
  return e;
}
