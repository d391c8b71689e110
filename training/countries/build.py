"""Builds models/countries.wmm: see README.md in this folder. Called by ./build."""

import argparse
import array
import collections
import math
import os
import struct
import subprocess
import sys

import fit
import learn
import numpy as np
import sources as src

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import wm_model  # noqa: E402

# as in services/countries/gazetteer.h
NOTHING, COUNTRY, DEMONYM, PLACE, AREA, METONYM, PERSON, SURNAME, PARTY, ARMED, COMPANY, SCHOOL, CLUB, LEARNED, GIVEN, MEDIA = range(16)
ALT, CAPS, POSTAL = 1, 2, 4
LAST = 1 << 31
TOWN, DIVISION1, DIVISION2, SEAT = 0, 1, 2, 0x80
NO_DIVISION = 0xFFFF
SENSES_MAX = 64          # of one name
ALTERNATES_FROM = 15000  # inhabitants from which the other names of a town are taken too
GENERIC = ("province", "oblast", "governorate", "region", "state", "department", "prefecture", "district", "county",
           "municipality", "krai", "division", "canton", "emirate", "voivodeship", "republic", "wilayah", "parish")


def weight_of(population):
    return max(1, min(63, round(8 * math.log10(population + 1))))


class Gazetteer:
    def __init__(self):
        self.countries = []                          # (code, alpha3, name)
        self.index = {}                              # code -> index
        self.places = []                             # [id, lat, lon, division, country, cls, weight]
        self.names = collections.defaultdict(dict)   # name -> {(kind, ref): (weight, flags)}
        self.by_name = {}                            # plain name of a country -> code
        self.table, self.generic = set(), set()      # names of metonyms.tsv; those of bodies called alike in many countries

    def add(self, name, kind, ref, weight, flags=0):
        name = name.strip()
        if not name:
            return
        senses = self.names[name]
        old = senses.get((kind, ref))
        if old is None or (weight, -flags) > (old[0], -old[1]):
            senses[(kind, ref)] = (weight, flags)

    def add_country(self, name, kind, code, weight, flags=0):
        if code in self.index:
            self.add(name, kind, self.index[code], weight, flags)

    def code(self, name):
        """The country called `name`, or None."""
        return self.by_name.get(src.plain(name.replace("-", " ")))


def load_countries(g):
    alpha3 = {r["alpha_2"]: r["alpha_3"] for r in src.iso("3166-1")}
    alpha3["XK"] = "XKX"
    for code, names, demonyms, capitals in src.table(f"{HERE}/countries.tsv", 4):
        g.index[code] = len(g.countries)
        g.countries.append((code, alpha3[code], src.split(names)[0]))
        for i, name in enumerate(src.split(names)):
            short = len(name.replace(".", "")) <= 4 and name.replace(".", "").replace(" ", "").isupper()
            g.add_country(name, COUNTRY, code, 63 if i == 0 else 62, (CAPS if short else 0) | (ALT if i else 0))
            if not short:
                g.by_name[src.plain(name.replace("-", " "))] = code
        for name in src.split(demonyms):
            g.add_country(name, DEMONYM, code, 63)
    missing = {r["alpha_2"] for r in src.iso("3166-1")} - set(g.index)
    if missing:
        raise SystemExit(f"countries.tsv lacks {sorted(missing)}")
    for r in src.iso("3166-1"):
        for key in ("name", "official_name", "common_name"):
            if key in r and "," not in r[key]:
                g.add_country(r[key], COUNTRY, r["alpha_2"], 60, ALT)
                g.by_name.setdefault(src.plain(r[key].replace("-", " ")), r["alpha_2"])
    for name, codes in {"Korea": ("KR", "KP"), "Korean": ("KR", "KP"), "Koreans": ("KR", "KP"), "Congo": ("CD", "CG"),
                        "Congolese": ("CD", "CG"), "Dominican": ("DO", "DM"), "Dominicans": ("DO", "DM"),
                        "Guinean": ("GN", "GW"), "Guineans": ("GN", "GW"), "Georgian": ("GE", "US"),
                        "Georgians": ("GE", "US"), "Virgin Islands": ("VI", "VG"), "Channel Islands": ("JE", "GG"),
                        "Channel Islander": ("JE", "GG"), "Virgin Islander": ("VI", "VG"), "Saint Martin": ("MF", "SX"),
                        "St. Martin": ("MF", "SX"), "St Martin": ("MF", "SX")}.items():
        kind = COUNTRY if name in ("Korea", "Congo", "Virgin Islands", "Channel Islands") or "Martin" in name else DEMONYM
        for i, code in enumerate(codes):
            g.add_country(name, kind, code, 60 - 6 * i, ALT)


