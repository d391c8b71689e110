"""A real OpenSearch for the tests, of one node: its jars fetched once, started in a folder, stopped without a trace. Standard library only."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import broker
import jars

VERSION = "2.19.6"
LOG4J_VERSION = "2.25.4"
START_SECONDS = 180
MODULE = "transport-netty4"
JAVA_NEWEST = 23  # from 24 on no security manager can be installed, and this version wants one

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>wiremill.test</groupId><artifactId>opensearch-jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.opensearch</groupId><artifactId>opensearch</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.opensearch</groupId><artifactId>opensearch-plugin-classloader</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.opensearch.plugin</groupId><artifactId>{MODULE}-client</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>{LOG4J_VERSION}</version></dependency>
  </dependencies>
</project>
"""

DESCRIPTOR = f"""description=HTTP and transport
version={VERSION}
name={MODULE}
classname=org.opensearch.transport.Netty4Plugin
java.version=11
opensearch.version={VERSION}
has.native.controller=false
extended.plugins=
"""

POLICY = """grant {
  permission java.net.SocketPermission "*", "accept,connect,resolve,listen";
};
"""

SETTINGS = """cluster.name: wiremill-test
node.name: one
network.host: 127.0.0.1
http.port: {port}
transport.port: {transport}
discovery.type: single-node
action.auto_create_index: false
cluster.routing.allocation.disk.threshold_enabled: false
"""

LOG4J = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


def fetch():
    """The folder with the jars, those of the module apart. Unavailable where it cannot run."""
    folder = jars.fetch(f"opensearch-{VERSION}", POM, f"opensearch-{VERSION}.jar")
    version = int(re.search(r'version "(\d+)', subprocess.run(["java", "-version"], capture_output=True, text=True).stderr).group(1))
    if version > JAVA_NEWEST:
        raise jars.Unavailable(f"OpenSearch {VERSION} does not start on Java {version}, only up to {JAVA_NEWEST}")
    return folder


class OpenSearch:
    """One node in `folder`, on one port for good; it dies with this process."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port, transport = broker.free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.folder / "opensearch.log"
        self.child = None
        module, config = self.folder / "modules" / MODULE, self.folder / "config"
        for made in (module, config):
            made.mkdir(parents=True)
        every = sorted((fetch() / "lib").glob("*.jar"))
        of_module = [jar for jar in every if jar.name.startswith(("netty-", MODULE))]  # these must not be on the class path
        self.jars = ":".join(str(jar) for jar in every if jar not in of_module)
        for jar in of_module:
            shutil.copy(jar, module)
        (module / "plugin-descriptor.properties").write_text(DESCRIPTOR)
        (module / "plugin-security.policy").write_text(POLICY)
        (config / "opensearch.yml").write_text(SETTINGS.format(port=self.port, transport=transport))
        (config / "log4j2.properties").write_text(LOG4J)

    def start(self):
        """Starts it and waits until it answers."""
        # Without its native part JNA cannot tell OpenSearch that it runs as root, which it refuses.
        command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms256m", "-Xmx512m", "-Djava.security.manager=allow", "-Djna.nosys=true",
                   "-Djna.nounpack=true", f"-Dopensearch.path.home={self.folder}", f"-Dopensearch.path.conf={self.folder}/config",
                   "-Dopensearch.distribution.type=tar", "-Dopensearch.bundled_jdk=false", "-cp", self.jars,
                   "org.opensearch.bootstrap.OpenSearch"]
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, preexec_fn=broker.die_with_parent)
        limit = time.monotonic() + START_SECONDS
        while self.child.poll() is None and time.monotonic() < limit:
            try:
                if self.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=5s")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        raise broker.BrokerError(f"OpenSearch did not start; the end of its log:\n{self.log.read_text(errors='replace')[-1500:]}")

    def ask(self, method, path, document=None):
        """(status, answer) of a request."""
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.url + path, data=body, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as answer:
            return answer.code, json.loads(answer.read() or b"null")

    def kill(self):
        if self.child and self.child.poll() is None:
            os.kill(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
