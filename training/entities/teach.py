"""Fine-tunes teachers and lets them label unlabelled text. Every phase leaves a file in the work folder, so that a broken run goes on."""

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


class School:
    """Where teachers are made: what they all need."""

    def __init__(self, native, gaz, lists, work, seed, log):
        self.native, self.gaz, self.work, self.seed, self.log = native, gaz, work, seed, log
        self.new = lambda: teacher.Teacher(native.casings, lists)
        self.pieces = teacher.Pieces(native.casings, lists)

    def items(self, items):
        return self.pieces.items(self.native, self.gaz, items)

    def path(self, name):
        return os.path.join(self.work, name)

    def _phase(self, name, start, items, epochs, rate, size, held):
        """A model trained further on `items` from the file `start` (None: as it was published)."""
        path = self.path(f"teacher-{name}.pt")
        model = self.new()
        if os.path.exists(path):
            model.load_state_dict(torch.load(path))
            return model.eval()
        if start:
            model.load_state_dict(torch.load(self.path(f"teacher-{start}.pt")))
        torch.manual_seed(self.seed)
        rng = np.random.default_rng(self.seed)
        self.log(f"teacher {name}: {len(items)} items, {epochs} epochs")
        teacher.fit(model, self.pieces, self.pieces.sequences(self.items(items)), epochs, rate, rng, size=size, log=self.log)
        torch.save(model.state_dict(), path + ".tmp")
        os.replace(path + ".tmp", path)
        for n, x in held:
            self.log(f"  teacher {name} on held-out {n}: {teacher.measure(self.native, model, self.pieces, self.items(x))}")
        return model

    def silver(self, silver, rate=1.5e-4):
        """The first phase: some of CoreNLP's labels, the same for all teachers."""
        return self._phase("silver", None, silver, 1, rate, 1600, [])

    def gold(self, name, gold, held=(), epochs=3, rate=1.2e-4):
        return self._phase(name, "silver", gold, epochs, rate, 1200, held)

    def label(self, model, name, items):
        """Probabilities (0 to 255) of the tags of each token of `items`; kept in the work folder in parts."""
        out = []
        for part, at in enumerate(range(0, len(items), 10000)):
            path = self.path(f"soft-{name}-{part}.npz")
            if not os.path.exists(path):
                save(path, teacher.label(model, self.pieces, self.items(items[at:at + 10000])))
                self.log(f"  labelled {min(at + 10000, len(items))} of {len(items)} items")
            out += load(path)
        return out
