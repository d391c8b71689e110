#!/usr/bin/env python3
"""What the services really write, against docs/schema.

usage: check_schema.py BUILD_FOLDER

The examples go through `wiremill pipeline`; each raw article and each enriched one is validated by JSON Schema. The AsyncAPI
document must name the topics that the services use by default and the error words that the code knows, and each of its references must lead
somewhere. Exit codes: 0 ok, 1 failed, 77 python3-jsonschema or python3-yaml is missing.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys

try:
    import jsonschema
    import yaml
except ImportError as why:
    print(f"schema: skipped: {why} (install python3-jsonschema and python3-yaml)")
    sys.exit(77)

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = SOURCE / "docs" / "schema"


def load(name):
    schema = json.loads((SCHEMA / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(validator, document, name):
    return [f"{name}: {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(document)]


def enrich(build):
    files = sorted(str(p) for p in (SOURCE / "examples").iterdir() if p.suffix in (".json", ".txt"))
    done = subprocess.run([build / "wiremill", "pipeline", *files], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"wiremill pipeline: exit {done.returncode}: {done.stderr[-2000:]}")
    return files, [json.loads(line) for line in done.stdout.splitlines()]


def mentions_fit(article, name):
    """Each mention's offsets must give back its text, in code points."""
    for entity in article["enrichment"]["entities"]:
        for m in entity["mentions"]:
            if article[m["field"]][m["start"]:m["end"]] != m["text"]:
                yield f"{name}: {m} does not fit its field"


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def asyncapi_problems(document, build):
    found = []
    for ref in references(document):
        target = document
        if not ref.startswith("#/"):
            if not (SCHEMA / ref).exists():
                found.append(f"asyncapi: {ref} is no file")
            continue
        for part in ref[2:].split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        if target is None:
            found.append(f"asyncapi: {ref} leads nowhere")
    told = {c["address"] for c in document["channels"].values()}
    used = set()
    for service in ("entities", "countries", "topics"):
        dump = subprocess.run([build / f"wiremill-{service}", "--dump-config"], capture_output=True, text=True, timeout=60)
        used |= set(re.findall(r"^WM_TOPIC_\w+=(\S+)$", dump.stdout, re.M))
    if told != used:
        found.append(f"asyncapi: topics {sorted(told)}, but the services use {sorted(used)}")
    words = set(re.findall(r'\[WM_ERR_\w+\] = \{"(\w+)", WM_CLASS_POISON\}', (SOURCE / "common" / "error.c").read_text()))
    listed = set(document["components"]["messages"]["deadLetter"]["headers"]["properties"]["wm-error"]["enum"])
    if words != listed or not words:
        found.append(f"asyncapi: wm-error lists {sorted(listed)}, but the code knows {sorted(words)}")
    return found


def self_test(validator, article):
    """The check must be able to fail: each of these changes has to be found."""
    changes = [lambda e: e.pop("processing"), lambda e: e.update(schema="2.0"), lambda e: e["entities"][0].update(type="thing"),
               lambda e: e["entities"][0]["mentions"][0].update(start=-1), lambda e: e["countries"][0].update(code="Russia"),
               lambda e: e["topics"][0].update(relevance=101)]
    for number, change in enumerate(changes):
        broken = copy.deepcopy(article)
        change(broken["enrichment"])
        if validator.is_valid(broken):
            yield f"self-test: broken article {number} passes the schema"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    raw, enriched = load("raw-article.schema.json"), load("enriched-article.schema.json")
    files, articles = enrich(build)
    found = [] if len(files) == len(articles) else [f"{len(files)} articles in, {len(articles)} out"]
    for path, article in zip(files, articles):
        name = pathlib.Path(path).name
        if path.endswith(".json"):
            found += problems(raw, json.loads(pathlib.Path(path).read_text(encoding="utf-8")), "raw " + name)
        found += problems(enriched, article, name)
        found += mentions_fit(article, name)
    found += self_test(enriched, next(a for a in articles if a["uri"].endswith("treaty")))
    found += asyncapi_problems(yaml.safe_load((SCHEMA / "asyncapi.yaml").read_text(encoding="utf-8")), build)
    print("\n".join(found[:20]), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
