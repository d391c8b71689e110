#!/usr/bin/env python3
"""Builds models/entities.wmm: called by ./build, which finds Python and the data.

The gold is parted in folds. A teacher (MiniLM) and a first network are trained without one of them; on that one the network is measured and its
confidence calibrated. Then the network is trained again on all of the gold and written.
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

import calibrate
import data
import gazetteers
import glove
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
        self.words, self.vectors = glove.load(o.glove, o.work)
        self.glove_row = {self.native.word(w): i + 1 for i, w in reversed(list(enumerate(self.words)))}
        self.log(f"{len(keys)} keys of gazetteers, {len(self.words)} words with vectors")
        self.gold = [data.gold(self.native, os.path.join(d, f"gold/{n}.jsonl")) for n in ("items-train", "wikinews-train")]
        self.kept, self.held = zip(*[folds(items, FOLDS, 0) for items in self.gold])
        without = data.dev_texts(os.path.join(d, "gold"))
        for items in self.held:
            for it in items:
                without.add(it.text)
        self.silver = data.silver(self.native, os.path.join(d, "ner/silver-corenlp-current-events.tsv.xz"), without,
                                  o.silver, o.seed)
        self.web = data.columns(self.native, os.path.join(d, "ner/uner-ewt/en_ewt-ud-test.iob2")) if o.web else []
        self.log(f"{sum(map(len, self.gold))} gold texts, {sum(map(len, self.held))} held out at first, "
                 f"{len(self.silver)} silver texts")
        self.soft = None
        if o.teachers:
            self.teach()

    def log(self, *x):
        print(f"[{time.time() - self.began:6.0f} s]", *x, flush=True)

    def teach(self):
        all_ = [teach.soft_labels(self.native, self.gaz_table, LISTS, sum(self.kept, []),
                                  list(zip(("items", "wikinews"), self.held)), self.silver, self.o.work, f"{i}", self.o.seed + i,
                                  self.log) for i in range(self.o.teachers)]
        self.soft = [np.round(np.mean([a[i] for a in all_], 0)).astype(np.uint8) for i in range(len(self.silver))]

    def batches(self, items, soft=None):
        return Batches(items, self.glove_row, self.native, self.gaz_table, SIZES, LISTS, soft)

    def recased(self, items, rng):
        """A few texts in capitals and in title case, as headlines are."""
        out = []
        for it in items:
            r = rng.random()
            if r < self.o.recase:
                out.append(data.recased(self.native, it, data.shout if r < 0.6 * self.o.recase else data.headline))
        return [it for it in out if it]

    def fit(self, gold, held, share):
        """A network trained on a share of the silver and the gold, then on gold, then with the roundings of the C code."""
        o = self.o
        torch.manual_seed(o.seed)
        rng = np.random.default_rng(o.seed)
        some = [i for i in range(len(self.silver)) if rng.random() < share]
        gold_b = self.batches(gold + self.recased(gold, rng) + self.web)
        held_b = [(n, self.batches(x)) for n, x in zip(("items", "wikinews"), held)]
        mixed = self.batches([])
        mixed.items = gold_b.items * 2 + self.batches([self.silver[i] for i in some],
                                                            [self.soft[i] for i in some] if self.soft else None).items
        net = Net(torch.from_numpy(self.vectors), SIZES, LISTS, self.native.casings, LAYERS)

        def step(name, batches, epochs, rate, size):
            self.log(name)
            train(net, lambda e: batches.shuffled(size, rng), epochs, rate, rng, log=self.log)
            for n, b in held_b:
                self.log(f"  held-out {n}: {measure(self.native, net, b)}, all types {measure(self.native, net, b, range(6))}")

        step("gold and silver", mixed, o.epochs, 2e-3, 3000)
        step("gold", gold_b, o.fine, 5e-4, 2000)
        net.quantised = True
        step("gold, rounded", gold_b, 1, 2e-4, 2000)
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
        pairs = calibrate.outcomes(service, sum(self.held, []))
        service.close()
        calibration = calibrate.table(pairs)
        for low, high, n, right in calibrate.reliability(pairs, calibration):
            self.log(f"  confidence {low} to {high}: {n} names, {right} % right")
        return calibration

    def network(self, name, gold, held, share):
        """Trains a network, or takes the one of the last run where only the tables are to be written again."""
        path = os.path.join(self.o.work, name + ".pt")
        if self.o.export_only:
            net = Net(torch.from_numpy(self.vectors), SIZES, LISTS, self.native.casings, LAYERS)
            net.load_state_dict(torch.load(path))
            net.quantised = True
            return net
        net = self.fit(gold, held, share)
        torch.save(net.state_dict(), path)
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
    a.add_argument("--teachers", type=int, default=0, help="how many teachers label the silver texts; their mean counts")
    a.add_argument("--silver", type=float, default=1.0, help="share of the silver texts")
    a.add_argument("--fold-silver", type=float, default=0.3, help="share of these for the first network, which is only measured")
    a.add_argument("--epochs", type=int, default=1, help="over gold and silver")
    a.add_argument("--fine", type=int, default=4, help="epochs over the gold")
    a.add_argument("--web", action="store_true", help="train on UniversalNER's web texts too")
    a.add_argument("--fold-only", action="store_true", help="stop after the first network")
    a.add_argument("--recase", type=float, default=0.08, help="share of gold texts that come in capitals or title case as well")
    a.add_argument("--words", type=int, default=60000, help="most frequent words that have rows of their own")
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--export-only", action="store_true", help="write the tables again with the networks of the last run")
    o = a.parse_args()
    os.makedirs(o.work, exist_ok=True)
    torch.set_num_threads(o.threads)
    random.seed(o.seed)
    torch.use_deterministic_algorithms(True)
    Builder(o).run()


if __name__ == "__main__":
    main()
