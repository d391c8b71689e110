"""The decision of score.c in Python, its thresholds and its calibration, fitted on texts that the network had not seen."""
import numpy as np


class Rule:
    """Thresholds a concept (logits), the order's weights, calibration."""

    def __init__(self, tree, threshold, floor, rank=(0.5, 0.5)):
        self.tree, self.rank, self.floor = tree, rank, floor
        self.threshold = np.full(len(tree), threshold, dtype=np.float64)
        self.calibrate = np.tile([1.0, 0.0], (len(tree), 1))
        self.tops = np.array([tree.top(i) for i in range(len(tree))])

    def under(self, z):
        """A concept's logit is never above its broader one's."""
        z = z[:, :len(self.tree)].copy()
        for i, p in enumerate(self.tree.parent):
            if p >= 0:
                z[:, i] = np.minimum(z[:, i], z[:, p])
        return z

    def decide(self, z, most=5):
        """Lists of concepts, most relevant first, for a matrix of raw logits."""
        n = len(self.tree)
        c, main = self.under(z), z[:, n:]
        share = np.exp(main - main.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        rank = self.rank[0] * np.log(1 / (1 + np.exp(-c)) + 1e-9) + self.rank[1] * np.log(share[:, self.tops] + 1e-9)
        leaves, out = self.leaves(c), []
        for k, (row, r) in enumerate(zip(leaves, rank)):
            given = np.nonzero(row)[0].tolist()
            out.append(sorted(given, key=lambda i: (-r[i], i))[:most])
        return out

    def leaves(self, c):
        """The concepts that pass with all their broader ones and have no narrower one that passes, as a matrix."""
        on = c >= self.threshold
        broader = np.zeros_like(on)
        for i, p in enumerate(self.tree.parent):
            if p >= 0:
                on[:, i] &= on[:, p]
                broader[:, p] |= on[:, i]
        on &= ~broader
        tops = c[:, :self.tree.n_top]
        for k in np.nonzero(~on.any(1))[0]:  # a broad topic rather than a wrong narrow one
            best = int(np.argmax(tops[k]))
            on[k, best] = tops[k, best] >= self.floor
        return on


def f1(tp, fp, fn):
    return 200 * tp / (2 * tp + fp + fn) if tp else 0.0


def measure(tree, texts, given):
    """The figures of evaluate.py, in percent: F1 of level-1 sets, of sets with ancestors, of exact sets; share of right first topics."""
    n = np.zeros((3, 3))
    first = told = 0
    for t, g in zip(texts, given):
        sets = [({tree.top(c) for c in t.topics}, {tree.top(c) for c in g}),
                (set(tree.closure(t.topics)), set(tree.closure(g))), (set(t.topics), set(g))]
        for k, (gold, got) in enumerate(sets):
            n[k] += len(gold & got), len(got - gold), len(gold - got)
        if t.topics:
            told += 1
            first += bool(g) and tree.top(g[0]) == tree.top(t.topics[0])
    return {"top": round(f1(*n[0]), 1), "tree": round(f1(*n[1]), 1), "exact": round(f1(*n[2]), 1),
            "first": round(100 * first / max(told, 1), 1)}


def closed(tree, on):
    """A matrix of concepts with all their ancestors."""
    on = on.copy()
    for i in range(len(tree) - 1, -1, -1):
        if tree.parent[i] >= 0:
            on[:, tree.parent[i]] |= on[:, i]
    return on


def tune(tree, z, texts, weights):
    """One threshold for level 1 and one below, chosen for the mean of the three F1 figures; `weights` (one a text) let full articles
    count more."""
    gold = np.zeros((len(texts), len(tree)), dtype=bool)
    for k, t in enumerate(texts):
        gold[k, t.topics] = True
    gold_closed, w, n = closed(tree, gold), np.array(weights)[:, None], tree.n_top
    best, rule = -1.0, None
    c = Rule(tree, 0, 0).under(z)
    for top in np.arange(-2.4, 0.5, 0.2):
        for deep in np.arange(-2.4, 0.5, 0.2):
            r = Rule(tree, deep, -2.0)
            r.threshold[:n] = top
            given = r.leaves(c)
            given_closed = closed(tree, given)
            score = 0
            for a, b in ((gold, given), (gold_closed, given_closed), (gold_closed[:, :n], given_closed[:, :n])):
                score += f1((w * (a & b)).sum(), (w * (b & ~a)).sum(), (w * (a & ~b)).sum())
            if score > best:
                best, rule = score, r
    return rule


def calibrate(tree, rule, z, texts):
    """Platt scaling of the logits of what was given, by level: confidence is the chance that the topic or a narrower one is right."""
    c = rule.under(z)
    by_level = {}
    for row, t, g in zip(c, texts, rule.decide(z)):
        right = set(tree.closure(t.topics))
        for i in g:
            by_level.setdefault(min(tree.level[i], 5), []).append((row[i], i in right))
    for level in range(1, 7):
        pairs = [p for k, v in by_level.items() if k == min(level, 5) for p in v] or [p for v in by_level.values() for p in v]
        a, b = platt(np.array([p[0] for p in pairs]), np.array([float(p[1]) for p in pairs]))
        for i in range(len(tree)):
            if tree.level[i] == level:
                rule.calibrate[i] = a, b


def platt(x, y):
    a, b = 1.0, 0.0
    for _ in range(100):  # Newton, with a little ridge towards a = 1
        p = 1 / (1 + np.exp(-(a * x + b)))
        w = p * (1 - p) + 1e-6
        g = np.array([((p - y) * x).sum() + (a - 1), (p - y).sum()])
        h = np.array([[(w * x * x).sum() + 1, (w * x).sum()], [(w * x).sum(), w.sum()]])
        step = np.linalg.solve(h, g)
        a, b = a - step[0], b - step[1]
        if np.abs(step).max() < 1e-8:
            break
    return a, b
