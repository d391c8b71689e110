"""Readers of the sources: each yields what build.py puts into the gazetteer. See models/PROVENANCE.md for what they are."""

import csv
import html
import io
import json
import lzma
import re
import tarfile
import unicodedata

LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ' .,\-’‘/&()!0-9]+$")


def latin(name):
    """True of a name in Latin letters."""
    return bool(LATIN.match(name)) and any(c.isalpha() for c in name)


def text_xz(path):
    return lzma.open(path, "rt", encoding="utf-8", newline="")


def members(path, suffix):
    """(name, text) of the files of a tar archive that end in suffix, in order of name."""
    with tarfile.open(path, "r:xz") as tar:
        found = sorted((m for m in tar.getmembers() if m.isfile() and m.name.endswith(suffix)), key=lambda m: m.name)
        for m in found:
            yield m.name, tar.extractfile(m).read().decode("utf-8", "replace")


def table(path, columns):
    """Rows of a hand-written table: `columns` fields, tab-separated, comments with #."""
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            row = line.split("\t")
            if len(row) != columns:
                raise SystemExit(f"{path}:{number}: {len(row)} fields, not {columns}")
            yield row


def split(field):
    return [x.strip() for x in field.split("|") if x.strip()]


def cities(folder):
    """(id, name, country, admin1, population, lat, lon, [alternate])"""
    with text_xz(f"{folder}/geonames-cities1000.tsv.xz") as f:
        for line in f:
            r = line.rstrip("\r\n").split("\t")
            lat, lon = r[5].split(",")
            yield int(r[0]), r[1], r[2], r[3], int(r[4] or 0), float(lat), float(lon), split(r[6]) if len(r) > 6 else []


def divisions(folder, level):
    """(code, name): "US.TX" of level 1, "US.TX.201" of level 2"""
    if level == 1:
        with open(f"{folder}/geonames-admin1.json", encoding="utf-8") as f:
            rows = json.load(f)
    else:
        with text_xz(f"{folder}/geonames-admin2.json.xz") as f:
            rows = json.load(f)
    return [(r["code"], r["name"]) for r in rows]


def iso(name):
    with open(f"/usr/share/iso-codes/json/iso_{name}.json", encoding="utf-8") as f:
        return json.load(f)[name]


def tidy_person(name):
    """"Rick HOUENIPWELA" -> "Rick Houenipwela"; titles in brackets and commas dropped."""
    name = re.sub(r"\(.*?\)|\[.*?\]", " ", name)
    name = re.sub(r",.*", " ", name)
    words = []
    for w in name.split():
        words.append(w.title() if len(w) > 3 and w.isupper() else w)
    return " ".join(words)


def cia_leaders(folder):
    """(name, surname or None, country code, office) of 2019; the surname is what is written in capitals"""
    with open(f"{folder}/cia-world-leaders-2019.tsv", encoding="utf-8") as f:
        for line in f:
            r = line.rstrip("\n").split("\t")
            if len(r) < 4 or not r[0]:
                continue
            upper = [w for w in re.sub(r"[,()]", " ", r[0]).split() if len(w) > 2 and w.isupper()]
            yield tidy_person(r[0]), " ".join(upper).title() if upper else None, r[1], r[3]


def factbook_leaders(folder, code_of):
    """(name, surname or None, country code): chiefs of state and heads of government"""
    for path, text in members(f"{folder}/cia-factbook.tar.xz", ".json"):
        data = json.loads(text)
        government = data.get("Government") or {}
        country = government.get("Country name") or {}
        names = [(country.get(k) or {}).get("text", "") for k in ("conventional short form", "conventional long form")]
        code = next((code_of[n] for n in names if n in code_of), None)
        if not code:
            continue
        branch = government.get("Executive branch") or {}
        for office in ("chief of state", "head of government"):
            said = html.unescape(re.sub(r"<[^>]+>", " ", (branch.get(office) or {}).get("text", "")))
            for chunk in re.split(r";|\brepresented by\b", said)[:2]:
                m = re.search(r"((?:[^\W\d_][\w'’.\-]*\s+|\b)*?)([A-ZÀ-Þ][A-ZÀ-Þ'’\-]{2,}(?:\s+[A-ZÀ-Þ][A-ZÀ-Þ'’\-]{2,})*)", chunk)
                if not m:
                    continue
                first = re.sub(r"\b(President|Prime|Minister|King|Queen|Chairman|Chief|Executive|Council|Amir|Emir|Sultan|Prince|Crown|"
                               r"Grand|Duke|Acting|Interim|Transitional|Transition|General|Gen|Governor|Premier|Chancellor|Federal|"
                               r"Taoiseach|Supreme|Leader|State|Affairs|Commission|Vice|Gov|Lt|Col|Maj|Dr|Sheikh|Sayyid|Sir|Dame|of|"
                               r"the|and|Interior|Presidential|Captain|Capt)\b\.?", " ", m.group(1))
                yield " ".join((first + " " + m.group(2).title()).split()), m.group(2).title(), code


def world_leaders(folder):
    """(name, country name) of heads of state and government, 2021"""
    with open(f"{folder}/wikidata-world-leaders-2021.csv", encoding="utf-8", newline="") as f:
        for r in csv.DictReader(f):
            yield r["officeholderLabel"], r["country"], int(r["start_year"] or 0)


def officeholders(folder):
    """(name, country slug, office)"""
    with text_xz(f"{folder}/wikidata-officeholders.tsv.xz") as f:
        for line in f:
            r = line.rstrip("\r\n").split("\t")
            yield r[0], r[2], r[3]


