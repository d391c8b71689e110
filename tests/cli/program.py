"""Runs the built programs for the tests beside this file. Standard library only."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SHARED = SOURCE.parent / "shared"
BUILD = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else "build/dev").resolve()


def environment(**more):
    """The caller's variables without any WM_ one, and `more`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WM_")}
    kept.update(more)
    return kept


def run(program, *arguments, stdin=b"", env=None, timeout=300):
    """Returns exit code, standard output and standard error, both as bytes."""
    done = subprocess.run([BUILD / program, *map(str, arguments)], input=stdin, capture_output=True, timeout=timeout,
                          env=env or environment())
    return done.returncode, done.stdout, done.stderr


def enrich(articles, *arguments):
    """Enriches a list of dicts (or of bytes, one line each) with `wiremill enrich`; returns code, articles, error objects."""
    lines = [a if isinstance(a, bytes) else json.dumps(a, ensure_ascii=False).encode() for a in articles]
    code, out, err = run("wiremill", "enrich", *arguments, stdin=b"".join(line + b"\n" for line in lines))
    return code, [json.loads(l) for l in out.splitlines()], [json.loads(l) for l in err.splitlines()]


def main():
    unittest.main(verbosity=0)
