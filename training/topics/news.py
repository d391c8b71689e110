"""The invented articles of news sites' sections that are kept out of training (news-kept.tsv): is the first topic's level-1 topic right?"""
import os

import corpus


def kept(tree):
    """Texts whose `coarse` holds the level-1 topics that are right, whose `id` is the section."""
    out = []
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "news-kept.tsv"), encoding="utf-8") as f:
        for line in (x for x in f if not x.startswith("#")):
            section, right, headline, body = line.rstrip("\n").split("\t")
            out.append(corpus.Text(section, headline, body, [], [tree.index[int(c) * 1000000] for c in right.split(",")], "news"))
    return out


def hits(tree, rule, texts, z):
    return [bool(g) and tree.top(g[0]) in t.coarse for t, g in zip(texts, rule.decide(z))]


def right(tree, rule, texts, z):
    """Share of texts whose first topic is right, in per cent."""
    return 100 * sum(hits(tree, rule, texts, z)) / len(texts)


def by_section(tree, rule, texts, z):
    """Rows of section, texts, share right in per cent."""
    hit, out = hits(tree, rule, texts, z), []
    for section in sorted({t.id for t in texts}):
        some = [h for h, t in zip(hit, texts) if t.id == section]
        out.append((section, len(some), 100 * sum(some) / len(some)))
    return out
