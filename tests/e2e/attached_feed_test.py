"""Beside an Amp deployment with a change feed: answers are kept, and right, whatever happens to it."""

import hashlib
import json
import re
import subprocess
import threading
import time

import pytest
from amp_deployment import PG_BIN, SCHEMA
from apart import Deployment
from conftest import BINARY, wait_until
from postgres import Postgres

# Amp's own role, and one that Tidemark's server is given.
ROLES = """
CREATE ROLE amp LOGIN PASSWORD 'amp';
CREATE ROLE reader LOGIN PASSWORD 'only-reads';
ALTER ROLE reader SET log_statement = 'all';
CREATE DATABASE amp OWNER amp;
"""
GRANTS = """
ALTER SCHEMA public OWNER TO amp;
SET ROLE amp;
"""
READER = """
GRANT USAGE ON SCHEMA public TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
"""
MANIFEST = json.dumps({
    "kind": "evm-rpc", "network": "mainnet", "start_block": 0, "finalized_blocks_only": False,
    "tables": {"blocks": {"schema": {"arrow": {"fields": [
        {"name": "_block_num", "type": "UInt64", "nullable": False}]}}, "network": "mainnet"}}},
    separators=(",", ":"))
HASH = hashlib.sha256(MANIFEST.encode()).hexdigest()
ROWS = f"""
INSERT INTO workers (node_id, heartbeat_at) VALUES ('node', now());
INSERT INTO jobs (node_id, idempotency_key) VALUES ('node', 'k');
INSERT INTO jobs_status (job_id, node_id, status) VALUES (1, 'node', 'RUNNING');
INSERT INTO manifest_files (hash, path, kind) VALUES ('{HASH}', '{HASH}.json', 'evm-rpc');
INSERT INTO dataset_manifests (namespace, name, hash) VALUES ('eth', 'main', '{HASH}');
INSERT INTO tags (namespace, name, version, hash) VALUES ('eth', 'main', '1.0.0', '{HASH}');
INSERT INTO physical_table_revisions (path, writer) VALUES ('eth/main/blocks/1', 1), ('eth/main/blocks/2', 1);
INSERT INTO physical_tables (dataset_namespace, dataset_name, table_name, manifest_hash,
  active_revision_id) VALUES ('eth', 'main', 'blocks', '{HASH}', 1);
"""
PROGRESS = "/datasets/eth/main/versions/1.0.0/tables/blocks/progress"


def hash_of(block):
    return "0x" + (f"{block + 1:064x}" if block >= 0 else "0" * 64)


def insert_files(first, count, location=1):
    """As Amp commits files of ten blocks each."""
    values = []
    for start in range(first, first + 10 * count, 10):
        name = f"{start:09}-{location}.parquet"
        meta = {"table": "blocks", "filename": name, "created_at": {"secs": 1700000000, "nanos": 0},
                "ranges": [{"numbers": {"start": start, "end": start + 9}, "network": "mainnet",
                            "hash": hash_of(start + 9), "prev_hash": hash_of(start - 1),
                            "timestamp": 1700000000}]}
        values.append(f"({location}, '{name}', '{json.dumps(meta)}', 100, 'file:///d/')")
    return ("INSERT INTO file_metadata (location_id, file_name, metadata, object_size, url) VALUES "
            + ", ".join(values))


class Amp:
    def __init__(self, postgres, folder):
        self.postgres = postgres
        self.folder = folder
        self.url = postgres.url_of("amp", "amp", "amp")
        postgres.psql(ROLES)
        postgres.psql("SET client_min_messages = error;\n" + GRANTS + SCHEMA.read_text() + ROWS
                      + READER, "amp")
        (folder / "manifests").mkdir()
        (folder / "manifests" / f"{HASH}.json").write_text(MANIFEST)
        (folder / "amp.toml").write_text(f'data_dir = "data"\n[metadata_db]\nurl = "{self.url}"\n')

    def run(self, sql):
        return self.postgres.psql("SET ROLE amp;\n" + sql, "amp")

    def attach(self, *words, code=0):
        result = subprocess.run([BINARY, "attach", "--config", self.folder / "amp.toml", *words],
                                text=True, capture_output=True, timeout=60)
        assert result.returncode == code, result.stderr
        return result.stdout + result.stderr

    def status(self):
        return json.loads(self.attach("--status", "--json"))

    def dump(self):
        text = subprocess.run([PG_BIN / "pg_dump", self.postgres.url_of("amp")], check=True,
                              capture_output=True, text=True, timeout=60).stdout
        return re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.MULTILINE)


@pytest.fixture
def amp(tmp_path):
    with Postgres() as postgres:
        yield Amp(postgres, tmp_path)


@pytest.fixture
def server(amp, tmp_path):
    """Attached with a role that may do nothing but SELECT."""
    environment = {"TIDEMARK_DB": amp.postgres.url_of("amp", "reader", "only-reads")}
    with Deployment(tmp_path, "--data", tmp_path / "data", "--manifests",
                    tmp_path / "manifests", environment=environment) as parts:
        yield parts.server()


def block(server):
    answer = server.get(PROGRESS)
    return answer["current_block"], answer["version"]


def computations(server, amp):
    """How often the files of the table are read for a hundred questions."""
    def reads():
        return amp.postgres.log().count("FROM file_metadata WHERE location_id")
    before = reads()
    for _ in range(100):
        server.get(PROGRESS)
    return reads() - before


