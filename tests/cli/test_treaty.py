"""The treaty between Russia and Iran: the example, and the sample it retells where that is at hand."""

import json
import unittest

from program import SHARED, SOURCE, enrich, main

PERSONS = {"Vladimir Putin": "Putin", "Masoud Pezeshkian": "Pezeshkian", "Donald Trump": "Trump", "Keith Kellogg": "Kellogg",
           "Dmitry Peskov": None, "Bashar al-Assad": None}
ORGANISATIONS = {"Kremlin", "Hamas", "Hezbollah", "BRICS"}
PLACES = {"Moscow", "Tehran", "Iran", "Russia", "Ukraine", "Syria", "Israel", "North Korea", "United States"}
COUNTRIES = {"RU", "IR", "US", "UA", "SY", "IL", "KP"}
ALLOWED = COUNTRIES | {"PS", "LB"}
FIRST = {"treaty", "international relations", "diplomacy", "bilateral relations"}


class Checks:
    """What must hold for `self.article`; mixed into a test case for each text."""

    def entities(self, kind):
        return {e["name"]: e for e in self.article["enrichment"]["entities"] if e["type"] == kind}

    def test_people_are_one_entity_each(self):
        people = self.entities("person")
        for name, surname in PERSONS.items():
            self.assertIn(name, people)
            last = name.split()[-1]
            self.assertEqual([n for n in people if n.endswith(last)], [name], "more than one " + last)
            if surname:
                self.assertIn(surname, {m["text"] for m in people[name]["mentions"]}, name)
        for name in people:
            self.assertNotRegex(name, r"(?i)^(the|president|lt|gen|mr|mrs|ms)\b|['’]s$", "title or possessive")

    def test_organisations_and_places(self):
        self.assertLessEqual(ORGANISATIONS, set(self.entities("organisation")))
        places = self.entities("place")
        self.assertLessEqual(PLACES, set(places))
        self.assertIn("U.S.", {m["text"] for m in places["United States"]["mentions"]})
        self.assertNotIn("U.S.", places)

    def test_offsets_give_back_the_text(self):
        count = 0
        for e in self.article["enrichment"]["entities"]:
            for m in e["mentions"]:
                self.assertEqual(self.article[m["field"]][m["start"]:m["end"]], m["text"])
                count += 1
        self.assertGreater(count, 30)

    def test_countries(self):
        countries = self.article["enrichment"]["countries"]
        codes = [c["code"] for c in countries]
        self.assertEqual(set(codes[:2]), {"RU", "IR"})
        self.assertEqual({c["code"] for c in countries if c["focus"]}, {"RU", "IR"})
        self.assertLessEqual(COUNTRIES, set(codes))
        self.assertLessEqual(set(codes), ALLOWED, "absurd countries")

    def test_topics(self):
        topics = self.article["enrichment"]["topics"]
        names = [t["name"] for t in topics]
        self.assertIn(names[0], FIRST)
        self.assertIn("economic sanction", names)
        tops = {t["path"][0] for t in topics}
        self.assertFalse(tops & {"medtop:15000000", "medtop:17000000"}, "sport or weather")
        self.assertLessEqual(len(topics), 5)


class Example(Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        article = json.loads((SOURCE / "examples" / "treaty.json").read_text(encoding="utf-8"))
        cls.article = enrich([article])[1][0]


@unittest.skipUnless((SHARED / "samples").is_dir(), "../shared is missing: the shared sample is skipped")
class Sample(Checks, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = (SHARED / "samples" / "treaty.txt").read_text(encoding="utf-8")
        cls.article = enrich([{"uri": "sample", "body_text": text}])[1][0]


main()
