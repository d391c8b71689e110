#!/usr/bin/env python3
"""The receivers' code in docs/newsroom.md: takes what is signed as Standard Webhooks says, and nothing else. Node and PHP where they are installed."""

import base64
import hashlib
import hmac
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "newsroom.md"
KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = '{"uri": "urn:x:1", "headline": "Crème"}'.encode()


def block(language):
    """The first block of code in that language, without the indentation of the list it stands in."""
    found = re.search(rf"^( *)```{language}\n(.*?)^ *```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return "\n".join(line[len(found.group(1)):] for line in found.group(2).splitlines())


def signed(body=BODY, at=None, key=KEY):
    at = str(int(time.time() if at is None else at))
    signature = base64.b64encode(hmac.new(key, f"msg_1.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": "v1,old v1," + signature}


# Headers, body, and whether they are to be believed.
CASES = [(signed(), BODY, True), (signed(), BODY + b" ", False), (signed(at=time.time() - 400), BODY, False), (signed(key=b"other"), BODY, False),
         ({**signed(), "webhook-signature": ""}, BODY, False), ({**signed(), "webhook-id": "msg_2"}, BODY, False)]


def in_python():
    names = {}
    exec(block("python"), names)  # noqa: S102: the page's own code
    return [names["verified"](SECRET, headers, body) for headers, body, _ in CASES]


def run(program, code):
    given = json.dumps([[headers, body.decode()] for headers, body, _ in CASES])
    done = subprocess.run([program, *code], input=given, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{program}: {done.stderr}")
    return json.loads(done.stdout)


def in_node():
    code = block("js") + f"""
const cases = JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(cases.map(([headers, body]) => verified({json.dumps(SECRET)}, headers, Buffer.from(body)))));
"""
    return run("node", ["-e", code])


def in_php():
    code = block("php") + f"""
$answers = [];
foreach (json_decode(file_get_contents('php://stdin')) as [$h, $body])
  $answers[] = verified('{SECRET}', $h->{{'webhook-id'}}, $h->{{'webhook-timestamp'}}, $h->{{'webhook-signature'}}, $body);
echo json_encode($answers);
"""
    return run("php", ["-r", code])


def main():
    expected = [wanted for _, _, wanted in CASES]
    tried = []
    for name, program, check in (("Python", "python3", in_python), ("Node", "node", in_node), ("PHP", "php", in_php)):
        if not shutil.which(program):
            continue
        answers = check()
        if [bool(a) for a in answers] != expected:
            sys.exit(f"{name}: {answers}, expected {expected}")
        tried.append(name)
    print(f"{len(CASES)} deliveries judged rightly in {', '.join(tried)}")


if __name__ == "__main__":
    main()
