/*
 * Local news. A paper in Lebanon, Ohio, never says where Lebanon is: the rounds of sense.c, which know what the whole world's news means, take it
 * for the country. So a place whose name is a town's in the article's home too is looked at once more, if nothing else speaks of the
 * country that was chosen and the text says by its words (cues.h), its counties and its other towns that it is local news.
 */
#include <math.h>
#include <string.h>

#include "cues.h"
#include "sense_internal.h"

#define ITEMS_MAX 4000u     /* an article with more is no local news */
#define ENOUGH 3.0F         /* of cues, to read a town's name as one of the home */
#define ENOUGH_SEAT 4.0F    /* a seat of government or a large city elsewhere */
#define ENOUGH_COUNTRY 4.0F /* the name of a country */
#define DOUBT 2.0F          /* with so much less the choice stays, but is less sure */
#define DOUBTFUL 0.6F
#define SUPPORT_MAX 0.35F /* what else may speak of the country that was chosen */
#define LARGE 48u         /* weight of a million inhabitants */
#define TOWNS_MAX 2.5F    /* what the towns and counties of the home add at most */
#define TOWN 1.0F         /* each one of them; the large ones, which the world knows, half as much */
#define KNOWN 40u         /* weight of 100,000 inhabitants */
#define NEIGHBOURS 2.0F   /* added where they lie in the same state */
#define NEIGHBOURS_MASS 0.3F
#define COUNTY 2.0F /* each name of a county of the home, up to */
#define COUNTIES_MAX 4.0F
#define DIVISIONS_MAX 64u
#define ABROAD 3.0F /* of what speaks against local news, to read a name as that of a country again */
#define CUES_MAX 8.0F
#define SURE 0.75F /* just enough cues; each one more adds SURER, up to SUREST */
#define SURER 0.04F
#define SUREST 0.95F

typedef struct {
  wm_resolver_t *r;
  const wm_cues_t *cues;
  uint8_t home;
  float text;                        /* weight of the home's cues, less what speaks against local news */
  float against;                     /* of that, what speaks against */
  uint16_t divisions[DIVISIONS_MAX]; /* of the home, that have counties of the names in the article */
  size_t n_divisions;
} local_t;

static bool has_town(const wm_resolver_t *r, const wm_item_t *item, uint8_t home) {
  wm_sense_t s;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p))
    if (s.country == home && s.kind == WM_SENSE_PLACE && wm_sense_allowed(item, &s, item->caps)) return true;
  return false;
}

/* Whether the name is that of a town in a country with cues, other than the one chosen. */
static bool has_any_home(const local_t *l, const wm_item_t *item) {
  const bool place = item->type == WM_ITEM_PLACE || item->type == WM_ITEM_NAME;
  if ((!place && !item->by_inner) || item->n_countries != 1 || !item->senses) return false;
  wm_sense_t s;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(l->r->g, p, &s); p = wm_gazetteer_next(p))
    if (s.kind == WM_SENSE_PLACE && s.country != item->countries[0] && wm_cues_is_home(l->cues, s.country) &&
        wm_sense_allowed(item, &s, item->caps))
      return true;
  return false;
}

/* A town that is called like a country, taken for the town. */
static bool is_namesake(const wm_resolver_t *r, const wm_item_t *item) {
  return item->namesake != WM_NO_COUNTRY && item->n_countries == 1 && item->countries[0] != item->namesake &&
         !item->settled && item->place != UINT32_MAX &&
         wm_place_class(wm_gazetteer_place(r->g, item->place)) == WM_PLACE_TOWN;
}

/* Whether anything may be read otherwise: a name that a town at home has too, of a country that nothing but such names speaks of. */
static bool in_doubt(const local_t *l) {
  float others[WM_COUNTRIES_MAX + 1];
  bool any = false;
  memcpy(others, l->r->mass, sizeof others);
  for (size_t i = 0; i < l->r->n_items; i++) {
    wm_item_t *item = &l->r->items[i];
    item->local = has_any_home(l, item);
    any = any || is_namesake(l->r, item);
    if (item->local) others[item->countries[0]] -= wm_sense_mass(item);
  }
  for (size_t i = 0; i < l->r->n_items; i++) {
    const wm_item_t *item = &l->r->items[i];
    any = any || (item->local && others[item->countries[0]] <= SUPPORT_MAX);
  }
  return any;
}

/* Whether a mention says outright what was chosen: "Lebanon, Tennessee" and "Tyre, Lebanon" are left alone. */
static bool is_said(wm_resolver_t *r, const wm_item_t *item) {
  wm_around_t around[WM_AROUND_MAX];
  wm_sense_t s;
  const size_t n = wm_sense_look_around(r, item, around);
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (s.country != item->countries[0] || !wm_sense_allowed(item, &s, item->caps)) continue;
    for (size_t i = 0; i < n; i++)
      if (wm_around_says_any(r->g, &around[i], &s)) return true;
  }
  return false;
}

