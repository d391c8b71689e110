"""Lists of names out of ../shared/data/gazetteers: features of the tagger, and what is known of countries, people and bodies."""

import collections
import csv
import io
import json
import lzma
import os
import re
import tarfile
import unicodedata

LISTS = ["given", "surname", "person", "country", "demonym", "city", "town", "division", "region", "company", "party",
         "armed", "international", "club", "university"]
MORE = 0x8000
WORDS_MAX = 8
HERE = os.path.dirname(os.path.abspath(__file__))


def open_text(path):
    return lzma.open(path, "rt", encoding="utf-8") if path.endswith(".xz") else open(path, encoding="utf-8")


def members(path, pattern):
    with tarfile.open(path, "r:xz") as tar:
        for m in tar:
            if m.isfile() and re.search(pattern, m.name):
                yield m.name, tar.extractfile(m).read().decode("utf-8", "replace")


def tables(name):
    """Rows of a table of training/countries."""
    with open(os.path.join(os.path.dirname(HERE), "countries", name), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


def latin(name):
    return all(ord(c) < 0x250 or 0x1E00 <= ord(c) < 0x2100 for c in name)


def plain(name):
    """Without accents: many texts leave them out."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def proper(name):
    """Surnames in capitals, as the CIA writes them, in mixed case."""
    return " ".join(w.title() if w.isupper() and len(w) > 2 else w for w in name.split())


class Gazetteers:
    def __init__(self, folder):
        self.folder = folder
        self.names = {name: set() for name in LISTS}
        self.people = collections.defaultdict(set)  # name: {(country, qid)}
        self._countries()
        self._places()
        self._people()
        self._companies()
        self._parties()
        self._actors()
        self._clubs()
        for text in self._texts("universities.tar.xz", r"\.json$"):
            for u in json.loads(text):
                self._add("university", u["name"])

    def path(self, name):
        return os.path.join(self.folder, name)

    def _texts(self, archive, pattern):
        for _, text in members(self.path(archive), pattern):
            yield text

    def _add(self, list_, name):
        name = " ".join(name.split())
        if len(name) > 1 and latin(name):
            self.names[list_].add(name)
            self.names[list_].add(plain(name))

    def _countries(self):
        """From the tables that training/countries has: all written for the project."""
        self.countries, self.demonyms, self.capitals = {}, {}, {}
        for code, names, demonyms, capitals in tables("countries.tsv"):
            self.countries[code] = names.split("|")
            self.demonyms[code], self.capitals[code] = demonyms.split("|"), capitals.split("|")
            for list_, all_ in (("country", names), ("demonym", demonyms), ("city", capitals)):
                for n in all_.split("|"):
                    self._add(list_, n)
        for name in ("regions.tsv", "areas.tsv"):
            for _, names in tables(name):
                for n in names.split("|"):
                    self._add("region", n)

    def _places(self):
        with open_text(self.path("geonames-cities1000.tsv.xz")) as f:
            for line in f:
                r = line.rstrip("\n").split("\t")
                population = int(r[4] or 0)
                if population >= 100_000:
                    self._add("city", r[1])
                elif population >= 5_000:
                    self._add("town", r[1])
        for d in json.load(open_text(self.path("geonames-admin1.json"))):
            self._add("division", d["name"])
            short = re.sub(r" (Province|Region|State|County|District|Governorate|Oblast|Prefecture|Municipality|Department)$", "", d["name"])
            self._add("division", re.sub(r"^(Province|State|Department|Region) of ", "", short))

    def _person(self, name, country, qid=""):
        name = proper(name)
        if " " not in name or not latin(name) or len(name) > 60:
            return
        self.people[name].add((country, qid))
        self._add("person", name)

    def _people(self):
        slug = {}
        for code, names in self.countries.items():
            for n in names:
                slug.setdefault(plain(n).lower().replace(" ", "-"), code)
        self.slug = slug
        with open_text(self.path("wikidata-officeholders.tsv.xz")) as f:
            for line in f:
                r = line.rstrip("\n").split("\t")
                self._person(r[0], slug.get(r[2], ""), r[1])
        with open_text(self.path("wikidata-world-leaders-2021.csv")) as f:
            for r in csv.DictReader(f):
                self._person(r["officeholderLabel"], slug.get(plain(r["country"]).lower().replace(" ", "-"), ""), r["officeholder"])
        with open_text(self.path("everypolitician-2015-names.tsv.xz")) as f:
            for line in f:
                r = line.rstrip("\n").split("\t")
                self._person(r[0], r[1][:2])
        with open_text(self.path("everypolitician-2015-wikidata.tsv.xz")) as f:
            for line in f:
                r = line.rstrip("\n").split("\t")
                self._person(r[0], r[1][:2], r[2])
        with open_text(self.path("cia-world-leaders-2019.tsv")) as f:
            for line in f:
                r = line.rstrip("\n").split("\t")
                self._person(re.sub(r", .*$", "", r[0]), r[1])
        text = next(self._texts("us-congress.tar.xz", r"legislators-current\.yaml$"))
        for m in re.finditer(r"official_full: (.+)", text):
            self._person(m.group(1).strip("'\""), "US")
        given, surname = collections.Counter(), collections.Counter()
        for name in self.people:
            words = name.split()
            given[words[0]] += 1
            surname[words[-1]] += 1
        for name, n in given.items():
            if n >= 3:
                self._add("given", name)
        for name, n in surname.items():
            if n >= 2:
                self._add("surname", name)
        for name, text in members(self.path("us-census-names.tar.xz"), r"dist\."):
            limit = 20000 if name.endswith("last") else 2000
            for line in text.splitlines()[:limit]:
                self._add("surname" if name.endswith("last") else "given", line.split()[0].title())

    def _companies(self):
        tail = re.compile(r"[ ,]+(inc|incorporated|corp|corporation|co|company|ltd|limited|plc|ag|se|s\.?a|s\.?p\.?a|n\.?v|a/s|asa|ab|oyj|llc|lp|"
                          r"holdings?|group|the|kgaa|gmbh|bhd|pcl|tbk|pt|de c\.v|o\.n|npv|on|sponsored|adr|plc|trust|reit)\.?$", re.I)
        with open_text(self.path("financedatabase-companies.tsv.xz")) as f:
            for line in f:
                r = line.rstrip("\n").split("\t")
                name = r[0]
                if int(r[3]) < 2 or (name.isupper() and len(name) > 6) or re.search(r"\d,|DL|EO|-\d|\(", name):
                    continue
                self._add("company", name)
                while tail.search(name):
                    name = tail.sub("", name)
                if len(name) > 2:
                    self._add("company", name)

    def _parties(self):
        for name, text in members(self.path("partyfacts.tar.xz"), r"(core-parties|wikidata|wikipedia|vparty)\.csv$"):
            for r in csv.DictReader(io.StringIO(text)):
                for key in ("name", "name_english"):
                    for n in (r.get(key) or "").split(" / "):
                        if " " in n or len(n) > 4:
                            self._add("party", n)

    def _actors(self):
        person = re.compile(r"_?\[[A-Z]{3}(GOV|ELI|MIL|OPP|JUD|LEG|BUS|REB)")
        for name, list_ in (("MilNonState", "armed"), ("International", "international")):
            for line in open(self.path(f"petrarch2/Phoenix.{name}.actors.txt"), encoding="utf-8", errors="replace"):
                line = line.split("#")[0].strip().lstrip("+")
                if not line or line.startswith("[") or (list_ == "international" and person.search(line)):
                    continue
                n = re.split(r"[\[\t]", line)[0].replace("_", " ").strip()
                if "(" in n or len(n) < 2:
                    continue
                self._add(list_, re.sub(r"^THE ", "", n))
        for text in self._texts("misp.tar.xz", r"terrorist-groups\.json$"):
            for v in json.loads(text)["values"]:
                for n in [v["value"]] + v.get("meta", {}).get("synonyms", []):
                    self._add("armed", re.sub(r" ?\(.*?\)", "", n))
        for text in self._texts("misp.tar.xz", r"region\.json$"):
            for v in json.loads(text)["values"]:
                self._add("region", re.sub(r"^\d+ - ", "", v["value"]))

    def _clubs(self):
        for name, text in members(self.path("openfootball-clubs.tar.xz"), r"clubs[^/]*\.txt$"):
            for line in text.splitlines():
                line = line.split("#")[0].strip()
                if not line or line.startswith("="):
                    continue
                first = line.startswith("|")
                for part in line.strip("|").split("|")[:None if first else 1]:
                    n = re.sub(r"\(.*?\)|\[.*?\]|\s\d{4}.*$", "", part.split(",")[0]).strip(" $")
                    if len(n) > 3 and "/" not in n:
                        self._add("club", n)

    def keys(self, native):
        """{key: lists and whether a longer name goes on}"""
        out = {}
        for bit, list_ in enumerate(LISTS):
            for name in sorted(self.names[list_]):
                keys = native.name(name)
                if not keys or len(keys) > WORDS_MAX:
                    continue
                for k in keys[:-1]:
                    out[k] = out.get(k, 0) | MORE
                out[keys[-1]] = out.get(keys[-1], 0) | 1 << bit
        return out
