#!/usr/bin/env python3
"""The image and deploy/compose.yaml: built, started, scaled, stopped in mid-work, with the articles counted as sets.

usage: compose.py BUILD_FOLDER     (which has wm-test-feed and wm-test-read)

Exit codes: 0 ok, 1 failed, 77 no Docker engine can be had here.
"""

import base64
import http.client
import json
import os
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SUPPORT = SOURCE / "tests" / "support"
SERVICES = ("entities", "countries", "topics")
ARTICLES = 3000
GRACE_SECONDS = 20


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def run(command, timeout=900, ok=True, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, **more)
    if ok and done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done


class Stack:
    """One Compose project of its own: name, image, port."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.project = f"wmtest{os.getpid()}"
        self.image = f"wiremill:{self.project}"
        self.port, self.post_port = random.SystemRandom().sample(range(15000, 32000), 2)
        self.servers = f"localhost:{self.port}"
        os.environ.update(WIREMILL_IMAGE=self.image, KAFKA_PORT=str(self.port), POST_PORT=str(self.post_port), WIREMILL_PARTITIONS="4")

    def compose(self, *arguments, **more):
        command = shlex.split(os.environ["COMPOSE"])
        return run(command + ["-p", self.project, "-f", str(SOURCE / "deploy" / "compose.yaml"), *arguments], **more)

    def containers(self, service):
        return self.compose("ps", "-a", "-q", service).stdout.split()

    def inspect(self, container):
        return json.loads(run(["docker", "inspect", container]).stdout)[0]

    def remove(self):
        self.compose("--profile", "feeds", "--profile", "newsroom", "down", "-v", "--timeout", "5", ok=False)
        run(["docker", "image", "rm", "-f", self.image], ok=False)


def check_image(stack):
    run(["docker", "build", "-q", "-t", stack.image, "-f", str(SOURCE / "docker" / "Dockerfile"), str(SOURCE)], timeout=1200)
    config = stack.inspect(stack.image)["Config"]
    check(config["User"].split(":")[0] not in ("", "0", "root"), f"the image runs as {config['User']!r}")
    check(config.get("Healthcheck", {}).get("Test"), "the image has no health check")
    tools = "for t in cc gcc g++ clang cmake make ld as python3 perl5 curl; do command -v $t; done; true"
    found = run(["docker", "run", "--rm", stack.image, "sh", "-c", tools]).stdout.split()
    check(not found, f"the image holds {found}")
    helped = run(["docker", "run", "--rm", "--read-only", stack.image, "wiremill-entities", "--help"]).stdout
    check("WM_TOPIC_IN" in helped, "wiremill-entities --help does not tell of WM_TOPIC_IN")


def check_confined(stack):
    for service in SERVICES:
        for container in stack.containers(service):
            info = stack.inspect(container)
            check(info["HostConfig"]["ReadonlyRootfs"], f"{service}: the root filesystem can be written to")
            check(not info["HostConfig"]["PortBindings"], f"{service} has a port of the host")
            check(info["State"]["Health"]["Status"] == "healthy", f"{service} is {info['State']['Health']['Status']}")
            uid = run(["docker", "exec", container, "id", "-u"]).stdout.strip()
            check(uid not in ("", "0"), f"{service} runs as uid {uid!r}")
            wrote = run(["docker", "exec", container, "sh", "-c", "echo x > /usr/local/x"], ok=False)
            check(wrote.returncode != 0, f"{service} could write to /usr/local")


def feed(stack, *commands):
    """Starts feeding the commands in turn; returns the process, whose end means that all is acknowledged."""
    process = subprocess.Popen([stack.build / "wm-test-feed", stack.servers, "articles.raw", "compose"],
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    process.stdin.write("".join(c + "\n" for c in commands))
    process.stdin.close()
    return process


def expect(stack, ids, timeout, topic="articles.enriched"):
    """Waits until every id has come out of the topic once."""
    listed = stack.folder / "expected"
    listed.write_text("".join(i + "\n" for i in ids))
    return run([stack.build / "wm-test-read", "--values", "--expect", listed, "--timeout", str(timeout), stack.servers,
                topic], timeout=timeout + 60)


def check_treaty(stack):
    article = json.loads((SOURCE / "examples" / "treaty.json").read_text(encoding="utf-8"))
    record = {"id": article["uri"], "key": "treaty", "value": json.dumps(article)}
    check(feed(stack, "record " + json.dumps(record)).wait(120) == 0, "feeding the treaty failed")
    rows = [json.loads(l) for l in expect(stack, [article["uri"]], 120).stdout.splitlines()]
    out = json.loads(base64.b64decode([r for r in rows if r["id"] == article["uri"]][0]["value"]))
    enrichment = out["enrichment"]
    names = {e["name"] for e in enrichment["entities"]}
    check({"Vladimir Putin", "Masoud Pezeshkian", "Kremlin", "Moscow"} <= names, f"entities are {sorted(names)}")
    codes = [c["code"] for c in enrichment["countries"]]
    check(set(codes[:2]) == {"RU", "IR"}, f"countries are {codes}")
    check(enrichment["topics"], "no topics")
    services = [p["service"] for p in enrichment["processing"]]
    check(services == list(SERVICES), f"processing is {services}")


def stop_and_start(stack, service, errors):
    """SIGTERM to every container of the service, in the middle of the work; each must end by itself, in time."""
    try:
        containers = stack.containers(service)
        before = time.monotonic()
        stack.compose("stop", service)
        took = time.monotonic() - before
        for container in containers:
            state = stack.inspect(container)["State"]
            check(state["ExitCode"] == 0, f"{service} ended with exit code {state['ExitCode']} after SIGTERM")
        check(took < GRACE_SECONDS * len(containers), f"{service} took {took:.0f} s to stop")
        stack.compose("start", service)
    except (Failed, subprocess.TimeoutExpired) as why:
        errors.append(str(why))


def check_stops(stack):
    """Stops each service while articles flow; no article may be lost or doubled."""
    process = feed(stack, *(f"rate {i} 500 150" for i in range(0, ARTICLES, 500)))
    errors = []
    for service in SERVICES:
        time.sleep(1.5)
        worker = threading.Thread(target=stop_and_start, args=(stack, service, errors))
        worker.start()
        worker.join()
    check(not errors, "; ".join(errors))
    check(process.wait(300) == 0, "feeding failed")
    expect(stack, [f"compose:{i}" for i in range(ARTICLES)], 300)


def post(stack, body):
    """POST /articles of ingest; returns the status."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.post_port, timeout=60)
    connection.request("POST", "/articles", body, {"Content-Type": "application/json"})
    return connection.getresponse().status