def load_places(g, folder):
    ids = {code: int(number) for code, number in src.table(f"{HERE}/geonames-ids.tsv", 2)}
    g.ids = ids
    cities = list(src.cities(folder))
    people, lat, lon = collections.Counter(), collections.Counter(), collections.Counter()
    for _, _, country, admin1, population, y, x, _ in cities:
        key, n = f"{country}.{admin1}", population + 1
        people[key] += n
        lat[key] += n * y
        lon[key] += n * x
    division = {}
    for code, name in sorted(src.divisions(folder, 1)):
        country = code.split(".")[0]
        if country not in g.index:
            continue
        n = people[code]
        division[code] = len(g.places)
        g.places.append([state_id(ids, code), lat[code] / n if n else 0, lon[code] / n if n else 0, NO_DIVISION, g.index[country], DIVISION1,
                         weight_of(n)])
        add_division(g, name, len(g.places) - 1, weight_of(n))
    for p, i in ((g.places[i], i) for i in range(len(g.places))):
        p[3] = i
    seats = collections.defaultdict(set)
    for code, _, _, capitals in src.table(f"{HERE}/countries.tsv", 4):
        for c in src.split(capitals):
            seats[code].add(src.plain(c))
    towns = collections.defaultdict(set)  # (country, division, name) of towns, against doubles in the second level
    best = {}
    for geonames, name, country, admin1, population, y, x, others in cities:
        if country not in g.index:
            continue
        forms = {src.plain(n) for n in [name] + others if src.latin(n)}
        for seat in seats[country] & forms:
            if population > best.get((country, seat), (-1, 0))[0]:
                best[country, seat] = (population, geonames)
    chosen = {geonames for _, geonames in best.values()}
    for geonames, name, country, admin1, population, y, x, others in cities:
        if country not in g.index:
            continue
        d = division.get(f"{country}.{admin1}", NO_DIVISION)
        ref, w = len(g.places), weight_of(population)
        seat = SEAT if geonames in chosen else 0
        g.places.append([geonames, y, x, d, g.index[country], TOWN | seat, w])
        g.add(name, PLACE, ref, w)
        towns[country, d].add(src.plain(name))
        for other in others:
            if src.latin(other) and len(other) > 2 and not code_like(other) and (population >= ALTERNATES_FROM or seat) and other != name:
                g.add(other, PLACE, ref, w, ALT)
    for code, names, demonyms, capitals in src.table(f"{HERE}/countries.tsv", 4):
        for seat in src.split(capitals):
            found = best.get((code, src.plain(seat)))
            if found:
                ref = next(r for r in range(len(g.places)) if g.places[r][0] == found[1])
                g.add(seat, PLACE, ref, g.places[ref][6])
            else:
                g.add_country(seat, METONYM, code, 60)
    for code, name in sorted(src.divisions(folder, 2)):
        country, admin1 = code.split(".")[:2]
        d = division.get(f"{country}.{admin1}", NO_DIVISION)
        if country not in g.index or src.plain(name) in towns[country, d]:
            continue
        g.places.append([0, 0, 0, d, g.index[country], DIVISION2, 26])
        if d != NO_DIVISION:
            g.places[-1][1:3] = g.places[d][1:3]
        add_division(g, name, len(g.places) - 1, 26)
    for r in src.iso("3166-2"):
        country = r["code"].split("-")[0]
        if country in g.index and src.latin(r["name"]):
            g.add_country(r["name"], AREA, country, 34)
    for code, long, postal in src.table(f"{HERE}/abbreviations.tsv", 3):
        ref = division[code]
        for name in src.split(long):
            g.add(name, PLACE, ref, g.places[ref][6], CAPS if name.replace(".", "").isupper() else 0)
        if postal:
            g.add(postal, PLACE, ref, g.places[ref][6], CAPS | POSTAL)


