"""Fine-tunes a teacher on the gold (after a round of CoreNLP's labels) and lets it label the unlabelled text: work/soft-NAME.npz."""

import os

import numpy as np
import torch

import teacher


def save(path, logits):
    """Probabilities as bytes, all items end to end."""
    p = torch.softmax(torch.from_numpy(np.concatenate(logits)), 1).numpy()
    np.savez(path + ".tmp.npz", p=np.round(p * 255).astype(np.uint8), n=np.array([len(x) for x in logits], np.int32))
    os.replace(path + ".tmp.npz", path)


def load(path):
    z = np.load(path)
    return np.split(z["p"], np.cumsum(z["n"])[:-1])


def soft_labels(native, gaz, lists, gold, held, silver, work, name, seed, log, silver_items=22000, epochs=4, rate=1e-4):
    """Probabilities (0 to 255) of the tags of each token of `silver`, by a teacher; kept in the work folder."""
    path = os.path.join(work, f"soft-{name}.npz")
    if os.path.exists(path):
        return load(path)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = teacher.Teacher(native.casings, lists)
    pieces = teacher.Pieces(native.casings, lists)
    gold_items = pieces.items(native, gaz, gold)
    held_items = [(n, pieces.items(native, gaz, x)) for n, x in held]
    show = lambda: [log(f"  teacher on held-out {n}: {teacher.measure(native, model, pieces, x)}") for n, x in held_items]
    some = [silver[i] for i in rng.permutation(len(silver))[:silver_items]]
    log(f"teacher {name}: {len(some)} silver items, then {len(gold)} gold ones")
    if some:
        teacher.fit(model, pieces, pieces.sequences(pieces.items(native, gaz, some)), 1, rate, rng, log=log)
        show()
    teacher.fit(model, pieces, pieces.sequences(gold_items), epochs, rate, rng, log=log)
    show()
    torch.save(model.state_dict(), os.path.join(work, f"teacher-{name}.pt"))
    out = []
    for at in range(0, len(silver), 20000):
        out += teacher.label(model, pieces, pieces.items(native, gaz, silver[at:at + 20000]))
        log(f"  labelled {len(out)} of {len(silver)} items")
    save(path, out)
    return load(path)
