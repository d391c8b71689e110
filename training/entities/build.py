#!/usr/bin/env python3
"""Builds models/entities.wmm: called by ./build, which finds Python and the data."""

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

import data
import gazetteers
import glove
from export import export
from native import Native, table
from network import Batches, Net, measure, train

SIZES = (16384, 4096, 8192, 2048)  # rows of hashed words, prefixes, suffixes, shapes
LAYERS = 4


def folds(items, n, part):
    """(train, held out) by the item's place."""
    return [it for i, it in enumerate(items) if i % n != part], [it for i, it in enumerate(items) if i % n == part]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--shared", required=True)
    a.add_argument("--work", required=True)
    a.add_argument("--glove", required=True)
    a.add_argument("--out", default=os.path.join(ROOT, "models/entities.wmm"))
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--silver", type=float, default=0.3, help="share of the silver blocks")
    a.add_argument("--epochs", type=int, default=2)
    a.add_argument("--fine", type=int, default=4)
    a.add_argument("--words", type=int, default=60000)
    a.add_argument("--held", type=int, default=10, help="one of so many gold items is held out; 0 for none")
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--export-only", action="store_true", help="write the model again from the weights of the last training")
    o = a.parse_args()
    os.makedirs(o.work, exist_ok=True)
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    random.seed(o.seed)
    rng = np.random.default_rng(o.seed)
    torch.use_deterministic_algorithms(True)
    began = time.time()
    log = lambda *x: print(f"[{time.time() - began:6.0f} s]", *x, flush=True)

    native = Native(o.work)
    d = os.path.join(o.shared, "data")
    gaz = gazetteers.Gazetteers(os.path.join(d, "gazetteers"))
    keys = gaz.keys(native)
    gaz_table = table(list(keys), list(keys.values()), np.uint16)
    log(f"gazetteers: {len(keys)} keys")
    words, vectors = glove.load(o.glove, o.work)
    glove_row = {native.word(w): i + 1 for i, w in reversed(list(enumerate(words)))}
    log(f"vectors: {len(words)}")

    items = data.gold(native, os.path.join(d, "gold/items-train.jsonl"))
    articles = data.gold(native, os.path.join(d, "gold/wikinews-train.jsonl"))
    held = []
    if o.held:
        items, held_items = folds(items, o.held, 0)
        articles, held_articles = folds(articles, o.held, 0)
        held = [("items", held_items), ("wikinews", held_articles)]
    silver = data.silver(native, os.path.join(d, "ner/silver-corenlp-current-events.tsv.xz"),
                         data.dev_texts(os.path.join(d, "gold")), o.silver, o.seed)
    log(f"{len(items)} items, {len(articles)} articles, {len(silver)} silver items")
    make = lambda x: Batches(x, glove_row, native, gaz_table, SIZES, len(gazetteers.LISTS))
    gold_b, silver_b = make(items + articles), make(silver)
    mixed = Batches([], glove_row, native, gaz_table, SIZES, len(gazetteers.LISTS))
    mixed.items = gold_b.items * 2 + silver_b.items
    held_b = [(n, make(x)) for n, x in held]

    net = Net(torch.from_numpy(vectors), SIZES, len(gazetteers.LISTS), native.casings, LAYERS)
    show = lambda: [log(f"  held-out {n}: {measure(native, net, b)} all types {measure(native, net, b, range(6))}") for n, b in held_b]
    if o.export_only:
        net.load_state_dict(torch.load(os.path.join(o.work, "net.pt")))
        net.quantised = True
    else:
        fit(o, net, mixed, gold_b, rng, log, show)
        torch.save(net.state_dict(), os.path.join(o.work, "net.pt"))
    seen = {}
    for it in items + articles + silver:
        for w in it.word:
            seen[int(w)] = seen.get(int(w), 0) + 1
    export(o.out, net, native, words, seen, glove_row, gaz, gaz_table, o.words, SIZES)
    log(f"wrote {o.out}: {os.path.getsize(o.out) / 1e6:.1f} MB")


def fit(o, net, mixed, gold_b, rng, log, show):
    log("gold and silver")
    train(net, lambda e: mixed.shuffled(3000, rng), o.epochs, 2e-3, rng, log=log)
    show()
    log("gold")
    train(net, lambda e: gold_b.shuffled(2000, rng), o.fine, 5e-4, rng, log=log)
    show()
    log("gold, rounded")
    net.quantised = True
    train(net, lambda e: gold_b.shuffled(2000, rng), 1, 2e-4, rng, log=log)
    show()


if __name__ == "__main__":
    main()
