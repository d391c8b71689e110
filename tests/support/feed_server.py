"""A server of feeds for the tests: every dialect, feeds that grow, and feeds that are broken in every way. Standard library only."""

import base64
import gzip
import http.server
import pathlib
import ssl
import threading
import time

FEEDS = pathlib.Path(__file__).resolve().parents[1] / "data" / "feeds"
BOMB = ('<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">' +
        "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)) +
        "]><rss><channel><item><title>&j;</title></item></channel></rss>").encode()
XXE = b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&a;</title></item></channel></rss>'
# What Debian's python3-brotli makes of atom("brotli", 3), and of "<rss>" with 200 MiB of blanks behind it.
BROTLI = base64.b64decode(
    "G3ACIGRrW6p/9FfExkrCo4hZ3nL+bPaxv305JvipmlJMsDGpK5XqeexwLh50TWUO4QAQf30lfg20lVkmwl5dXkku8D9g0YFTcazX1AP3AfoK72PxgLLX2vsKQRZgJv6olFSZoRSe"
    "qFsO3CMosjXzRNG4YefkFWRtCIU7oVSpgsnpl3SCyp2xWvzQjQHvbcD5HdN0SHZJGaVDsSvqrcCZAQE=")
BROTLI_BOMB = base64.b64decode(
    "z///f/iN1GFNPDLKOR+eApGL2wIBtPf/Zfz//4dfAiAOCwB07//5//8PvwRAHBYB6N7/8///H34JgDgsANC9/+f//z/8EgBxWACge//P//9/+CUA4rAAQPf+n/////BLAMRhAYDu/"
    "T/////hlwCIwwIA3ft//v//wy8BEIcFALr3//z//4dfAiAOCwB07//5//8PvwRAHBYA6N7/8///H34JgDgsANC9/08CAED8EgBxWADwe/8H")


def atom(name, items):
    """An Atom feed with entries 0 to `items` - 1."""
    entries = "".join(
        f"<entry><id>urn:feed:{name}:{n}</id><title>Story {n} of {name}</title><updated>2026-11-25T10:00:00Z</updated>"
        f"<summary>Words of story {n}, told by {name}.</summary></entry>" for n in range(items))
    return (f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{name}</title><id>urn:feed:{name}</id>'
            f"<updated>2026-11-25T10:00:00Z</updated>{entries}</feed>").encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        owner = self.server.owner
        word, _, rest = self.path.lstrip("/").partition("/")
        with owner.lock:
            owner.requests.append((time.monotonic(), self.client_address[0], self.path, dict(self.headers)))
            owner.open[self.headers["Host"]] = owner.open.get(self.headers["Host"], 0) + 1
            owner.most_open = max(owner.most_open, owner.open[self.headers["Host"]])
        try:
            getattr(self, "get_" + word.replace("-", "_"), self.get_nothing)(owner, rest)
        except OSError:
            pass
        finally:
            with owner.lock:
                owner.open[self.headers["Host"]] -= 1

    def get_nothing(self, owner, rest):
        self.reply(404)

    def conditional(self, body, **headers):
        """200 with ETag and Last-Modified, or 304."""
        tag = f'"{len(body)}-{hash(body) & 0xffffffff}"'
        if self.headers.get("If-None-Match") == tag and self.headers.get("If-Modified-Since"):
            self.reply(304, ETag=tag)
        else:
            self.reply(200, body, ETag=tag, Last_Modified="Wed, 25 Nov 2026 10:00:00 GMT", **headers)

    def get_doc(self, owner, rest):
        self.conditional((FEEDS / rest).read_bytes())

    def get_grow(self, owner, rest):
        """Grows by one item with each request, up to the server's limit."""
        with owner.lock:
            owner.grown[rest] = min(owner.limit, owner.grown.get(rest, 0) + 1)
            items = owner.grown[rest]
        time.sleep(owner.delay)
        self.conditional(atom(rest, items))

    def get_gzip(self, owner, rest):
        self.conditional(gzip.compress(atom("gzip", 3)), Content_Encoding="gzip")

    def get_gzip_bomb(self, owner, rest):
        self.reply(200, gzip.compress(b"<rss>" + b" " * (200 << 20)), Content_Encoding="gzip")

    def get_brotli(self, owner, rest):
        self.conditional(BROTLI, Content_Encoding="br")

    def get_brotli_bomb(self, owner, rest):
        self.reply(200, BROTLI_BOMB, Content_Encoding="br")

    def get_not_gzip(self, owner, rest):
        self.reply(200, atom("not-gzip", 1), Content_Encoding="gzip")

    def get_xxe(self, owner, rest):
        self.reply(200, XXE)

    def get_latin(self, owner, rest):
        """The transport's charset goes before the document's own."""
        self.reply(200, atom("latin", 1).replace(b"Story", "Déjà".encode("latin-1")), Content_Type="application/atom+xml; charset=iso-8859-1")

    def get_wide(self, owner, rest):
        self.reply(200, atom("wide", 1).decode().encode("utf-16"))

    def get_gone(self, owner, rest):
        self.reply(410)

    def get_closed(self, owner, rest):
        """Busy for three seconds at the first request, and so is the whole host."""
        with owner.lock:
            first = "closed" not in owner.grown
            owner.grown["closed"] = 1
        self.reply(503, Retry_After="3") if first else self.reply(200, atom("closed", 1))

    def get_bomb(self, owner, rest):
        self.reply(200, BOMB)

    def get_cut(self, owner, rest):
        body = atom("cut", 5)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def get_half(self, owner, rest):
        self.reply(200, atom("half", 5)[:-30])

    def get_encoding(self, owner, rest):
        self.reply(200, b'<?xml version="1.0" encoding="UTF-8"?><rss><channel><item><title>\xe9t\xe9</title></item></channel></rss>')

    def get_huge(self, owner, rest):
        self.send_response(200)
        self.send_header("Content-Length", str(100 << 20))
        self.end_headers()
        self.wfile.write(b"<rss><channel>")
        for _ in range(100):
            self.wfile.write(b" " * (1 << 20))

    def get_slow(self, owner, rest):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(200):
            self.wfile.write(b" ")
            time.sleep(0.2)

    def get_reset(self, owner, rest):
        import socket
        import struct
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def get_busy(self, owner, rest):
        with owner.lock:
            first = not owner.grown.get("busy")
            owner.grown["busy"] = 1
        self.reply(429, Retry_After="2") if first else self.reply(200, atom("busy", 2))

    def get_moved(self, owner, rest):
        self.reply(301, Location="/doc/rss2.xml")

    def get_loop(self, owner, rest):
        self.reply(302, Location=f"/loop/{int(rest or 0) + 1}")

    def get_to_file(self, owner, rest):
        self.reply(302, Location="file:///etc/passwd")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Clients that go away are part of the test."""


class FeedServer:
    """Serves on a free port of every loopback address, over TLS if `certificate` is a file. A context manager."""

    def __init__(self, limit=20, delay=0.0, certificate=None):
        self.lock = threading.Lock()
        self.requests, self.open, self.most_open = [], {}, 0
        self.grown, self.limit, self.delay = {}, limit, delay
        self.server = Server(("0.0.0.0", 0), Handler)
        self.server.owner = self
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def url(self, path, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}/{path}"

    def asked(self, path):
        """Requests for /path so far, as (time, client, path, headers)."""
        with self.lock:
            return [r for r in self.requests if r[2] == "/" + path]
