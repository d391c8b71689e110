"""The texts and labels that the topic model learns from, and the tree of concepts.

A text is a Text: headline, body, the deep concepts it was given (with all their ancestors), or only a coarse heading.
Everything here is read from the folder `data` (see models/PROVENANCE.md); nothing of it is written anywhere but into the model.
"""
import csv
import json
import lzma
import os
from dataclasses import dataclass, field

RELEASE = "2025-10-09"


class Tree:
    """The active concepts of IPTC Media Topics, broader before narrower, in the order of their codes."""

    def __init__(self, data):
        rows = []
        with open(os.path.join(data, "topics/iptc", f"mediatopic-{RELEASE}.tsv"), encoding="utf-8") as f:
            for r in csv.DictReader(f, delimiter="\t"):
                if not r["retired"]:
                    rows.append(r)
        rows.sort(key=lambda r: (int(r["level"]), r["qcode"]))
        self.code = [int(r["qcode"][7:]) for r in rows]
        self.index = {c: i for i, c in enumerate(self.code)}
        self.name = [r["name"] for r in rows]
        self.definition = [r["definition"] for r in rows]
        self.level = [int(r["level"]) for r in rows]
        self.subject = [int(r["subjectcode"] or 0) if (r["subjectcode"] or "0").isdigit() else 0 for r in rows]
        self.parent = [self.index[int(r["broader"][7:])] if r["broader"] else -1 for r in rows]
        self.n_top = sum(1 for p in self.parent if p < 0)

    def __len__(self):
        return len(self.code)

    def chain(self, i):
        """The concept and its ancestors, narrowest first."""
        out = []
        while i >= 0:
            out.append(i)
            i = self.parent[i]
        return out

    def top(self, i):
        return self.chain(i)[-1]

    def closure(self, indices):
        return sorted({a for i in indices for a in self.chain(i)})


@dataclass
class Text:
    id: str
    headline: str
    body: str
    topics: list = field(default_factory=list)  # concept indices as given, most important first
    coarse: list = field(default_factory=list)  # level-1 concepts, any of which is right; only where topics is empty
    kind: str = "deep"


def _jsonl(path, tree, kind):
    out = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            x = json.loads(line)
            topics = [tree.index[int(c)] for c in x["topics"] if int(c) in tree.index]
            out.append(Text(x["id"], x.get("headline", ""), x["body_text"], topics, [], kind))
    return out


def gold(data, name, tree):
    """One of the annotated files: items-train, wikinews-train (and, to measure only, items-dev, wikinews-dev)."""
    return _jsonl(os.path.join(data, "gold", name + ".jsonl"), tree, "article" if name.startswith("wikinews") else "item")


def synthetic(data, tree):
    return _jsonl(os.path.join(data, "topics/synthetic.jsonl"), tree, "synthetic")


def written(tree, name="articles.tsv"):
    """Whole articles written for this project, for what newswire seldom has; those of articles-kept.tsv are measured on only."""
    out = []
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), encoding="utf-8") as f:
        for n, line in enumerate(x for x in f if not x.startswith("#")):
            codes, headline, body = line.rstrip("\n").split("\t")
            out.append(Text(f"written-{n}", headline, body, [tree.index[int(c)] for c in codes.split(",")], [], "written"))
    return out


def definitions(tree):
    """Each concept's name and definition as a text of its own."""
    return [Text(f"def-{tree.code[i]}", tree.name[i], f"{tree.name[i]}. {tree.definition[i]}.", [i], [], "definition")
            for i in range(len(tree))]


def current_events(data, tree, skip):
    """Newswire items with a coarse heading, then those without one; texts in `skip` are left out."""
    labelled, plain = [], []
    path = os.path.join(data, "topics/current-events.tsv.xz")
    with lzma.open(path, "rt", encoding="utf-8") as f:
        for n, r in enumerate(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)):
            if r["text"] in skip:
                continue
            coarse = [tree.index[int(c)] for c in r["medtop"].split("|") if c]
            t = Text(f"ce-{n}", "", r["text"], [], coarse, "coarse")
            (labelled if coarse else plain).append(t)
    return labelled, plain
