"""What every file must be: text in UTF-8 with plain line ends, without paths of somebody's machine, without left-overs; and
the files that a project must have."""

import re
import sys

import source

REQUIRED = {"LICENSE": "Apache License", "README.md": "wiremill", "CONTRIBUTING.md": "wiremill", "CHANGELOG.md": ""}
MODEL_MAX = 20 << 20
FILE_MAX = 2 << 20
# Where the bytes are the point.
AS_THEY_ARE = ("tests/data/", "tests/fuzz/corpus/", "models/")
IMAGES = (".png", ".svg", ".ico", ".woff2", ".gz")
FORBIDDEN = [
    (re.compile(r"/wor" + r"k/|/ho" + r"me/[a-z]"), "a path of one machine"),
    (re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE), "a conflict left by a merge"),
    (re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b"), "a note to oneself: do it, or open an issue"),
    (re.compile(r"://[^/\s\"']*(artifactory|nexus|mirror|proxy)", re.IGNORECASE), "a host of one network"),
]


def complaints_about(path, text):
    if path.startswith("models/") and len(text) > MODEL_MAX:
        yield f"{path}: {len(text)} bytes, at most {MODEL_MAX}"
    if not path.startswith("models/") and len(text) > FILE_MAX:
        yield f"{path}: {len(text)} bytes, at most {FILE_MAX}"
        return
    if path.startswith(AS_THEY_ARE) or path.endswith(IMAGES):
        return
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as e:
        yield f"{path}: not UTF-8 at byte {e.start}"
        return
    for number, line in enumerate(text.split("\n"), 1):
        if path.endswith(".tsv"):
            break  # an empty last column
        if line.endswith(("\r", " ", "\t")) and not (path.endswith(".md") and line.endswith("  ")):
            yield f"{path}:{number}: white space at the end of the line"
    if text and not text.endswith("\n"):
        yield f"{path}: no newline at the end"
    for pattern, what in FORBIDDEN:
        for match in pattern.finditer(text):
            yield f"{path}:{source.line_of(text, match.start())}: {what}: {match.group(0)!r}"


def check(files):
    complaints = []
    for name, words in REQUIRED.items():
        if name not in files:
            complaints.append(f"{name} is missing")
        elif words not in files[name]:
            complaints.append(f"{name} does not say \"{words}\"")
    for path, text in files.items():
        complaints += complaints_about(path, text)
    return complaints


GOOD = {name: words + "\n" for name, words in REQUIRED.items()}
CASES = [
    ("good", {**GOOD, "a.c": "int a; /* caf\xc3\xa9, /wor\xc3\xa9k */\n"}, None),
    ("no licence", {k: v for k, v in GOOD.items() if k != "LICENSE"}, "LICENSE is missing"),
    ("another licence", {**GOOD, "LICENSE": "All rights reserved\n"}, "LICENSE does not say"),
    ("path", {**GOOD, "a.sh": "cd /wor" + "k/here\n"}, "a.sh:1: a path of one machine"),
    ("Windows line end", {**GOOD, "a.sh": "a\nb\r\n"}, "a.sh:2: white space"),
    ("white space", {**GOOD, "a.py": "a \n"}, "a.py:1: white space"),
    ("last line", {**GOOD, "a.py": "a"}, "no newline at the end"),
    ("Latin-1", {**GOOD, "a.py": "caf\xe9\n"}, "not UTF-8 at byte 3"),
    ("conflict", {**GOOD, "a.md": "x\n<<<<<<< HEAD\n"}, "conflict"),
    ("note", {**GOOD, "a.c": "/* TO" + "DO */\n"}, "note to oneself"),
    ("large", {**GOOD, "a.csv": "a" * FILE_MAX + "\n"}, "at most"),
    ("poison is as it is", {**GOOD, "tests/data/poison/a.json": "\xff \r"}, None),
]

if __name__ == "__main__":
    sys.exit(source.run(check, lambda path: True, CASES))
