#!/usr/bin/env python3
"""Builds models/entities.wmm: called by ./build, which finds Python and the data.

The gold is parted in folds. A teacher (MiniLM) and a first network are trained without one of them; on that one the network is measured and its
confidence calibrated. Then the network is trained again on all of the gold and written. What takes long is kept in the work folder: a run that
was broken goes on, and one that is to start anew needs an empty folder.
"""

import argparse
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import numpy as np
import torch

import augment
import calibrate
import data
import gazetteers
import glove
import results
import teach
from export import export
from native import Native, table
from network import Batches, Net, measure, train

SIZES = (16384, 4096, 8192, 2048)  # rows of hashed words, prefixes, suffixes, shapes
LAYERS = 4
FOLDS = 5
LISTS = len(gazetteers.LISTS)


def folds(items, n, part):
    """(train, held out) by the item's place."""
    return [it for i, it in enumerate(items) if i % n != part], [it for i, it in enumerate(items) if i % n == part]


class Builder:
    def __init__(self, o):
        self.o, self.began = o, time.time()
        self.native = Native(o.work)
        d = os.path.join(o.shared, "data")
        self.gaz = gazetteers.Gazetteers(os.path.join(d, "gazetteers"))
        keys = self.gaz.keys(self.native)
        self.gaz_table = table(list(keys), list(keys.values()), np.uint16)
        self.names = augment.Names(self.gaz)
        self.words, self.vectors = glove.load(o.glove, o.work)
        self.glove_row = {self.native.word(w): i + 1 for i, w in reversed(list(enumerate(self.words)))}
        self.log(f"{len(keys)} keys of gazetteers, {len(self.words)} words with vectors")
        self.gold = [data.gold(self.native, os.path.join(d, f"gold/{n}.jsonl")) for n in ("items-train", "wikinews-train")]
        self.kept, self.held = zip(*[folds(items, FOLDS, 0) for items in self.gold])
        without = data.dev_texts(os.path.join(d, "gold"))
        for items in self.held:
            for it in items:
                without.add(it.text)
        silver = data.silver(self.native, os.path.join(d, "ner/silver-corenlp-current-events.tsv.xz"), without, o.silver, o.seed)
        self.silver = [silver[i] for i in np.random.default_rng(o.seed).permutation(len(silver))]
        self.plain = data.unlabelled(self.native, d, without) if o.teacher else []
        self.log(f"{sum(map(len, self.gold))} gold texts, {sum(map(len, self.held))} held out at first, {len(self.silver)} silver texts, "
                 f"{len(self.plain)} without labels")
        self.soft = self.teach() if o.teacher else [None] * len(self.silver)
        self.silver = self.plain + self.silver

    def log(self, *x):
        print(f"[{time.time() - self.began:6.0f} s]", *x, flush=True)

    def teach(self):
        """A teacher's probabilities for the texts without labels and some of the silver ones. It has not seen the fold that is held out."""
        o = self.o
        torch.set_num_threads(o.teacher_threads)
        school = teach.School(self.native, self.gaz_table, LISTS, o.work, o.seed, self.log)
        school.silver(self.silver[:o.teacher_silver])
        gold = self.with_copies(sum(self.kept, []), np.random.default_rng(o.seed), 0.5)
        model = school.gold("fold", gold, list(zip(("items", "wikinews"), self.held)))
        soft = school.label(model, "fold", self.plain) + school.label(model, "fold-silver", self.silver[:o.teacher_labels])
        torch.set_num_threads(o.threads)
        return soft + [None] * (len(self.silver) - o.teacher_labels)

    def with_copies(self, gold, rng, part=1.0):
        """Annotated texts, with some of them in capitals or with other names, and made-up results of sport."""
        o = self.o
        return (gold + augment.some_recased(self.native, gold, o.recase * part, rng) +
                augment.some_renamed(self.native, gold, self.names, o.rename * part, rng) +
                results.items(self.native, self.names, int(o.results * part), rng))

    def batches(self, items, soft=None):
        return Batches(items, self.glove_row, self.native, self.gaz_table, SIZES, LISTS, soft)

    def fit(self, gold, held, share):
        """A network trained on a share of the silver and the gold, then on gold, then with the roundings of the C code."""
        o = self.o
        torch.manual_seed(o.seed)
        rng = np.random.default_rng(o.seed)
        some = [i for i in range(len(self.silver)) if rng.random() < share and not (o.teacher and o.taught_only and self.soft[i] is None)]
        gold_b = self.batches(self.with_copies(gold, rng))
        held_b = [(n, self.batches(x)) for n, x in zip(("items", "wikinews"), held)]
        more, more_soft = augment.soft_recased(self.native, [self.silver[i] for i in some], [self.soft[i] for i in some], o.silver_recase, rng)
        silver_b = self.batches([self.silver[i] for i in some] + more, [self.soft[i] for i in some] + more_soft)
        mixed = self.batches([])
        mixed.items = gold_b.items * 2 + silver_b.items
        net = Net(torch.from_numpy(self.vectors), SIZES, LISTS, self.native.casings, LAYERS)
        taught = self.batches([])
        taught.items = [it for it in silver_b.items if it["soft"] is not None] or silver_b.items
        replay = (taught, int(o.replay * len(gold_b.items)))

        def step(name, batches, epochs, rate, size, replay=None):
            self.log(name)
            train(net, lambda e: batches.shuffled(size, rng, o.hide, replay), epochs, rate, rng, share=o.share, word_drop=o.word_drop, log=self.log)
            for n, b in held_b:
                self.log(f"  held-out {n}: {measure(self.native, net, b)}, all types {measure(self.native, net, b, range(6))}")

        step("gold and silver", mixed, o.epochs, 2e-3, 3000)
        step("gold", gold_b, o.fine, 5e-4, 2000, replay)
        net.quantised = True
        step("gold, rounded", gold_b, 1, 2e-4, 2000, replay)
        return net

    def write(self, path, net, calibration=None):
        seen = {}
        for it in sum(self.gold, []) + self.silver:
            for w in it.word:
                seen[int(w)] = seen.get(int(w), 0) + 1
        export(path, net, self.native, self.words, seen, self.glove_row, self.gaz, self.gaz_table, self.o.words, SIZES, calibration)
        self.log(f"wrote {path}: {os.path.getsize(path) / 1e6:.1f} MB")

    def calibrate(self, path):
        service = self.native.service(path)
        for name, items in zip(("items", "wikinews"), self.held):
            self.log(f"  the service on held-out {name}: {calibrate.figures(service, items)}")
        outcomes = calibrate.outcomes(service, sum(self.held, []))
        service.close()
        for low, high, n, right in calibrate.reliability(outcomes):
            self.log(f"  confidence {low} to {high}: {n} names, {right} % right")
        return calibrate.table(sum(outcomes, []))

    def network(self, name, gold, held, share):
        """Trains a network, or takes the one that the work folder has."""
        path = os.path.join(self.o.work, name + ".pt")
        if os.path.exists(path):
            net = Net(torch.from_numpy(self.vectors), SIZES, LISTS, self.native.casings, LAYERS)
            net.load_state_dict(torch.load(path))
            net.quantised = True
            return net.eval()
        net = self.fit(gold, held, share)
        torch.save(net.state_dict(), path + ".tmp")
        os.replace(path + ".tmp", path)
        return net

    def run(self):
        first = os.path.join(self.o.work, "fold.wmm")
        self.write(first, self.network("fold", sum(self.kept, []), self.held, self.o.fold_silver))
        calibration = self.calibrate(first)
        if self.o.fold_only:
            return
        self.write(self.o.out, self.network("all", sum(self.gold, []), [], 1.0), calibration)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--shared", required=True)
    a.add_argument("--work", required=True)
    a.add_argument("--glove", required=True)
    a.add_argument("--out", default=os.path.join(ROOT, "models/entities.wmm"))
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--teacher", type=int, default=1, help="0: no teacher labels the silver and unlabelled texts")
    a.add_argument("--teacher-silver", type=int, default=24000, help="silver texts that the teacher sees first")
    a.add_argument("--teacher-labels", type=int, default=40000, help="silver texts that the teacher labels")
    a.add_argument("--share", type=float, default=0.7, help="of the teacher's probabilities where CoreNLP's labels are there too")
    a.add_argument("--taught-only", type=int, default=1, help="0: do not leave out the silver texts that the teacher has not labelled")
    a.add_argument("--replay", type=float, default=1.0, help="silver texts to an annotated one in the last epochs")
    a.add_argument("--rename", type=float, default=0.5, help="share of gold texts that come with other names as well")
    a.add_argument("--results", type=int, default=1000, help="made-up tables of results")
    a.add_argument("--hide", type=float, default=0.1, help="share of the names in lists that are hidden in training")
    a.add_argument("--word-drop", type=float, default=0.05, help="share of the words that are hidden in training")
    a.add_argument("--silver-recase", type=float, default=0.05, help="the same of silver texts")
    a.add_argument("--silver", type=float, default=1.0, help="share of the silver texts")
    a.add_argument("--fold-silver", type=float, default=1.0, help="share of these for the first network, which is only measured")
    a.add_argument("--epochs", type=int, default=2, help="over gold and silver")
    a.add_argument("--fine", type=int, default=4, help="epochs over the gold")
    a.add_argument("--fold-only", action="store_true", help="stop after the first network")
    a.add_argument("--recase", type=float, default=0.08, help="share of gold texts that come in capitals or title case as well")
    a.add_argument("--words", type=int, default=60000, help="most frequent words that have rows of their own")
    a.add_argument("--threads", type=int, default=1, help="of the network's training")
    a.add_argument("--teacher-threads", type=int, default=2)
    o = a.parse_args()
    os.makedirs(o.work, exist_ok=True)
    torch.set_num_threads(o.threads)
    random.seed(o.seed)
    torch.use_deterministic_algorithms(True)
    Builder(o).run()


if __name__ == "__main__":
    main()
