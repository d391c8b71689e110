"""What the house checks share: the project's files, C without comments and strings, and the run of a check.

A check is a function from {path: text} to a list of complaints. Each brings cases, small trees of files with the complaint
that they must cause (None: no complaint at all), so that a check that lost its teeth fails by itself.
"""

import os
import re
import subprocess
import sys

LEFT_OUT = {".git", "build", "__pycache__", ".cache"}
C_SOURCES = (".c", ".h", ".cpp", ".hpp", ".cc")


def paths(root):
    """Every file of the project as a path relative to `root`: what git has or would take, else all but build folders."""
    git = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
    if git.returncode == 0:
        names = sorted(set(git.stdout.decode().split("\0")) - {""})
        return [n for n in names if os.path.isfile(os.path.join(root, n)) and not os.path.islink(os.path.join(root, n))]
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in LEFT_OUT and not f.startswith("build-")]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(p for p in found if not os.path.islink(os.path.join(root, p)))


def read(root, wanted):
    """{path: bytes decoded as Latin-1} of the files that `wanted` accepts."""
    files = {}
    for path in paths(root):
        if wanted(path):
            with open(os.path.join(root, path), "rb") as f:
                files[path] = f.read().decode("latin-1")
    return files


def is_c(path):
    return path.endswith(C_SOURCES)


TOKEN = re.compile(
    r"//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.|\\\n)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)


def strip(text):
    """C with comments blank and the insides of strings and characters as spaces; lines and columns stay."""

    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]
        return re.sub(r"[^\n]", " ", token)

    return TOKEN.sub(blank, text)


def strip_preprocessor(text):
    """Directives, with their continued lines, as blank lines."""
    out, inside = [], False
    for line in text.split("\n"):
        directive = inside or line.lstrip().startswith("#")
        inside = directive and line.endswith("\\")
        out.append("" if directive else line)
    return "\n".join(out)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Function:
    def __init__(self, name, first, last, body):
        self.name, self.first, self.last, self.body = name, first, last, body

    @property
    def lines(self):
        return self.last - self.first + 1


def functions(text):
    """The function definitions of C source: their first lines are those of the declaration, their last the closing brace."""
    code = strip_preprocessor(strip(text))
    found, depth, start, head, begin = [], 0, 0, "", 0
    for match in re.finditer(r"[{};]", code):
        mark, at = match.group(0), match.start()
        if mark == "{":
            if depth == 0:
                head = code[start:at]
                if re.search(r"\bextern\s*\"\s*\"\s*$|\bnamespace\b[^;(]*$", head):
                    start = at + 1
                    continue
                begin = at
            depth += 1
        elif mark == "}":
            if depth == 0:  # of extern "C" or a namespace
                start = at + 1
                continue
            depth -= 1
            if depth == 0:
                name = re.search(r"([A-Za-z_]\w*)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)\)?", "", head, flags=re.DOTALL))
                if name and re.search(r"\)[\s\w]*$", head) and "=" not in head:
                    first = line_of(code, start + len(head) - len(head.lstrip()))
                    found.append(Function(name.group(1), first, line_of(code, at), code[begin:at]))
                start = at + 1
        elif depth == 0:
            start = at + 1
    return found


def run(check, wanted, cases):
    """The main of a check: its cases, then the project (argv[1]). Exit code 0 or 1."""
    for name, files, expected in cases:
        complaints = check(files)
        if expected is None and complaints:
            sys.exit(f"the check itself is broken: case \"{name}\" must pass, but: {complaints[0]}")
        if expected is not None and not any(expected in c for c in complaints):
            sys.exit(f"the check itself is broken: case \"{name}\" must be found (\"{expected}\"), but: {complaints}")
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    files = read(root, wanted)
    if not files:
        sys.exit(f"{root}: no file to check")
    complaints = check(files)
    for complaint in complaints:
        print(complaint)
    print(f"{len(files)} files, {len(complaints)} complaints")
    return 1 if complaints else 0
