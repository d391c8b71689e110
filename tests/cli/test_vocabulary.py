"""A newsroom's vocabulary from outside: what it adds and takes away, and what a faulty line says."""

import pathlib
import tempfile
import unittest

from program import enrich, main, run

ARTICLE = {"headline": "Late header sends Rovers into the cup final",
           "body_text": "The striker headed in a corner two minutes from time as the club won the football match 2-1 on Saturday. The "
                        "goalkeeper had saved a penalty before half-time, and a thousand supporters ran on to the pitch."}


class Vocabulary(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name) / "house.txt"

    def tearDown(self):
        self.folder.cleanup()

    def topics(self, text, *more):
        self.file.write_text(text, encoding="utf-8")
        code, articles, errors = enrich([ARTICLE], "--services", "topics", "--topics-vocabulary", self.file, *more)
        self.assertEqual(code, 0, errors)
        return articles[0]["enrichment"]["topics"]

    def test_codes_and_house_topics(self):
        topics = self.topics('map medtop:15000000 SPO\ntopic FANS "Supporters": supporters\n', "--topics-subject-codes")
        own = [t for t in topics if t["qcode"] == "house:FANS"]
        self.assertEqual([(t["name"], t["house"]) for t in own], [("Supporters", "FANS")])
        self.assertEqual(topics[0]["path"][0], "medtop:15000000")
        self.assertEqual(topics[0]["house"], "SPO")
        self.assertEqual(topics[0]["subject"][:7], "subj:15")

    def test_off(self):
        named = self.topics("# nothing yet\n")[0]
        topics = self.topics(f"off {named['qcode']}\n")
        self.assertNotIn(named["qcode"], {q for t in topics for q in t["path"]})
        self.assertIn(named["path"][-2], {t["qcode"] for t in topics}, "the nearest broader one in its stead")

    def test_faulty_line(self):
        self.file.write_text("map medtop:15000000 SPO\n\noff medtop:99999999\n", encoding="utf-8")
        for arguments in (["wiremill", "enrich", "--services", "topics", "--topics-vocabulary"],
                          ["wiremill-topics", "--check-config", "--vocabulary"], ["wiremill-topics", "--vocabulary"]):
            code, out, err = run(*arguments, self.file, timeout=120)
            self.assertEqual(code, 78, err)
            self.assertEqual(out, b"")
            self.assertIn(f"{self.file}:3: ".encode(), err)


main()
