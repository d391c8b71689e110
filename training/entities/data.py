"""Reads the annotated texts: each becomes tokens with features and BIO tags."""

import collections
import glob
import json
import lzma
import os
import re

import numpy as np

TYPES = ["PER", "ORG", "LOC", "NORP", "EVT", "WRK"]  # the order of wm_name_type_t
UNKNOWN = 255                                        # no label: the loss leaves the token out
PARTLY = 254                                         # "none of PER, ORG, LOC": what the teachers' O means
Item = collections.namedtuple("Item", "start end flags word prefix suffix shape casing tags weight id text headline")


def chars_to_bytes(text):
    """Byte offset of each code point, and of the end."""
    sizes = [len(c.encode("utf-8")) for c in text] if not text.isascii() else [1] * len(text)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def tag_tokens(start, mentions):
    """BIO tags of tokens from mentions [(start byte, end byte, type)]."""
    tags = np.zeros(len(start), np.uint8)
    for s, e, t in mentions:
        inside = np.nonzero((start >= s) & (start < e))[0]
        if len(inside) and t in TYPES:
            tags[inside] = 2 + 2 * TYPES.index(t)
            tags[inside[0]] -= 1
    return tags


def gold(native, path):
    """Items of a gold file with six types."""
    out = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            d = json.loads(line)
            at = chars_to_bytes(d["body_text"])
            tokens = native.tokens(d["body_text"])
            tags = tag_tokens(tokens[0], [(at[s], at[e], t) for s, e, t in d["mentions"]])
            out.append(Item(*tokens, tags, 1.0, d["id"], d["body_text"], d.get("headline", "")))
    return out


def recased(native, item, change):
    """The item in capitals or title case, None if that changes its tokens."""
    text = change(item.text)
    tokens = native.tokens(text)
    if len(tokens[0]) != len(item.start):
        return None
    return Item(*tokens, item.tags, item.weight, item.id, text, item.headline)


def shout(text):
    return text.upper()


def headline(text):
    """As newspapers write headlines: every word of four letters and more begins with a capital."""
    return " ".join(w[0].upper() + w[1:] if len(w) > 3 else w for w in text.split(" ") if w)


def words(item):
    """The tokens of an item as strings."""
    raw = item.text.encode("utf-8")
    return [raw[s:e].decode("utf-8") for s, e in zip(item.start, item.end)]


def squeeze(text):
    return "".join(text.split()).replace("``", '"').replace("''", '"').lower()


def silver(native, path, without, share, seed):
    """CoreNLP's labels of Current Events; a share of the blocks. Texts that `without` knows are left out."""
    names = {"PERSON": "PER", "ORGANIZATION": "ORG", "LOCATION": "LOC"}
    rng = np.random.default_rng(seed)
    out, block = [], []

    def close():
        if not block or len(block) < 4 or rng.random() >= share:
            return
        text = " ".join(w for w, _ in block)
        if without.has(text):
            return
        at, spans, last = 0, [], None
        for w, label in block:
            size = len(w.encode("utf-8"))
            if label in names:
                if last == label:
                    spans[-1][1] = at + size
                else:
                    spans.append([at, at + size, names[label]])
            last = label
            at += size + 1
        tokens = native.tokens(text)
        tags = tag_tokens(tokens[0], spans)
        tags[tags == 0] = PARTLY
        out.append(Item(*tokens, tags, 1.0, "", text, ""))

    with lzma.open(path, "rt", encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if not line:
                close()
                block = []
                continue
            w, label = line.split("\t")
            block.append((w, label))
    close()
    return out


def columns(path):
    """Sentences of a file with a word a line: lists of rows."""
    rows = []
    with (lzma.open if path.endswith(".xz") else open)(path, "rt", encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line and not line.startswith("# "):
                rows.append(line.split("\t"))
            elif rows and not line:
                yield rows
                rows = []
    if rows:
        yield rows


def glued(words):
    """A sentence of words that were parted, as it is written."""
    text = re.sub(r" ([.,;:!?%)\]]|'s\b|n't\b)", r"\1", " ".join(words))
    return re.sub(r"([(\[$]) ", r"\1", text)


def unlabelled(native, folder, without):
    """Other news and web texts, for teachers to label: Groningen Meaning Bank, re3d, UniversalNER's EWT test, made-up items on topics."""
    texts = [glued(r[0] for r in rows) for rows in columns(os.path.join(folder, "ner/gmb.iob2.xz"))]
    for path in sorted(glob.glob(os.path.join(folder, "ner/re3d/*.conll"))):
        texts += [glued(r[0] for r in rows) for rows in columns(path)]
    texts += [glued(r[1] for r in rows) for rows in columns(os.path.join(folder, "ner/uner-ewt/en_ewt-ud-test.iob2"))]
    with open(os.path.join(folder, "topics/synthetic.jsonl"), encoding="utf-8") as f:
        for line in f:
            d = json.loads(line)
            texts.append(d["headline"] + "\n" + d["body_text"])
    out = []
    for text in texts:
        if len(text) >= 20 and not without.has(text):
            tokens = native.tokens(text)
            out.append(Item(*tokens, np.full(len(tokens[0]), UNKNOWN, np.uint8), 1.0, "", text, ""))
    return out


class Known:
    """Texts that must not be trained on, whatever part of them comes along."""

    SIZE = 24

    def __init__(self):
        self.windows = set()

    def add(self, text):
        t = squeeze(text)
        self.windows.update(t[i:i + self.SIZE] for i in range(max(1, len(t) - self.SIZE + 1)))

    def has(self, text):
        return squeeze(text)[:self.SIZE] in self.windows


def dev_texts(folder):
    """What is measured on."""
    out = Known()
    for name in ("items-dev", "wikinews-dev", "ner-ewt"):
        with open(os.path.join(folder, name + ".jsonl"), encoding="utf-8") as f:
            for line in f:
                out.add(json.loads(line)["body_text"])
    return out
