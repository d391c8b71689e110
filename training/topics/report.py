"""What the built program gives on annotated articles: first topics, confidence against truth, each level-1 topic. Standard library only.

    python3 training/topics/report.py --cmd "build/release/wiremill enrich --services topics" FILE.jsonl...

Of `news-kept.tsv`, which lies beside this file, the share of right first topics by section is printed in any case.
"""
import argparse
import json
import os
import shlex
import subprocess
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))


def enriched(command, articles):
    """The topics of each article."""
    lines = "".join(json.dumps(a) + "\n" for a in articles)
    out = subprocess.run(shlex.split(command), input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line)["enrichment"]["topics"] for line in out.splitlines()]


def read(path):
    with open(path, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    return [{"uri": r["id"], "headline": r.get("headline", ""), "body_text": r["body_text"]} for r in rows], rows


def percent(part, whole):
    return 100 * part / whole if whole else 0.0


def tree(path):
    """Paths of all active concepts, from the release's table."""
    with open(path, encoding="utf-8") as f:
        names = f.readline().rstrip("\n").split("\t")
        rows = [dict(zip(names, line.rstrip("\n").split("\t"))) for line in f]
    broader = {int(r["qcode"][7:]): int(r["broader"][7:]) if r["broader"] else 0 for r in rows if not r["retired"]}
    paths = {}
    for code in broader:
        path = [code]
        while broader[path[0]]:
            path.insert(0, broader[path[0]])
        paths[code] = path
    return paths, {int(r["qcode"][7:]): r["name"] for r in rows}


def reliability(pairs):
    print("| confidence | topics | mean confidence | right, % |\n|---|---|---|---|")
    for low in range(0, 100, 10):
        some = [p for p in pairs if low <= p[0] < low + 10 or (low == 90 and p[0] == 100)]
        if some:
            print(f"| {low} to {low + 10} | {len(some)} | {sum(c for c, _ in some) / len(some):.1f} | {percent(sum(r for _, r in some), len(some)):.1f} |")


def by_top(gold, given, name):
    print("| topic | texts | precision | recall | F1 |\n|---|---|---|---|---|")
    has, got, both = (Counter(c for s in sets for c in s) for sets in (gold, given, [a & b for a, b in zip(gold, given)]))
    for c, n in has.most_common():
        print(f"| {name[c]} | {n} | {percent(both[c], got[c]):.1f} | {percent(both[c], n):.1f} | {percent(2 * both[c], n + got[c]):.1f} |")


def confused(firsts, name):
    wrong = Counter(f for f in firsts if f[0] != f[1])
    print("wrong first topics, annotated > given: " +
          ", ".join(f"{name[a]} > {name.get(b, 'nothing')} {n}" for (a, b), n in wrong.most_common(12)))


def sections(command):
    with open(os.path.join(HERE, "news-kept.tsv"), encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    topics = enriched(command, [{"uri": str(k), "headline": r[2], "body_text": r[3]} for k, r in enumerate(rows)])
    right = [(r[0], bool(t) and t[0]["path"][0][7:9] in r[1].split(",")) for r, t in zip(rows, topics)]
    for section in sorted({s for s, _ in right}):
        some = [ok for s, ok in right if s == section]
        print(f"news-kept, {section}: {percent(sum(some), len(some)):.1f} % of {len(some)}")
    print(f"news-kept: {percent(sum(ok for _, ok in right), len(right)):.1f} % of {len(right)}")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--cmd", required=True)
    a.add_argument("--data", default=os.path.join(HERE, "../../../shared/data"))
    a.add_argument("files", nargs="*")
    o = a.parse_args()
    paths, name = tree(os.path.join(o.data, "topics/iptc/mediatopic-2025-10-09.tsv"))
    gold_tops, given_tops, firsts, pairs = [], [], [], {}
    for file in o.files:
        articles, rows = read(file)
        right, pairs[file] = 0, []
        for row, topics in zip(rows, enriched(o.cmd, articles)):
            gold = [paths[int(c)] for c in row["topics"] if int(c) in paths]
            given = [[int(q[7:]) for q in t["path"]] for t in topics]
            gold_tops.append({p[0] for p in gold})
            given_tops.append({p[0] for p in given})
            if gold:
                firsts.append((gold[0][0], given[0][0] if given else 0))
                right += firsts[-1][0] == firsts[-1][1]
            closed = {c for p in gold for c in p}
            pairs[file] += [(t["confidence"], p[-1] in closed) for t, p in zip(topics, given)]
        print(f"{os.path.basename(file)}: first {percent(right, sum(bool(r['topics']) for r in rows)):.1f} %")
    for file in o.files:
        print(f"\n{os.path.basename(file)}, confidence against truth")
        reliability(pairs[file])
    if o.files:
        print("\nlevel-1 topics, all files together")
        by_top(gold_tops, given_tops, name)
        confused(firsts, name)
    sections(o.cmd)


main()
