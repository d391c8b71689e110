"""Names that annotated and tagged news ties to a country: what build.py adds as "learned" senses.

Gold: a name that stands in annotated items counts how often a country is among those of the item. Silver: a name that a tagger found counts
the countries that are named in the same sentence. Neither gives texts to the model, only name, country and how often it holds."""

import collections
import hashlib
import json
import lzma
import re

import sources as src

TYPES = {"PER": 1, "ORG": 2, "LOC": 4, "NORP": 8, "EVT": 16, "WRK": 32}  # bits: 1 << wm_item_type_t
SILVER = {"PERSON": "PER", "ORGANIZATION": "ORG", "LOCATION": "LOC", "PER": "PER", "ORG": "ORG", "LOC": "LOC"}
TITLES = set("""President Prime Minister Vice Foreign Defense Interior Finance Secretary General Mr Mrs Ms Dr King Queen Prince Princess Pope
Sheikh Senator Representative Governor Chancellor Ayatollah Judge Justice Admiral Colonel Major Captain Lieutenant Gen Lt Col Sen Rep Gov
Ambassador Deputy Chief Chairman Mayor Premier Emperor Archbishop Cardinal Bishop Reverend Father Sir Lord Lady Mullah Grand State Crown
Former""".split())
WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*")


def fold(name):
    return " ".join(WORD.findall(src.plain(name).replace(".", "").replace("'", "").replace("’", "")))


def fold_token(token):
    """As fold(), but short words in capitals are kept apart from others: "US" is not "us"."""
    plain = token.replace(".", "")
    return "^" + fold(token) if len(plain) <= 4 and plain.isupper() and len(plain) > 1 else fold(token)


def part_of(text):
    """0 or 1: the half of the annotated items that a text is in, for training on one half and fitting on the other."""
    return hashlib.sha256(text.removeprefix("text:").encode()).digest()[0] & 1


def annotated(data, leave_out):
    """({type: {name}}, countries) of annotated items and articles; those of half `leave_out` left out."""
    for file in ("items-train", "wikinews-train"):
        with open(f"{data}/gold/{file}.jsonl", encoding="utf-8") as f:
            for line in f:
                g = json.loads(line)
                if part_of(g["id"]) == leave_out:
                    continue
                names = collections.defaultdict(set)
                for start, end, kind in g["mentions"]:
                    names[kind].add(g["body_text"][start:end])
                for kind, forms in g.get("clusters", []):
                    names[kind].update(forms)
                yield names, set(g["countries"])


def from_gold(data, leave_out):
    """{(name, type): (n, {country: times})}"""
    counts = {}
    for names, countries in annotated(data, leave_out):
        for kind, forms in names.items():
            for name in forms:
                n, by = counts.setdefault((name, kind), [0, collections.Counter()])
                counts[name, kind][0] += 1
                by.update(countries)
    return counts


def sentences(data, seen):
    """([token], [(start, end, type)]) of the tagged sentences of two sources, but for those whose text is in `seen`"""
    for file in ("silver-corenlp-current-events.tsv", "gmb.iob2"):
        with lzma.open(f"{data}/ner/{file}.xz", "rt", encoding="utf-8") as f:
            tokens, tags = [], []
            for line in f:
                token, _, tag = line.rstrip("\n").partition("\t")
                if token:
                    tokens.append(token)
                    tags.append(tag)
                elif tokens:
                    if fold(" ".join(tokens)) not in seen:
                        yield tokens, spans_of(tokens, tags)
                    tokens, tags = [], []


def spans_of(tokens, tags):
    """Names by plain tags (equal neighbours are one name) or IOB2; titles before names of people are left off."""
    spans, i = [], 0
    while i < len(tags):
        kind = SILVER.get(tags[i].removeprefix("B-"))
        j = i + 1
        if kind:
            inside = "I-" + tags[i][2:] if tags[i].startswith("B-") else tags[i]
            while j < len(tags) and tags[j] == inside:
                j += 1
            start = i
            while kind == "PER" and start < j - 1 and tokens[start].rstrip(".") in TITLES:
                start += 1
            spans.append((start, j, kind))
        i = j
    return spans


