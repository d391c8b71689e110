"""A stub newsroom: Superdesk Newsroom's /push, a webhook at /hook, OpenSearch's /_bulk; it checks what it gets and can behave badly.

Signatures are checked by Python's hmac, the bulk protocol line by line. Standard library only.

Faults, drawn by a seeded generator from `faults` (a dict of weights), before or after the article is taken in:
  ok, slow (0.2 s), 503, 429 (with Retry-After: 1), reset (the connection, after the article was taken in), drop (before it was),
  half (a part of the answer, then the end), redirect (to a private address; a delivery that follows it would be seen there)
"""

import base64
import hashlib
import hmac
import json
import random
import socket
import ssl
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW_SECONDS = 0.2


class Newsroom:
    def __init__(self, secret=b"", faults=None, seed=1, port=0, keep_documents=True, certificate=None):
        self.secret = secret
        self.faults = faults or {"ok": 1}
        self.draw = random.Random(seed)
        self.lock = threading.Lock()
        self.keep_documents = keep_documents
        self.documents = {}  # path -> {uri: [(version, document), ...]} as they were taken in, doubles included
        self.index = {}  # of OpenSearch: _id -> (version, document)
        self.complaints = []  # what a strict receiver would not have it
        self.requests = {}  # path -> how many
        self.served = 0  # connections on which a request came
        self.refused_uris = set()  # answered 400
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.newsroom = self
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        if certificate:  # of localhost
            self.url = f"https://localhost:{self.port}"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def complain(self, text):
        with self.lock:
            if len(self.complaints) < 50:
                self.complaints.append(text)

    def fault(self):
        with self.lock:
            return self.draw.choices(list(self.faults), list(self.faults.values()))[0]

    def take(self, path, uri, version, document):
        with self.lock:
            kept = document if self.keep_documents else None
            self.documents.setdefault(path, {}).setdefault(uri, []).append((version, kept))

    def uris(self, path):
        with self.lock:
            return set(self.documents.get(path, {}))

    def versions(self, path):
        """{(uri, version)}: what a receiver that drops doubles is left with."""
        with self.lock:
            return {(uri, version) for uri, all_ in self.documents.get(path, {}).items() for version, _ in all_}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # a client that went away is no fault of the stub


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked = False  # on this connection

    def log_message(self, *_):
        pass

    def answer(self, status, text="", headers=()):
        body = text.encode()
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers]
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def reset(self):
        """RST instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def half(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{\"half\":")
        self.close_connection = True

    def do_GET(self):
        self.server.newsroom.complain(f"GET {self.path}: a redirect was followed")
        self.answer(404)

    def do_POST(self):
        room = self.server.newsroom
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the sender died in the middle: no request at all
            self.close_connection = True
            return
        path = self.path.split("?")[0]
        with room.lock:
            room.requests[path] = room.requests.get(path, 0) + 1
            room.served += not self.asked
        self.asked = True
        routes = {"/push": self.push, "/hook": self.hook, "/_bulk": self.bulk}
        if path not in routes:
            room.complain(f"POST {path}: no such address")
            self.answer(404)
            return
        fault = room.fault()
        if fault == "drop":
            self.reset()
            return
        if fault in ("503", "429", "403", "400"):
            self.answer(int(fault), "not now", [("Retry-After", "1")] if fault == "429" else ())
            return
        if fault == "redirect":
            self.answer(307, "", [("Location", f"http://127.0.0.1:{room.port}/private")])
            return
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        status, text = routes[path](body)
        if fault == "reset":
            self.reset()
        elif fault == "half":
            self.half()
        else:
            self.answer(status, text)

    # ---- the receivers ----

    def push(self, body):
        room = self.server.newsroom
        expected = "sha1=" + hmac.new(room.secret, body, hashlib.sha1).hexdigest()
        if not hmac.compare_digest(expected, self.headers.get("x-superdesk-signature", "")):
            room.complain(f"/push: wrong signature {self.headers.get('x-superdesk-signature')}")
            return 403, "signature"
        item = json.loads(body)
        members = [("guid", str), ("type", str), ("version", str), ("versioncreated", str)]
        if item.get("pubstatus") != "canceled":  # then it hides what it has, and guid and type are enough
            members += [("headline", str), ("body_html", str), ("subject", list), ("place", list)]
        for member, kind in members:
            if not isinstance(item.get(member), kind):
                room.complain(f"/push: {member} is {item.get(member)!r}")
        if item["guid"] in room.refused_uris:
            return 400, "this one is not wanted"
        room.take("/push", item["guid"], int(item["version"]), item)
        return 200, "OK"

    def hook(self, body):
        room = self.server.newsroom
        ident, stamp = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "")
        key = room.secret
        if key.startswith(b"whsec_"):
            key = base64.b64decode(key[6:])
        signed = base64.b64encode(hmac.new(key, f"{ident}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
        if f"v1,{signed}" not in self.headers.get("webhook-signature", "").split(" "):
            room.complain(f"/hook: wrong signature {self.headers.get('webhook-signature')}")
            return 401, "signature"
        if not ident or abs(time.time() - int(stamp)) > 300:
            room.complain(f"/hook: id {ident!r} or timestamp {stamp!r} is off")
        item = json.loads(body)
        if item["uri"] in room.refused_uris:
            return 400, "this one is not wanted"
        room.take("/hook", item["uri"], int(self.headers["x-wiremill-version"]), item)
        return 204, ""

    def bulk(self, body):
        room = self.server.newsroom
        if self.headers.get("Content-Type") != "application/x-ndjson":
            room.complain(f"/_bulk: Content-Type {self.headers.get('Content-Type')}")
        if not body.endswith(b"\n"):
            room.complain("/_bulk: the body does not end with a newline")
            return 400, '{"error":"The bulk request must be terminated by a newline"}'
        lines, items, at = body.split(b"\n")[:-1], [], 0
        while at < len(lines):
            action = json.loads(lines[at])
            (verb, meta), = action.items()
            document = json.loads(lines[at + 1]) if verb == "index" else None
            at += 1 if verb == "delete" else 2
            items.append({verb: self.bulk_item(verb, meta, document)})
        return 200, json.dumps({"errors": any(list(i.values())[0]["status"] > 299 for i in items), "items": items})

    def bulk_item(self, verb, meta, document):
        room = self.server.newsroom
        if verb not in ("index", "delete") or set(meta) != {"_index", "_id", "version", "version_type"} or meta["version_type"] != "external_gte":
            room.complain(f"/_bulk: action {verb} {meta}")
            return {"status": 400, "error": {"type": "illegal_argument_exception", "reason": "action"}}
        if not isinstance(meta["version"], int) or not 0 < meta["version"] < 2**63 or len(meta["_id"].encode()) > 512:
            room.complain(f"/_bulk: version or _id {meta}")
        if meta["_id"] in room.refused_uris:
            return {"status": 400, "error": {"type": "mapper_parsing_exception", "reason": "this one is not wanted"}}
        with room.lock:
            busy = len(room.faults) > 1 and room.draw.random() < 0.1
            stored = room.index.get(meta["_id"], (0, None))[0]
            if not busy and meta["version"] >= stored:  # a deletion leaves its version behind
                room.index[meta["_id"]] = (meta["version"], document)
        if busy:
            return {"status": 429, "error": {"type": "rejected_execution_exception", "reason": "queue full"}}
        if meta["version"] < stored:
            return {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "older"}}
        room.take("/_bulk", meta["_id"], meta["version"], document)
        return {"status": 201 if not stored else 200}