/* Of an item that may be at home somewhere: whether it may be in this country. */
static bool may_be_home(wm_resolver_t *r, const wm_item_t *item, uint8_t home) {
  if (item->countries[0] == home || item->by_rule || item->fixed != WM_NO_COUNTRY || item->by == WM_BY_ENTITY ||
      item->hint)
    return false;
  return has_town(r, item, home) && !is_said(r, item);
}

static bool by_country(const wm_item_t *item) {
  return item->by == WM_BY_COUNTRY || item->by == WM_BY_INNER_COUNTRY;
}

static float enough_for(const wm_resolver_t *r, const wm_item_t *item) {
  if (by_country(item)) return ENOUGH_COUNTRY;
  if (item->place == UINT32_MAX) return ENOUGH;
  const wm_place_t *p = wm_gazetteer_place(r->g, item->place);
  return (p->cls & WM_PLACE_SEAT) || p->weight >= LARGE ? ENOUGH_SEAT : ENOUGH;
}

/* What follows the mentions of a country's name: the heaviest. */
static float beside(const local_t *l, const wm_item_t *item) {
  float best = 0;
  unsigned n = 0;
  for (uint32_t m = item->mention; m != WM_NONE && n < WM_AROUND_MAX; m = l->r->mentions[m].next, n++) {
    const wm_mention_t *mention = &l->r->mentions[m];
    const wm_str_t text = l->r->text[mention->field];
    const size_t end = wm_resolver_byte(l->r, mention->field, mention->end);
    const float w = wm_cues_beside(l->cues, text.s + end, text.len - end);
    if (w > best) best = w;
  }
  return best;
}

/* What the towns and counties of the home that are beyond doubt say. */
static float towns_of(const wm_resolver_t *r, uint8_t home) {
  float sum = 0;
  for (size_t i = 0; i < r->n_items; i++) {
    const wm_item_t *item = &r->items[i];
    if (item->local || item->n_countries != 1 || item->countries[0] != home || item->place == UINT32_MAX) continue;
    const wm_place_t *p = wm_gazetteer_place(r->g, item->place);
    sum += item->confidence * (p->weight >= KNOWN ? TOWN / 2 : TOWN);
  }
  return fminf(sum, TOWNS_MAX);
}

static bool is_county(const wm_item_t *item) {
  static const char *const words[] = {" County", " Parish", " Township"};
  if (item->type != WM_ITEM_PLACE && item->type != WM_ITEM_NAME) return false;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    const size_t n = strlen(words[i]);
    if (item->name.len > n && memcmp(item->name.s + item->name.len - n, words[i], n) == 0) return true;
  }
  return false;
}

static void add_division(local_t *l, uint16_t division) {
  if (division == WM_NO_DIVISION || l->n_divisions == DIVISIONS_MAX) return;
  for (size_t i = 0; i < l->n_divisions; i++)
    if (l->divisions[i] == division) return;
  l->divisions[l->n_divisions++] = division;
}

/* Counties of the home by their names, whatever was made of them: what they say, and which divisions have one. */
static float counties_of(local_t *l) {
  float sum = 0;
  for (size_t i = 0; i < l->r->n_items; i++) {
    const wm_item_t *item = &l->r->items[i];
    bool at_home = false;
    wm_sense_t s;
    if (!is_county(item)) continue;
    for (const uint32_t *p = item->senses; wm_gazetteer_sense(l->r->g, p, &s); p = wm_gazetteer_next(p)) {
      if (s.kind != WM_SENSE_PLACE || s.country != l->home) continue;
      const wm_place_t *place = wm_gazetteer_place(l->r->g, s.ref);
      if (wm_place_class(place) == WM_PLACE_TOWN) continue;
      at_home = true;
      add_division(l, place->division);
    }
    if (at_home) sum += COUNTY;
  }
  return fminf(sum, COUNTIES_MAX);
}

/* Whether one of the home's towns of that name lies in a state that other places of the article lie in, or may. */
static bool has_neighbours(const local_t *l, const wm_item_t *item) {
  wm_sense_t s;
  for (const uint32_t *p = item->senses; wm_gazetteer_sense(l->r->g, p, &s); p = wm_gazetteer_next(p)) {
    if (s.country != l->home || s.kind != WM_SENSE_PLACE || !wm_sense_allowed(item, &s, item->caps)) continue;
    const uint16_t d = wm_gazetteer_place(l->r->g, s.ref)->division;
    if (d == WM_NO_DIVISION) continue;
    if (l->r->division_mass[d] > NEIGHBOURS_MASS) return true;
    for (size_t i = 0; i < l->n_divisions; i++)
      if (l->divisions[i] == d) return true;
  }
  return false;
}

