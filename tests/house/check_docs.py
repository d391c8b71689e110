"""docs/config.md is what the programs say today."""

import os
import sys

import config_page


def complaint(written, today):
    """Where the page differs from today's, "" if nowhere."""
    if written == today:
        return ""
    old, new = written.split("\n"), today.split("\n")
    number = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    return (f"docs/config.md:{number + 1}: stale; run ninja -C build/dev docs-config\n"
            f"  it says:       {old[number] if number < len(old) else '(the end)'}\n"
            f"  the programs:  {new[number] if number < len(new) else '(the end)'}")


def prove():
    a = "# x\n| a | `1` |\n"
    if complaint(a, a) or "config.md:2" not in complaint(a, a.replace("1", "2")) or "(the end)" not in complaint(a, a.strip()):
        sys.exit("the check itself is broken: it does not tell a stale page")
    row = config_page.Row("G", "| `--a` | `WM_A` | one of `x\\|y` | `x` | A \\| B |")
    if row.type != "one of `x\\|y`" or row.help != "A \\| B" or config_page.tables([row]).count("--a") != 1:
        sys.exit("the check itself is broken: it does not read a row")


def main():
    prove()
    source, build = sys.argv[1:3]
    page = os.path.join(source, "docs", "config.md")
    if not os.path.exists(page):
        sys.exit("docs/config.md is missing; run ninja -C build/dev docs-config")
    with open(page, encoding="utf-8") as f:
        found = complaint(f.read(), config_page.page(source, build))
    print(found or "docs/config.md is what the programs say")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
