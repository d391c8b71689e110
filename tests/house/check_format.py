"""The layout of C files is clang-format's, with .clang-format, version 14 (Debian 12): others differ in details, so with them
the check is skipped (exit 77)."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import source

MAJOR = 14


def program():
    for name in (f"clang-format-{MAJOR}", "clang-format"):
        path = shutil.which(name)
        text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout if path else ""
        version = re.search(r"version (\d+)\.", text)
        if version and int(version.group(1)) == MAJOR:
            return path
    return None


def check(tool, root, paths):
    """The files that clang-format would change."""
    result = subprocess.run([tool, "--dry-run", "-Werror", "--ferror-limit=1", "--style=file", *paths], cwd=root,
                            capture_output=True, text=True)
    complaints = sorted(set(re.findall(r"^(\S+?:\d+):\d+: error:", result.stderr, re.MULTILINE)))
    if result.returncode != 0 and not complaints:
        complaints = [result.stderr.strip() or f"clang-format ended with {result.returncode}"]
    return complaints


def prove(tool, root):
    """A file that is laid out badly must be found, a good one must pass."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(root, ".clang-format"), folder)
        for name, text in (("good.c", "int a(void) {\n  return 1;\n}\n"), ("bad.c", "int a(void)\n{\n    return 1; }\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        if check(tool, folder, ["good.c"]) or not check(tool, folder, ["bad.c"]):
            sys.exit("the check itself is broken: clang-format does not tell good from bad")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    tool = program()
    if not tool:
        print(f"skipped: no clang-format {MAJOR} here (Debian 12: apt install clang-format; elsewhere: pip install clang-format==14.0.6)")
        return 77
    prove(tool, root)
    files = [p for p in source.paths(root) if source.is_c(p)]
    complaints = check(tool, root, files)
    for complaint in complaints:
        print(f"{complaint}: not as clang-format {MAJOR} lays it out")
    if complaints:
        names = " ".join(sorted({c.split(":")[0] for c in complaints}))
        print(f"{os.path.basename(tool)} -i {names}")
    print(f"{len(files)} files, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
