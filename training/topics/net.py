"""The network and how it learns: word table, hashed words and pairs, one hidden layer, a logit a concept and one a level-1 topic."""
import random
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Settings:
    seed: int = 20251009
    frequent: int = 60000   # words of GloVe that are kept in any case
    dim: int = 112          # 100 of GloVe, the rest learned
    pairs: int = 1 << 16    # rows of hashed words and pairs
    pairs_dim: int = 32
    hidden: int = 384
    opening: int = 60       # words of the body that count as its opening
    gain: tuple = (4.0, 4.0, 0.5)
    steps: int = 3000
    batch: int = 64
    rate: float = 2e-3
    table_rate: float = 1e-3
    drop: float = 0.3       # of inputs and hidden units
    word_drop: float = 0.1  # of a text's words
    deep: float = 0.6       # share of a batch that has deep labels
    join: float = 0.5       # chance to lengthen a text by another of the same topic
    other: float = 0.3      # weight of a coarse text's other level-1 topics


class Net(nn.Module):
    def __init__(self, table, n_concepts, n_tops, s):
        super().__init__()
        self.s, self.n_concepts = s, n_concepts
        self.words = nn.EmbeddingBag(*table.vectors.shape, mode="sum", sparse=True)
        self.words.weight.data = torch.from_numpy(table.vectors.copy())
        self.pairs = nn.EmbeddingBag(s.pairs, s.pairs_dim, mode="sum", sparse=True)
        self.pairs.weight.data.normal_(0, 0.1)
        self.hidden = nn.Linear(2 * s.dim + s.pairs_dim, s.hidden)
        self.out = nn.Linear(s.hidden, n_concepts + n_tops)
        self.out.bias.data[:n_concepts] = -4
        self.drop = nn.Dropout(s.drop)

    def forward(self, features):
        parts = [F.normalize(table(*bag([f[k] for f in features])), dim=1) * gain
                 for k, (table, gain) in enumerate(zip((self.words, self.words, self.pairs), self.s.gain))]
        return self.out(self.drop(F.relu(self.hidden(self.drop(torch.cat(parts, 1))))))


def bag(rows):
    offsets = np.cumsum([0] + [len(r) for r in rows[:-1]])
    return torch.from_numpy(np.concatenate(rows).astype(np.int64)), torch.from_numpy(offsets.astype(np.int64))


def thin(f, share):
    return tuple(x[np.random.rand(len(x)) > share] if len(x) > 5 else x for x in f)


def join(f, g, opening):
    return (np.concatenate([f[0], g[0]]), np.concatenate([f[1], g[1]])[:max(opening, len(f[1]))],
            np.concatenate([f[2], g[2]]))


class Batches:
    """Draws training examples: deep ones (lengthened by others of the same main topic), coarse ones, and noise that has no topic."""

    def __init__(self, tree, deep, coarse, s, n_words):
        self.tree, self.deep, self.coarse, self.s, self.n_words = tree, deep, coarse, s, n_words
        self.same = {}
        for t in deep:
            self.same.setdefault(t.topics[0], []).append(t)

    def noise(self):
        n = random.randint(5, 200)
        rows = (np.random.rand(n) ** 2 * self.n_words).astype(np.int32)
        return rows, rows[:self.s.opening], np.random.randint(0, self.s.pairs, 2 * n).astype(np.int32)

    def one(self, y, w, main):
        tops, u = self.tree.n_top, random.random()
        if u < 0.02:
            return self.noise()
        if u < self.s.deep:
            t = random.choice(self.deep)
            f, topics = t.features, list(t.topics)
            while random.random() < self.s.join:
                other = random.choice(self.same[t.topics[0]])
                f = join(f, other.features, self.s.opening)
                topics += other.topics[:2]
            y[self.tree.closure(topics)] = 1
            main[self.tree.top(t.topics[0])] = 1
            return thin(f, self.s.word_drop)
        t = random.choice(self.coarse)
        w[:] = 0
        w[:tops] = self.s.other
        w[t.coarse] = 1 / len(t.coarse)
        y[t.coarse] = 1
        main[t.coarse] = 1
        return thin(t.features, self.s.word_drop)

    def draw(self):
        n, c = self.s.batch, len(self.tree)
        y, w = np.zeros((n, c), np.float32), np.ones((n, c), np.float32)
        main = np.zeros((n, self.tree.n_top), np.float32)
        features = [self.one(y[i], w[i], main[i]) for i in range(n)]
        return features, torch.from_numpy(y), torch.from_numpy(w), torch.from_numpy(main)


def loss_of(z, y, w, main, c):
    concepts = F.binary_cross_entropy_with_logits(z[:, :c], y, weight=w, reduction="sum") / len(z)
    told = main.sum(1) > 0
    shares = z[:, c:].log_softmax(1).masked_fill(main == 0, -1e9)
    return 0.2 * concepts - torch.logsumexp(shares, 1)[told].mean()


def train(tree, table, deep, coarse, s, report=None):
    torch.manual_seed(s.seed)
    random.seed(s.seed)
    np.random.seed(s.seed % (1 << 31))
    net, c = Net(table, len(tree), tree.n_top, s), len(tree)
    batches = Batches(tree, deep, coarse, s, len(table.words))
    optimizers = [torch.optim.Adam([*net.hidden.parameters(), *net.out.parameters()], lr=s.rate),
                  torch.optim.SparseAdam([{"params": [net.words.weight], "lr": s.table_rate},
                                          {"params": [net.pairs.weight], "lr": s.rate}])]
    schedules = [torch.optim.lr_scheduler.LambdaLR(o, lambda k: min(1, k / 100) * max(0.02, 1 - k / s.steps))
                 for o in optimizers]
    for step in range(s.steps):
        features, y, w, main = batches.draw()
        loss = loss_of(net(features), y, w, main, c)
        for o in optimizers:
            o.zero_grad()
        loss.backward()
        for o in optimizers + schedules:
            o.step()
        if report and (step + 1) % 500 == 0:
            report(f"step {step + 1}: loss {loss.item():.3f}")
    return net.eval()


def logits(net, texts):
    """Logits of concepts (never above the broader one's: see score.c) come from decide.Scores; these are the raw ones."""
    with torch.no_grad():
        return torch.cat([net([t.features for t in texts[i:i + 256]]) for i in range(0, len(texts), 256)]).numpy()
