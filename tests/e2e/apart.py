"""The parts of a deployment: servers and workers, over one database and one place of files."""

import os
import re
import subprocess

import pytest
from conftest import BINARY, Solo, end, wait_until
from postgres import Postgres


@pytest.fixture(scope="module")
def postgres():
    # A commit must outlive a crash of the server, which the tests bring about.
    with Postgres(synchronous_commit="on") as server:
        yield server


@pytest.fixture
def database(postgres, request):
    """URL of an empty database."""
    name = "".join(c if c.isalnum() else "_" for c in request.node.name)[:60].lower()
    postgres.psql(f"CREATE DATABASE {name}")
    yield postgres.url_of(name)
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")


def refused(*words, code, environment=None):
    """The one line on standard error of a command that must end with `code`."""
    result = subprocess.run([BINARY, *map(str, words)], text=True, capture_output=True, timeout=30,
                            stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    assert result.returncode == code, result.stdout + result.stderr
    lines = [line for line in result.stderr.splitlines() if not line.startswith("ts=")]
    assert len(lines) == 1, result.stderr
    return lines[0]


class Server(Solo):
    """`tidemark server` on a port of the kernel's choice. Asked like solo."""

    command = "server"

    def __init__(self, log, *flags, environment=None, waits=True):
        self.log = log
        self._words = [BINARY, self.command, *map(str, flags)]
        if self.command == "server":
            self._words += ["--listen", "127.0.0.1:0"]
        self._environment = {**os.environ, **(environment or {})}
        self.begin()
        if waits:
            self.wait()

    def begin(self):
        self.process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(self.log, "w"),
                                        env=self._environment)


class Worker(Server):
    """`tidemark worker`. Not asked anything."""

    command = "worker"

    def wait(self):
        def began():
            assert self.process.poll() is None, self.log.read_text()
            return re.search(r"tidemark worker: node (\S+) \(", self.log.read_text())
        self.node_id = wait_until(began, "the worker begins").group(1)


class Deployment:
    """Servers and workers with the same flags."""

    def __init__(self, folder, *flags, environment=None):
        self.folder = folder
        self._flags = flags
        self._environment = environment
        self._running = []

    def _add(self, kind, name, *flags, **rest):
        program = kind(self.folder / f"{name}.log", *self._flags, *flags,
                       environment=self._environment, **rest)
        self._running.append(program)
        return program

    def server(self, name="server", *flags, **rest):
        return self._add(Server, name, *flags, **rest)

    def worker(self, name="worker", *flags, **rest):
        return self._add(Worker, name, *flags, **rest)

    def close(self):
        for program in self._running:
            end(program.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        for program in self._running:
            assert "Sanitizer" not in program.log.read_text(), program.log.read_text()


def deploy_two(server, anvil, workers):
    """A dataset for each worker; the ids of their jobs."""
    server.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", anvil.url)
    jobs = []
    for number, worker in enumerate(workers):
        dataset = f"demo/part{number}"
        server.cli("dataset", "register", dataset, "--network", "anvil", "--tag", "1.0.0")
        jobs.append(int(server.cli("dataset", "deploy", f"{dataset}@1.0.0",
                                   "--worker-id", worker.node_id)))
    return jobs
