"""Certificates of servers for the tests, made by the openssl command."""

import subprocess


def make(folder):
    """A certificate authority (ca.pem) and what servers may show, each with its key in one file: good.pem for localhost, other.pem for another
    host, expired.pem, and alone.pem that nobody signed."""
    def run(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")

    def new(name, subject, *more):
        run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN={subject}", *more)

    new("ca", "Test authority", "-x509", "-days", "30", "-out", "ca.pem")
    new("alone", "localhost", "-x509", "-days", "30", "-addext", "subjectAltName=DNS:localhost", "-out", "alone.crt")
    for name, host, days in (("good", "localhost", "30"), ("other", "other.example", "30"), ("expired", "localhost", "-1")):
        new(name, host, "-out", f"{name}.csr")
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", days, "-extfile", f"{name}.ext",
            "-out", f"{name}.crt")
    for name in ("good", "other", "expired", "alone"):
        (folder / f"{name}.pem").write_text((folder / f"{name}.key").read_text() + (folder / f"{name}.crt").read_text())
