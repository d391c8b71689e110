"""docs/config.md: what every program says of its own options (--dump-config=markdown), on one page.

usage: config_page.py SOURCE BUILD            prints the page
       config_page.py SOURCE BUILD --write    writes docs/config.md
"""

import os
import re
import subprocess
import sys

INTRODUCTION = """\
# Configuration

Written by `ninja -C build/dev docs-config` from the tables in the programs; a test fails when it is stale.

Each option is a flag and a variable. A flag goes before its variable, a variable before the default; an empty variable counts as not
set. An unknown flag or an unknown `WM_` variable is an error that names the nearest known one. Every program has `--help`, `--version`,
`--dump-config` (what is set and where it comes from, as a file of variables, secrets masked) and `--check-config` (checks all of it,
for a service also model, broker and topics, and exits).

- Times are milliseconds, or have `ms`, `s` or `m` behind them; sizes are bytes, or have `KiB` or `MiB`.
- A secret is given by variable or, as `WM_..._FILE`, in a file (of Docker or Kubernetes, say); never by flag, where every user of the
  machine could read it.
- Any property of librdkafka is a variable too: `WM_KAFKA_SECURITY_PROTOCOL=SASL_SSL` sets `security.protocol`, and
  `--kafka linger.ms=20` does it by flag. Passwords work as secrets: `WM_KAFKA_SASL_PASSWORD_FILE=/run/secrets/kafka`. librdkafka
  itself checks names and values. What wiremill depends on (`enable.auto.commit`, `isolation.level`, `transactional.id` and the
  like) is refused.
- `WM_MODEL_DIR` is the folder in which models are looked for.
- Exit codes: 0 ok, 1 failed, 64 wrong usage, 75 try again later, 78 wrong configuration.
"""
HEAD = "| Flag | Variable | Type and range | Default | What it is |\n|---|---|---|---|---|\n"


class Row:
    def __init__(self, group, line):
        self.group, self.line = group, line
        cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
        self.flag, self.variable, self.type, self.default, self.help = [c.strip() for c in cells]
        self.same = (group, self.flag, self.variable, self.type, self.help)

    def with_default(self, text):
        return f"| {self.flag} | {self.variable} | {self.type} | {text} | {self.help} |"


def ask(build, program, *arguments):
    path = os.path.join(build, program)
    if not os.path.exists(path):
        sys.exit(f"{path} is not built: build all first")
    result = subprocess.run([path, *arguments], capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, timeout=60)
    if result.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)} ended with {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def rows_of(build, program, *command):
    rows, group = [], ""
    for line in ask(build, program, *command, "--dump-config=markdown").split("\n"):
        if line.startswith("### "):
            group = line[4:]
        elif line.startswith("|") and not line.startswith(("| Flag |", "|---")):
            rows.append(Row(group, line))
    return rows


def tables(rows, lines=None):
    """The rows by group, each group with its heading."""
    out, group = [], None
    lines = lines or [r.line for r in rows]
    for row, line in zip(rows, lines):
        if row.group != group:
            group = row.group
            out.append(f"\n### {group}\n\n{HEAD}".rstrip("\n"))
        out.append(line)
    return "\n".join(out) + "\n"


def services(source):
    folder = os.path.join(source, "services")
    names = [n for n in os.listdir(folder) if os.path.exists(os.path.join(folder, n, "main.c"))]
    order = ["ingest", "entities", "countries", "topics", "deliver", "console"]
    return sorted(names, key=lambda n: (order.index(n) if n in order else len(order), n))


def workers_section(programs):
    """What all workers have, their defaults that differ, and the rest of each one."""
    first = next(iter(programs.values()))
    shared = [r for r in first if all(any(r.same == o.same for o in rows) for rows in programs.values())]
    defaults = {r.same: [next(o.default for o in rows if o.same == r.same) for rows in programs.values()] for r in shared}
    differ = [r for r in shared if len(set(defaults[r.same])) > 1]
    lines = [r.with_default("by service" if r in differ else r.default) for r in shared]
    text = f"\n## Every worker\n\n{', '.join(f'`{p}`' for p in programs)} have these options.\n" + tables(shared, lines)
    if differ:
        text += "\n### Defaults by service\n\n| Flag | " + " | ".join(f"`{p}`" for p in programs) + " |\n"
        text += "|---" * (len(programs) + 1) + "|\n"
        text += "".join(f"| {r.flag} | " + " | ".join(defaults[r.same]) + " |\n" for r in differ)
    for program, rows in programs.items():
        own = [r for r in rows if r.same not in defaults]
        text += f"\n## {program}\n" + (tables(own) if own else "\nNothing beside these.\n")
    return text


def page(source, build):
    text = INTRODUCTION
    programs = {f"wiremill-{n}": rows_of(build, f"wiremill-{n}") for n in services(source)}
    workers = {p: rows for p, rows in programs.items() if any(r.flag == "`--workers`" for r in rows)}
    if workers:
        text += workers_section(workers)
    for program, rows in programs.items():
        if program not in workers:
            text += f"\n## {program}\n" + tables(rows)
    commands = re.search(r"^Commands:\n((?:  .*\n)+)", ask(build, "wiremill", "--help"), re.MULTILINE)
    for command in re.findall(r"^  (\w+)", commands.group(1), re.MULTILINE) if commands else []:
        text += f"\n## wiremill {command}\n" + tables(rows_of(build, "wiremill", command))
    return text


def main():
    source, build = sys.argv[1:3]
    text = page(source, build)
    if "--write" not in sys.argv:
        sys.stdout.write(text)
        return 0
    with open(os.path.join(source, "docs", "config.md"), "w", encoding="utf-8") as f:
        f.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
