#!/usr/bin/env python3
"""What deliver writes as ninjs 3.1, against IPTC's own schema, which is first tried on IPTC's own suite.

usage: check_ninjs.py BUILD_FOLDER

Exit codes: 0 ok, 1 failed, 77 python3-jsonschema or IPTC's files (../shared/data/ninjs beside the project) are missing.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tarfile

try:
    import jsonschema
except ImportError as why:
    print(f"ninjs: skipped: {why} (install python3-jsonschema)")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
IPTC = SOURCE.parent / "shared" / "data" / "ninjs"
NAMES = ("ninjs-schema_3.1.json", "GeoJSON-schema.json", "suite-and-examples.tar.xz")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def load_validator():
    schema, geo = (json.loads((IPTC / name).read_text(encoding="utf-8")) for name in NAMES[:2])
    formats = jsonschema.FormatChecker(())
    formats.checks("uri")(lambda text: not isinstance(text, str) or bool(URI.match(text)))
    formats.checks("date-time")(lambda text: not isinstance(text, str) or bool(TIME.match(text)))
    geo.pop("$id", None)
    try:  # jsonschema 4.18 and later
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT7
        resource = Resource.from_contents(geo, default_specification=DRAFT7)
        registry = Registry().with_resources([("https://geojson.org/schema/GeoJSON.json", resource), ("https://geojson.org/schema/GeoJSON.json#", resource)])
        return jsonschema.Draft202012Validator(schema, registry=registry, format_checker=formats)
    except ImportError:
        store = {"https://geojson.org/schema/GeoJSON.json": geo}
        resolver = jsonschema.RefResolver.from_schema(schema, store=store)
        return jsonschema.Draft202012Validator(schema, resolver=resolver, format_checker=formats)


def suite():
    """{path: document} of IPTC's suite and examples."""
    with tarfile.open(IPTC / NAMES[2]) as tar:
        return {m.name: json.load(tar.extractfile(m)) for m in tar.getmembers() if m.isfile() and m.name.endswith(".json")}


def prove(validator, files):
    """The validator must see IPTC's own good and bad items as such, with the version that they name set to this one."""
    seen = 0
    for name, document in files.items():
        good, bad = "should_pass" in name, "should_fail" in name
        if not (good or bad):
            continue
        seen += 1
        valid = validator.is_valid(document)
        if valid != good:
            yield f"{name}: is {'valid' if valid else 'not valid'}, of all things"
    if seen < 30:
        yield f"only {seen} files of IPTC's suite were found"


def ninjs(build, articles):
    text = "".join(json.dumps(a) + "\n" for a in articles)
    done = subprocess.run([build / "wm-test-format", "ninjs"], input=text, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"wm-test-format: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def enriched(build):
    files = sorted(str(p) for p in (SOURCE / "examples").iterdir() if p.suffix in (".json", ".txt"))
    done = subprocess.run([build / "wiremill", "enrich", *files], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"wiremill enrich: exit {done.returncode}: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def nasty(article):
    """The same article with what a careless source may send beside it."""
    a = copy.deepcopy(article)
    a.update(uri="no scheme at all/ü?x y#a#b", urgency=12, slugline=5, byline=["x"], source="", embargoed="soon", published="2026-02-31T10:00:00Z",
             versioncreated="2026-01-02T03:04:05+0100", places=[{"name": "Moscow", "geoJSON": {"type": "Point", "coordinates": [37.62, 55.75]}},
                                                               {"name": "Tehran", "geoJSON": {"type": "Point", "coordinates": [999, 0]}}],
             qcode="medtop:1", additional={"not": "ninjs"}, copyrightholder="Somebody", ednote="Note", located="Here")
    a["enrichment"]["entities"].append({"id": "e999", "type": "person", "name": "A \"B\" \\ \u0001 C", "relevance": 7, "confidence": 8, "wikidata": "Q 1", "mentions": []})
    return a


def about(items, articles):
    """What the treaty must say as ninjs, and that nothing is lost on the way."""
    for item, article in zip(items, articles):
        topics = {t["qcode"]: t for t in article["enrichment"]["topics"]}
        subjects = {s["literal"]: s for s in item.get("subjects", [])}
        for qcode, topic in topics.items():
            subject = subjects.get(qcode, {})
            if subject.get("uri") != f"http://cv.iptc.org/newscodes/mediatopic/{qcode[7:]}" or subject.get("relevance") != topic["relevance"]:
                yield f"{item['uri']}: topic {qcode} became {subject}"
        places = {p["literal"]: p for p in item.get("places", [])}
        for country in article["enrichment"]["countries"]:
            place = places.get(country["code"], {})
            if place.get("uri") != f"http://cvx.iptc.org/iso3166-1a2/{country['code']}" or (country["focus"] and place.get("rel") != "about"):
                yield f"{item['uri']}: country {country['code']} became {place}"
        towns = {e["name"]: e["point"] for e in article["enrichment"]["entities"] if "point" in e}
        got = {p["name"]: p["geoJSON"]["coordinates"] for p in item.get("places", []) if "geoJSON" in p}
        if got != towns:
            yield f"{item['uri']}: points {towns} became {got}"
        people = [e["name"] for e in article["enrichment"]["entities"] if e["type"] == "person"]
        if [p["name"] for p in item.get("people", [])] != people:
            yield f"{item['uri']}: people {people} became {item.get('people')}"
        if item["bodies"][0]["value"] != article["body_text"] or item["bodies"][0]["charCount"] != len(article["body_text"]):
            yield f"{item['uri']}: the body changed"


def points_of(careless):
    """The article's own point goes before the one that was found; one that is none on earth does not."""
    points = {(p["name"], tuple(p["geoJSON"]["coordinates"])) for item in careless for p in item["places"] if "geoJSON" in p}
    moscow, tehran = ([at for name, at in points if name == town] for town in ("Moscow", "Tehran"))
    if moscow != [(37.62, 55.75)]:
        yield f"points of Moscow are {moscow}"
    if len(tehran) != 1 or not (51 < tehran[0][0] < 52 and 35 < tehran[0][1] < 36):
        yield f"points of Tehran are {tehran}"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    missing = [name for name in NAMES if not (IPTC / name).exists()]
    if missing:
        print(f"ninjs: skipped: {IPTC / missing[0]} is missing")
        return 77
    validator, files = load_validator(), suite()
    found = list(prove(validator, files))
    articles = enriched(build)
    items = ninjs(build, articles)
    found += about(items, articles)
    careless = ninjs(build, [nasty(a) for a in articles])
    found += points_of(careless)
    own = ninjs(build, files.values())  # IPTC's own items as articles
    if len(own) < 8:
        found.append(f"only {len(own)} of IPTC's items have a text")
    for item in items + careless + own:
        found += [f"{item.get('uri')}: {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(item)]
    for line in found[:30]:
        print(line)
    if not found:
        print(f"{len(items)} examples, {len(careless)} careless ones and {len(own)} of IPTC's own items became valid ninjs 3.1")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
