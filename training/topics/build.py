"""Builds models/topics.wmm. Run it through training/topics/build, which finds what it needs."""
import argparse
import os
import sys
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import torch
import xxhash

import ablate
import check_classes
import corpus
import decide
import export
import lexicon
import net as network
import news
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
        self.dev["articles-kept"] = corpus.written(tree, "articles-kept.tsv")
        skip = {t.body for t in self.items + self.dev["items-dev"]}
        self.coarse, self.plain = corpus.current_events(data, tree, skip)
        reader = words.Reader(build)
        counts = Counter()
        for t in self.learned() + self.coarse + self.plain:
            t.hashes, t.n_headline = reader.read(t.headline, t.body)
            counts.update(t.hashes.tolist())
        names, vectors = words.load_glove(glove, build)
        self.lexicon = lexicon.Lexicon(tree, reader, {w: i for i, w in enumerate(names)})
        self.lexicon.weigh([t for t in self.learned() if t.kind != "definition"], self.coarse)
        self.table = words.Table(names, vectors, counts, s.frequent, s.dim, self.lexicon.starts)
        for t in self.learned() + self.coarse:
            t.features = words.features(self.table, self.lexicon, t.hashes, t.n_headline, s)
            if t.kind == "definition":
                t.features.spoken = words.spoken_array({})  # a definition always names its concept: nothing to learn from that
        self.news = news.kept(tree)
        for t in [t for texts in [*self.dev.values(), self.news] for t in texts]:  # measured, never learned from
            t.hashes, t.n_headline = reader.read(t.headline, t.body)
            t.features = words.features(self.table, self.lexicon, t.hashes, t.n_headline, s)

    def learned(self):
        return self.items + self.articles + self.own + self.written

    def deep(self, leave_out=lambda k: False):
        """Texts with deep labels, full articles three times, without those of a fold."""
        items = [t for k, t in enumerate(self.items) if not leave_out(k)]
        articles = [t for k, t in enumerate(self.articles) if not leave_out(k)]
        own = [t for k, t in enumerate(self.own) if not leave_out(k)]
        return [t for t in items + 3 * (articles + own) + self.written if t.topics]


def fitted_rule(d, s, folds, saved):
    """The rule, tuned on the logits that each fold's texts get from a network that has not seen them; and these networks."""
    texts, z, nets = [], [], []
    for fold in range(folds):
        net = saved.train(f"fold-{fold + 1}-of-{folds}", d, d.deep(lambda k: k % folds == fold), replace(s, seed=s.seed + fold))
        kept = d.items[fold::folds] + d.articles[fold::folds] + d.own[fold::folds]
        texts += kept
        nets.append(net)
        z.append(network.logits(net, kept))
        say(f"fold {fold + 1} of {folds} trained")
    z = np.concatenate(z)
    weights = [{"article": 20.0, "written": 5.0}.get(t.kind, 1.0) for t in texts]
    rule = decide.tune(d.tree, z, texts, weights)
    decide.tune_concepts(d.tree, rule, z, texts, weights)
    decide.tune_rank(d.tree, rule, z, texts, weights)
    decide.calibrate(d.tree, rule, z, texts)
    say(f"order {rule.rank[0]:.1f} own score, {rule.rank[1]:.1f} main topic; thresholds by level "
        f"{[round(float(np.median(rule.threshold[np.array(d.tree.level) == k])), 2) for k in range(1, 7)]}")
    for kind in dict.fromkeys(t.kind for t in texts):
        keep = [i for i, t in enumerate(texts) if t.kind == kind]
        say(f"folds, {kind}s: {decide.measure(d.tree, [texts[i] for i in keep], rule.decide(z[keep]))}")
    return rule, nets