def state_id(ids, code):
    """GeoNames id of a first-level division, 0 where it is not known: those of the United States are called by postal code."""
    return ids.get(code, 0)


def code_like(name):
    """An airport's or station's code, which GeoNames has among the other names."""
    return len(name) <= 4 and name.isupper()


def add_division(g, name, ref, w):
    if not src.latin(name):
        return
    g.add(name, PLACE, ref, w)
    words = name.split()
    if len(words) > 1 and words[-1].lower() in GENERIC and g.places[ref][5] == DIVISION1:
        g.add(" ".join(words[:-1]), PLACE, ref, w, ALT)
    if len(words) > 2 and words[0].lower() in GENERIC and words[1].lower() in ("of", "de"):
        g.add(" ".join(words[2:]), PLACE, ref, w, ALT)


def load_tables(g):
    for _, names in src.table(f"{HERE}/regions.tsv", 2):
        for name in src.split(names):
            g.add(name, NOTHING, 0, 63)
    kinds = {"government": (METONYM, 60, 0), "generic": (METONYM, 60, ALT), "party": (PARTY, 60, 0), "armed": (ARMED, 60, 0),
             "media": (MEDIA, 60, 0), "company": (COMPANY, 60, 0), "sport": (CLUB, 60, 0), "place": (AREA, 58, 0)}
    for code, sort, names in src.table(f"{HERE}/metonyms.tsv", 3):
        for name in src.split(names):
            if sort == "culture":
                g.add(name, LEARNED, g.index[code] | 63 << 8, 44)
            else:
                kind, weight, flags = kinds[sort]
                g.add_country(name, kind, code, weight, flags)
                g.table.add(name)
            if sort == "generic":
                g.generic.add(name)
    for code, names in src.table(f"{HERE}/areas.tsv", 2):
        for name in src.split(names):
            g.add_country(name, AREA, code, 58)


def slug_code(g, slug):
    return {"us": "US", "congo-dr": "CD", "trinidad-n-tobago": "TT", "bosnia-n-herzegovina": "BA", "latvija": "LV"}.get(
        slug) or g.code(slug.replace("-", " "))


