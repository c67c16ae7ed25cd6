#!/usr/bin/env python3
"""An S3 server for tests: empty, on loopback, and gone when its user is.

usage: s3.py [--tls] -- COMMAND [ARGUMENT...]    runs the command with the variables below, exits as
                                                 it does; --tls: https, with a certificate of its own

  TIDEMARK_TEST_S3_URL    s3://BUCKET, where the bucket is there and empty
  AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY    how it is reached
  AWS_CA_BUNDLE           with --tls: the certificate

In Python: `with S3() as server: ... server.url ... server.environment ...`. With the command of
postgres.py inside or outside, a command has both.

The server is moto, which takes any signature for a good one. With TIDEMARK_VERSITYGW naming a
versitygw binary it is that one, which does not.
"""

import io
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUCKET = "tidemark-test"
ROOT = Path(__file__).resolve().parents[2]


def _moto_folder():
    """Where tools/setup.sh has put it."""
    pins = (ROOT / "tools/pins.txt").read_text()
    directory = re.search(r"^wheels +(moto-\S+)", pins, re.MULTILINE)[1]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(os.environ.get("TIDEMARK_DEPS") or f"{cache}/tidemark") / directory
    if not folder.exists():
        raise RuntimeError(f"{folder} is not there: run 'make setup'")
    return folder


class S3:
    def __init__(self, tls=False):
        self.folder = Path(tempfile.mkdtemp(prefix="tidemark-s3-"))
        self.access_key = "TIDEMARKTEST" + secrets.token_hex(4).upper()
        self.secret_key = secrets.token_hex(20)
        self.url = f"s3://{BUCKET}"
        self.process = None
        try:
            gateway = os.environ.get("TIDEMARK_VERSITYGW")
            self.port = self._start_gateway(gateway) if gateway and not tls else self._start_moto(tls)
        except BaseException:
            self.close()
            raise
        self.endpoint = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.port}"
        self.environment = {
            "TIDEMARK_TEST_S3_URL": self.url,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }
        if tls:
            self.environment["AWS_CA_BUNDLE"] = str(self.folder / "tls.crt")

    def _start_moto(self, tls):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", __file__, "--serve-tls" if tls else "--serve", BUCKET], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=open(self.folder / "server.log", "w"),
            env={**os.environ, "PYTHONPATH": str(_moto_folder())}, cwd=self.folder)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"moto did not start:\n{self.log()}")
        return int(line)

    def _start_gateway(self, binary):
        (self.folder / "data" / BUCKET).mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [binary, "--port", f"127.0.0.1:{port}", "posix", str(self.folder / "data")],
            env={**os.environ, "ROOT_ACCESS_KEY": self.access_key,
                 "ROOT_SECRET_KEY": self.secret_key},
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=open(self.folder / "server.log", "w"), cwd=self.folder)
        for _ in range(500):
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            time.sleep(0.02)
        raise RuntimeError(f"versitygw did not start:\n{self.log()}")

    def log(self):
        return (self.folder / "server.log").read_text(errors="replace")

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _serve(bucket, tls):
    """Runs moto in this process until its input ends, that is until its user is gone."""
    import logging
    import ssl
    import threading
    import urllib.request

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server, make_ssl_devcert

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = DomainDispatcherApplication(create_backend_app)

    # S3 decides in one step whether a conditional write may be; moto looks, then writes.
    writing = threading.Lock()

    def application(environ, start_response):
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return moto(environ, start_response)
        # First the whole body, for which nobody else need wait.
        if length := int(environ.get("CONTENT_LENGTH") or 0):
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with writing:
            return moto(environ, start_response)

    certificate = make_ssl_devcert("tls", host="localhost") if tls else None
    server = make_server("127.0.0.1", 0, application, threaded=True, ssl_context=certificate)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    trusted = ssl.create_default_context(cafile="tls.crt") if tls else None
    url = f"{'https' if tls else 'http'}://localhost:{server.port}/{bucket}"
    create = urllib.request.Request(url, method="PUT")
    urllib.request.urlopen(create, timeout=30, context=trusted).close()
    print(server.port, flush=True)
    sys.stdin.buffer.read()


def _run(command, tls):
    def give_up(number, _):
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, give_up)
    with S3(tls) as server:
        process = subprocess.Popen(command, env={**os.environ, **server.environment})
        try:
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    return code if code >= 0 else 128 - code


def main():
    match sys.argv[1:]:
        case ["--serve" | "--serve-tls" as how, bucket]:
            return _serve(bucket, tls=how == "--serve-tls")
        case ["--", _, *_]:
            return _run(sys.argv[2:], tls=False)
        case ["--tls", "--", _, *_]:
            return _run(sys.argv[3:], tls=True)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