def test_it_is_installed_used_and_removed_without_a_trace(amp, server):
    amp.run(insert_files(0, 3))
    before = amp.dump()
    assert block(server) == (29, None)
    assert computations(server, amp) == 100
    assert "not installed" in amp.attach("--status")
    assert amp.status() == {"amp_schema": 20260312000000, "installed": False, "used": False,
                            "unused_because": "it is not installed"}

    assert "has been installed" in amp.attach("--install-feed")
    assert "installed already" in amp.attach("--install-feed")
    first = wait_until(lambda: block(server)[1], "the server notices the feed", 10)
    amp.run(insert_files(30, 2))
    assert block(server) == (49, first + 2)
    wait_until(lambda: computations(server, amp) == 0, "answers are kept", 10)
    for start in range(50, 150, 10):
        amp.run(insert_files(start, 1))
        assert block(server)[0] == start + 9
    # A revision with another length takes its place, as Amp does that.
    amp.run(insert_files(0, 2, location=2))
    assert block(server)[0] == 149
    amp.run("BEGIN; UPDATE physical_tables SET active_revision_id = NULL;"
            "UPDATE physical_tables SET active_revision_id = 2; COMMIT;")
    assert block(server)[0] == 19
    amp.run("UPDATE jobs_status SET status = 'ERROR'")
    assert server.get(PROGRESS)["job_state"] == "ERROR"
    amp.run("UPDATE physical_tables SET active_revision_id = 1; DELETE FROM file_metadata WHERE id > 3")
    assert block(server)[0] == 29
    status = amp.status()
    assert (status["used"], status["triggers_firing"], status["faults"]) == (True, 24, 0)
    assert status["changes"] > 10 and status["oldest_change_at"]
    assert "24 of 24 fire" in amp.attach("--status")

    # Under the server.
    amp.attach("--remove-feed")
    assert "there is no feed" in amp.attach("--remove-feed")
    assert block(server) == (29, None)
    amp.run(insert_files(30, 1))
    assert block(server) == (39, None)
    assert computations(server, amp) == 100
    amp.run("DELETE FROM file_metadata WHERE id > 3; UPDATE physical_tables SET updated_at = created_at;"
            "UPDATE jobs_status SET status = 'RUNNING'")
    strip = re.compile(r"^(SELECT pg_catalog.setval.*|.*\t.*)$", re.MULTILINE)
    # Rows and sequences have moved on; of the schema nothing is left.
    assert strip.sub("", amp.dump()) == strip.sub("", before)


def test_a_feed_that_somebody_spoils_is_not_used_and_is_mended(amp, server):
    amp.run(insert_files(0, 1))
    amp.attach("--install-feed")
    first = wait_until(lambda: block(server)[1], "the server notices the feed", 10)
    amp.run("ALTER TABLE file_metadata DISABLE TRIGGER tidemark_inserted")
    amp.run(insert_files(10, 1))
    assert block(server) == (19, None)
    assert "23 of its 24 triggers fire" in amp.attach("--status")
    amp.run("ALTER TABLE file_metadata ENABLE TRIGGER tidemark_inserted")
    amp.run(insert_files(20, 1))
    assert block(server) == (29, None)
    assert "made anew" in amp.attach("--install-feed")
    assert wait_until(lambda: block(server)[1], "the server notices the feed", 10) > first
    # A restart of the database ends every position.
    amp.postgres.stop()
    amp.postgres.start()
    amp.run(insert_files(30, 1))
    assert wait_until(lambda: server.request("GET", PROGRESS)[0] == 200, "the database is back")
    assert block(server)[0] == 39


def test_it_is_refused_where_it_does_not_belong(amp):
    amp.run("UPDATE _sqlx_migrations SET version = 20990101000000 WHERE version = 20260312000000")
    assert "migration 20990101000000" in amp.attach("--install-feed", code=1)
    amp.run("UPDATE _sqlx_migrations SET version = 20260312000000 WHERE version = 20990101000000")
    reader = amp.postgres.url_of("amp", "reader", "only-reads")
    said = amp.attach("--install-feed", "--db", reader, code=5)
    assert '"reader" does not' in said and "only-reads" not in said
    amp.run("CREATE TABLE other (a int); BEGIN; COMMIT;")
    own = amp.postgres.url_of("postgres")
    assert "not Amp's" in amp.attach("--status", "--db", own, code=3)
    assert amp.status()["installed"] is False


def test_no_answer_is_older_than_the_commit_before_it_while_the_feed_comes_and_goes(amp, server):
    """One commits file after file and asks after each; meanwhile the feed is installed and removed."""
    amp.attach("--install-feed")
    stop = threading.Event()
    failures = []

    def come_and_go():
        while not stop.is_set():
            for word in ("--remove-feed", "--install-feed"):
                try:
                    amp.attach(word)
                except Exception as error:
                    failures.append(repr(error))
                stop.wait(0.3)

    operator = threading.Thread(target=come_and_go)
    operator.start()
    versions = set()
    try:
        end = time.monotonic() + 12
        start = 0
        while time.monotonic() < end:
            amp.run(insert_files(start, 1))
            answers = [block(server) for _ in range(3)]
            assert [number for number, _ in answers] == [start + 9] * 3
            versions.update(version is None for _, version in answers)
            start += 10
    finally:
        stop.set()
        operator.join()
    assert not failures
    assert start > 100
    assert versions == {True, False}
