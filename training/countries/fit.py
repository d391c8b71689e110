"""Fits the two models of services/countries/rank.c on annotated news: is a country involved, and is the article about it?"""

import json
import os
import subprocess
import tempfile

import numpy as np

from learn import part_of

TEXT_WEIGHT = 0.4  # of articles without entities

TYPES = {"PER": "person", "LOC": "place", "ORG": "organisation", "NORP": "group", "EVT": "event", "WRK": "work"}


def entities_of(g):
    """The annotated names of an article in the form that the entities service writes."""
    body, headline = g["body_text"], g.get("headline", "")
    joined, entities, forms = {}, {}, {}
    for kind, names in g.get("clusters", []):
        for name in names:
            joined.setdefault((kind, name), names[0])
            forms.setdefault(name, kind)

    def add(field, text, start, kind):
        name = joined.get((kind, text), text)
        entity = entities.setdefault((kind, name), {"id": f"e{len(entities) + 1}", "type": TYPES[kind], "name": name,
                                                    "relevance": 50, "confidence": 90, "mentions": []})
        entity["mentions"].append({"field": field, "start": start, "end": start + len(text), "text": text})

    for start, end, kind in g["mentions"]:
        forms.setdefault(body[start:end], kind)
    used = [False] * len(headline)
    for text, kind in sorted(forms.items(), key=lambda x: (-len(x[0]), x[0])):
        i = headline.find(text)
        j = i + len(text)
        if i < 0 or any(used[i:j]) or (i and headline[i - 1].isalnum()) or (j < len(headline) and headline[j].isalnum()):
            continue
        used[i:j] = [True] * (j - i)
        add("headline", text, i, kind)
    for start, end, kind in g["mentions"]:
        add("body_text", body[start:end], start, kind)
    return list(entities.values())


def articles(data):
    """[(gold, line of JSON, weight)]"""
    out = []
    for file, weight in (("items-train", 1.0), ("wikinews-train", 4.0)):
        with open(f"{data}/gold/{file}.jsonl", encoding="utf-8") as f:
            for line in f:
                g = json.loads(line)
                raw = {"uri": g["id"], "headline": g.get("headline", ""), "body_text": g["body_text"],
                       "enrichment": {"schema": "1.0", "entities": entities_of(g)}}
                out.append((g, json.dumps(raw, ensure_ascii=False), weight))
                if part_of(g["id"] + " text") == 0:  # some as they come where no tagger was before
                    raw = {"uri": "text:" + g["id"], "headline": raw["headline"], "body_text": raw["body_text"]}
                    out.append(({**g, "id": raw["uri"]}, json.dumps(raw, ensure_ascii=False), TEXT_WEIGHT * weight))
    return out


def sizes(tool):
    """Numbers of inputs of the three models."""
    return [int(n) for n in subprocess.run([tool, "sizes"], stdout=subprocess.PIPE, check=True).stdout.split()]


def dump(tool, stage, model, lines, width):
    """([(uri, item, code)], matrix)"""
    with tempfile.NamedTemporaryFile(suffix=".wmm") as f:
        f.write(model)
        f.flush()
        out = subprocess.run([tool, stage, f.name], input="\n".join(lines).encode() + b"\n", stdout=subprocess.PIPE, check=True).stdout
    rows = out.decode().splitlines()
    keys, x = [], np.zeros((len(rows), width))
    for i, line in enumerate(rows):
        uri, item, code, numbers = line.split("\t")
        keys.append((uri, item, code))
        for pair in numbers.split():
            k, _, v = pair.partition(":")
            x[i, int(k)] = float(v)
    return keys, x


def start_of_choice(width):
    """Weights to begin with, by the order of services/countries/resolver_internal.h (WM_F_...), and how firmly each is held to."""
    w, firm = np.zeros(width), np.ones(width)
    w[0], w[1], w[2], w[3], w[4], w[5] = 16, 8, 8, 0, 8, 8          # nothing, country, demonym, place, area, metonym
    w[6], w[7], w[8:13], w[15] = 8, 6, 7, 6                         # person, surname, bodies, media
    w[16:21] = 1.5, 2.0, 1.0, -0.5, -2.0                            # population, seat, divisions, not the main name
    w[21:26] = 2.0, 0.5, 1.0, -1.0, 1.0                             # spoken of, at all, weak; elsewhere; share
    w[26:33] = 2.0, -0.5, -0.5, -1.0, -1.0, 2.0, 6.0                # division, American, against a country, near
    w[33:38] = 3.0, 5.0, 2.0, 2.0, -3.0                             # capitals, weights, generic, place as body
    w[38:42] = 8.0, 8.0, 4.0, 5.0                                   # what stands around
    w[42:52] = 6.0                                                  # none
    firm[[26, 32]] = 40.0  # world news has next to no small towns that share their names with countries; local news has
    return w, firm


# Inputs of the choice between senses by what they are about, for build's --without (order of services/countries/resolver_internal.h).
SIGNALS = {"size": [16, 35, 36], "around": [38, 39, 40, 41], "spoken": [21, 22, 23, 24, 25, 28, 30, 37], "division": [26], "distance": [31, 32]}
HELD = 1e9  # a penalty that keeps a weight where it is


def leave_out(start, firm, signals):
    """Weights of these signals are nothing and stay so."""
    for signal in signals:
        start[SIGNALS.get(signal, [])] = 0
        firm[SIGNALS.get(signal, [])] = HELD


