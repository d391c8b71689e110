"""Servers that are written in Java, for the tests: their jars, fetched once with Maven and kept in ${WM_CACHE_DIR:-~/.cache/wiremill}.

Standard library only.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


class Unavailable(Exception):
    """What a real server needs is not on this machine; tests skip."""


def cache_folder(name):
    root = os.environ.get("WM_CACHE_DIR") or os.path.join(os.path.expanduser("~"), ".cache", "wiremill")
    return pathlib.Path(root) / name


def fetch(name, pom, proof, files=None):
    """Returns the folder with the jars of `pom` in lib/ and `files` ({name: text}), made the first time. `proof` is a jar that must be
    among them. Safe to call from several processes."""
    if not shutil.which("java"):
        raise Unavailable("no java: install default-jre-headless")
    target = cache_folder(name)
    if (target / "complete").exists():
        return target
    if not shutil.which("mvn"):
        raise Unavailable(f"no mvn to fetch {name} with: install maven")
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.parent / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (target / "complete").exists():
            return target
        work = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-fetch-", dir=target.parent))
        try:
            for file, text in {"pom.xml": pom, **(files or {})}.items():
                (work / file).write_text(text)
            download(work, name, proof)
            shutil.rmtree(target, ignore_errors=True)
            work.rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return target


def download(work, name, proof):
    command = ["mvn", "-q", "-B", PLUGIN, f"-DoutputDirectory={work}/lib", "-DincludeScope=runtime"]
    for attempt in (1, 2, 3):
        done = subprocess.run(command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
        if done.returncode == 0 and (work / "lib" / proof).exists():
            (work / "complete").write_text("")
            return
        if attempt < 3:
            time.sleep(5 * attempt)
    raise Unavailable(f"mvn could not fetch {name}: {(done.stdout + done.stderr)[-600:].strip()}")
