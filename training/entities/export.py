"""Writes the model file that services/entities maps."""

import struct

import numpy as np
import torch

import knowledge
import wm_model
from gazetteers import LISTS
from native import table
from network import OUTPUTS, TAGS, WIDTH

NAME, LANGUAGE = "entities-en-2026.11", "en"


def rows8(x):
    """8-bit rows and their scales."""
    scale = np.maximum(np.abs(x).max(1), 1e-8) / 127.0
    return np.round(x / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def vocabulary(words, seen, glove_row, native, count):
    """The most frequent words of GloVe, then those that the training texts have: indices into `words`."""
    chosen = list(range(min(count, len(words))))
    have = {native.word(words[i]) for i in chosen}
    more = [w for w, n in seen.items() if n >= 2 and w in glove_row and w not in have]
    return chosen + sorted(glove_row[w] - 1 for w in more)


def packed(weight, outputs):
    """[outputs][inputs] to [inputs / 4][outputs][4]."""
    out = np.zeros((outputs, weight.shape[1]), np.int8)
    out[:weight.shape[0]] = weight
    return out.reshape(outputs, -1, 4).transpose(1, 0, 2).copy()


def product(weight, bias, gain, outputs):
    q, scale = rows8(weight)
    full_scale, full_bias = np.zeros(outputs, np.float32), np.zeros(outputs, np.float32)
    full_scale[:len(scale)] = scale / gain
    full_bias[:len(bias)] = bias
    return packed(q, outputs), full_scale, full_bias


def network_sections(net, native, words, seen, glove_row, n_words, sizes):
    p = {k: v.detach().numpy() for k, v in net.state_dict().items()}
    index = vocabulary(words, seen, glove_row, native, n_words)
    keys = np.array([native.word(words[i]) for i in index], np.uint64)
    _, first = np.unique(keys, return_index=True)  # words that fold to the same keep the more frequent one
    keep = np.sort(first)
    keys, index = keys[keep], [index[i] for i in keep]
    prefix = np.array([native.prefix3(words[i]) for i in index], np.uint64)
    suffix = np.array([native.suffix3(words[i]) for i in index], np.uint64)
    lookup = table(keys, np.zeros(len(keys)), np.uint8)
    rows = p["glove"][np.array(index) + 1] @ p["map.weight"].T
    rows = rows + p["word.weight"][(keys % np.uint64(sizes[0])).astype(np.int64)]
    rows = rows + p["prefix.weight"][(prefix % np.uint64(sizes[1])).astype(np.int64)]
    rows = rows + p["suffix.weight"][(suffix % np.uint64(sizes[2])).astype(np.int64)]
    rows = rows[lookup["order"]]
    blocks = [rows, p["word.weight"], p["prefix.weight"], p["suffix.weight"], p["shape.weight"], p["casing.weight"],
              p["gaz.weight"].T]
    q, scale = rows8(np.concatenate(blocks).astype(np.float32))
    gain = (127.0 / p["top"]).astype(np.float32)
    convs = []
    for i in range(net.layers):
        w = p[f"convs.{i}.weight"].transpose(0, 2, 1).reshape(WIDTH, -1)
        convs.append(product(w, p[f"convs.{i}.bias"], gain[i], WIDTH))
    out = product(p["out.weight"], p["out.bias"], gain[-1], OUTPUTS)
    meta = struct.pack("<10I", native.version, WIDTH, net.layers, TAGS, *sizes, native.casings, len(LISTS))
    return {
        "meta": meta, "words.idx": lookup["index"].tobytes(), "words.key": lookup["prints"].tobytes(),
        "rows": q.tobytes(), "rows.scale": scale.tobytes(), "bias": p["bias"].astype(np.float32).tobytes(),
        "gain": gain.tobytes(), "conv.w": np.concatenate([c[0].ravel() for c in convs]).tobytes(),
        "conv.scale": np.concatenate([c[1] for c in convs]).tobytes(),
        "conv.bias": np.concatenate([c[2] for c in convs]).tobytes(),
        "out.w": out[0].tobytes(), "out.scale": out[1].tobytes(), "out.bias": out[2].tobytes()}


def export(path, net, native, words, seen, glove_row, gaz, gaz_table, n_words, sizes, calibration=None):
    sections = network_sections(net, native, words, seen, glove_row, n_words, sizes)
    sections |= {"gaz.idx": gaz_table["index"].tobytes(), "gaz.key": gaz_table["prints"].tobytes(),
                 "gaz.val": gaz_table["values"].tobytes()}
    sections |= knowledge.sections(native, gaz)
    calibration = list(range(101)) if calibration is None else calibration
    sections["calib"] = bytes(calibration)
    wm_model.write(path, "entities", NAME, LANGUAGE, sections)
