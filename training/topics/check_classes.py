"""How often the first topic lies under a right level-1 topic, by the portal's coarse headings: a tenth of them is kept from training.

    training/topics/build --check-classes

`ACCEPT` says which level-1 topics are right besides the heading's own (an item under Business may be about labour, say). A heading holds
one of several right answers at most: half of the items under "Law and crime" are about politics or conflict too, so that figures are
low and only comparisons count.
"""
import numpy as np

ACCEPT = {4000000: [9000000], 3000000: [17000000], 1000000: [8000000], 16000000: [2000000], 7000000: [6000000]}


def accepted(tree, coarse):
    codes = {tree.code[c] for c in coarse}
    return {tree.index[x] for c in codes for x in [c, *ACCEPT.get(c, [])]}


def report(tree, rule, z, texts, say):
    by_class = {}
    for t, given in zip(texts, rule.decide(z)):
        right = bool(given) and tree.top(given[0]) in accepted(tree, t.coarse)
        by_class.setdefault(tuple(tree.name[c] for c in t.coarse), []).append(right)
    for name, rights in sorted(by_class.items(), key=lambda x: -len(x[1])):
        if len(rights) >= 20:
            say(f"  {' or '.join(name)}: {100 * np.mean(rights):.1f} % of {len(rights)}")
    say(f"  mean of classes with 20 texts and more: "
        f"{np.mean([100 * np.mean(r) for r in by_class.values() if len(r) >= 20]):.1f} %")
