"""What the history checker looks at: rows of a metadata database, objects of a store, a node's chain.

All from outside: by SQLite's and PostgreSQL's own clients, pyarrow, and JSON-RPC.
"""

import dataclasses
import json
import sqlite3
from pathlib import Path

import pyarrow
import pyarrow.fs
from traffic import call


class Unavailable(Exception):
    """The database or the store does not answer now. Another look may."""


# Each yields JSON arrays. What databases write differently stands in braces.
QUERIES = {
    "files": "SELECT {array}(f.id, f.location_id, r.path, f.file_name, {text}(f.metadata), f.object_size)"
             " FROM file_metadata f JOIN physical_table_revisions r ON r.id = f.location_id ORDER BY f.id",
    "events": "SELECT {array}(id, job_id, node_id, event_type, detail IS NOT NULL)"
              " FROM job_events ORDER BY id",
    "jobs": "SELECT {array}(job_id, node_id, status) FROM jobs_status ORDER BY job_id",
    "tables": "SELECT {array}(dataset_namespace || '/' || dataset_name, table_name, active_revision_id)"
              " FROM physical_tables ORDER BY id",
    "scheduled": "SELECT {array}(file_id, {expiration}) FROM gc_manifest ORDER BY file_id",
    "condemned": "SELECT {array}(location_id, file_name, deleted_at IS NOT NULL)"
                 " FROM {condemned_objects} ORDER BY location_id, file_name",
}


@dataclasses.dataclass(frozen=True)
class FileRow:
    id: int
    location: int
    path: str  # Of the revision, below the data.
    name: str
    metadata: str
    size: int | None

    @property
    def object(self):
        return f"{self.path}/{self.name}"


@dataclasses.dataclass(frozen=True)
class EventRow:
    id: int
    job: int
    node: str
    type: str
    has_detail: bool


@dataclasses.dataclass(frozen=True)
class Rows:
    """One snapshot of a database."""

    files: list[FileRow]
    events: list[EventRow]
    jobs: dict[int, tuple[str, str]]  # Node and status, by job.
    tables: dict[tuple[str, str], int | None]  # Active revision, by dataset and table.
    scheduled: dict[int, float]  # From when a file may be collected, in seconds since 1970.
    condemned: dict[tuple[int, str], bool]  # By location and name of an object: whether it is deleted.


def _rows(answers):
    return Rows(
        files=[FileRow(*row) for row in answers["files"]],
        events=[EventRow(*row[:4], bool(row[4])) for row in answers["events"]],
        jobs={job: (node, status) for job, node, status in answers["jobs"]},
        tables={(dataset, table): revision for dataset, table, revision in answers["tables"]},
        scheduled=dict(answers["scheduled"]),
        condemned={(location, name): bool(is_deleted)
                   for location, name, is_deleted in answers["condemned"]})


class SqliteRows:
    """Of a database file that a node may be writing."""

    WORDS = {"array": "json_array", "text": "", "condemned_objects": "tidemark_condemned_objects",
             "expiration": "(julianday(expiration) - 2440587.5) * 86400"}

    def __init__(self, path):
        self._path = path

    def read(self):
        try:
            connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=5,
                                         isolation_level=None)
            try:
                connection.execute("BEGIN")
                return _rows({name: [json.loads(row) for row, in connection.execute(
                    query.format(**self.WORDS))] for name, query in QUERIES.items()})
            finally:
                connection.close()
        except sqlite3.OperationalError as error:
            raise Unavailable(str(error)) from error


class PostgresRows:
    """Of one database of a server of tests/services/postgres.py."""

    WORDS = {"array": "json_build_array", "text": "text",
             "condemned_objects": "tidemark.condemned_objects",
             "expiration": "extract(epoch FROM expiration)"}

    def __init__(self, server, database):
        self._server, self._database = server, database

    def read(self):
        # One statement has one snapshot.
        parts = ", ".join(
            f"'{name}', (SELECT coalesce(json_agg(row), '[]') FROM ("
            f"{query.format(**self.WORDS)}) AS rows (row))"
            for name, query in QUERIES.items())
        try:
            return _rows(json.loads(self._server.psql(f"SELECT json_build_object({parts})",
                                                      self._database)))
        except (RuntimeError, ValueError) as error:
            raise Unavailable(str(error)) from error


class Folder:
    """Objects that are files below a folder."""

    def __init__(self, folder):
        self._folder = Path(folder)

    def read(self, path):
        """The bytes of an object; None if there is none."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path, data):
        (self._folder / path).write_bytes(data)

    def list(self):
        return {str(file.relative_to(self._folder)) for file in self._folder.rglob("*.parquet")}


class Bucket:
    """Objects below a prefix of a bucket of tests/services/s3.py."""

    def __init__(self, s3, prefix):
        self._place = f"{s3.url.removeprefix('s3://')}/{prefix}"
        self._objects = pyarrow.fs.S3FileSystem(
            access_key=s3.access_key, secret_key=s3.secret_key,
            region=s3.environment["AWS_REGION"], endpoint_override=s3.endpoint)

    def read(self, path):
        try:
            with self._objects.open_input_file(f"{self._place}/{path}") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(str(error)) from error

    def list(self):
        found = self._objects.get_file_info(pyarrow.fs.FileSelector(self._place, recursive=True))
        return {one.path.removeprefix(self._place + "/") for one in found
                if one.type == pyarrow.fs.FileType.File}


@dataclasses.dataclass(frozen=True)
class NodeChain:
    """What a node says of its canonical chain, genesis first."""

    hashes: list[str]
    parents: list[str]
    rows: dict[str, list[tuple]]  # What identifies each row of a table, sorted.

    @staticmethod
    def of(url):
        head = int(call(url, "eth_blockNumber"), 16)
        blocks = [call(url, "eth_getBlockByNumber", hex(number), False) for number in range(head + 1)]
        logs = call(url, "eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(head)})
        return NodeChain(
            hashes=[block["hash"] for block in blocks],
            parents=[block["parentHash"] for block in blocks],
            rows={"blocks": [(number, block["hash"]) for number, block in enumerate(blocks)],
                  "transactions": sorted((number, hash) for number, block in enumerate(blocks)
                                         for hash in block["transactions"]),
                  "logs": sorted((int(log["blockNumber"], 16), log["transactionHash"],
                                  int(log["logIndex"], 16)) for log in logs)})
