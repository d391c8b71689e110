"""A real Kafka broker for the tests: fetched once, started in a folder, stopped without a trace.

Used by the command `kafka` beside this file and by the Python tests. Standard library only.
"""

import contextlib
import ctypes
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

from jars import Unavailable  # noqa: F401
from jars import fetch as fetch_jars

KAFKA_VERSION = "4.1.0"
SCALA_VERSION = "2.13"
LOG4J_VERSION = "2.24.3"
CLUSTER_ID = "d2lyZW1pbGwtdGVzdC0wMQ"
RECORD_BYTES_MAX = 32 << 20
START_SECONDS = 180
STOP_SECONDS = 60

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>wiremill.test</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_{SCALA_VERSION}</artifactId><version>{KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>{LOG4J_VERSION}</version></dependency>
  </dependencies>
</project>
"""

LOG4J = """<Configuration status="error">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
  <Loggers>
    <Root level="warn"><AppenderRef ref="out"/></Root>
    <Logger name="kafka.server" level="info"/>
    <Logger name="org.apache.kafka.coordinator" level="info"/>
    <Logger name="kafka.coordinator" level="info"/>
  </Loggers>
</Configuration>
"""

PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
group.initial.rebalance.delay.ms=100
group.min.session.timeout.ms=1000
message.max.bytes={record_max}
replica.fetch.max.bytes={record_max}
log.cleaner.dedupe.buffer.size=4194304
log.retention.ms=-1
num.network.threads=2
num.io.threads=4
"""


class BrokerError(Exception):
    """The broker did not do what it was asked to do."""


def fetch():
    """Returns the folder with Kafka's jars, downloading them the first time. Safe to call from several processes."""
    return fetch_jars(f"kafka-{KAFKA_VERSION}", POM, f"kafka_{SCALA_VERSION}-{KAFKA_VERSION}.jar", {"log4j2.xml": LOG4J})


def free_ports(count):
    """Ports below the ephemeral range, so that no client's own connection can take one while the broker is down."""
    chosen, pick = [], random.SystemRandom()
    while len(chosen) < count:
        port = pick.randrange(15000, 32000)
        with contextlib.closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in chosen:
            chosen.append(port)
    return chosen


def die_with_parent():
    """In a child before exec: the kernel ends it when its parent dies, however that happens."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def alive(pid):
    """True if `pid` is a process that still runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


class Broker:
    """One KRaft broker and controller in `folder`. `attached`: it dies with this process."""

    def __init__(self, folder, attached=True, fast_start=True):
        self.folder = pathlib.Path(folder).resolve()
        self.attached = attached
        self.fast_start = fast_start
        self.child = None

    @property
    def log(self):
        return self.folder / "broker.log"

    @property
    def port(self):
        return int((self.folder / "port").read_text())

    @property
    def servers(self):
        return f"127.0.0.1:{self.port}"

    def pid(self):
        """The process id of the running broker, or None."""
        try:
            pid = int((self.folder / "pid").read_text())
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                ours = str(self.folder).encode() in f.read()
        except (OSError, ValueError):
            return None
        return pid if ours and alive(pid) else None

    def java(self, jars, *arguments):
        tuning = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms256m", "-Xmx768m"]
        if not self.fast_start:
            tuning = ["-Xms512m", "-Xmx1g"]
        return ["java", *tuning, "-Dfile.encoding=UTF-8", "-cp", f"{jars}/lib/*",
                f"-Dlog4j2.configurationFile={jars}/log4j2.xml", *arguments]

    def format(self, jars):
        """Writes the configuration and an empty, formatted log folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        port, controller = free_ports(2)
        data, properties = self.folder / "data", self.folder / "server.properties"
        properties.write_text(PROPERTIES.format(port=port, controller=controller, data=data,
                                                record_max=RECORD_BYTES_MAX))
        done = subprocess.run(self.java(jars, "kafka.tools.StorageTool", "format", "-t",
                                        CLUSTER_ID, "-c", str(properties)),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_SECONDS)
        if done.returncode != 0:
            raise BrokerError(f"formatting {data} failed: {(done.stdout + done.stderr)[-600:].strip()}")
        (self.folder / "port").write_text(str(port))

    def start(self):
        """Starts the broker and waits until it serves. Formats the folder the first time."""
        if self.pid():
            raise BrokerError(f"a broker already runs in {self.folder}")
        jars = fetch()
        for attempt in (1, 2, 3):
            if not (self.folder / "port").exists():
                self.format(jars)
            seen = self.log.stat().st_size if self.log.exists() else 0
            self.launch(jars)
            if self.wait_ready(seen):
                return self
            if "Address already in use" not in self.log_since(seen) or attempt == 3:
                break
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            (self.folder / "port").unlink()
        tail = self.log_since(seen)[-1500:]
        self.kill()
        raise BrokerError(f"the broker in {self.folder} did not start; the end of its log:\n{tail}")

    def launch(self, jars):
        command = self.java(jars, "kafka.Kafka", str(self.folder / "server.properties"))
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                          start_new_session=True,
                                          preexec_fn=die_with_parent if self.attached else None)
        (self.folder / "pid").write_text(str(self.child.pid))

    def log_since(self, offset):
        with open(self.log, "rb") as f:
            f.seek(offset)
            return f.read().decode("utf-8", "replace")

    def wait_ready(self, seen):
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit and self.child.poll() is None:
            if "Kafka Server started" in self.log_since(seen):
                return True
            time.sleep(0.1)
        return False

    def end(self, number, seconds):
        pid = self.pid()
        if pid:
            os.kill(pid, number)
            limit = time.monotonic() + seconds
            while alive(pid):
                if self.child and self.child.pid == pid:
                    self.child.poll()
                if time.monotonic() > limit:
                    return False
                time.sleep(0.05)
        if self.child:
            self.child.wait()
            self.child = None
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "pid").unlink()
        return True

    def stop(self):
        """Orderly stop; killed when it takes too long. Does nothing when it does not run."""
        if not self.end(signal.SIGTERM, STOP_SECONDS):
            self.kill()

    def kill(self):
        if not self.end(signal.SIGKILL, STOP_SECONDS):
            raise BrokerError(f"process {self.pid()} survives SIGKILL")

    def pause(self):
        os.kill(self.pid(), signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid(), signal.SIGCONT)

    def remove(self):
        """Stops it and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def watch(broker, owner):
    """Leaves a small process behind that ends the broker when process `owner` has gone, and itself when the broker has."""
    if os.fork():
        return
    os.setsid()
    devnull = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(devnull, fd)
    pid = broker.pid()
    while pid and alive(pid):
        if not alive(owner):
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit("use the command `kafka` beside this file")