class Saved:
    """Keeps each trained network in the build folder; with `reuse` takes those of an earlier run that learned from the same, so that the
    rule can be fitted again without training."""

    def __init__(self, build, reuse):
        self.build, self.reuse = build, reuse

    def train(self, name, d, deep, s, soft=(), report=None):
        path = os.path.join(self.build, name + ".pt")
        same = xxhash.xxh3_64_hexdigest(repr((
            s, d.table.vectors.sum(dtype=np.float64), d.table.hashes.tolist()[-1000:], sorted(d.lexicon.entries.items()),
            [(t.id, t.headline, t.body, t.topics) for t in deep], [(t.id, t.coarse) for t in d.coarse], len(soft))).encode())
        if self.reuse and os.path.exists(path):
            kept = torch.load(path)
            if kept["same"] == same:
                net = network.Net(d.table, d.tree.level, d.tree.n_top, s)
                net.load_state_dict(kept["state"])
                return net.eval()
        net = network.train(d.tree, d.table, deep, d.coarse, s, soft, report)
        torch.save({"same": same, "state": net.state_dict()}, path)
        return net


def labelled_by(d, nets, s):
    """Newswire without any label, with what the networks say of it on average (self-training, as in Xie et al., "Self-training with Noisy
    Student", 2020)."""
    texts = [t for t in d.plain if len(t.hashes) >= 8][:40000]
    for t in texts:
        t.features = words.features(d.table, d.lexicon, t.hashes, t.n_headline, s)
    c = len(d.tree)
    for at in range(0, len(texts), 1000):
        some = texts[at:at + 1000]
        z = np.stack([network.logits(net, some) for net in nets])
        concepts = (1 / (1 + np.exp(-z[:, :, :c]))).mean(0)
        mains = torch.from_numpy(z[:, :, c:]).softmax(-1).mean(0).numpy()
        for t, y, main in zip(some, concepts, mains):
            t.soft = y.astype(np.float16), main
    return texts


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--data", required=True)
    a.add_argument("--glove", required=True)
    a.add_argument("--build", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--name", default="topics-en-2026.11")
    a.add_argument("--folds", type=int, default=3)
    a.add_argument("--reuse", action="store_true",
                   help="take the networks of an earlier run from the build folder where they learned from the same texts")
    a.add_argument("--self-training", action="store_true",
                   help="train the final network on unlabelled newswire too, with the labels of the folds' networks (not in the shipped model)")
    a.add_argument("--check-classes", action="store_true",
                   help="instead of a model: train on nine tenths of the coarse headings and measure on the rest")
    a.add_argument("--ablate", nargs="*", metavar="ROW",
                   help="instead of a model: train without one part after the other (all, or those whose names hold one of the words)")
    o = a.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    os.makedirs(o.build, exist_ok=True)
    s = network.Settings()
    d = Data(o.data, o.glove, o.build, s)
    say(f"{len(d.tree)} concepts, {len(d.table.hashes)} words, {len(d.deep())} deep and {len(d.coarse)} coarse texts")
    if o.check_classes:
        kept, d.coarse = d.coarse[::10], [t for k, t in enumerate(d.coarse) if k % 10]
        net = network.train(d.tree, d.table, d.deep(), d.coarse, s)
        check_classes.report(d.tree, decide.Rule(d.tree, -0.8, -2.0), network.logits(net, kept), kept, say)
        return
    if o.ablate is not None:
        ablate.report(d, s, o.ablate, say)
        return
    saved = Saved(o.build, o.reuse)
    rule, nets = fitted_rule(d, s, o.folds, saved)
    soft = []
    if o.self_training:
        soft, s = labelled_by(d, nets, s), replace(s, steps=s.last_steps)
        say(f"{len(soft)} more texts labelled by the networks of the folds")
    net = saved.train("final", d, d.deep(), s, soft, say)
    for name, texts in d.dev.items():
        z = network.logits(net, texts)
        say(f"{name}: {decide.measure(d.tree, texts, rule.decide(z))}")
        for row in decide.reliability(d.tree, rule, z, texts):
            say("  confidence %d to %d: %d topics, mean confidence %.1f, right %.1f %%" % row)
    for row in news.by_section(d.tree, rule, d.news, network.logits(net, d.news)):
        say("  news-kept, %s: %d, first topic right %.1f %%" % row)
    export.write(o.out, o.name, d, net, rule, corpus.RELEASE)
    say(f"wrote {o.out}: {os.path.getsize(o.out):,} bytes")


if __name__ == "__main__":
    sys.exit(main())
