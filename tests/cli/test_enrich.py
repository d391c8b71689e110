"""wiremill enrich: forms of input, order, errors, exit codes."""

import json
import os
import subprocess
import tempfile
import unittest

from program import BUILD, SOURCE, enrich, environment, main, run

TEXT = "Kenya and Uganda signed a trade agreement in Nairobi on Monday."


class Enrich(unittest.TestCase):
    def test_order_is_kept_and_bad_lines_are_reported(self):
        lines = [{"uri": f"u{i}", "body_text": f"{TEXT} Part {i}."} for i in range(200)]
        lines[3] = b'{"uri": "broken", "body_text": "x"'
        lines[70] = b'{"uri": "\xff", "body_text": "x"}'
        lines[150] = {"uri": "empty", "body_text": " "}
        code, out, err = enrich(lines)
        self.assertEqual(code, 1)
        self.assertEqual([a["uri"] for a in out], [f"u{i}" for i in range(200) if i not in (3, 70, 150)])
        self.assertEqual([(e["error"], e["line"]) for e in err], [("not_json", 4), ("not_utf8", 71), ("no_text", 151)])
        self.assertTrue(all(e["reason"] and e["file"] == "stdin" for e in err))

    def test_one_object_over_several_lines(self):
        article = {"uri": "a", "body_text": TEXT, "more": [{"x": 1}, {"y": 2.50}]}
        code, out, err = run("wiremill", "enrich", stdin=json.dumps(article, indent=2).encode())
        self.assertEqual((code, err), (0, b""))
        self.assertEqual(out.count(b"\n"), 1)
        self.assertEqual(json.loads(out)["more"], article["more"])

    def test_broken_object_over_several_lines_is_one_error(self):
        broken = json.dumps({"uri": "a", "body_text": TEXT}, indent=2)[:-2].encode()
        code, out, err = run("wiremill", "enrich", stdin=broken)
        self.assertEqual((code, out), (1, b""))
        self.assertEqual([json.loads(l)["error"] for l in err.splitlines()], ["not_json"])

    def test_first_line_broken_in_a_file_of_lines(self):
        good = json.dumps({"uri": "good", "body_text": TEXT}).encode()
        code, out, err = run("wiremill", "enrich", stdin=b'{"uri": "bad", \n' + good + b"\n" + good + b"\n")
        self.assertEqual(code, 1)
        self.assertEqual([json.loads(l)["uri"] for l in out.splitlines()], ["good", "good"])
        self.assertEqual([json.loads(l)["line"] for l in err.splitlines()], [1])

    def test_plain_text_takes_the_files_name(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "story.txt")
            with open(path, "w", encoding="utf-8") as f:
                f.write(TEXT + "\n\nSecond paragraph.\n")
            code, out, _ = run("wiremill", "enrich", path)
        article = json.loads(out)
        self.assertEqual((code, article["uri"]), (0, path))
        self.assertEqual(article["body_text"], TEXT + "\n\nSecond paragraph.\n")

    def test_a_brace_means_json(self):
        code, out, err = run("wiremill", "enrich", stdin=b"  {this is no article\nand no text either\n")
        self.assertEqual((code, out), (1, b""))
        self.assertEqual(json.loads(err.splitlines()[0])["error"], "not_json")

    def test_byte_order_mark_windows_lines_and_blank_lines(self):
        line = json.dumps({"uri": "a", "body_text": TEXT}).encode()
        code, out, err = run("wiremill", "enrich", stdin=b"\xef\xbb\xbf" + line + b"\r\n\r\n\n" + line)
        self.assertEqual((code, out.count(b"\n"), err), (0, 2, b""))

    def test_nothing_in_nothing_out(self):
        self.assertEqual(run("wiremill", "enrich", stdin=b"\n")[:2], (1, b""))
        self.assertEqual(run("wiremill", "enrich", os.devnull)[1], b"")

    def test_a_missing_file_does_not_stop_the_others(self):
        code, out, err = run("wiremill", "enrich", "/nonexistent/a.json", SOURCE / "examples/treaty.json", "/")
        self.assertEqual(code, 1)
        self.assertEqual(out.count(b"\n"), 1)
        self.assertEqual([json.loads(l)["file"] for l in err.splitlines()], ["/nonexistent/a.json", "/"])

    def test_limit_of_bytes(self):
        big = {"uri": "big", "body_text": "x " * 4000}
        code, out, err = enrich([{"uri": "a", "body_text": TEXT}, big, {"uri": "b", "body_text": TEXT}], "--max-article-bytes", "2KiB")
        self.assertEqual((code, [a["uri"] for a in out]), (1, ["a", "b"]))
        self.assertEqual([(e["error"], e["line"]) for e in err], [("too_large", 2)])

    def test_articles_come_out_while_more_may_follow(self):
        """Someone who pipes articles in one by one must see each at once."""
        process = subprocess.Popen([BUILD / "wiremill", "enrich"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
        for i in range(3):
            process.stdin.write(json.dumps({"uri": f"u{i}", "body_text": TEXT}).encode() + b"\n")
            process.stdin.flush()
            self.assertEqual(json.loads(process.stdout.readline())["uri"], f"u{i}")
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)
        process.stdout.close()

    def test_same_bytes_again(self):
        def stable(data):
            articles = [json.loads(l) for l in data.splitlines()]
            for a in articles:
                for p in a["enrichment"]["processing"]:
                    p.pop("at")
                    p.pop("ms")
            return json.dumps(articles)
        files = sorted((SOURCE / "examples").glob("*.json"))
        first, second = (run("wiremill", "enrich", *files)[1] for _ in range(2))
        self.assertEqual(stable(first), stable(second))
        again = run("wiremill", "enrich", stdin=first)[1]  # a replay replaces what was there
        self.assertEqual(stable(first), stable(again))

    def test_services_can_be_left_out(self):
        _, out, _ = enrich([{"uri": "a", "body_text": TEXT}], "--services", "topics")
        self.assertEqual([p["service"] for p in out[0]["enrichment"]["processing"]], ["topics"])
        self.assertNotIn("entities", out[0]["enrichment"])
        code, _, err = run("wiremill", "enrich", "--services", "topics,weather")
        self.assertEqual(code, 64)
        self.assertIn(b"weather", err)

    def test_pretty_form_marks_entities(self):
        code, out, _ = run("wiremill", "enrich", "--format", "pretty", SOURCE / "examples/treaty.json")
        text = out.decode()
        self.assertEqual(code, 0)
        self.assertIn("[Vladimir Putin]", text)
        self.assertRegex(text, r"Countries +\*")
        self.assertRegex(text, r"\n  Topics ")
        self.assertNotIn("\033", text)
        self.assertLessEqual(max(len(l) for l in text.splitlines()), 102)
        colored = run("wiremill", "enrich", "--format", "pretty", "--color", "always", SOURCE / "examples/treaty.json")[1]
        self.assertIn(b"\033[", colored)

    def test_full_disk_is_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BUILD / "wiremill", "enrich", SOURCE / "examples/treaty.json"], stdout=full,
                                  stderr=subprocess.PIPE, env=environment(), timeout=120)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)


main()