def gold_texts(data):
    """Folded sentences of every annotated item, measured ones too: silver must not hold what is fitted or measured on."""
    seen = set()
    for file in ("items-train", "items-dev"):
        with open(f"{data}/gold/{file}.jsonl", encoding="utf-8") as f:
            for line in f:
                body = json.loads(line)["body_text"]
                for sentence in re.split(r"(?<=[.!?])\s+", body):
                    seen.add(fold(sentence))
                seen.add(fold(body))
    return seen


def countries_in(tokens, names, skip):
    """Codes named in folded tokens, outside the span skip."""
    found, i = set(), 0
    while i < len(tokens):
        for n in (4, 3, 2, 1):
            if i + n > len(tokens):
                continue
            key = " ".join(t for t in tokens[i:i + n] if t)
            code = names.get(key)
            if code is not None and not (skip[0] < i + n and i < skip[1]):
                if code:
                    found.add(code)
                i += n - 1
                break
        i += 1
    return found


def from_silver(data, country_names):
    """{(name, type): (sentences with a country, {country: times})}"""
    counts = {}
    for words, spans in sentences(data, gold_texts(data)):
        tokens = [fold_token(t) for t in words]
        for i, j, kind in spans:
            found = countries_in(tokens, country_names, (i, j))
            if found:
                entry = counts.setdefault((" ".join(words[i:j]), kind), [0, collections.Counter()])
                entry[0] += 1
                entry[1].update(sorted(found))
    return counts


def trust(kind, n, share, second):
    """How often a name that tagged news ties to a country is tied to it in annotated news too, by how firmly (measured); 0: not firmly."""
    few = 0.93 if n < 3 else 1.0
    if kind == "PER":
        if share >= 0.85 and second <= 0.5:
            return 0.98 * few
        return 0.88 * few if share >= 0.7 and second <= 0.5 else 0
    if share >= 0.85 and second <= 0.5:
        return 0.96 * few
    if share >= 0.7 and second <= 0.4:
        return 0.9 * few
    return 0.85 * few if share >= 0.6 and second <= 0.3 and n >= 6 else 0


def choose(gold, silver, known, usable, inside):
    """[(name, type bit, code, weight 0 to 63)]: `known(name, type)` is the country that the gazetteer already has, or None."""
    out, done = [], set()
    for (name, kind), (n, by) in sorted(gold.items()):
        if not usable(name, kind):
            continue
        single = kind == "PER" and " " not in name
        mine = known(name, kind)
        code, times = by.most_common(1)[0] if by else (None, 0)
        tagged = silver.get((name, kind))
        if n == 1 and tagged and tagged[1].most_common(1)[0][0] == code and tagged[1][code] >= 0.6 * tagged[0]:
            n, times = n + tagged[0], times + tagged[1][code]
        tied = len(by) > 1 and by.most_common(2)[1][1] >= times
        if code and not tied and n >= (4 if single else 2) and times >= 0.6 * n and (times == n or n > 2):
            prior = 0.85 if kind == "PER" else 0.6
            out.append((name, TYPES[kind], code, round(63 * (times + prior) / (n + 1))))
            done.add((name, kind))
        elif mine and n >= 2:
            out.append((name, TYPES[kind], mine, round(63 * (by[mine] + 0.6) / (n + 1))))
            done.add((name, kind))
    for (name, kind), (n, by) in sorted(silver.items()):
        if (name, kind) in done or n < 2 or len(name) < 4 or not usable(name, kind) or (kind == "PER" and " " not in name):
            continue
        (code, times), second = by.most_common(1)[0], by.most_common(2)[1:]
        sure = trust(kind, n, times / n, second[0][1] / times if second else 0)
        mine = known(name, kind)
        if kind == "ORG" and inside(name) - {code}:
            continue
        if sure and (not mine or mine == code or n >= 6):
            out.append((name, TYPES[kind], code, round(63 * sure)))
    return out