def load_people(g, folder):
    seen = collections.defaultdict(set)
    surnames = collections.defaultdict(lambda: collections.defaultdict(int))

    def person(name, code, weight):
        name = " ".join(name.split())
        if code in g.index and " " in name and src.latin(name):
            g.add_country(name, PERSON, code, weight)
            seen[name].add(code)
            words = name.split()
            if len(words) > 3 and not any(w.lower() in ("al", "bin", "de", "van", "von", "el") for w in words):
                g.add_country(f"{words[0]} {words[-1]}", PERSON, code, max(1, weight - 12), ALT)

    def leader(name, surname, code, weight):
        person(name, code, 62)
        surname = surname or name.split()[-1]
        if len(surname) > 2:
            surnames[surname][code] = max(surnames[surname][code], weight)

    for name, country, year in src.world_leaders(folder):
        code = g.code(country)
        if code:
            leader(name, None, code, 60)
    for name, surname, code, office in src.cia_leaders(folder):
        head = office.lower().split(",")[0].strip() in ("president", "prime minister", "king", "chancellor", "supreme leader",
                                                        "premier", "emir", "amir", "queen", "sultan", "chief executive",
                                                        "chairman, state affairs commission", "taoiseach")
        if head:
            leader(name, surname, code, 58)
        else:
            person(name, code, 54)
    code_of = {**{n: c for c, _, n in g.countries}}
    for code, names, _, _ in src.table(f"{HERE}/countries.tsv", 4):
        code_of.update({n: code for n in src.split(names)})
    for name, surname, code in src.factbook_leaders(folder, code_of):
        leader(name, surname, code, 61)
    for name, slug, office in src.officeholders(folder):
        code = None if slug == "world" else slug_code(g, slug)
        if code:
            person(name, code, 50 if "member" not in office.lower() else 44)
    for name, code in src.parliamentarians(folder):
        person(name, code, 40)
    for name, office in src.congress(folder):
        person(name, "US", 58 if office in ("prez", "viceprez") else 48)
    three = {a3: code for code, a3, _ in g.countries}
    for name, codes in src.cameo(folder, "Phoenix.Countries.actors.txt"):
        first = {three.get(c[:3]) for c in codes} - {None}
        if len(first) == 1 and len(name.split()) in (2, 3, 4) and all(w.isalpha() or "-" in w or "." in w for w in name.split()):
            person(name.title(), first.pop(), 46)
    for surname, codes in surnames.items():
        for code, weight in codes.items():
            g.add_country(surname, SURNAME, code, weight)


def load_given_names(g, folder):
    for name in src.given_names(folder):
        g.add(name.title(), GIVEN, 0, 1)


def load_bodies(g, folder):
    three = {a3: code for code, a3, _ in g.countries}
    for name, a3, share in src.parties(folder):
        if a3 in three and src.latin(name) and len(name) > 3:
            g.add_country(name, PARTY, three[a3], min(58, 30 + round(share / 2)))
    for name, codes in src.cameo(folder, "Phoenix.MilNonState.actors.txt"):
        first = {three.get(c[:3]) for c in codes} - {None}
        if len(first) == 1 and len(name) > 3:
            g.add_country(name.title(), ARMED, next(iter(first)), 45)
    for name, code in src.threat_actors(folder):
        if len(name) > 4:
            g.add_country(name, ARMED, code, 30)
    for name, country, listings in src.companies(folder):
        code = g.code(country)
        if code and src.latin(name) and len(name) > 3:
            g.add_country(name, COMPANY, code, min(50, 20 + listings))
    for name, code in src.universities(folder):
        if len(name.split()) > 1 and src.latin(name):
            g.add_country(name, SCHOOL, code, 45)
    for name, path, main in src.clubs(folder):
        parts = path.split("/")
        slug = parts[2] if len(parts) > 3 else ""
        code = slug_code(g, slug)
        if code and src.latin(name) and len(name) > 3:
            g.add_country(name, CLUB, code, 45 if main else 38, 0 if main else ALT)


ALLOWED = {"PER": (PERSON, SURNAME), "ORG": (METONYM, PARTY, ARMED, COMPANY, SCHOOL, CLUB, MEDIA, COUNTRY), "NORP": (DEMONYM, PARTY, ARMED, COUNTRY),
           "EVT": (CLUB,), "WRK": (MEDIA, COMPANY), "LOC": ()}


