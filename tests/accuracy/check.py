"""check.py WIREMILL SERVICE: measures a service on the annotated articles of ../shared and compares with floors.json.

A figure that is more than half a point below the one kept there fails. Raise the floors when a change makes them better.
"""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(HERE, "../../../shared")
ALLOWED = 0.5


def f1(figure):
    return figure[2] if isinstance(figure, list) else figure


def main():
    tool, service = sys.argv[1], sys.argv[2]
    evaluate = os.path.join(SHARED, "eval/evaluate.py")
    if not os.path.exists(evaluate):
        print("accuracy: skipped, ../shared is not there")
        return 77
    with open(os.path.join(HERE, "floors.json"), encoding="utf-8") as f:
        floors = json.load(f)[service]
    gold = [os.path.join(SHARED, f"data/gold/{name}.jsonl") for name in floors]
    p = subprocess.run([sys.executable, evaluate, "--json", "--cmd", f"{tool} enrich --services {service}"] + gold, stdout=subprocess.PIPE)
    if p.returncode:
        return 1
    figures, worse = json.loads(p.stdout), 0
    for name, kept in floors.items():
        for key, floor in kept.items():
            got = f1(figures[name][key])
            bad = got < floor - ALLOWED
            worse += bad
            print(f"{name} {key}: {got}, kept {floor}{', WORSE' if bad else ''}")
    return 1 if worse else 0


sys.exit(main())
