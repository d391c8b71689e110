"""Words and phrases that speak for a concept, as keys that can be found in a text's hashes."""
import os

import numpy as np

PHRASE_MAX = 4  # words
MASK = (1 << 64) - 1


def join(first, second):
    """As wm_topics_join() of topics_internal.h."""
    return ((((first * 0x9E3779B97F4A7C15) & MASK) ^ second) * 0xD6E8FEB86659FD93) & MASK


def variants(phrase, known):
    """The phrase with its last word also in plural and singular, where such a word is known."""
    head, _, last = phrase.rpartition(" ")
    forms = [last + "s", last + "es"]
    if last.endswith("y"):
        forms.append(last[:-1] + "ies")
    if last.endswith("ies"):
        forms.append(last[:-3] + "y")
    if last.endswith("s") and not last.endswith("ss") and len(last) > 4:
        forms.append(last[:-1])
    return [phrase] + [(head + " " + f).strip() for f in forms if f in known]


class Lexicon:
    def __init__(self, tree, reader, ranks):
        """`ranks`: word to its rank by frequency."""
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keywords.tsv")
        self.tree = tree
        self.entries = {}  # key of a phrase: {concept: weight}
        self.starts = {}  # hashes of words that begin a phrase: words of the longest
        self.prefixes = set()  # keys of the beginnings of longer phrases, two words and more
        with open(path, encoding="utf-8") as f:
            for line in f:
                if line.startswith("#"):
                    continue
                code, name, phrases = line.rstrip("\n").split("\t")
                i = tree.index[int(code[7:])]
                plain = name.lower().split(" (")[0]
                for phrase in dict.fromkeys(([plain] if "," not in plain else []) + phrases.split("|")):
                    for v in variants(phrase, ranks):
                        self.add(i, v, reader, ranks)

    def add(self, concept, phrase, reader, ranks):
        hashes = reader.read("", phrase)[0].tolist()
        if not 0 < len(hashes) <= PHRASE_MAX:
            return
        key, rank = hashes[0], ranks.get(phrase, 1 << 30)
        for k, h in enumerate(hashes[1:], 2):
            key = join(key, h)
            if k < len(hashes):
                self.prefixes.add(key)
        weight = 3 if len(hashes) > 1 or rank > 3000 else 2 if rank > 800 else 1
        self.starts[hashes[0]] = max(len(hashes), self.starts.get(hashes[0], 0))
        self.entries.setdefault(key, {})[concept] = weight

    def found(self, hashes):
        """The phrases that stand in a text, each once."""
        keys, h, n = set(), hashes.tolist(), len(hashes)
        for k in range(n):
            if h[k] in self.starts:
                key = h[k]
                for m in range(PHRASE_MAX):
                    if m:
                        if k + m >= n:
                            break
                        key = join(key, h[k + m])
                    if key in self.entries:
                        keys.add(key)
        return keys

    def weigh(self, texts, coarse):
        """Weights by how often texts with a phrase have the concept, on a scale of fifteen; where few texts have the phrase, its first
        weight (1 to 3: a tenth to three tenths of the texts) counts as much as five texts would. `texts` have topics, `coarse` headings."""
        seen, right = {}, {}
        for share, some, topics in ((1.0, texts, lambda t: t.topics), (0.3, coarse, lambda t: t.coarse)):
            for t in some:
                closed = set(self.tree.closure(topics(t)))
                for key in self.found(t.hashes):
                    for c in self.entries[key]:
                        if share == 1.0 or c < self.tree.n_top:
                            seen[key, c] = seen.get((key, c), 0) + share
                            right[key, c] = right.get((key, c), 0) + share * (c in closed)
        for key, concepts in list(self.entries.items()):
            for c, first in list(concepts.items()):
                p = (right.get((key, c), 0) + 5 * first / 10) / (seen.get((key, c), 0) + 5)
                concepts[c] = min(15, round(10 * p))
                if not concepts[c]:
                    del concepts[c]
            if not concepts:
                del self.entries[key]

    def count(self, hashes, limit):
        """For each concept spoken of, broader ones included: weight found in the first `limit` words and in all."""
        found, h, n = {}, hashes.tolist(), len(hashes)
        for k in range(n):
            if h[k] not in self.starts:
                continue
            key = h[k]
            for m in range(PHRASE_MAX):
                if m:
                    if k + m >= n:
                        break
                    key = join(key, h[k + m])
                for concept, weight in self.entries.get(key, {}).items():
                    for a in self.tree.chain(concept):
                        c = found.setdefault(a, [0, 0])
                        c[1] += weight
                        if k < limit:
                            c[0] += weight
        return found


BINS = 16


def bins(weight, words):
    """How much of a text speaks for a concept, on a scale of sixteen: integers only, as in lexicon.c."""
    x = weight * 512 // (words + 30)
    return np.minimum(np.where(x > 0, np.floor(np.log2(np.maximum(x, 1))) + 1, 0), BINS - 1).astype(np.int64)
