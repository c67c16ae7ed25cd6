"""A program that gives up on its database in the middle of a sign-in ends as it should."""

import os
import signal
import socket
import subprocess
import threading
import time

from apart import postgres  # noqa: F401 (fixture)
from conftest import BINARY, end

# A crash shows in one of a dozen, so only the long form is likely to see it.
WORKERS = 60 if os.environ.get("TIDEMARK_TORTURE") == "1" else 6
# More than the time that opening a database may take.
PAUSE_S = 10.5
# The server's part of SCRAM, to which the client's answer takes some computing.
SASL_CONTINUE = (b"R", b"\x00\x00\x00\x0b")


class PausingProxy:
    """Stands before PostgreSQL, and stops its client in mid-sign-in until it must have given up."""

    def __init__(self, port):
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.client = None
        self.has_paused = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._port))
        threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
        self._pump(server, client, pausing=True)

    def _pump(self, source, target, pausing=False):
        try:
            while data := source.recv(65536):
                pauses = pausing and (data[:1], data[5:9]) == SASL_CONTINUE
                if pauses:
                    self.client.send_signal(signal.SIGSTOP)
                target.sendall(data)
                if pauses:
                    time.sleep(PAUSE_S)
                    self.client.send_signal(signal.SIGCONT)
                    self.has_paused.set()
        except OSError:
            pass
        finally:
            target.close()


def test_a_worker_gives_up_in_the_middle_of_a_sign_in(postgres, tmp_path):  # noqa: F811 (fixture)
    for _ in range(WORKERS // 6):
        proxies = [PausingProxy(postgres.port) for _ in range(6)]
        try:
            for proxy in proxies:
                url = postgres.url.replace(f":{postgres.port}/", f":{proxy.port}/")
                proxy.client = subprocess.Popen(
                    [BINARY, "worker", "--db", url, "--data", tmp_path / "data"], text=True,
                    stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for proxy in proxies:
                _, said = proxy.client.communicate(timeout=40)
                assert proxy.has_paused.wait(timeout=5)
                assert proxy.client.returncode == 5 and "did not answer in time" in said, said
        finally:
            for proxy in proxies:
                if proxy.client is not None:
                    end(proxy.client)
