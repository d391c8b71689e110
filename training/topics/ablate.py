"""What each part of the model adds: the network trained without it, measured on the kept texts.

    training/topics/build --ablate

Half of the steps, and one threshold for all concepts, the best of three for each file by the sum of the F1 figures: rows compare with each
other but not with the shipped model, whose thresholds are fitted.
"""
from dataclasses import replace

import decide
import net as network
import news

THRESHOLDS = (-0.4, -0.8, -1.2)


def without(s, texts, coarse):
    """Names of rows with their settings, deep texts and coarse texts."""
    def less(*kinds):
        return [t for t in texts if t.kind not in kinds]
    yield "all of it", s, texts, coarse
    yield "without the lexicon", replace(s, lexicon=False, profile=0), texts, coarse
    yield "without the invented articles", s, less("written"), coarse
    yield "without coarse headings", replace(s, deep=1.0), texts, coarse
    yield "without hashed words and pairs", replace(s, gain=(*s.gain[:2], 0.0, s.gain[3])), texts, coarse
    yield "word vectors as they come", replace(s, table_rate=0.0), texts, coarse
    yield "without headline and opening", replace(s, gain=(s.gain[0], 0.0, *s.gain[2:])), texts, coarse
    yield "without texts made longer by others", replace(s, join=0.0), texts, coarse
    yield "without the short items and definitions", s, less("synthetic", "definition"), coarse
    yield "without the lexicon's gains, still as input", replace(s, lexicon=False), texts, coarse
    yield "without the lexicon as input, still with gains", replace(s, profile=0), texts, coarse


def figures(tree, texts, z):
    best = None
    for threshold in THRESHOLDS:
        f = decide.measure(tree, texts, decide.Rule(tree, threshold, -2.0, (0.8, 0.2)).decide(z))
        if best is None or f["top"] + f["tree"] + f["exact"] > best["top"] + best["tree"] + best["exact"]:
            best = f
    return "{top:.1f} {tree:.1f} {exact:.1f} {first:.1f}".format(**best)


def report(d, s, rows, say):
    for name, settings, deep, coarse in without(replace(s, steps=s.steps // 2), d.deep(), d.coarse):
        if rows and not any(r in name for r in rows):
            continue
        net = network.train(d.tree, d.table, deep, coarse, settings)
        shown = [f"{n} {figures(d.tree, texts, network.logits(net, texts))}" for n, texts in d.dev.items()]
        first = news.right(d.tree, decide.Rule(d.tree, -0.8, -2.0, (0.8, 0.2)), d.news, network.logits(net, d.news))
        say(f"{name}: {'; '.join(shown)}; news-kept first {first:.1f}")
