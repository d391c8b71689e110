"""The network in PyTorch: trained in floating point, then with the roundings of the C code (services/entities/net.h)."""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from data import PARTLY, UNKNOWN

WIDTH, TAGS, OUTPUTS = 128, 13, 16


def round_through(x):
    """Rounds half up; the gradient passes as if it had not been rounded."""
    return x + (torch.floor(x + 0.5) - x).detach()


class Net(nn.Module):
    def __init__(self, glove, sizes, lists, casings, layers):
        super().__init__()
        self.layers, self.sizes, self.lists = layers, sizes, lists
        self.register_buffer("glove", glove)  # row 0: unknown
        self.map = nn.Linear(glove.shape[1], WIDTH, bias=False)
        self.word, self.prefix, self.suffix, self.shape = (nn.Embedding(n, WIDTH) for n in sizes)
        self.casing = nn.Embedding(casings, WIDTH)
        self.gaz = nn.Linear(2 * lists, WIDTH, bias=False)
        self.bias = nn.Parameter(torch.zeros(WIDTH))
        self.convs = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 3, padding=1) for _ in range(layers))
        self.out = nn.Linear(WIDTH, TAGS)
        for e in (self.word, self.prefix, self.suffix, self.shape, self.casing):
            nn.init.normal_(e.weight, std=0.1)
        for c in self.convs:
            nn.init.normal_(c.weight, std=(2.0 / (3 * WIDTH)) ** 0.5 / layers ** 0.5)
        self.register_buffer("top", torch.full((layers + 1,), 4.0))  # largest input of each layer: 127
        self.quantised = False

    def embed(self, b, drop_words):
        x = self.map(self.glove[b["glove"]]) + self.word(b["word"]) + self.prefix(b["prefix"]) + self.suffix(b["suffix"])
        if drop_words is not None:
            x = x * drop_words
        return x + self.shape(b["shape"]) + self.casing(b["casing"]) + self.gaz(b["lists"]) + self.bias

    def rectified(self, x, layer):
        x = F.relu(x)
        if self.quantised:
            gain = 127.0 / self.top[layer]
            x = torch.clamp(round_through(x * gain), max=127.0) / gain
        elif self.training:
            with torch.no_grad():
                self.top[layer] = 0.99 * self.top[layer] + 0.01 * torch.quantile(x.flatten()[:200000], 0.9999).clamp(min=0.5)
        return x

    def weight(self, w):
        if not self.quantised:
            return w
        scale = w.detach().abs().flatten(1).amax(1).clamp(min=1e-8) / 127.0
        scale = scale.view(-1, *[1] * (w.dim() - 1))
        return round_through(w / scale) * scale

    def forward(self, b, drop=None, drop_words=None):
        keep = b["keep"].unsqueeze(1)  # 0 at gaps between texts
        x = self.embed(b, drop_words) * keep
        if drop:
            x = F.dropout(x, drop, self.training)
        for i, conv in enumerate(self.convs):
            h = self.rectified(x, i)
            y = F.conv1d(h.t().unsqueeze(0), self.weight(conv.weight), conv.bias, padding=1)[0].t()
            if drop:
                y = F.dropout(y, drop, self.training)
            x = (x + y) * keep
        return F.linear(self.rectified(x, self.layers), self.weight(self.out.weight), self.out.bias)


def hidden(bits, rng, share):
    """Bits of the lists (begin below, inside above 16) with some of the matched names left out."""
    run = np.cumsum((bits & 0x7FFF) != 0)
    return np.where((rng.random(len(bits) + 1) < share)[run], 0, bits).astype(bits.dtype)


class Batches:
    """Items laid end to end with a gap between texts and between paragraphs, in batches of about `size` places."""

    def __init__(self, items, glove_row, native, gaz, sizes, lists, soft=None):
        self.items = []
        for it in items:
            self.items.append({
                "glove": np.array([glove_row.get(int(w), 0) for w in it.word], np.int64),
                "word": (it.word % np.uint64(sizes[0])).astype(np.int64),
                "prefix": (it.prefix % np.uint64(sizes[1])).astype(np.int64),
                "suffix": (it.suffix % np.uint64(sizes[2])).astype(np.int64),
                "shape": (it.shape % np.uint64(sizes[3])).astype(np.int64),
                "casing": it.casing.astype(np.int64),
                "lists": native.match(gaz, it.flags, it.word),
                "flags": it.flags, "tags": it.tags.astype(np.int64), "weight": it.weight,
                "soft": None if soft is None else soft[len(self.items)]})
        self.lists = lists

    @staticmethod
    def split(item):
        """Paragraphs of an item: [(from, to)]."""
        starts = [0] + [i for i in range(1, len(item["flags"])) if item["flags"][i] & 512] + [len(item["flags"])]
        return [(a, b) for a, b in zip(starts, starts[1:]) if b > a]

    def pack(self, indices, rng=None, hide=0.0):
        """Tensors of some items; with `rng` a share of the names found in lists is hidden."""
        parts = {k: [] for k in ("glove", "word", "prefix", "suffix", "shape", "casing", "lists", "tags", "keep", "weight", "soft")}
        places = []  # (item, from, to, place)
        at = 0
        for i in indices:
            item = self.items[i]
            for a, b in self.split(item):
                for k in ("glove", "word", "prefix", "suffix", "shape", "casing", "lists", "tags"):
                    parts[k].append(item[k][a:b])
                    parts[k].append(np.array([UNKNOWN if k == "tags" else 0], item[k].dtype))
                parts["keep"].append(np.ones(b - a + 1, np.float32))
                parts["keep"][-1][-1] = 0
                parts["weight"].append(np.full(b - a + 1, item["weight"], np.float32))
                parts["soft"].append(np.zeros((b - a + 1, TAGS), np.uint8))
                if item["soft"] is not None:
                    parts["soft"][-1][:-1] = item["soft"][a:b]
                places.append((i, a, b, at))
                at += b - a + 1
        out = {k: torch.from_numpy(np.concatenate(v)) for k, v in parts.items() if k != "lists"}
        out["soft"] = out["soft"].float() / 255
        bits = np.concatenate(parts["lists"]).astype(np.uint32)
        if rng is not None and hide:
            bits = hidden(bits, rng, hide)
        columns = [(bits >> np.uint32(i)) & 1 for i in range(self.lists)] + [(bits >> np.uint32(16 + i)) & 1 for i in range(self.lists)]
        out["lists"] = torch.from_numpy(np.stack(columns, 1).astype(np.float32))
        return out, places

    def shuffled(self, size, rng, hide=0.0, replay=None):
        """Batches in random order; `replay`: (other batches, how many of their items come along)."""
        items = self.items
        if replay:
            items = items + [replay[0].items[i] for i in rng.permutation(len(replay[0].items))[:replay[1]]]
        self, order = copy.copy(self), rng.permutation(len(items))
        self.items = items
        batch, n = [], 0
        for i in order:
            batch.append(i)
            n += len(self.items[i]["flags"]) + 1
            if n >= size:
                yield self.pack(batch, rng, hide)[0]
                batch, n = [], 0
        if batch:
            yield self.pack(batch, rng, hide)[0]


