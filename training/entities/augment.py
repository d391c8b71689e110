"""Changed copies of annotated texts: names replaced by names of one country of the gazetteers, texts in capitals and title case."""

import collections
import csv
import io

import data
from gazetteers import latin, members, open_text, plain

PER, ORG, LOC, NORP = range(4)


def spans(tags):
    """[(first token, end, type)]"""
    out, i = [], 0
    while i < len(tags):
        first = i
        i += 1
        if tags[first] % 2 == 1 and tags[first] < data.PARTLY:
            while i < len(tags) and tags[i] == tags[first] + 1:
                i += 1
            out.append((first, i, (int(tags[first]) - 1) // 2))
    return out


class Names:
    """Names by country; every country is as likely as another, so that most are outside the West."""

    def __init__(self, gaz):
        self.gaz = gaz
        people, cities = collections.defaultdict(set), collections.defaultdict(set)
        for name, known in gaz.people.items():
            words = name.split()
            if len(words) > 4 or not all(w[0].isalpha() and "." not in w for w in words):
                continue
            for country, _ in known:
                people[country].add(name)
        with open_text(gaz.path("geonames-cities1000.tsv.xz")) as f:
            for line in f:
                r = line.rstrip("\n").split("\t")
                if int(r[4] or 0) >= 5000 and latin(r[1]) and "(" not in r[1]:
                    cities[r[2]].add(r[1])
        self.countries = sorted(c for c in people if len(people[c]) >= 20 and len(cities[c]) >= 10 and c in gaz.countries)
        self.people = {c: sorted(people[c]) for c in self.countries}
        self.cities = {c: sorted(cities[c]) for c in self.countries}
        self.parties = sorted({r["name_english"].split(" / ")[0] for name, text in members(gaz.path("partyfacts.tar.xz"), r"core-parties\.csv$")
                               for r in csv.DictReader(io.StringIO(text)) if " " in (r.get("name_english") or "")})
        self.universities = sorted(n for n in gaz.names["university"] if "niversity" in n and "," not in n and "(" not in n)
        self.companies = sorted(n for n in gaz.names["company"] if len(n) > 3)
        self.clubs = sorted(n for n in gaz.names["club"] if not n.isupper())
        self.country_of = {n: c for c, names in gaz.countries.items() for n in names}
        self.demonym_of = {n: c for c, names in gaz.demonyms.items() for n in names}

    def pick(self, rng, names):
        name = names[rng.integers(len(names))]
        return plain(name) if rng.random() < 0.7 else name


class Swap:
    """Replaces the names of one text; what is named twice keeps one name."""

    def __init__(self, names, rng):
        self.names, self.rng = names, rng
        self.country = names.countries[rng.integers(len(names.countries))]
        self.done, self.words, self.codes = {}, {}, {}

    def person(self, old):
        words = old.split()
        if len(words) == 1:
            if old not in self.words:
                self.words[old] = self.names.pick(self.rng, self.names.people[self.country]).split()[-1]
            return self.words[old]
        new = self.names.pick(self.rng, self.names.people[self.country]).split()
        other = self.names.pick(self.rng, self.names.people[self.country]).split()
        if self.rng.random() < 0.5 and len(other) == len(new):
            new[-1] = other[-1]
        new[-1] = self.words.setdefault(words[-1], new[-1])
        self.words.setdefault(words[0], new[0])
        return " ".join(new)

    def abroad(self, code):
        """The country that stands for another one."""
        if code not in self.codes:
            self.codes[code] = self.names.countries[self.rng.integers(len(self.names.countries))] if self.codes else self.country
        return self.codes[code]

    def demonym(self, word):
        return self.names.gaz.demonyms[self.abroad(self.names.demonym_of[word])][0]

    def place(self, old):
        n = self.names
        if old in n.country_of:
            whole = old.startswith(("U.", "US", "UK", "United ")) or old.endswith("s")  # these go with "the"
            return None if whole else n.gaz.countries[self.abroad(n.country_of[old])][0]
        if old in n.gaz.names["city"] or old in n.gaz.names["town"]:
            return n.pick(self.rng, n.cities[self.country])
        return None

    def body(self, old):
        n = self.names
        lists = n.gaz.names
        if old in lists["club"]:
            return n.pick(self.rng, n.clubs)
        if old in lists["party"] or old.endswith(" Party"):
            return n.pick(self.rng, n.parties)
        if old in lists["university"] or "University" in old:
            return n.pick(self.rng, n.universities)
        if old in lists["company"]:
            return n.pick(self.rng, n.companies)
        words = [self.demonym(w) if w in n.demonym_of else w for w in old.split()]
        return " ".join(words) if " ".join(words) != old else None

    def group(self, old):
        return self.demonym(old) if old in self.names.demonym_of else None

    def of(self, old, type_):
        if (old, type_) not in self.done:
            change = {PER: self.person, LOC: self.place, ORG: self.body, NORP: self.group}.get(type_)
            self.done[old, type_] = (change(old) if change else None) or old
        return self.done[old, type_]


def renamed(native, item, names, rng):
    """The item with other names, None where none of its names can be replaced."""
    raw, swap = item.text.encode("utf-8"), Swap(names, rng)
    out, mentions, at = b"", [], 0
    for first, end, type_ in spans(item.tags):
        s, e = int(item.start[first]), int(item.end[end - 1])
        old = raw[s:e].decode("utf-8")
        new = swap.of(old, type_).encode("utf-8")
        out += raw[at:s]
        mentions.append((len(out), len(out) + len(new), data.TYPES[type_]))
        out += new
        at = e
    out += raw[at:]
    if out == raw:
        return None
    text = out.decode("utf-8")
    tokens = native.tokens(text)
    return data.Item(*tokens, data.tag_tokens(tokens[0], mentions), item.weight, item.id, text, item.headline)


def some_renamed(native, items, names, share, rng):
    out = []
    for it in items:
        if len(it.text) < 4000 and rng.random() < share:
            out.append(renamed(native, it, names, rng))
    return [it for it in out if it]


def some_recased(native, items, share, rng):
    """Texts in capitals and in title case, as headlines are."""
    out = []
    for it in items:
        r = rng.random()
        if r < share:
            out.append(data.recased(native, it, data.shout if r < 0.6 * share else data.headline))
    return [it for it in out if it]


def soft_recased(native, items, soft, share, rng):
    """The same of unlabelled texts: (items, probabilities)."""
    kept, p = [], []
    for it, s in zip(items, soft):
        r = rng.random()
        new = data.recased(native, it, data.shout if r < 0.6 * share else data.headline) if r < share else None
        if new:
            kept.append(new)
            p.append(s)
    return kept, p