def check_edges(stack):
    """The whole way with one command: from POST through the chain to the stub newsroom, the topic of ninjs and the archive."""
    stack.compose("--profile", "feeds", "--profile", "newsroom", "up", "-d", "--no-build", "--wait", timeout=400)
    article = json.loads((SOURCE / "examples" / "treaty.json").read_text(encoding="utf-8"))
    article["uri"] = "urn:wiremill:test:edges"
    status = post(stack, json.dumps(article))
    check(status == 202, f"POST /articles was answered {status}")
    rows = {}
    for topic in ("newsroom.received", "articles.ninjs"):
        lines = expect(stack, [article["uri"]], 120, topic).stdout.splitlines()
        documents = [json.loads(base64.b64decode(json.loads(line)["value"])) for line in lines]
        rows[topic] = [d for d in documents if d["uri"] == article["uri"]][0]
    check(rows["newsroom.received"]["enrichment"]["topics"], "the newsroom got no topics")
    check(rows["articles.ninjs"]["standard"]["version"] == "3.1", "what went out is not ninjs 3.1")
    limit = time.monotonic() + 60
    while article["uri"] not in stack.compose("exec", "-T", "deliver", "cat", "/var/lib/wiremill/articles.000001.ndjson").stdout:
        check(time.monotonic() < limit, "the article is not in the archive")
        time.sleep(1)


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    build = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="wm-compose-") as name:
        folder = pathlib.Path(name)
        ready = run([SUPPORT / "docker", "up", folder / "docker"], ok=False)
        if ready.returncode != 0:
            print(ready.stderr.strip(), file=sys.stderr)
            return ready.returncode
        for line in ready.stdout.splitlines():
            key, value = line.removeprefix("export ").split("=", 1)
            os.environ[key] = value.strip("'")
        stack = Stack(build, folder)
        try:
            check_image(stack)
            stack.compose("up", "-d", "--no-build", "--wait", timeout=400)
            check_treaty(stack)
            stack.compose("up", "-d", "--no-build", "--wait", "--scale", "entities=3", "--no-recreate", timeout=400)
            check(len(stack.containers("entities")) == 3, "entities was not scaled to three")
            check_confined(stack)
            check_stops(stack)
            check_edges(stack)
            return 0
        except (Failed, subprocess.TimeoutExpired) as why:
            print(f"compose: {why}", file=sys.stderr)
            print(stack.compose("logs", "--tail", "15", ok=False).stdout[-6000:], file=sys.stderr)
            return 1
        finally:
            stack.remove()
            run([SUPPORT / "docker", "down", folder / "docker"], ok=False)


if __name__ == "__main__":
    sys.exit(main())