def parliamentarians(folder):
    """(name, country code): ISO 3166-1 part of the code of the 2015 lists"""
    with text_xz(f"{folder}/everypolitician-2015-names.tsv.xz") as f:
        for line in f:
            r = line.rstrip("\r\n").split("\t")
            if r[1].startswith("X-"):
                continue
            yield r[0], r[1][:2]


def congress(folder):
    """(name, office) of United States legislators, presidents and vice presidents"""
    import yaml
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for _, text in members(f"{folder}/us-congress.tar.xz", ".yaml"):
        for person in yaml.load(text, Loader=loader):
            n = person["name"]
            office = person["terms"][-1]["type"]
            for first in {n.get("first"), n.get("nickname")} - {None}:
                yield f"{first} {n['last']}", office
            if n.get("official_full"):
                yield n["official_full"], office
            if n.get("middle"):
                yield f"{n['first']} {n['middle']} {n['last']}", office


def cameo(folder, name):
    """(name, alpha-3 of the code): actors of the PETRARCH dictionaries, all names of one actor with its codes"""
    pending, codes = [], []
    with open(f"{folder}/petrarch2/{name}", encoding="utf-8", errors="replace") as f:
        for line in f:
            line = line.split("#")[0].rstrip()
            found = re.findall(r"\[([^\]\s]+)[^\]]*\]", line)
            actor = re.sub(r"\[.*", "", line).strip().strip("+").strip("_").strip()
            fresh = actor and not line.startswith(("+", "\t", " "))
            if fresh and (codes or not found) and pending and codes:
                for p in pending:
                    yield p, tuple(codes)
                pending, codes = [], []
            elif fresh and pending:
                for p in pending:
                    yield p, tuple(codes)
                pending, codes = [], []
            if actor:
                pending.append(actor.replace("_", " ").strip())
            codes += found
        for p in pending:
            yield p, tuple(codes)


def parties(folder):
    """(name, alpha-3, share of votes or 0)"""
    with tarfile.open(f"{folder}/partyfacts.tar.xz", "r:xz") as tar:
        for member in ("partyfacts/import/elecglob/partyfacts-core-parties.csv", "partyfacts/import/wikipedia/wikipedia.csv",
                       "partyfacts/import/wikipedia/wikidata.csv"):
            rows = csv.DictReader(io.StringIO(tar.extractfile(member).read().decode("utf-8"), newline=""))
            for r in rows:
                share = float(r.get("share") or 0)
                names = [r.get("name"), r.get("name_english")]
                for name in names:
                    for n in re.split(r" / ", name or ""):
                        yield n.strip(), r["country"], share


SUFFIX = re.compile(r"[,\s]+(inc|incorporated|corp|corporation|co|company|ltd|limited|plc|llc|lp|ag|se|sa|s\.a|nv|n\.v|ab|asa|oyj|a/s|spa|s\.p\.a|"
                    r"sab|de cv|kgaa|bhd|berhad|tbk|pt|pjsc|ojsc|jsc|pcl|public|group|holding|holdings|the|on|o\.n|adr|ads|na|n\.a|class [a-z]|"
                    r"cl [a-z]|shs|dl|units?|reg|inh|namen[s\-]?|aktien|ordinary|shares?)\.?$", re.I)


def companies(folder):
    """(name, country name, listings): those listed twice or more, suffixes stripped"""
    with text_xz(f"{folder}/financedatabase-companies.tsv.xz") as f:
        for line in f:
            r = line.rstrip("\r\n").split("\t")
            if len(r) < 4 or int(r[3]) < 2:
                continue
            name = re.sub(r"\s+\d[\d.,]*$", "", r[0]).strip(" .,")
            while True:
                shorter = SUFFIX.sub("", name).strip(" .,")
                if shorter == name or len(shorter) < 3:
                    break
                name = shorter
            yield name, r[1], int(r[3])


def universities(folder):
    """(name, alpha-2)"""
    for _, text in members(f"{folder}/universities.tar.xz", ".json"):
        for r in json.loads(text):
            yield re.sub(r"\(.*?\)", "", r["name"]).strip(), r["alpha_two_code"]


def clubs(folder):
    """(name, path of the file it stands in, main name or alias)"""
    for path, text in members(f"{folder}/openfootball-clubs.tar.xz", ".clubs.txt"):
        for line in text.splitlines():
            line = line.split("#")[0].rstrip()
            if not line or line.startswith(("=", "-", "~")) or "›" in line and "," not in line:
                continue
            if line.lstrip().startswith("|"):
                for alias in line.split("|"):
                    alias = re.sub(r"\[.*?\]", "", alias).strip()
                    if alias and not alias.isupper():
                        yield alias, path, False
            elif not line[0].isspace():
                yield line.split(",")[0].strip(), path, True


def threat_actors(folder):
    """(name, alpha-2)"""
    for path, text in members(f"{folder}/misp.tar.xz", "threat-actor.json"):
        for r in json.loads(text)["values"]:
            country = (r.get("meta") or {}).get("country")
            if country and re.fullmatch("[A-Z]{2}", country):
                for name in [r["value"]] + (r["meta"].get("synonyms") or []):
                    yield name, country


def given_names(folder, per_mille=10):
    """First names of the United States that at least `per_mille` of 100,000 people bear"""
    for path, text in members(f"{folder}/us-census-names.tar.xz", ".first"):
        for line in text.splitlines():
            r = line.split()
            if len(r) >= 2 and float(r[1]) * 1000 >= per_mille:
                yield r[0]


def plain(name):
    """Without accents, lower case: for comparing names of countries."""
    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c)).lower()
