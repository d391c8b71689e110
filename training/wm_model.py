"""Writes and reads wiremill's model files. The layout is described in common/model.h.

    from wm_model import write, read
    write("models/topics.wmm", "topics", "topics-en-2026.12", "en", {"weights": array.tobytes(), ...})

Sections are written in the order of the dictionary; each begins at a multiple of 64 bytes. The same input gives the same bytes.
Run as a program it shows what is in a file: python3 wm_model.py models/topics.wmm
Needs the PyPI package xxhash.
"""

import os
import struct
import sys

import xxhash

MAGIC = b"WMMODEL\n"
VERSION = 1
HEADER = 128
ENTRY = 32
ALIGNMENT = 64
SECTIONS_MAX = 64
BYTES_MAX = 64 << 20


def _field(text, size, what):
    raw = text.encode("utf-8")
    if not raw or len(raw) >= size or any(b < 0x20 or b == 0x7F for b in raw):
        raise ValueError(f"{what} must be 1 to {size - 1} bytes without control characters: {text!r}")
    return raw.ljust(size, b"\0")


def _align(n):
    return -(-n // ALIGNMENT) * ALIGNMENT


def pack(kind, name, language, sections):
    """The bytes of a model file."""
    if len(sections) > SECTIONS_MAX:
        raise ValueError(f"{len(sections)} sections are more than {SECTIONS_MAX}")
    offset = _align(HEADER + ENTRY * len(sections))
    table, body = b"", bytearray()
    end = HEADER + ENTRY * len(sections)
    for section, data in sections.items():
        data = bytes(data)
        table += _field(section, 16, "section name") + struct.pack("<QQ", offset, len(data))
        body += b"\0" * (offset - end) + data
        end = offset + len(data)
        offset = _align(end)
    if end > BYTES_MAX:
        raise ValueError(f"{end} bytes are more than {BYTES_MAX}")

    def header(checksum):
        return (MAGIC + struct.pack("<IIQQ", VERSION, len(sections), end, checksum) + _field(kind, 16, "kind")
                + _field(name, 64, "name") + _field(language, 16, "language"))

    rest = table + bytes(body)
    return header(xxhash.xxh3_64_intdigest(header(0) + rest)) + rest


def write(path, kind, name, language, sections):
    """Writes the file through a temporary one, so that a program that has the old one mapped keeps it whole."""
    data = pack(kind, name, language, sections)
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, path)


def read(path):
    """(kind, name, language, {section: bytes}); ValueError if the file is not a whole model file."""
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < HEADER or data[:8] != MAGIC:
        raise ValueError(f"{path}: is not a wiremill model file")
    version, n, length, checksum = struct.unpack_from("<IIQQ", data, 8)
    if version != VERSION or length != len(data) or n > SECTIONS_MAX:
        raise ValueError(f"{path}: wrong version, length or number of sections")
    if xxhash.xxh3_64_intdigest(data[:24] + b"\0" * 8 + data[32:]) != checksum:
        raise ValueError(f"{path}: is damaged (checksum)")

    def text(at, size):
        return data[at:at + size].rstrip(b"\0").decode("utf-8")

    sections = {}
    for i in range(n):
        at = HEADER + ENTRY * i
        offset, size = struct.unpack_from("<QQ", data, at + 16)
        sections[text(at, 16)] = data[offset:offset + size]
    return text(32, 16), text(48, 64), text(112, 16), sections


if __name__ == "__main__":
    for file in sys.argv[1:]:
        kind, name, language, sections = read(file)
        print(f"{file}: kind {kind}, name {name}, language {language}")
        for section, data in sections.items():
            print(f"  {section:16} {len(data):>12,} bytes")
