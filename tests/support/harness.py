"""What the tests on a real broker share: a place to work, processes that never outlive it, feeding, reading, comparing sets.

Standard library only. Environment: WM_BUILD_DIR (folder with the programs; the default is build/dev beside tests/).
"""

import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request

import broker as kafka

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WM_BUILD_DIR") or ROOT / "build" / "dev")
PATIENCE = 60.0  # seconds that anything may take on a busy machine before it counts as stuck
FLOW = ("entities", "countries", "topics")


class Fault(Exception):
    """The test found what it looks for: something does not hold."""


def say(text):
    print(text, flush=True)


def check(holds, text):
    if not holds:
        raise Fault(text)


def wait_for(condition, what, seconds=PATIENCE, step=0.02):
    """Waits until `condition()` is true and returns its value; Fault when the time is over."""
    limit = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > limit:
            raise Fault(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(step)


def program(name):
    path = BUILD / name
    if not path.exists():
        raise Fault(f"{name} is not built in {BUILD}: build it, or set WM_BUILD_DIR to the folder of a build")
    return str(path)


def clean_environment(extra):
    """This environment without WM_ variables (a service refuses those it does not know), and `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WM_")}
    return {**kept, **{k: str(v) for k, v in extra.items()}}


class Process:
    """A child that dies with this process; stderr (and stdout unless piped) goes to a log file, appended over restarts."""

    def __init__(self, command, log, environment=None, piped=False):
        self.command, self.log, self.piped = command, log, piped
        self.environment = environment
        self.child = None

    def start(self):
        pipe = subprocess.PIPE if self.piped else None
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.command, env=self.environment, stdin=pipe or subprocess.DEVNULL,
                                          stdout=pipe or log, stderr=log, text=self.piped,
                                          preexec_fn=kafka.die_with_parent)
        return self

    def running(self):
        return self.child is not None and self.child.poll() is None

    def kill(self):
        if self.child:
            self.child.kill()
            self.child.wait()

    def terminate(self, seconds=PATIENCE):
        """SIGTERM; returns (exit code, seconds it took). Fault if it does not end."""
        begin = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Fault(f"{self.command[0]} did not stop within {seconds:.0f} s of SIGTERM") from None
        return code, time.monotonic() - begin

    def log_tail(self, bytes_=1500):
        try:
            with open(self.log, "rb") as f:
                f.seek(0, os.SEEK_END)
                f.seek(max(0, f.tell() - bytes_))
                return f.read().decode("utf-8", "replace")
        except OSError:
            return ""


class Service(Process):
    """A worker process with its health port."""

    def __init__(self, place, name, command, settings):
        self.name = name
        self.wanted = False
        self.port = kafka.free_ports(1)[0]
        settings = {"WM_KAFKA_BOOTSTRAP_SERVERS": place.servers, "WM_HTTP_LISTEN": f"127.0.0.1:{self.port}", **settings}
        super().__init__(command, place.logs / f"{name}.log", clean_environment(settings))

    def start(self):
        self.wanted = True
        return super().start()

    def kill(self):
        self.wanted = False
        super().kill()

    def terminate(self, seconds=PATIENCE):
        self.wanted = False
        return super().terminate(seconds)

    def check_running(self):
        """Fault if it was started, not stopped, and is gone all the same."""
        check(not self.wanted or self.running(), f"{self.name} ended by itself with code {self.child and self.child.returncode}: {self.log_tail()}")

    def get(self, path, seconds=5):
        """(status, text) of the health server; (0, reason) if it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=seconds) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode("utf-8", "replace")
        except OSError as why:
            return 0, str(why)

    def ready(self):
        return self.get("/readyz")[0] == 200

    def wait_ready(self, seconds=PATIENCE):
        def look():
            self.check_running()
            return self.ready()

        wait_for(look, f"{self.name} to be ready; last words: {self.log_tail(600)}", seconds)