/* Which country's local news the text may be: that with the most cues. */
static void find_home(local_t *l) {
  wm_cues_found_t found;
  float best = 0;
  memset(&found, 0, sizeof found);
  for (unsigned f = 0; f < WM_FIELD_COUNT; f++) wm_cues_find(l->cues, l->r->text[f].s, l->r->text[f].len, &found);
  l->home = l->r->us;
  for (size_t i = 0; i < wm_cues_homes(l->cues); i++) {
    if (found.home[i] <= best) continue;
    best = found.home[i];
    l->home = wm_cues_home(l->cues, i);
  }
  l->against = found.against;
  l->text = fminf(best, CUES_MAX) - found.against;
}

/* The likeliest of the home's towns of that name. */
static wm_err_t move_home(local_t *l, wm_item_t *item, float over, wm_error_t *err) {
  wm_resolver_t *r = l->r;
  const wm_option_t *best = NULL;
  float best_score = 0;
  wm_inputs_t x;
  if (item->n_options == 0) {
    const wm_err_t rc = wm_sense_lay_out(r, item, err);
    if (rc != WM_OK) return rc;
  }
  for (uint32_t i = 0; i < item->n_options; i++) {
    const wm_option_t *o = &r->options[item->option + i];
    if (o->country != l->home || !(o->traits & WM_OPTION_PLACE)) continue;
    wm_sense_other_inputs(r, item, o, &x);
    const float score = o->base + wm_sense_score(r, &x);
    if (best && score <= best_score) continue;
    best = o;
    best_score = score;
  }
  if (!best) return WM_OK;
  item->countries[0] = l->home;
  item->place = best->ref;
  item->by = wm_sense_by(item, best);
  item->confidence = fminf(SURE + SURER * over, SUREST);
  item->other = WM_NO_COUNTRY;
  item->other_count = 0;
  item->learned = false;
  return WM_OK;
}

/* Decides about those that may be at home; what they make the article speak of is taken off meanwhile. */
static wm_err_t decide(local_t *l, wm_error_t *err) {
  wm_resolver_t *r = l->r;
  wm_err_t rc = WM_OK;
  const float home = l->text + towns_of(r, l->home) + counties_of(l);
  for (size_t i = 0; i < r->n_items && rc == WM_OK; i++) {
    wm_item_t *item = &r->items[i];
    if (!item->local || r->mass[item->countries[0]] > SUPPORT_MAX) continue;
    const float enough = enough_for(r, item);
    const float score = home + (by_country(item) ? beside(l, item) : 0) + (has_neighbours(l, item) ? NEIGHBOURS : 0);
    if (score >= enough) rc = move_home(l, item, score - enough, err);
    else if (score >= enough - DOUBT) item->confidence *= DOUBTFUL;
  }
  return rc;
}

/* "A Dearborn man died in an airstrike in Lebanon": where the words speak of the world, it is the country. */
static void send_abroad(const local_t *l) {
  for (size_t i = 0; i < l->r->n_items; i++) {
    wm_item_t *item = &l->r->items[i];
    if (!is_namesake(l->r, item) || is_said(l->r, item)) continue;
    wm_sense_add_mass(l->r, item, -1.0F);
    item->countries[0] = item->namesake;
    item->place = UINT32_MAX;
    item->by = item->by_inner ? WM_BY_INNER_COUNTRY : WM_BY_COUNTRY;
    item->confidence = SURE;
    wm_sense_add_mass(l->r, item, 1.0F);
  }
}

wm_err_t wm_local_decide(wm_resolver_t *r, wm_error_t *err) {
  local_t l = {.r = r, .cues = wm_gazetteer_cues(r->g)};
  size_t n = 0;
  if (r->n_items > ITEMS_MAX || !in_doubt(&l)) return WM_OK;
  find_home(&l);
  if (l.against >= ABROAD && l.text < 0) send_abroad(&l);
  if (l.text < 0) return WM_OK;
  for (size_t i = 0; i < r->n_items; i++) {
    wm_item_t *item = &r->items[i];
    item->local = item->local && may_be_home(r, item, l.home);
    if (item->local) wm_sense_add_mass(r, item, -1.0F);
    n += item->local;
  }
  const wm_err_t rc = n > 0 ? decide(&l, err) : WM_OK;
  for (size_t i = 0; i < r->n_items; i++)
    if (r->items[i].local) wm_sense_add_mass(r, &r->items[i], 1.0F);
  return rc;
}
