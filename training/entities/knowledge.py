"""What the service knows beside the network: kinds of words (lexicon.tsv), names of countries, office-holders, parties, universities."""

import collections
import csv
import io
import json
import os
import re
import struct

import numpy as np

from gazetteers import members, plain, proper, open_text, latin
from native import table

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"title": 1, "article": 2, "possessive": 4, "company": 8, "small": 16, "generic": 32, "particle": 64, "suffix": 128, "annex": 256, "link": 512}
PERSON, ORGANISATION, PLACE, GROUP = 0, 1, 2, 3  # wm_name_type_t
SAME, CONTEXT = 1, 2                             # flags of wm_known_t
CHIEF = 0x80000000
SINCE = 1990  # office-holders before that year are left out: news names others
ISO = "/usr/share/iso-codes/json/iso_3166-1.json"  # Debian's iso-codes


def rows(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                yield line.split("\t")


def lexicon(native):
    out = {}
    for kind, words in rows("lexicon.tsv"):
        for w in words.split("|"):
            key = native.lexicon(w)
            out[key] = out.get(key, 0) | KINDS[kind]
    return out


class Known:
    def __init__(self, native):
        self.native = native
        self.names, self.records = {}, []

    def add(self, type_, country, forms, flags, wikidata=0):
        self.records.append(struct.pack("<I2sBB", wikidata, country.encode(), type_, flags))
        for f in forms:
            key = self.native.form(f, type_)
            if key:
                self.names.setdefault(self.native.join(key, type_), len(self.records) - 1 | (CHIEF if f == forms[0] else 0))


def number(qid):
    return int(qid[1:]) if re.fullmatch(r"Q\d+", qid or "") else 0


def countries(known, gaz):
    """Names of each country, which are one thing; its demonyms and cities, which say that the article speaks of it."""
    parts = {r[0]: r[1].split("|") for r in rows("no-countries.tsv")}
    ids = {}
    with open_text(gaz.path("wikidata-world-leaders-2021.csv")) as f:
        for r in csv.DictReader(f):
            code = gaz.slug.get(plain(r["country"]).lower().replace(" ", "-"))
            if code:
                ids[code] = number(r["countryid"])
    for code, forms in sorted(gaz.countries.items()):
        known.add(PLACE, code, [f for f in forms if f not in parts.get(code, ())], SAME, ids.get(code, 0))
    for code in sorted(gaz.countries):
        for city in gaz.capitals[code]:
            known.add(PLACE, code, [city], 0)
        for d in gaz.demonyms[code]:
            known.add(GROUP, code, [d], 0)
        for part in parts.get(code, ()):
            known.add(PLACE, code, [part], 0)


def office_holders(gaz):
    """(name, country, Q number, last year in office) from Wikidata."""
    with open_text(gaz.path("wikidata-officeholders.tsv.xz")) as f:
        for line in f:
            name, qid, slug, _, start, end = line.rstrip("\n").split("\t")
            year = int(end[:4]) if end[:4].isdigit() else 9999 if start[:4].isdigit() and int(start[:4]) >= SINCE - 20 else 0
            yield name, gaz.slug.get(slug, ""), number(qid), year
    with open_text(gaz.path("wikidata-world-leaders-2021.csv")) as f:
        for r in csv.DictReader(f):
            if "co-prince" in r["positionLabel"]:
                continue
            yield (r["officeholderLabel"], gaz.slug.get(plain(r["country"]).lower().replace(" ", "-"), ""),
                   number(r["officeholder"]), 9999)
    with open_text(gaz.path("everypolitician-2015-wikidata.tsv.xz")) as f:
        for line in f:
            name, country, qid = line.rstrip("\n").split("\t")
            yield name, country[:2], number(qid), 2015
    for _, text in members(gaz.path("us-congress.tar.xz"), r"\.yaml$"):
        for block in text.split("\n- id:"):
            field = lambda name: (re.findall(rf"^ +{name}: (.+)$", block, re.M) or [""])[0].strip("'\"")
            years = [int(y) for y in re.findall(r"end: '(\d{4})", block)]
            for name in (field("first") + " " + field("last"), field("official_full"), field("wikipedia").split(" (")[0]):
                if number(field("wikidata")) and years:
                    yield name.strip(), "US", number(field("wikidata")), max(years)


def people(known, gaz):
    """People whose name belongs to one person only, as far as the data goes, and whose country is known."""
    by_name, person = collections.defaultdict(set), {}
    for name, country, qid, year in office_holders(gaz):
        if not qid or " " not in name or not latin(name):
            continue
        by_name[known.native.form(name, PERSON)].add(qid)
        p = person.setdefault(qid, {"names": set(), "countries": collections.Counter(), "year": 0})
        p["names"].add(name)
        p["countries"].update([country] if country else [])
        p["year"] = max(p["year"], year)
    for qid, p in sorted(person.items()):
        names = sorted(n for n in p["names"] if len(by_name[known.native.form(n, PERSON)]) == 1)
        top = p["countries"].most_common(2)
        if names and top and (len(top) == 1 or top[0][1] > top[1][1]) and p["year"] >= SINCE:
            known.add(PERSON, top[0][0], names, CONTEXT, qid)
    ministers = collections.defaultdict(set)
    with open_text(gaz.path("cia-world-leaders-2019.tsv")) as f:
        for line in f:
            name, country = line.rstrip("\n").split("\t")[:2]
            ministers[proper(re.sub(r", .*$", "", name))].add(country)
    for name, where in sorted(ministers.items()):
        if " " in name and len(where) == 1 and known.native.form(name, PERSON) not in by_name:
            known.add(PERSON, min(where), [name], CONTEXT)


def bodies(known, gaz):
    """Parties and universities whose name belongs to one only."""
    alpha2 = {}
    if os.path.exists(ISO):
        with open(ISO, encoding="utf-8") as f:
            alpha2 = {c["alpha_3"]: c["alpha_2"] for c in json.load(f)["3166-1"]}
    parties = collections.defaultdict(set)
    for _, text in members(gaz.path("partyfacts.tar.xz"), r"wikipedia/wikidata\.csv$"):
        for r in csv.DictReader(io.StringIO(text)):
            for key in ("name", "name_native"):
                if r[key] and latin(r[key]) and " " in r[key]:
                    parties[r[key]].add((alpha2.get(r["country"], ""), number(r["wikidata_id"])))
    shared = collections.Counter(known.native.form(n, ORGANISATION) for n in parties)
    for name, owners in sorted(parties.items()):
        country, qid = min(owners)
        if len(owners) == 1 and shared[known.native.form(name, ORGANISATION)] == 1 and country:
            known.add(ORGANISATION, country, [name], CONTEXT, qid)
    where = collections.defaultdict(set)
    for _, text in members(gaz.path("universities.tar.xz"), r"\.json$"):
        for u in json.loads(text):
            where[u["name"]].add(u["alpha_two_code"])
    for name, codes in sorted(where.items()):
        if len(codes) == 1 and len(name.split()) > 1 and latin(name):
            known.add(ORGANISATION, min(codes), [name], CONTEXT)


def sections(native, gaz):
    lex = lexicon(native)
    words = table(list(lex), list(lex.values()), np.uint16)
    known = Known(native)
    for step in (countries, people, bodies):
        step(known, gaz)
    t = table(list(known.names), list(known.names.values()), np.uint32)
    return {"lex.idx": words["index"].tobytes(), "lex.key": words["prints"].tobytes(), "lex.val": words["values"].tobytes(),
            "name.idx": t["index"].tobytes(), "name.key": t["prints"].tobytes(), "name.val": t["values"].tobytes(),
            "known": b"".join(known.records)}