def loss_of(logits, b, share):
    """Cross-entropy; where CoreNLP says "none of PER, ORG, LOC" the sum over outside and the other types is what it should be.

    `share`: how much a teacher's probabilities count where there are labels too; where there are none they count alone."""
    logp = F.log_softmax(logits, 1)
    tags = b["tags"]
    partly, known = tags == PARTLY, tags < TAGS
    other = torch.logsumexp(logp[:, [0, 7, 8, 9, 10, 11, 12]], 1)
    loss = -(logp.gather(1, torch.where(known, tags, 0).unsqueeze(1)).squeeze(1)) * known - other * partly
    soft = -(logp * b["soft"]).sum(1)
    taught = b["soft"].sum(1) > 0
    part = taught.float() * torch.where(known | partly, share, 1.0)
    loss = loss * (1 - part) + soft * part
    return (loss * b["weight"]).sum() / (known | partly | taught).sum().clamp(min=1)


def train(net, batches, epochs, rate, rng, share=0.7, drop=0.1, word_drop=0.05, log=print, average=0.998, warm=0.05):
    """One run of AdamW with a rate that rises, then falls as a cosine. `batches` is a function: epoch -> batches."""
    parameters = [p for p in net.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, betas=(0.9, 0.98))
    steps, total = 0, None
    mean_of = [p.detach().clone() for p in parameters]
    net.train()
    for epoch in range(epochs):
        count, mean = 0, 0.0
        all_ = list(batches(epoch)) if total is None else batches(epoch)
        if total is None:
            total = len(all_) * epochs
        for b in all_:
            f = min(1.0, steps / (warm * total + 1))
            f *= 0.5 * (1 + np.cos(np.pi * min(1.0, steps / total)))
            for g in opt.param_groups:
                g["lr"] = rate * max(f, 0.01)
            mask = None
            if word_drop:
                mask = torch.from_numpy((rng.random(len(b["tags"])) >= word_drop).astype(np.float32)).unsqueeze(1)
            loss = loss_of(net(b, drop, mask), b, share)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 5.0)
            opt.step()
            steps += 1
            keep = min(average, steps / (steps + 10))
            with torch.no_grad():
                torch._foreach_lerp_(mean_of, [p.detach() for p in parameters], 1 - keep)
            count += 1
            mean += float(loss.detach())
        log(f"  epoch {epoch + 1}: loss {mean / max(1, count):.4f} ({count} steps)")
    with torch.no_grad():
        for p, m in zip(parameters, mean_of):
            p.copy_(m)
    net.eval()


@torch.no_grad()
def scores(net, batches, size=8000):
    """Logits of each item's tokens."""
    net.eval()
    out = [np.zeros((len(i["flags"]), OUTPUTS), np.float32) for i in batches.items]
    batch, n = [], 0
    for i in list(range(len(batches.items))) + [None]:
        if i is not None:
            batch.append(i)
            n += len(batches.items[i]["flags"]) + 1
        if batch and (i is None or n >= size):
            b, places = batches.pack(batch)
            logits = net(b).numpy()
            for item, a, e, at in places:
                out[item][a:e, :TAGS] = logits[at:at + e - a]
            batch, n = [], 0
    return out


def spans(tags):
    out, i = set(), 0
    while i < len(tags):
        if tags[i] % 2 == 1:
            j = i + 1
            while j < len(tags) and tags[j] == tags[i] + 1:
                j += 1
            out.add((i, j, (int(tags[i]) - 1) // 2))
            i = j
        else:
            i += 1
    return out


def measure(native, net, batches, types=(0, 1, 2)):
    """Precision, recall and F1 of spans, strict."""
    all_ = scores(net, batches)
    tp = fp = fn = 0
    for item, s in zip(batches.items, all_):
        ends = [b for _, b in Batches.split(item)]
        got = {x for x in spans(native.decode(s, ends)) if x[2] in types}
        gold = {x for x in spans(item["tags"]) if x[2] in types}
        tp += len(got & gold)
        fp += len(got - gold)
        fn += len(gold - got)
    p, r = tp / max(1, tp + fp), tp / max(1, tp + fn)
    return [round(100 * x, 1) for x in (p, r, 2 * p * r / max(1e-9, p + r))]
