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


class Target:
    """What a rule is tuned for: the sum of the F1 figures of level-1 sets, sets with ancestors, and exact sets; `weights` (one a text) let
    full articles count more."""

    def __init__(self, tree, texts, weights):
        self.tree, self.w = tree, np.array(weights)[:, None]
        self.gold = np.zeros((len(texts), len(tree)), dtype=bool)
        for k, t in enumerate(texts):
            self.gold[k, t.topics] = True
        self.gold_closed = closed(tree, self.gold)

    def __call__(self, given):
        given_closed, n, score = closed(self.tree, given), self.tree.n_top, 0
        for a, b in ((self.gold, given), (self.gold_closed, given_closed), (self.gold_closed[:, :n], given_closed[:, :n])):
            score += f1((self.w * (a & b)).sum(), (self.w * (b & ~a)).sum(), (self.w * (a & ~b)).sum())
        return score


def tune(tree, z, texts, weights):
    """A threshold for each level, one at a time in turns, each the best of a grid while the others stay."""
    target, levels = Target(tree, texts, weights), np.minimum(tree.level, 4)
    rule = Rule(tree, -0.8, -2.0)
    c = rule.under(z)
    best = target(rule.leaves(c))
    for _ in range(3):
        before = best
        for level in range(1, 5):
            for value in np.arange(-2.0, 0.7, 0.2):
                old = rule.threshold.copy()
                rule.threshold[levels == level] = value
                score = target(rule.leaves(c))
                if score > best:
                    best = score
                else:
                    rule.threshold = old
        if best - before < 0.01:
            break
    return rule


def tune_concepts(tree, rule, z, texts, weights):
    """Moves the threshold of each concept below level 1 that enough texts have towards the one with the best F1 for it alone, the further
    the more texts have it; kept only if the whole gets better."""
    target, c = Target(tree, texts, weights), rule.under(z)
    before, old = target(rule.leaves(c)), rule.threshold.copy()
    w = target.w[:, 0]
    for i in range(tree.n_top, len(tree)):
        has = target.gold_closed[:, i]
        n = int(has.sum())
        if n < 10:
            continue
        values = old[i] + np.arange(-1.0, 1.01, 0.2)
        scores = [f1((w * (has & (c[:, i] >= v))).sum(), (w * (~has & (c[:, i] >= v))).sum(), (w * (has & (c[:, i] < v))).sum())
                  for v in values]
        best = values[int(np.argmax(scores))]
        rule.threshold[i] = (n * best + 40 * old[i]) / (n + 40)
    if target(rule.leaves(c)) <= before:
        rule.threshold = old


def tune_rank(tree, rule, z, texts, weights):
    """How much the order owes to each concept's own score and how much to what the text is mainly about: by how often the first topic lies
    under the right level-1 topic."""
    tops = [tree.top(t.topics[0]) if t.topics else -1 for t in texts]
    w, best = np.array(weights), -1.0
    for share in np.arange(0.1, 1.0, 0.1):
        trial = (1 - share, share)
        old, rule.rank = rule.rank, trial
        right = np.array([bool(g) and rule.tops[g[0]] == top for g, top in zip(rule.decide(z), tops)])
        score = (w * right).sum()
        if score > best:
            best = score
        else:
            rule.rank = old


def reliability(tree, rule, z, texts):
    """Rows of confidence from, to, topics given, share of them right (themselves or a narrower one)."""
    c, rows = rule.under(z), []
    for row, t, g in zip(c, texts, rule.decide(z)):
        right = set(tree.closure(t.topics))
        for i in g:
            a, b = rule.calibrate[i]
            rows.append((1 / (1 + np.exp(-(a * row[i] + b))), i in right))
    conf, hit = np.array(rows).T
    out = []
    for low in np.arange(0, 1, 0.1):
        k = (conf >= low) & (conf < low + 0.1 + 1e-9 * (low > 0.85))
        if k.any():
            out.append((round(100 * low), round(100 * low) + 10, int(k.sum()), round(100 * conf[k].mean(), 1), round(100 * hit[k].mean(), 1)))
    return out


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
    """Slope and offset of the logistic curve through the points, by gradient steps that halve where they do not help; a little ridge
    keeps the slope near 1."""
    def cost(a, b):
        u = a * x + b
        return (np.logaddexp(0, u) - y * u).sum() + (a - 1) ** 2

    a, b, step = 1.0, 0.0, 1.0 / len(x)
    best = cost(a, b)
    for _ in range(2000):
        p = 1 / (1 + np.exp(-np.clip(a * x + b, -50, 50)))
        ga, gb = ((p - y) * x).sum() + 2 * (a - 1), (p - y).sum()
        trial = cost(a - step * ga, b - step * gb)
        if trial < best:
            a, b, best, step = a - step * ga, b - step * gb, trial, step * 1.2
        else:
            step /= 2
    return a, b
