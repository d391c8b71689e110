"""wiremill pipeline: the whole chain over the embedded Kafka."""

import json
import unittest

from program import SOURCE, main, run

FILES = sorted((SOURCE / "examples").glob("*.json"))


def without_times(line):
    article = json.loads(line)
    for p in article["enrichment"]["processing"]:
        p.pop("at")
        p.pop("ms")
    return article


class Pipeline(unittest.TestCase):
    def test_examples_come_out_in_order_as_from_enrich(self):
        code, out, err = run("wiremill", "pipeline", *FILES, SOURCE / "examples/flood.txt")
        self.assertEqual(code, 0, err)
        _, direct, _ = run("wiremill", "enrich", *FILES, SOURCE / "examples/flood.txt")
        self.assertEqual([without_times(l) for l in out.splitlines()], [without_times(l) for l in direct.splitlines()])
        self.assertIn(b"9 articles enriched" if len(FILES) == 8 else b"8 articles enriched", err)

    def test_many_articles_with_refused_ones_among_them(self):
        body = " ".join(f"Kenya and Uganda signed agreement {i} in Nairobi." for i in range(20))
        lines = [json.dumps({"uri": f"u{i}", "body_text": f"{i} {body}"}).encode() for i in range(400)]
        lines[10] = b'{"uri": "u10"'
        lines[399] = b'{"uri": "u399", "body_text": 7}'
        code, out, err = run("wiremill", "pipeline", "--workers", "2", stdin=b"\n".join(lines) + b"\n")
        self.assertEqual(code, 1)
        self.assertEqual([json.loads(l)["uri"] for l in out.splitlines()], [f"u{i}" for i in range(400) if i not in (10, 399)])
        refused = [o for o in map(json.loads, (l for l in err.splitlines() if l.startswith(b"{"))) if "file" in o]  # not what is logged
        self.assertEqual([(e["error"], e["line"]) for e in refused], [("not_json", 11), ("wrong_type", 400)])
        self.assertIn(b"398 articles enriched, 2 refused", err)

    def test_an_article_of_some_megabytes(self):
        big = json.dumps({"uri": "big", "body_text": "Rain fell on Lima. " * 200000}).encode()
        code, out, err = run("wiremill", "pipeline", stdin=big + b"\n")
        self.assertEqual(code, 0, err)
        self.assertEqual(json.loads(out)["uri"], "big")

    def test_uri_twice_is_two_articles(self):
        line = json.dumps({"uri": "same", "body_text": "Rain fell on Lima."}).encode() + b"\n"
        code, out, _ = run("wiremill", "pipeline", stdin=line * 2)
        self.assertEqual((code, out.count(b"\n")), (0, 2))


main()
