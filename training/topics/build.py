"""Builds models/topics.wmm. Run it through training/topics/build, which finds what it needs."""
import argparse
import os
import sys
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import torch

import corpus
import decide
import export
import lexicon
import net as network
import words

START = time.time()


def say(text):
    print(f"[{time.time() - START:6.0f} s] {text}", flush=True)


class Data:
    """All texts with their features."""

    def __init__(self, data, glove, build, s):
        self.tree = tree = corpus.Tree(data)
        self.items, self.articles = corpus.gold(data, "items-train", tree), corpus.gold(data, "wikinews-train", tree)
        self.own = corpus.written(tree)
        self.written = corpus.synthetic(data, tree) + corpus.definitions(tree)
        self.dev = {n: corpus.gold(data, n, tree) for n in ("items-dev", "wikinews-dev")}
        skip = {t.body for t in self.items + self.dev["items-dev"]}
        self.coarse, self.plain = corpus.current_events(data, tree, skip)
        reader = words.Reader(build)
        counts = Counter()
        for t in self.learned() + self.coarse + self.plain:
            t.hashes, t.n_headline = reader.read(t.headline, t.body)
            counts.update(t.hashes.tolist())
        names, vectors = words.load_glove(glove, build)
        self.lexicon = lexicon.Lexicon(tree, reader, {w: i for i, w in enumerate(names)})
        self.table = words.Table(names, vectors, counts, s.frequent, s.dim, self.lexicon.starts)
        for t in self.learned() + self.coarse:
            t.features = words.features(self.table, self.lexicon, t.hashes, t.n_headline, s.opening, s.pairs)
            if t.kind == "definition":
                t.features.spoken = words.spoken_array({})  # a definition always names its concept: nothing to learn from that
        for t in self.dev["items-dev"] + self.dev["wikinews-dev"]:  # measured, never learned from
            t.hashes, t.n_headline = reader.read(t.headline, t.body)
            t.features = words.features(self.table, self.lexicon, t.hashes, t.n_headline, s.opening, s.pairs)

    def learned(self):
        return self.items + self.articles + self.own + self.written

    def deep(self, leave_out=lambda k: False):
        """Texts with deep labels, full articles three times, without those of a fold."""
        items = [t for k, t in enumerate(self.items) if not leave_out(k)]
        articles = [t for k, t in enumerate(self.articles) if not leave_out(k)]
        return [t for t in items + 3 * (articles + self.own) + self.written if t.topics]


def fitted_rule(d, s, folds):
    """The rule, tuned on the logits that each fold's texts get from a network that has not seen them."""
    texts, z = [], []
    for fold in range(folds):
        net = network.train(d.tree, d.table, d.deep(lambda k: k % folds == fold), d.coarse, replace(s, seed=s.seed + fold))
        kept = d.items[fold::folds] + d.articles[fold::folds]
        texts += kept
        z.append(network.logits(net, kept))
        say(f"fold {fold + 1} of {folds} trained")
    z = np.concatenate(z)
    weights = [20.0 if t.kind == "article" else 1.0 for t in texts]
    rule = decide.tune(d.tree, z, texts, weights)
    decide.tune_rank(d.tree, rule, z, texts, weights)
    decide.calibrate(d.tree, rule, z, texts)
    say(f"order {rule.rank[0]:.1f} own score, {rule.rank[1]:.1f} main topic; thresholds by level "
        f"{[round(float(np.median(rule.threshold[np.array(d.tree.level) == k])), 2) for k in range(1, 7)]}")
    for kind in ("item", "article"):
        keep = [i for i, t in enumerate(texts) if t.kind == kind]
        say(f"folds, {kind}s: {decide.measure(d.tree, [texts[i] for i in keep], rule.decide(z[keep]))}")
    return rule


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--data", required=True)
    a.add_argument("--glove", required=True)
    a.add_argument("--build", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--name", default="topics-en-2026.11")
    a.add_argument("--folds", type=int, default=3)
    o = a.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    os.makedirs(o.build, exist_ok=True)
    s = network.Settings()
    d = Data(o.data, o.glove, o.build, s)
    say(f"{len(d.tree)} concepts, {len(d.table.hashes)} words, {len(d.deep())} deep and {len(d.coarse)} coarse texts")
    rule = fitted_rule(d, s, o.folds)
    net = network.train(d.tree, d.table, d.deep(), d.coarse, s, say)
    for name, texts in d.dev.items():
        z = network.logits(net, texts)
        say(f"{name}: {decide.measure(d.tree, texts, rule.decide(z))}")
        for row in decide.reliability(d.tree, rule, z, texts):
            say("  confidence %d to %d: %d topics, mean confidence %.1f, right %.1f %%" % row)
    export.write(o.out, o.name, d, net, rule, corpus.RELEASE)
    say(f"wrote {o.out}: {os.path.getsize(o.out):,} bytes")


if __name__ == "__main__":
    sys.exit(main())
