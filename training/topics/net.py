"""The network and how it learns: word table, hashed words and pairs, one hidden layer, a logit a concept and one a level-1 topic."""
import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import lexicon
from words import Raw, spoken_array

@dataclass
class Settings:
    seed: int = 20251009
    frequent: int = 60000   # words of GloVe that are kept in any case
    dim: int = 112          # 100 of GloVe, the rest learned
    pairs: int = 1 << 16    # rows of hashed words and pairs
    pairs_dim: int = 32
    paired: int = 128       # words of a text whose hashes and pairs are summed
    hidden: int = 384
    opening: int = 60       # words of the body that count as its opening
    profile: int = 148      # concepts of level 1 and 2 whose weights in the lexicon go into the network; 0: none
    lexicon: bool = True
    gain: tuple = (4.0, 4.0, 0.5, 2.0)
    steps: int = 3000
    last_steps: int = 4500  # of the final network, which sees more texts
    batch: int = 64
    rate: float = 2e-3
    table_rate: float = 1e-3
    drop: float = 0.3       # of inputs and hidden units
    word_drop: float = 0.1  # of a text's words
    deep: float = 0.6       # share of a batch that has deep labels
    join: float = 0.5       # chance to lengthen a text by another of the same topic
    soft: float = 0.35      # share of a batch that earlier networks labelled
    other: float = 0.3      # weight of a coarse text's other level-1 topics


class Net(nn.Module):
    def __init__(self, table, levels, n_tops, s):
        super().__init__()
        self.s, self.n_concepts = s, len(levels)
        self.words = nn.EmbeddingBag(*table.vectors.shape, mode="sum", sparse=True)
        self.words.weight.data = torch.from_numpy(table.vectors.copy())
        self.pairs = nn.EmbeddingBag(s.pairs, s.pairs_dim, mode="sum", sparse=True)
        self.pairs.weight.data.normal_(0, 0.1)
        self.hidden = nn.Linear(2 * s.dim + s.pairs_dim + s.profile, s.hidden)
        self.out = nn.Linear(s.hidden, len(levels) + n_tops)
        self.out.bias.data[:len(levels)] = -4
        self.drop = nn.Dropout(s.drop)
        self.level = torch.tensor(levels)
        # Opening, whole text, and level-1 topics for "mainly"; steps from bin to bin, of which all but the first are upwards.
        self.gain_steps = nn.Parameter(torch.full((3, max(levels) + 1, lexicon.BINS), 0.1))

    def forward(self, features):
        f, s = features, self.s
        sums = [self.words(*bag([x.whole for x in f])), self.words(*bag([x.opening for x in f])),
                self.pairs(*bag([x.pairs for x in f]))]
        row, c, a, b = spoken_of(f)
        if s.profile:
            profile = torch.zeros(len(f), s.profile)
            low = c < s.profile
            profile[row[low], c[low]] = (a + b)[low].float()
            sums.append(profile)
        parts = [F.normalize(x, dim=1) * gain for x, gain in zip(sums, s.gain)]
        z = self.out(self.drop(F.relu(self.hidden(self.drop(torch.cat(parts, 1))))))
        return self.speak(z, f, row, c, a, b) if s.lexicon else z

    def gains(self):
        """What each bin adds: the more of the text speaks for a concept, the more."""
        return torch.cat([self.gain_steps[..., :1], F.relu(self.gain_steps[..., 1:])], -1).cumsum(-1)

    def speak(self, z, f, row, c, a, b):
        """Adds what the lexicon says for single concepts."""
        a = lexicon.bins(a.numpy(), np.array([x.limit for x in f])[row.numpy()])
        b = lexicon.bins(b.numpy(), np.array([x.n for x in f])[row.numpy()])
        level, gains = self.level[c], self.gains()
        z = z.index_put((row, c), gains[0, level, a] + gains[1, level, b], accumulate=True)
        top = c < z.shape[1] - self.n_concepts
        a, b = torch.from_numpy(a)[top], torch.from_numpy(b)[top]
        return z.index_put((row[top], c[top] + self.n_concepts), gains[2, 1, a] + gains[2, 2, b], accumulate=True)


