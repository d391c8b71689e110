"""Bad use: a clear line naming the thing and the remedy, and the exit code of the design."""

import unittest

from program import environment, main, run

SERVICES = ("wiremill-entities", "wiremill-countries", "wiremill-topics")
BROKER = "127.0.0.1:1"  # nothing listens there


class Usage(unittest.TestCase):
    def refused(self, code, *words, program="wiremill-entities", arguments=(), env=None):
        got, out, err = run(program, *arguments, env=environment(**(env or {})), timeout=120)
        self.assertEqual(got, code, err)
        self.assertEqual(out, b"")
        for word in words:
            self.assertIn(word.encode(), err)
        return err

    def test_unknown_flag(self):
        for program in SERVICES:
            self.refused(64, "--topc-in", "--topic-in", program=program, arguments=["--topc-in", "x"])
        self.refused(64, "--fromat", "--format", program="wiremill", arguments=["enrich", "--fromat", "pretty"])

    def test_misspelt_variable(self):
        for program in SERVICES:
            self.refused(78, "WM_TOPICS_IN", "WM_TOPIC_IN", program=program, env={"WM_TOPICS_IN": "x"})
        self.refused(78, "WM_KAFKA_SECURITY_PROTOCL", program="wiremill-topics", env={"WM_KAFKA_SECURITY_PROTOCL": "ssl"})

    def test_value_out_of_range(self):
        for program in SERVICES:
            self.refused(78, "WM_WORKERS", "64", program=program, env={"WM_WORKERS": "65"})
            self.refused(64, "--workers", "64", program=program, arguments=["--workers", "0"])
        self.refused(64, "--workers", program="wiremill-topics", arguments=["--workers", "two"])

    def test_missing_model(self):
        for program in SERVICES:
            self.refused(78, "/nonexistent.wmm", program=program, arguments=["--model", "/nonexistent.wmm", "--check-config"])
            self.refused(78, "/nonexistent.wmm", program=program, arguments=["--model", "/nonexistent.wmm"])

    def test_foreign_model(self):
        self.refused(78, "/etc/passwd", program="wiremill-topics", arguments=["--model", "/etc/passwd", "--check-config"])

    def test_unreachable_broker(self):
        for program in SERVICES:
            self.refused(75, BROKER, "WM_KAFKA_BOOTSTRAP_SERVERS", program=program,
                         arguments=["--kafka-bootstrap-servers", BROKER, "--check-config"])

    def test_topics_that_would_feed_themselves(self):
        self.refused(78, "articles.raw", arguments=["--topic-out", "articles.raw", "--check-config"])

    def test_unknown_command(self):
        self.refused(64, "enrcih", program="wiremill", arguments=["enrcih"])
        self.refused(64, "Usage", program="wiremill")

    def test_dlq_without_choice(self):
        self.refused(64, "list, show or replay", program="wiremill", arguments=["dlq"])
        self.refused(64, "--all", program="wiremill", arguments=["dlq", "replay"])
        self.refused(64, "PARTITION:OFFSET", program="wiremill", arguments=["dlq", "show", "x"])
        self.refused(75, BROKER, program="wiremill", arguments=["dlq", "list", "--kafka-bootstrap-servers", BROKER])

    def test_health_of_nothing(self):
        self.refused(1, "127.0.0.1:1", program="wiremill", arguments=["health", "http://127.0.0.1:1/readyz"])

    def test_help_teaches(self):
        for program, arguments in [(s, ()) for s in SERVICES] + [("wiremill", ()), ("wiremill", ("enrich",)), ("wiremill", ("pipeline",)),
                                                                 ("wiremill", ("dlq",)), ("wiremill", ("setup",)), ("wiremill", ("health",))]:
            code, out, err = run(program, *arguments, "--help")
            self.assertEqual((code, err), (0, b""), program)
            self.assertIn(b"Usage", out)
            self.assertLessEqual(max(map(len, out.decode().splitlines())), 120, program)

    def test_secrets_are_masked(self):
        code, out, _ = run("wiremill-topics", "--dump-config", env=environment(WM_KAFKA_SASL_PASSWORD="hunter22"))
        self.assertEqual(code, 0)
        self.assertNotIn(b"hunter22", out)

    def test_the_tool_runs_with_a_services_variables(self):
        code, _, err = run("wiremill", "enrich", stdin=b"Rain fell on Lima.",
                           env=environment(WM_TOPIC_IN="a", WM_GROUP="g", WM_KAFKA_BOOTSTRAP_SERVERS="k:9092", WM_HTTP_LISTEN="off"))
        self.assertEqual(code, 0, err)


main()
