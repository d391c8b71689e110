"""Builds native.c with the project's own sources and gives its functions to Python."""

import ctypes
import glob
import os
import subprocess

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICE = {"main", "entities", "publish"}  # what is about the queue and JSON, not about names


def _build(work):
    out = os.path.join(work, "libentities.so")
    sources = [os.path.join(ROOT, "training/entities/native.c")]
    parts = sorted(glob.glob(os.path.join(ROOT, "services/entities/*.c")))
    sources += [p for p in parts if os.path.splitext(os.path.basename(p))[0] not in SERVICE]
    sources += sorted(glob.glob(os.path.join(ROOT, "common/text*.c")))
    sources += [os.path.join(ROOT, f"common/{p}.c") for p in ("error", "lines", "model")]
    headers = glob.glob(os.path.join(ROOT, "services/entities/*.h")) + glob.glob(os.path.join(ROOT, "common/*.h"))
    if not os.path.exists(out) or any(os.path.getmtime(p) > os.path.getmtime(out) for p in sources + headers):
        subprocess.run(["cc", "-std=gnu11", "-O2", "-fPIC", "-shared", "-Wl,--no-undefined", "-D_GNU_SOURCE", '-DWM_SOURCE_MODEL_DIR=""', '-DWM_VERSION="0"',
                        "-I", ROOT, "-o", out] + sources + ["-lutf8proc", "-lxxhash", "-lcrypto", "-lm"], check=True)
    return ctypes.CDLL(out)


class Native:
    ROOM = 2_000_000

    def __init__(self, work):
        self.lib = lib = _build(work)
        lib.native_tokens.restype = ctypes.c_long
        for f in ("native_word", "native_prefix", "native_suffix", "native_form", "native_join", "native_lexicon"):
            getattr(lib, f).restype = ctypes.c_uint64
        lib.native_name.restype = ctypes.c_size_t
        self.version, self.casings = lib.native_version(), lib.native_casings()
        u32, u64 = (lambda: np.zeros(self.ROOM, np.uint32)), (lambda: np.zeros(self.ROOM, np.uint64))
        self.start, self.end, self.flags = u32(), u32(), u32()
        self.words, self.prefix, self.suffix, self.shape = u64(), u64(), u64(), u64()
        self.casing = np.zeros(self.ROOM, np.uint8)
        self.arrays = [self.start, self.end, self.flags, self.words, self.prefix, self.suffix, self.shape, self.casing]
        self.pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in self.arrays]
        self.keys = (ctypes.c_uint64 * 64)()

    def tokens(self, text):
        """(start, end, flags, word, prefix, suffix, shape, casing) of each token; offsets in bytes."""
        raw = text.encode("utf-8")
        n = self.lib.native_tokens(raw, ctypes.c_size_t(len(raw)), ctypes.c_size_t(self.ROOM), *self.pointers)
        if n < 0:
            raise MemoryError("a text is too long")
        return [a[:n].copy() for a in self.arrays]

    def _hash(self, function, text):
        raw = text.encode("utf-8")
        return function(raw, ctypes.c_size_t(len(raw)))

    def word(self, text):
        return self._hash(self.lib.native_word, text)

    def prefix3(self, text):
        return self._hash(self.lib.native_prefix, text)

    def suffix3(self, text):
        return self._hash(self.lib.native_suffix, text)

    def form(self, text, type_):
        raw = text.encode("utf-8")
        return self.lib.native_form(raw, ctypes.c_size_t(len(raw)), ctypes.c_uint8(type_))

    def lexicon(self, text):
        return self._hash(self.lib.native_lexicon, text)

    def join(self, name, word):
        return self.lib.native_join(ctypes.c_uint64(name), ctypes.c_uint64(word))

    def name(self, text):
        raw = text.encode("utf-8")
        n = self.lib.native_name(raw, ctypes.c_size_t(len(raw)), ctypes.c_size_t(64), self.keys)
        return list(self.keys[:min(n, 64)])

    def match(self, table, flags, words):
        out = np.zeros(len(words), np.uint32)
        p = lambda a: a.ctypes.data_as(ctypes.c_void_p)
        flags, words = np.ascontiguousarray(flags, np.uint32), np.ascontiguousarray(words, np.uint64)
        failed = self.lib.native_match(p(table["index"]), p(table["prints"]), ctypes.c_uint32(table["bits"]),
                              ctypes.c_uint32(len(table["prints"])), p(table["values"]), p(flags), p(words),
                              ctypes.c_size_t(len(words)), p(out))
        if failed:
            raise MemoryError("no memory for the lists")
        return out

    def service(self, path):
        return Service(self.lib, path)

    def decode(self, scores, ends):
        """Best tags; scores are (tokens, 16) float32, ends the end of each sequence."""
        scores, ends = np.ascontiguousarray(scores, np.float32), np.ascontiguousarray(ends, np.uint32)
        tags = np.zeros(len(scores), np.uint8)
        p = lambda a: a.ctypes.data_as(ctypes.c_void_p)
        if self.lib.native_decode(p(scores), p(ends), ctypes.c_size_t(len(ends)), p(tags)):
            raise MemoryError("no memory to decode")
        return tags


class Service:
    """The service's own finding of names with a model file."""

    ROOM = 20000

    def __init__(self, lib, path):
        self.lib = lib
        lib.native_open.restype = ctypes.c_void_p
        lib.native_names.restype = ctypes.c_long
        self.handle = ctypes.c_void_p(lib.native_open(path.encode()))
        if not self.handle:
            raise ValueError(f"{path}: cannot be opened")
        self.start, self.end = np.zeros(self.ROOM, np.uint32), np.zeros(self.ROOM, np.uint32)
        self.type, self.sure = np.zeros(self.ROOM, np.uint8), np.zeros(self.ROOM, np.uint8)

    def names(self, headline, body):
        """[(start byte, end byte, type, confidence)] of the body."""
        p = lambda a: a.ctypes.data_as(ctypes.c_void_p)
        n = self.lib.native_names(self.handle, headline.encode(), body.encode(), ctypes.c_size_t(self.ROOM), p(self.start),
                                  p(self.end), p(self.type), p(self.sure))
        if n < 0:
            raise MemoryError("the service failed")
        return [(int(self.start[i]), int(self.end[i]), int(self.type[i]), int(self.sure[i])) for i in range(n)]

    def close(self):
        self.lib.native_close(self.handle)


def table(keys, values, dtype):
    """The arrays of a lookup table (services/entities/lookup.h) of unique 64-bit keys."""
    keys = np.asarray(keys, np.uint64)
    values = np.asarray(values, dtype)
    bits = max(4, int(np.ceil(np.log2(max(2, len(keys)) / 2))))
    order = np.lexsort((keys & np.uint64(0xFFFFFFFF), keys >> np.uint64(64 - bits)))
    keys, values = keys[order], values[order]
    bucket = (keys >> np.uint64(64 - bits)).astype(np.int64)
    index = np.zeros((1 << bits) + 1, np.uint32)
    index[1:] = np.cumsum(np.bincount(bucket, minlength=1 << bits))
    return {"bits": bits, "index": index, "prints": (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32), "values": values,
            "order": order}
