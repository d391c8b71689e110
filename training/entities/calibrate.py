"""What share of names is right, by how sure the network is: the table that turns its certainty into a confidence."""

import numpy as np

from augment import spans


def annotated(it):
    """{(start byte, end byte, type)} of an item's tags."""
    return {(int(it.start[first]), int(it.end[end - 1]), type_) for first, end, type_ in spans(it.tags)}


def outcomes(service, items):
    """For each annotated item [(certainty in percent, right?)] of the names that the service finds."""
    out = []
    for it in items:
        gold = annotated(it)
        out.append([(sure, (start, end, type_) in gold) for start, end, type_, sure in service.names(it.headline, it.text)])
    return out


def figures(service, items, types=(0, 1, 2)):
    """Precision, recall, F1 of the service's names."""
    tp = fp = fn = 0
    for it in items:
        gold = {m for m in annotated(it) if m[2] in types}
        got = {(start, end, type_) for start, end, type_, _ in service.names(it.headline, it.text) if type_ in types}
        tp, fp, fn = tp + len(got & gold), fp + len(got - gold), fn + len(gold - got)
    p, r = tp / max(1, tp + fp), tp / max(1, tp + fn)
    return [round(100 * x, 1) for x in (p, r, 2 * p * r / max(1e-9, p + r))]


def rising(sure, right):
    """Isotonic regression (pool adjacent violators): for each percent 0 to 100 the share that is right, never falling."""
    n = np.bincount(sure, minlength=101).astype(float)
    hits = np.bincount(sure, weights=right, minlength=101).astype(float)
    prior = 2.0  # a few imagined names that are right as often as the network says
    hits += prior * np.arange(101) / 100
    n += prior
    blocks = []
    for i in range(101):
        blocks.append([hits[i], n[i], 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            b = blocks.pop()
            blocks[-1] = [blocks[-1][0] + b[0], blocks[-1][1] + b[1], blocks[-1][2] + b[2]]
    out = []
    for h, m, k in blocks:
        out += [h / m] * k
    return np.array(out)


def table(pairs):
    """101 numbers in percent."""
    sure = np.array([s for s, _ in pairs])
    right = np.array([r for _, r in pairs], float)
    return [int(round(100 * x)) for x in rising(sure, right)]


def reliability(per_item):
    """[(from, to, how many, share right)] in steps of ten. Each half of the items is judged by a table that was fitted on the other half."""
    halves, seen = [sum(per_item[i::2], []) for i in (0, 1)], []
    for fitted, judged in (halves, halves[::-1]):
        calibration = table(fitted)
        seen += [(calibration[s], r) for s, r in judged]
    out = []
    for low in range(0, 100, 10):
        high = 101 if low == 90 else low + 10
        hits = [r for c, r in seen if low <= c < high]
        if hits:
            out.append((low, high - 1, len(hits), round(100 * sum(hits) / len(hits), 1)))
    return out
