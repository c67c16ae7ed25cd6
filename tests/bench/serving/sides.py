"""What the benchmark starts: servers and databases, writers and load.

A server runs on the first core and the load on the last one; databases and writers run where the
kernel puts them.
"""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from apart import Server
from conftest import end, wait_until
from postgres import BIN as POSTGRES_BIN
from postgres import Postgres

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
BIN = Path(os.environ["TIDEMARK_BINARY"]).parent

# Amp's raw kind with four tables. Nobody fetches it here: its segments are written as rows.
MANIFEST = {"kind": "firehose", "network": "mainnet", "start_block": 1}
TABLES = ("blocks", "transactions", "calls", "logs")
DATASET = "bench/mainnet"
PROGRESS = f"/datasets/{DATASET}/versions/1.0.0/progress"
BLOCKS_PROGRESS = f"/datasets/{DATASET}/versions/1.0.0/tables/blocks/progress"


@contextlib.contextmanager
def on_core(core):
    """What is started meanwhile stays on the core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(pid):
    """The process and its children."""
    children = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(stat_of(folder.name)[1]) == pid:
                children.append(int(folder.name))
    return [pid, *children]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stat_of(pid):
    """The fields of /proc/PID/stat from the third on."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_s(pid):
    """User and system time of a process and its children, also of those that have ended."""
    ticks = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            fields = stat_of(one)
            ticks += sum(int(field) for field in fields[11:15 if one == pid else 13])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mb(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


@dataclasses.dataclass
class Load:
    """One run of http_load, as its source says."""

    answers: int
    seconds: float
    unanswered: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    load_cpu_s: float
    cpu_s: list[float]
    commit_rate: float = 0.0  # Of a writer beside it.

    @property
    def rate(self):
        return self.answers / self.seconds

    @property
    def cpu_us(self):
        """Of the server, for each answer."""
        return self.cpu_s[0] / self.answers * 1e6

    @property
    def load_busy(self):
        return self.load_cpu_s / self.seconds

    @property
    def server_busy(self):
        return self.cpu_s[0] / self.seconds


def run_tool(name, *words, core=None):
    """What a program of this benchmark prints."""
    with on_core(core) if core is not None else contextlib.nullcontext():
        process = subprocess.Popen([BIN / name, *map(str, words)], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
    said, errors = process.communicate(timeout=600)
    if process.returncode != 0:
        raise RuntimeError(f"{name}: {errors.strip()}")
    return json.loads(said) if said else None


def load(side, path, connections, seconds, rate=0, status=200, headers=()):
    measured = Load(**run_tool("http_load", side.port, path, connections, seconds, rate, status,
                               side.pid, *headers, core=LOAD_CORE))
    if measured.answers == 0:
        raise RuntimeError(f"not one answer within {seconds} s")
    return measured


class Nginx:
    """Gives one answer to every question, with a head of about the size of `head`."""

    def __init__(self, folder, body, headers):
        self.folder = folder / "nginx"
        self.folder.mkdir()
        self.port = free_port()
        # Nginx writes Server, Date, Content-Type and Content-Length itself.
        extra = "".join(f"add_header {name} '{value}';\n" for name, value in headers.items()
                        if name not in ("Date", "Content-Type", "Content-Length"))
        temporary = "".join(f"{name}_temp_path {self.folder};\n" for name in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.folder / "nginx.conf"
        config.write_text(f"""
daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 4096; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 1000000000; default_type application/json;
  {temporary}
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    location / {{ {extra} return 200 '{body}'; }}
  }}
}}""")
        with on_core(SERVER_CORE):
            self._process = subprocess.Popen(
                [shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"]), "-c", config, "-p",
                 self.folder, "-e", self.folder / "error.log"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = wait_until(self._worker, "nginx answers")

    @staticmethod
    def is_there():
        return shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"]) is not None

    def _worker(self):
        assert self._process.poll() is None, (self.folder / "error.log").read_text()
        workers = family(self._process.pid)[1:]
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
            return workers and workers[0]

    def close(self):
        self._process.send_signal(signal.SIGTERM)  # Its worker would outlive a kill.
        self._process.wait(timeout=10)


# Segments like that of block 1, up to another block: what segment_writer would add one by one.
FILL_SQL = """
WITH first AS (
  SELECT f.* FROM file_metadata f JOIN physical_tables t ON t.active_revision_id = f.location_id
  WHERE t.table_name = '{table}' AND f.file_name = '000000001.parquet'),
file AS (
  INSERT INTO file_metadata (location_id, file_name, metadata, object_size, url)
  SELECT location_id, lpad(n::text, 9, '0') || '.parquet',
    metadata || jsonb_build_object('filename', lpad(n::text, 9, '0') || '.parquet', 'ranges',
      jsonb_build_array(metadata->'ranges'->0 || jsonb_build_object(
        'numbers', jsonb_build_object('start', n, 'end', n),
        'hash', '0x' || encode(sha256(n::text::bytea), 'hex'),
        'prev_hash', '0x' || encode(sha256((n - 1)::text::bytea), 'hex'),
        'timestamp', 1700000000 + n))),
    object_size, url
  FROM first, generate_series(2, {last}) AS n
  RETURNING id)
INSERT INTO footer_cache (file_id, footer) SELECT id, '' FROM file;
VACUUM ANALYZE;
"""


class Lake:
    """A dataset of four tables in a database of its own, and one server of it."""

    def __init__(self, folder, database):
        """`database`: a URL; None for SQLite."""
        self.folder = folder
        self.folder.mkdir()
        self.database = database or f"{folder}/tidemark.db"
        self.server = None
        self.next_block = dict.fromkeys(TABLES, 1)
        self.start()
        status, _, body = self.server.request("POST", "/datasets", {
            "namespace": DATASET.split("/")[0], "name": DATASET.split("/")[1], "version": "1.0.0",
            "manifest": MANIFEST})
        assert status == 201, body
        answer = self.server.get(f"/datasets/{DATASET}/versions/1.0.0")
        self.version = f"{DATASET}@{answer['manifest_hash']}"

    def start(self, *flags):
        """Anew, if it runs."""
        self.stop()
        url = self.database if self.database.startswith("postgres") else f"sqlite:{self.database}"
        with on_core(SERVER_CORE):
            self.server = Server(self.folder / "server.log", "--db", url, "--data",
                                 f"file://{self.folder}/data", "--log-level", "warning", *flags)
        self.pid = self.server.process.pid
        self.port = int(self.server.address.rpartition(":")[2])

    def stop(self):
        if self.server is not None:
            end(self.server.process)
            self.server = None

    def fill(self, last, tables=TABLES):
        """Each of the tables, empty so far, then has the segments of blocks 1 to `last`."""
        if last == 0:
            return
        is_postgres = self.database.startswith("postgres")
        self._write("fill", 1, 1 if is_postgres else last, *tables)
        if is_postgres:
            for table in tables:
                psql(self.database, FILL_SQL.format(table=table, last=last))
        self.next_block.update({table: last + 1 for table in tables})

    def _write(self, *words):
        return run_tool("segment_writer", self.database, self.version, *words)

    def commit(self, rate, seconds, ask="", tables=TABLES):
        """What the writer says after its commits; with `ask` it asks the server for that path."""
        first = max(self.next_block[table] for table in tables)
        said = self._write("commit", first, rate, seconds, self.port if ask else 0, ask or "-", *tables)
        self.next_block.update({table: said["next"] for table in tables})
        return said

    def answer(self, path=PROGRESS):
        status, headers, body = self.server.request("GET", path)
        assert status == 200, body
        return headers, body

    def warm(self, path=PROGRESS):
        """Lets it compute the answer, and see that it holds."""
        for _ in range(3):
            self.answer(path)

    close = stop


class Database(Postgres):
    """PostgreSQL as it comes, durable commits and all, with room for the data in memory."""

    def __init__(self):
        super().__init__(fsync="on", full_page_writes="on", synchronous_commit="on",
                         shared_buffers="512MB", max_wal_size="4GB", deadlock_timeout="1s")
        self._count = 0

    def new_database(self):
        self._count += 1
        name = f"bench{self._count}"
        self.psql(f"CREATE DATABASE {name}")
        return self.url_of(name)

    @property
    def pid(self):
        return self.process.pid


def psql(url, script):
    """Rows, unaligned, fields parted by '|'."""
    result = subprocess.run([POSTGRES_BIN / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url], input=script, text=True,
                            capture_output=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout


def settle():
    """Lets what the last run has left behind end."""
    time.sleep(0.2)


class IdleConnections:
    """So many that have had an answer each, and stay open."""

    def __init__(self, lake, path, count):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
        self._sockets = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", lake.port))
            self._sockets.append(one)
            one.sendall(request)
            answer = one.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"connection {len(self._sockets)} got {answer[:100]!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self._sockets:
            one.close()