def fit_choice(data, tool, model_of_half, rounds=3, penalty=0.5, without=()):
    """Weights of the choice between senses: the likelihood that the chosen country is one of the annotated ones, or that none is chosen where
    none of them is. What an article speaks of depends on the weights, so that it is done in rounds. model_of_half(h, weights)."""
    width = sizes(tool)[0]
    start, firm = start_of_choice(width)
    leave_out(start, firm, without)
    w = start.copy()
    gold, halves, weights = {}, ([], []), {}
    for g, line, weight in articles(data):
        gold[g["id"]] = set(g["countries"])
        weights[g["id"]] = min(weight, 2.0)
        halves[part_of(g["id"])].append(line)
    for _ in range(rounds):
        keys, parts = [], []
        for half in (0, 1):
            k, x = dump(tool, "choice", model_of_half(half, w), halves[half], width)
            keys += k
            parts.append(x)
        x = np.vstack(parts)
        group = np.cumsum([i == 0 or keys[i][:2] != keys[i - 1][:2] for i in range(len(keys))]) - 1
        n = group[-1] + 1
        right = np.array([code in gold[uri] for uri, _, code in keys])
        none = np.array([code == "-" for _, _, code in keys])
        has = np.zeros(n, bool)
        np.logical_or.at(has, group, right)
        right = np.where(has[group], right, none)
        weight = np.zeros(n)
        weight[group] = [weights[uri] for uri, _, _ in keys]
        w = maximise(x, group, n, right, weight, start, penalty * firm)
        print(f"choice: {n} items, {right_share(x, group, n, right, w):.2f} % right", flush=True)
    return w.astype("<f4")


def softmax(z, group, n):
    top = np.full(n, -np.inf)
    np.maximum.at(top, group, z)
    e = np.exp(z - top[group])
    return e / np.bincount(group, e, n)[group]


def right_share(x, group, n, right, w):
    p = softmax(x @ w, group, n)
    return 100 * np.mean(np.bincount(group, p * right, n) > 0.5)


def maximise(x, group, n, right, weight, start, penalty):
    from scipy.optimize import minimize

    def loss(w):
        p = softmax(x @ w, group, n)
        hit = np.clip(np.bincount(group, p * right, n), 1e-12, 1)
        q = p * right / hit[group]
        gradient = x.T @ (weight[group] * (p - q)) + penalty * (w - start)
        return -np.sum(weight * np.log(hit)) + np.sum(penalty / 2 * (w - start) ** 2), gradient

    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


def logistic(x, y, weight, penalty):
    """Weights of a logistic model by Newton's method, quadratic penalty on all but the constant (a column of ones)."""
    w = np.zeros(x.shape[1])
    constant = np.all(x == 1, axis=0)
    ridge = np.where(constant, 1e-6, penalty)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weight * (p - y)) + ridge * w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        w -= step
        if np.abs(step).max() < 1e-8:
            break
    return w


def f1(gold, chosen):
    hit = len(gold & chosen)
    return 2 * hit / (len(gold) + len(chosen)) if gold or chosen else 1.0


def offset_for_f1(z, keys, gold):
    """What to add to the scores so that "above 0" gives the best F1, and that F1. With likelihoods that hold, a candidate is worth taking from
    half the F1 reached on (Lipton, Elkan, Naryanaswamy 2014); searching for the best cut instead would fit noise."""
    offset = 0.0
    for _ in range(10):
        reached = f1(gold, {k for k, s in zip(keys, z) if s + offset >= 0})
        offset = float(np.log((1 - reached / 2) / (reached / 2)))
    return round(offset, 3), reached


def report_reliability(x, y, weight, keys, penalty):
    """Confidence against truth; each half of the articles is judged by weights fitted on the other one."""
    part = np.array([part_of(uri) for uri, _ in keys])
    p = np.zeros(len(y))
    for half in (0, 1):
        w = logistic(x[part != half], y[part != half], weight[part != half], penalty)
        p[part == half] = 1 / (1 + np.exp(-(x[part == half] @ w)))
    for low in range(0, 100, 10):
        chosen = (p >= low / 100) & (p < (low + 10) / 100 + (low == 90))
        if chosen.any():
            print(f"  confidence {low} to {low + 10}: {chosen.sum()} countries, mean {100 * p[chosen].mean():.1f}, right {100 * y[chosen].mean():.1f} %")


def fit(data, tool, stage, model_of_half, penalty=1.0):
    """Weights of `stage`. model_of_half(h): bytes of a model that learned names without half h."""
    keys, parts, weights, gold = [], [], {}, set()
    member = "focus" if stage == "focus" else "countries"
    width = sizes(tool)[2 if stage == "focus" else 1]
    for half in (0, 1):
        chosen = [a for a in articles(data) if part_of(a[0]["id"]) == half]
        for g, _, weight in chosen:
            weights[g["id"]] = weight
            gold |= {(g["id"], code) for code in g[member]}
        k, x = dump(tool, stage, model_of_half(half), [line for _, line, _ in chosen], width)
        keys += [(uri, code) for uri, _, code in k]
        parts.append(x)
    x = np.vstack(parts)
    y = np.array([1.0 if k in gold else 0.0 for k in keys])
    weight = np.array([weights[uri] for uri, _ in keys])
    if stage == "involved":
        report_reliability(x, y, weight, keys, penalty)
    w = logistic(x, y, weight, penalty)
    offset, reached = offset_for_f1(x @ w, keys, gold)
    w[np.flatnonzero(np.all(x == 1, axis=0))[0]] += offset
    print(f"{stage}: {len(keys)} candidates, F1 {100 * reached:.1f} with offset {offset}", flush=True)
    return w.astype("<f4")