def learned(g, data, silver, half):
    """Senses learned from annotated news without half `half` (None: from all), and from tagged news."""
    def bare(name):
        """As keys are made: without a leading "the"."""
        return learn.fold(name).removeprefix("the ")

    regions = {bare(n) for n, senses in g.names.items() if (NOTHING, 0) in senses}
    firm = {bare(n) for n, senses in g.names.items() if any(k in (COUNTRY, DEMONYM) for k, _ in senses)}
    placed = {bare(n) for n, senses in g.names.items() if any(k in (PLACE, AREA, COUNTRY) for k, _ in senses)}
    generic = {bare(n) for n in g.generic}
    codes = {i: c for c, i in g.index.items()}
    telling = {learn.fold(n): codes[ref] for n, senses in g.names.items() for (k, ref), (_, flags) in senses.items()
               if k in (COUNTRY, DEMONYM) and not flags & CAPS}

    def usable(name, kind):
        key = bare(name)
        if not key or key in regions or key in generic or (kind == "LOC" and key in placed):
            return False
        return not (kind in ("NORP", "ORG", "LOC") and key in firm)

    def known(name, kind):
        found = {ref for k, ref in g.names.get(name, {}) if k in ALLOWED[kind]}
        return codes[found.pop()] if len(found) == 1 else None

    def inside(name):
        """Countries named inside a longer name ("South Korean Navy")."""
        words = learn.fold(name).split()
        spans = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(len(words), i + 3) + 1)}
        return {telling[s] for s in spans if s in telling}

    return learn.choose(learn.from_gold(data, half), silver, known, usable, inside)


def keys_of(names, tool):
    out = subprocess.run([tool], input="\n".join(names).encode() + b"\n", stdout=subprocess.PIPE, check=True).stdout
    lines = out.decode().split("\n")[:-1]
    assert len(lines) == len(names), (len(lines), len(names))
    return [(int(h, 16), k) if (h := line.partition("\t")[0]) and (k := line.partition("\t")[2]) else None for line in lines]


