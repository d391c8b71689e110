"""Writes a trained network, its table and its rule as the model file that services/topics/model.c reads."""
import os
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import wm_model  # noqa: E402

FORMAT, INPUT_ONE, HIDDEN_ONE, LOGIT_ONE, LEVELS_MAX = 3, 2048, 256, 4096, 8  # as topics_internal.h
EMPTY, PREFIX = 0xFFFFFFFF, 0x7FFFFFFF


def layer(weight, bias, unit):
    """8-bit weights, 32-bit biases in units of the sum, and the scale from the sum to the value; inputs come in 1/unit."""
    scale = np.maximum(np.abs(weight).max(1), 0.05) / 127
    w = np.clip(np.rint(weight / scale[:, None]), -127, 127).astype(np.int8)
    b = np.rint(bias * unit / scale).astype(np.int32)
    return w, b, (scale / unit).astype(np.float32)


def rows8(table):
    """One scale for all rows: only directions of sums count."""
    top = np.quantile(np.abs(table), 0.9995)
    return np.clip(np.rint(table / top * 127), -127, 127).astype(np.int8)


def index(pairs):
    """Open addressing by the hash's lower bits, the upper 32 bits as print; `pairs` of hash and number."""
    size = 1 << int(np.ceil(np.log2(len(pairs) * 1.6 + 2)))
    slots = np.full((size, 2), EMPTY, dtype=np.uint32)
    for h, number in pairs:
        at = ((h >> 1) & 0xFFFFFFFF) & (size - 1)
        while slots[at, 1] != EMPTY:
            at = (at + 1) & (size - 1)
        slots[at] = h >> 32, number
    return slots


def word_index(table, lexicon):
    """Rows of the words, with flags: function word; phrase of the lexicon by itself; first word of longer ones."""
    longer = {h for h, alone in lexicon.starts.items() if alone > 1}
    return index([(h, row | (0x80000000 if row in table.function else 0) | (0x40000000 if h in lexicon.entries else 0) |
                   (0x20000000 if h in longer else 0)) for row, h in enumerate(table.hashes.tolist())])


def phrase_index(lexicon):
    """The index of phrases, and their entries; what only begins longer phrases has no entry."""
    pairs, entries = [], []
    for key, concepts in lexicon.entries.items():
        pairs.append((key, len(entries)))
        last = len(concepts) - 1
        entries += [(c, w, int(k == last)) for k, (c, w) in enumerate(concepts.items())]
    pairs += [(key, PREFIX) for key in sorted(lexicon.prefixes - lexicon.entries.keys())]
    return index(pairs), b"".join(struct.pack("<HBB", *e) for e in entries)


def names(tree):
    blob, at = b"", []
    for name in tree.name:
        at.append(len(blob))
        blob += name.encode() + b"\0"
    return blob, at


def write(path, name, d, net, rule, release):
    s, tree, table = net.s, d.tree, d.table
    state = {k: v.detach().numpy().astype(np.float64) for k, v in net.state_dict().items()}
    blob, name_at = names(tree)
    slots, (phrases, entries) = word_index(table, d.lexicon), phrase_index(d.lexicon)
    profile_dim = -(-s.profile // 16) * 16
    hidden = state["hidden.weight"]
    hidden = np.pad(hidden, ((0, 0), (0, profile_dim - s.profile)))
    hw, hb, hs = layer(hidden, state["hidden.bias"], INPUT_ONE)
    hs = (hs * HIDDEN_ONE).astype(np.float32)
    ow, ob, os_ = layer(state["out.weight"], state["out.bias"], HIDDEN_ONE)
    os_ = (os_ * LOGIT_ONE).astype(np.float32)
    learned = net.gains().detach().numpy()
    gains = np.zeros((3, LEVELS_MAX, learned.shape[2]), dtype=np.int32)
    gains[:, :learned.shape[1]] = np.rint(learned * LOGIT_ONE)
    params = struct.pack("<13I4fi2f16sI3I", FORMAT, len(tree), tree.n_top, len(table.hashes), s.dim, len(slots), s.pairs,
                         s.pairs_dim, s.hidden, s.opening, s.profile, profile_dim, len(phrases), *s.gain,
                         round(rule.floor * LOGIT_ONE), *rule.rank, release.encode(), s.paired, *[0] * 3)
    concepts = b"".join(
        struct.pack("<IIIhBBi2fI", tree.code[i], tree.subject[i], name_at[i], tree.parent[i], tree.level[i], 0,
                    round(rule.threshold[i] * LOGIT_ONE), *rule.calibrate[i], 0) for i in range(len(tree)))
    wm_model.write(path, "topics", name, "en", {
        "params": params, "concepts": concepts, "names": blob, "slots": slots.tobytes(), "phrases": phrases.tobytes(),
        "entries": entries, "gains": gains.tobytes(),
        "words": rows8(state["words.weight"]).tobytes(), "pairs": rows8(state["pairs.weight"]).tobytes(),
        "hidden": hw.tobytes(), "hidden_bias": hb.tobytes(), "hidden_scale": hs.tobytes(),
        "out": ow.tobytes(), "out_bias": ob.tobytes(), "out_scale": os_.tobytes()})