def spoken_of(features):
    """Rows, concepts and the two weights of what the lexicon found in the texts."""
    row = np.repeat(np.arange(len(features)), [f.spoken.shape[1] for f in features])
    return tuple(torch.from_numpy(x.astype(np.int64)) for x in (row, *np.concatenate([f.spoken for f in features], 1)))


def bag(rows):
    offsets = np.cumsum([0] + [len(r) for r in rows[:-1]])
    return torch.from_numpy(np.concatenate(rows).astype(np.int64)), torch.from_numpy(offsets.astype(np.int64))


def thin(f, share):
    """The text without some of its words."""
    def some(x):
        return x[np.random.rand(len(x)) > share] if len(x) > 5 else x
    spoken = f.spoken[:, np.random.rand(f.spoken.shape[1]) > share]
    return Raw(some(f.whole), some(f.opening), some(f.pairs), spoken, f.limit, f.n)


def join(f, g, opening):
    """The features of both texts after each other; as if the second were further down where the first fills the opening."""
    share = max(0, min(1, (opening - f.limit) / max(g.limit, 1)))
    spoken = {c: (a, b) for c, a, b in f.spoken.T.tolist()}
    for c, a, b in g.spoken.T.tolist():
        x, y = spoken.get(c, (0, 0))
        spoken[c] = (x + int(a * share), y + b)
    return Raw(np.concatenate([f.whole, g.whole]), np.concatenate([f.opening, g.opening])[:max(opening, len(f.opening))],
               np.concatenate([f.pairs, g.pairs]), spoken_array(spoken), f.limit + int(g.limit * share), f.n + g.n)


class Batches:
    """Draws training examples: deep ones (lengthened by others of the same main topic), coarse ones, those that earlier networks labelled
    (`soft`: a probability a concept, shares of level-1 topics), and noise that has no topic."""

    def __init__(self, tree, deep, coarse, soft, s, n_words):
        self.soft = soft
        self.tree, self.deep, self.coarse, self.s, self.n_words = tree, deep, coarse, s, n_words
        # Level-1 topics that the coarse headings tell apart; of the others a heading says nothing.
        counts = Counter(c for t in coarse for c in t.coarse)
        self.told = [c for c in range(tree.n_top) if counts[c] >= 500]
        self.same = {}
        for t in deep:
            self.same.setdefault(t.topics[0], []).append(t)

    def noise(self):
        n = random.randint(5, 200)
        rows = (np.random.rand(n) ** 2 * self.n_words).astype(np.int32)
        pairs = np.random.randint(0, self.s.pairs, 2 * n).astype(np.int32)
        return Raw(rows, rows[:self.s.opening], pairs, spoken_array({}), min(n, self.s.opening), n)

    def one(self, y, w, main):
        u = random.random()
        if u < 0.02:
            return self.noise()
        if self.soft and random.random() < self.s.soft:
            t = random.choice(self.soft)
            y[:], main[:] = t.soft
            return thin(t.features, self.s.word_drop)
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
        w[self.told] = self.s.other
        w[t.coarse] = 1 / len(t.coarse)
        y[t.coarse] = 1
        main[:] = -1  # left out
        main[self.told] = 0
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
    told = (main > 0).any(1)
    shares = z[:, c:].masked_fill(main < 0, -1e9).log_softmax(1)
    either = torch.logsumexp(shares.masked_fill(main <= 0, -1e9), 1)  # a heading of two topics
    mixed = (main.clamp(min=0) * shares.clamp(min=-50)).sum(1)
    return 0.2 * concepts - torch.where(main.clamp(min=0).sum(1) > 1.5, either, mixed)[told].mean()


def train(tree, table, deep, coarse, s, soft=(), report=None):
    torch.manual_seed(s.seed)
    random.seed(s.seed)
    np.random.seed(s.seed % (1 << 31))
    net, c = Net(table, tree.level, tree.n_top, s), len(tree)
    batches = Batches(tree, deep, coarse, soft, s, len(table.hashes))
    optimizers = [torch.optim.Adam([*net.hidden.parameters(), *net.out.parameters(), net.gain_steps], lr=s.rate),
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