def pack(g, tool, extra):
    names = collections.defaultdict(dict, {n: dict(s) for n, s in g.names.items()})
    for name, bit, code, weight in extra:
        if code in g.index:
            names[name][(LEARNED, g.index[code] | bit << 8)] = (weight, 0)
    ordered = sorted(names)
    merged = {}
    for name, found in zip(ordered, keys_of(ordered, tool)):
        if not found:
            continue
        senses = merged.setdefault(found, {})
        for what, (weight, flags) in names[name].items():
            old = senses.get(what)
            if old is None:
                senses[what] = (weight, flags)
            else:  # written both ways: the laxer one holds
                senses[what] = (max(old[0], weight), old[1] & flags)
    prune(merged)
    packed, slots = array.array("I"), max(64, len(merged) * 5 // 4)
    table = array.array("I", [0, 0xFFFFFFFF]) * slots
    for (h, key), senses in sorted(merged.items()):
        start = len(packed)
        ranked = sorted(senses.items(), key=lambda x: (-(x[1][0] - 8 * (x[1][1] & ALT)), x[0]))[:SENSES_MAX]
        for (kind, ref), (weight, flags) in ranked:
            packed.append(ref | weight << 18 | kind << 24 | flags << 28)
        packed[-1] |= LAST
        i = (h >> 32) * slots >> 32
        while table[2 * i + 1] != 0xFFFFFFFF:
            i = (i + 1) % slots
        table[2 * i], table[2 * i + 1] = h & 0xFFFFFFFF, start
    prints = {}
    for h, key in merged:
        prints.setdefault(h, key)
        assert prints[h] == key, (h, key)
    return table, packed, len(merged)


def prune(merged):
    """Takes out what would only do harm."""
    for senses in merged.values():
        kinds = {k for k, _ in senses}
        top = [w for w, (weight, _) in senses.items() if w[0] in (METONYM, PARTY, ARMED, COMPANY, CLUB, MEDIA) and weight == 60]
        if top:  # the hand-written tables are better than the lists
            for what in [w for w in senses if w[0] in (PARTY, ARMED, COMPANY, SCHOOL, CLUB) and w not in top]:
                del senses[what]
        countries = {ref for k, ref in senses if k == COUNTRY}
        if kinds & {COUNTRY, DEMONYM}:
            for what in [w for w in senses if w[0] in (AREA, PERSON, SURNAME, PARTY, ARMED, COMPANY, SCHOOL, CLUB) and senses[w][0] < 60]:
                del senses[what]
        if len(countries) == 1 and countries == {ref for k, ref in senses if k == DEMONYM}:
            for what in [w for w in senses if w[0] == DEMONYM]:
                del senses[what]


def country_names(g):
    """Folded name -> code ("" for none) of what names a country for sure: for counting in tagged news."""
    out = {}
    codes = {i: c for c, i in g.index.items()}
    for name, senses in g.names.items():
        best = None
        for (kind, ref), (weight, flags) in senses.items():
            if flags & POSTAL:
                continue
            if kind == NOTHING:
                best = (99, "")
            elif kind in (COUNTRY, DEMONYM):
                best = max(best or (0, ""), (weight + 10, codes[ref]))
            elif kind == PLACE and not flags & ALT and (weight >= 43 or g.places[ref][5] & SEAT):
                best = max(best or (0, ""), (weight, codes[g.places[ref][4]]))
        if best:
            out[learn.fold_token(name) if " " not in name else learn.fold(name)] = best[1]
    return out


def pack_place(geonames, lat, lon, *rest):
    """Coordinates as hundredths of a degree and what ten-thousandths are left."""
    whole = [round(x * 100) for x in (lat, lon)]
    fine = [round(x * 10000) - 100 * w for x, w in zip((lat, lon), whole)]
    return struct.pack("<IhhHBBBbbx", geonames, *whole, *rest, *fine)


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--data", required=True, help="folder with gazetteers/, gold/ and ner/")
    a.add_argument("--keytool", required=True)
    a.add_argument("--dump", required=True)
    a.add_argument("--name", default="countries-2026.11")
    a.add_argument("--without", action="append", default=[], choices=[*fit.SIGNALS, "learned", "local"],
                   help="leave a signal out, to see what it gives; several times for several")
    a.add_argument("--out", required=True)
    o = a.parse_args()
    folder = f"{o.data}/gazetteers"
    g = Gazetteer()
    load_countries(g)
    load_places(g, folder)
    load_tables(g)
    load_people(g, folder)
    load_bodies(g, folder)
    load_given_names(g, folder)
    silver = learn.from_silver(o.data, country_names(g))
    countries = b"".join(struct.pack("<4s4sIhh48s", c.encode(), a3.encode(), g.ids.get(c, 0), 0, 0, name.encode()) for c, a3, name in g.countries)
    places = b"".join(pack_place(*p) for p in g.places)
    with open(f"{HERE}/policy.conf", "rb") as f:
        policy = f.read()
    with open(f"{HERE}/cues.tsv", "rb") as f:
        cues = f.read() if "local" not in o.without else b"# none\n"

    def parts(half):
        table, packed, n = pack(g, o.keytool, learned(g, o.data, silver, half) if "learned" not in o.without else [])
        return {"countries": countries, "places": places, "names": table.tobytes(), "senses": packed.tobytes(), "policy": policy, "cues": cues}, n

    halves = [parts(0)[0], parts(1)[0]]
    n_choice, n_involved, n_focus = fit.sizes(o.dump)

    def model(half, choice, rank):
        return wm_model.pack("countries", o.name, "mul", {**halves[half], "choice": choice.astype("<f4").tobytes(),
                                                          "rank": rank.astype("<f4").tobytes()})

    nothing = np.zeros(n_involved + n_focus)
    choice = fit.fit_choice(o.data, o.dump, lambda half, w: model(half, w, nothing), without=o.without)
    involved = fit.fit(o.data, o.dump, "involved", lambda half: model(half, choice, nothing))
    rank = np.concatenate([involved, np.zeros(n_focus)])
    focus = fit.fit(o.data, o.dump, "focus", lambda half: model(half, choice, rank))
    whole, n = parts(None)
    wm_model.write(o.out, "countries", o.name, "mul", {**whole, "choice": choice.tobytes(),
                                                       "rank": involved.tobytes() + focus.tobytes()})
    print(f"{o.out}: {os.path.getsize(o.out):,} bytes, {n:,} names, {len(whole['senses']) // 4:,} senses, {len(g.places):,} places")


if __name__ == "__main__":
    main()
