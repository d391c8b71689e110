"""What share of names is right, by how sure the network is: the table that turns its certainty into a confidence."""

import numpy as np


def outcomes(service, items):
    """[(certainty in percent, right?)] of the names that the service finds in annotated items."""
    out = []
    for it in items:
        gold, i = set(), 0
        tags = it.tags
        while i < len(tags):
            first = i
            i += 1
            if tags[first] % 2 == 0:
                continue
            while i < len(tags) and tags[i] == tags[first] + 1:
                i += 1
            gold.add((int(it.start[first]), int(it.end[i - 1]), (int(tags[first]) - 1) // 2))
        for start, end, type_, sure in service.names(it.headline, it.text):
            out.append((sure, (start, end, type_) in gold))
    return out


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


def reliability(pairs, calibration):
    """[(from, to, how many, share right)] in steps of ten."""
    out = []
    for low in range(0, 100, 10):
        high = 101 if low == 90 else low + 10
        hits = [r for s, r in pairs if low <= calibration[s] < high]
        if hits:
            out.append((low, high - 1, len(hits), round(100 * sum(hits) / len(hits), 1)))
    return out
