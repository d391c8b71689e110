"""Made-up tables and short reports of sport results as agencies send them, with names out of the gazetteers."""

import data

P, O, L = "PER", "ORG", "LOC"
SPORTS = ["SOCCER", "TENNIS", "CRICKET", "GOLF", "BASKETBALL", "ATHLETICS", "CYCLING", "RUGBY UNION", "BOXING", "SWIMMING", "ICE HOCKEY", "BASEBALL"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Desk:
    """Makes items: a list of strings and (string, type)."""

    def __init__(self, names, rng):
        self.n, self.rng = names, rng
        self.home = names.countries[rng.integers(len(names.countries))]
        self.kinds = [self.scores, self.standings, self.beat, self.ranking, self.scorers, self.cricket, self.league_table, self.report, self.headline,
                      self.transfer, self.golf, self.city_scores]

    def one(self, list_):
        return list_[self.rng.integers(len(list_))]

    def number(self, low, high):
        return str(int(self.rng.integers(low, high + 1)))

    def chance(self, p):
        return self.rng.random() < p

    def country(self):
        return self.n.gaz.countries[self.one(self.n.countries)][0]

    def person(self, country=None):
        name = self.n.pick(self.rng, self.n.people[country or self.one(self.n.countries)]).split()
        if self.chance(0.1):
            name[0] = name[0][0] + "."
        return " ".join(name)

    def surname(self):
        return self.person().split()[-1]

    def athlete(self):
        """Name (Country)"""
        c = self.one(self.n.countries)
        place = self.one(["U.S.", "Britain", "Russia", "Germany", "France", "Italy", "Spain"]) if self.chance(0.4) else self.n.gaz.countries[c][0]
        return [(self.person(c), P), " (", (place, L), ")"]

    def club(self):
        if self.chance(0.35):
            return (self.n.pick(self.rng, self.n.cities[self.home]), O)
        return (self.n.pick(self.rng, self.n.clubs), O)

    def place(self):
        return (self.n.pick(self.rng, self.n.cities[self.home]), L)

    def scores(self):
        out = [self.one(["Results of", "Result of", "Summary of", "Collated results of"]), " ", self.one(["first", "second", "third", "premier"]),
               " division ", self.one(["soccer", "league", "rugby", "handball"]), " matches on ", self.one(DAYS), " :\n"]
        for _ in range(self.rng.integers(2, 8)):
            gap = self.one([" ", " ", " - "])
            out += [self.club(), " " + self.number(0, 5), gap, self.club(), " " + self.number(0, 5)]
            out.append(" ( halftime " + self.number(0, 2) + "-" + self.number(0, 2) + " )\n" if self.chance(0.2) else "\n")
        return out

    def city_scores(self):
        """Teams by their cities, the home team in capitals or behind "at"."""
        out = ["Results of games played on ", self.one(DAYS), self.one([" ( home team in CAPS ) :\n", " :\n"])]
        for _ in range(self.rng.integers(3, 8)):
            a, b = (self.n.pick(self.rng, self.n.cities[self.one(["US", "CA", "US", self.home])]) for _ in range(2))
            out += [(a.upper() if self.chance(0.5) else a, O), " " + self.number(0, 110)]
            out += [" at "] if self.chance(0.2) else [" "]
            out += [(b, O), " " + self.number(0, 110), "\n"]
        return out

    def standings(self):
        out = ["Standings ( tabulate under played , won , drawn , lost , goals for , against , points ) :\n"] if self.chance(0.6) else ["W L PCT GB\n"]
        for i in range(self.rng.integers(4, 10)):
            out += ([self.number(1, 20) + ". "] if self.chance(0.2) else []) + [self.club(), " "]
            out.append(" ".join(self.number(0, 40) for _ in range(self.rng.integers(3, 8))) + "\n")
        return out

    league_table = standings

    def score(self):
        return " ".join(self.number(6, 7) + "-" + self.number(0, 6) for _ in range(self.rng.integers(2, 4)))

    def beat(self):
        out = [self.one(["Men's singles", "Women's singles", "First round", "Quarter-finals", "Results on " + self.one(DAYS)]), " :\n"]
        for _ in range(self.rng.integers(2, 7)):
            seed = self.number(1, 16) + " - " if self.chance(0.4) else ""
            out += [seed] + self.athlete() + [self.one([" beat ", " beat ", " def. ", " bt ", " v "])] + self.athlete() + [" " + self.score(), "\n"]
        return out

    def ranking(self):
        out = [self.one(["Men's", "Women's", "Leading results in the", "Final of the"]), " ", self.one(
            ["100 metres", "800 metres", "long jump", "marathon", "downhill", "200 metres butterfly", "pole vault", "javelin", "sabre"]), " :\n"]
        for i in range(self.rng.integers(3, 9)):
            out += [self.one([f"{i + 1}. ", f"{i + 1} "])] + self.athlete() + [" " + self.number(1, 59) + "." + self.number(10, 99),
                    self.one([" seconds", "", " metres", " points"]) if i == 0 else "", "\n"]
        return out

    def golf(self):
        out = ["Leading scores after the ", self.one(["first", "second", "third", "final"]), " round :\n"]
        for _ in range(self.rng.integers(3, 8)):
            out += [self.number(196, 290), " "] + (self.athlete() if self.chance(0.5) else [(self.person(), P)])
            out += [" " + " ".join(self.number(64, 76) for _ in range(3)), "\n"]
        return out

    def scorers(self):
        out = [self.club(), " " + self.number(1, 4) + " ( "]
        for i in range(self.rng.integers(1, 4)):
            out += [", " if i else "", (self.surname() if self.chance(0.6) else self.person(), P), " " + self.number(1, 90) + self.one(["th minute", "", " pen"])]
        return out + [" ) ", self.club(), " " + self.number(0, 3) + " ( ", (self.surname(), P), " " + self.number(1, 90), " ) . Halftime " +
                      self.number(0, 2) + "-" + self.number(0, 2) + " . Attendance : " + self.number(2, 60) + ",000\n"]

    def cricket(self):
        out = [self.one(["First innings", "Second innings", "Scoreboard"]), "\n"]
        for _ in range(self.rng.integers(3, 8)):
            how = self.one([" b ", " c ", " lbw b ", " not out", " run out"])
            out += [(self.person() if self.chance(0.4) else self.person().split()[0][0] + ". " + self.surname(), P)]
            if how == " c ":
                out += [" c ", (self.surname(), P), " b ", (self.surname(), P)]
            else:
                out += [how] + ([(self.surname(), P)] if how.endswith("b ") else [])
            out.append(" " + self.number(0, 140) + "\n")
        out += ["Bowling : "]
        for i in range(self.rng.integers(2, 5)):
            out += [(self.surname(), P), " " + "-".join(self.number(0, 30) for _ in range(4)) + self.one([" , ", " "])]
        return out + ["\n"]

    def headline(self):
        a, b = self.surname(), self.club()[0]
        out = [self.one(SPORTS), " - "]
        kind = self.rng.integers(5)
        up = str.upper
        if kind == 0:
            out += [(up(a), P), self.one([" RETURNS TO ", " SIGNS FOR ", " LEAVES "]), (up(b), O), " ."]
        elif kind == 1:
            out += [(up(b), O), self.one([" GO TOP AFTER WIN OVER ", " BEAT ", " HELD BY "]), (up(self.club()[0]), O), " ."]
        elif kind == 2:
            out += [(up(a), P), " AND ", (up(self.surname()), P), self.one([" REACH FINAL IN ", " OUT OF SQUAD FOR "]), (up(self.place()[0]), L), " ."]
        elif kind == 3:
            out += [(up(self.person()), P), self.one([" WINS STAGE IN ", " TAKES LEAD IN "]), (up(self.place()[0]), L), " ."]
        else:
            out += ["RESULTS FROM ", (up(self.place()[0]), L), " MEETING ."]
        return out + ["\n", (up(self.place()[0]), L), " " + self.number(1990, 2026) + "-" + self.number(1, 12) + "-" + self.number(1, 28) + "\n"]

    def report(self):
        c, k = self.club(), self.club()
        out = [self.one(["Striker ", "Captain ", "Teenager ", "Defender ", "Midfielder ", "Substitute "]), (self.person(), P),
               self.one([" scored twice as ", " scored the winner as ", " was sent off when "]), c,
               self.one([" beat ", " lost to ", " drew with "]), k, " " + self.number(0, 4) + "-" + self.number(0, 4) + " in ", self.place(),
               " on ", self.one(DAYS), ". "]
        if self.chance(0.6):
            out += ["Coach ", (self.person(), P), " said ", (self.surname(), P), " would miss next week's game at ", self.club(), ". "]
        if self.chance(0.5):
            out += [c, " are now ", self.one(["second", "third", "bottom", "level"]), ", ", self.one(["two", "three", "nine"]),
                    " points behind ", self.club(), ". "]
        return out

    def transfer(self):
        out = [self.place(), " ", self.one(["coach", "manager", "midfielder", "goalkeeper"]), " ", (self.person(), P), " has joined ",
               self.club(), " from ", self.club(),
               self.one([" on a free transfer", " for an undisclosed fee", " on loan until the end of the season"]), ", the club said on ", self.one(DAYS), ".\n"]
        out[0] = self.club() if self.chance(0.7) else out[0]
        return out

    def item(self):
        return self.one(self.kinds)()


def items(native, names, count, rng):
    out = []
    for i in range(count):
        text, mentions = b"", []
        for part in Desk(names, rng).item():
            raw = (part if isinstance(part, str) else part[0]).encode("utf-8")
            if not isinstance(part, str):
                mentions.append((len(text), len(text) + len(raw), part[1]))
            text += raw
        text = text.decode("utf-8")
        tokens = native.tokens(text)
        out.append(data.Item(*tokens, data.tag_tokens(tokens[0], mentions), 1.0, f"results-{i}", text, ""))
    return out