class Feed(Process):
    """wm-test-feed: told what to send; every command is answered when the broker has it all."""

    def __init__(self, place, topic, prefix, seed=1):
        super().__init__([program("wm-test-feed"), place.servers, topic, prefix, str(seed)], place.logs / "feed.log", piped=True)
        self.prefix = prefix
        self.open = 0
        self.start()

    def send(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        self.open += 1

    def wait(self):
        """Waits until all that was sent is acknowledged."""
        while self.open:
            answer = self.child.stdout.readline()
            if answer.strip() != "done":
                raise Fault(f"wm-test-feed ended: {self.log_tail()}")
            self.open -= 1

    def tell(self, command):
        self.send(command)
        self.wait()

    def record(self, **fields):
        self.send("record " + json.dumps(fields))

    def uris(self, first, count):
        return [f"{self.prefix}:{n}" for n in range(first, first + count)]

    def poison(self, first, count, every):
        return [f"{self.prefix}:poison:{first + i}" for i in range(count) if every and (i + 1) % every == 0]


class Reader(Process):
    """wm-test-read on several topics; a thread keeps every record by topic and id."""

    def __init__(self, place, topics, *flags, name="read"):
        super().__init__([program("wm-test-read"), *flags, place.servers, *topics], place.logs / f"{name}.log", piped=True)
        self.place = place
        self.records = {topic: collections.defaultdict(list) for topic in topics}
        self.changed = threading.Condition()
        self.total = 0
        self.last = time.monotonic()
        self.start()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        for line in self.child.stdout:
            record = json.loads(line)
            with self.changed:
                self.records[record["topic"]][record["id"] or record["uri"]].append(record)
                self.total += 1
                self.last = time.monotonic()
                self.changed.notify_all()

    def count(self, topic, ids):
        """How many of `ids` have come out of `topic`."""
        with self.changed:
            seen = self.records[topic]
            return sum(1 for i in ids if i in seen)

    def wait_count(self, topic, ids, least, quiet=PATIENCE):
        """Waits until `least` of `ids` have come; False when nothing at all has come for `quiet` seconds. Fault if a service ends."""
        missing = set(ids)
        begin = time.monotonic()
        while True:
            with self.changed:
                missing -= self.records[topic].keys()
                if len(ids) - len(missing) >= least:
                    return True
                if time.monotonic() - max(begin, self.last) > quiet or not self.running():
                    return False
                self.changed.wait(0.5)
            self.place.check_running()

    def settle(self, seconds=1.0):
        """Waits until nothing has come for `seconds`: late doubles would show."""
        begin = time.monotonic()
        wait_for(lambda: time.monotonic() - max(begin, self.last) > seconds, "records to stop coming")

    def all(self, topic):
        with self.changed:
            return [r for records in self.records[topic].values() for r in records]

    def compare(self, topic, expected):
        """The difference between what came out of `topic` and the set `expected`: (missing, doubled, foreign), sorted."""
        expected = set(expected)
        with self.changed:
            seen = self.records[topic]
            missing = sorted(expected - seen.keys())
            doubled = sorted(i for i, records in seen.items() if len(records) > 1)
            foreign = sorted(str(i) for i in seen.keys() - expected)
        return missing, doubled, foreign


def check_sets(reader, expected_by_topic):
    """Fault unless each topic holds exactly its expected ids, each once."""
    faults = []
    for topic, expected in expected_by_topic.items():
        for word, ids in zip(("missing", "more than once", "unexpected"), reader.compare(topic, expected)):
            if ids:
                faults.append(f"{topic}: {len(ids)} {word}, such as {', '.join(ids[:3])}")
    check(not faults, "; ".join(faults))


class Place:
    """A folder, a broker, and the processes of one test. A context manager: at its end nothing of it is left but the logs."""

    def __init__(self, name, fast_start=True, start=True):
        self.name = name
        self.logs = BUILD / "test-logs" / name
        self.scratch = None
        self.processes = []
        self.fast_start, self.start = fast_start, start

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        for needed in ("wm-test-topics", "wm-test-feed", "wm-test-read"):
            program(needed)
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"wiremill-{self.name}-"))
        self.broker = kafka.Broker(self.scratch / "broker", fast_start=self.fast_start)
        try:
            self.broker.start() if self.start else kafka.fetch()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
        if self.broker.log.exists():
            shutil.copy(self.broker.log, self.logs / "broker.log")
        self.broker.remove()
        shutil.rmtree(self.scratch, ignore_errors=True)

    @property
    def servers(self):
        return self.broker.servers

    def keep(self, process):
        self.processes.append(process)
        return process

    def check_running(self):
        """Fault if a service has ended by itself."""
        for process in self.processes:
            if isinstance(process, Service):
                process.check_running()

    def topics(self, **partitions):
        """Creates topics: topics(raw=4) gives "raw" with four partitions."""
        names = [f"{name.replace('_', '.')}:{count}" for name, count in partitions.items()]
        done = subprocess.run([program("wm-test-topics"), self.servers, *names], capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)

    def feed(self, topic, prefix, seed=1):
        return self.keep(Feed(self, topic, prefix, seed))

    def reader(self, *topics, flags=(), name="read"):
        return self.keep(Reader(self, topics, *flags, name=name))

    def service(self, name, command, settings):
        return self.keep(Service(self, name, command, settings))


def stage_topics():
    """Input and output topic of each stage of the flow."""
    names = ["articles.raw", "articles.entities", "articles.countries", "articles.enriched"]
    return {stage: (names[i], names[i + 1]) for i, stage in enumerate(FLOW)}


def stage_command(stage, stand_in=None):
    """The command of a stage: the service itself, or `stand_in` (a list) in its place."""
    return stand_in or [program(f"wiremill-{stage}")]


def stage_settings(stage, **more):
    source, target = stage_topics()[stage]
    return {"WM_TOPIC_IN": source, "WM_TOPIC_OUT": target, "WM_TOPIC_DLQ": "articles.dlq", "WM_GROUP": f"wiremill-{stage}", **more}


def check_sanitizers(name):
    """Fault if a sanitizer has spoken in a log of the test."""
    for log in sorted((BUILD / "test-logs" / name).glob("*.log")):
        text = log.read_text(errors="replace")
        for word in ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"):
            check(word not in text, f"{log} has a report: {text[max(0, text.find(word) - 200):][:1200]}")


def main(body, name):
    """Runs a test: 0 and its last line when it holds, 1 with the fault, 77 with the reason where it cannot run."""
    begin = time.monotonic()
    try:
        result = body()
        check_sanitizers(name)
    except kafka.Unavailable as why:
        say(f"{name}: skipped: {why}")
        return 77
    except (Fault, kafka.BrokerError) as fault:
        say(f"{name}: FAILED after {time.monotonic() - begin:.0f} s: {fault}")
        say(f"logs: {BUILD / 'test-logs' / name}")
        return 1
    except Exception:  # a fault of the test itself
        traceback.print_exc()
        return 1
    say(f"{name}: passed in {time.monotonic() - begin:.0f} s: {result}")
    return 0
