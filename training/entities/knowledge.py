"""What the service knows beside the network: kinds of words (lexicon.tsv) and other names of the same thing."""

import os
import struct

import numpy as np

from native import table

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"title": 1, "article": 2, "possessive": 4, "company": 8, "small": 16, "generic": 32, "particle": 64, "suffix": 128}
PLACE, SAME, CHIEF = 2, 1, 0x80000000


def rows(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                yield line.split("\t")


def lexicon(native):
    out = {}
    for kind, words in rows("lexicon.tsv"):
        for w in words.split("|"):
            key = native.lexicon(w)
            out[key] = out.get(key, 0) | KINDS[kind]
    return out


def known(native, gaz):
    """(names: {key: record}, records)"""
    names, records = {}, []

    def add(type_, country, forms, flags, wikidata=0):
        records.append(struct.pack("<I2sBB", wikidata, country.encode(), type_, flags))
        for f in forms:
            key = native.form(f)
            if key:
                names.setdefault(native.join(key, type_), len(records) - 1 | (CHIEF if f == forms[0] else 0))

    parts = {r[0]: set(r[1].split("|")) for r in rows("no-countries.tsv")}
    for code, forms in sorted(gaz.countries.items()):
        add(PLACE, code, [f for f in forms if f not in parts.get(code, ())], SAME)
    return names, records


def sections(native, gaz):
    lex = lexicon(native)
    words = table(list(lex), list(lex.values()), np.uint16)
    names, records = known(native, gaz)
    t = table(list(names), list(names.values()), np.uint32)
    return {"lex.idx": words["index"].tobytes(), "lex.key": words["prints"].tobytes(), "lex.val": words["values"].tobytes(),
            "name.idx": t["index"].tobytes(), "name.key": t["prints"].tobytes(), "name.val": t["values"].tobytes(),
            "known": b"".join(records)}
