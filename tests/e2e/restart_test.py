"""Whatever moment the process dies at, the next start goes on without a hole and without a double."""

import json
import os
import random
import sqlite3
import threading
import time

import pyarrow.parquet as parquet
from conftest import wait_until

KILLS = int(os.environ.get("TIDEMARK_KILLS", "20"))


def canonical_blocks(solo, table):
    """Block numbers and hashes in the rows of the table's committed files, by pyarrow."""
    database = sqlite3.connect(f"file:{solo.folder}/tidemark.db?mode=ro", uri=True)
    files = database.execute(
        "SELECT r.path, f.file_name, f.object_size FROM file_metadata f"
        " JOIN physical_table_revisions r ON r.id = f.location_id"
        " JOIN physical_tables t ON t.active_revision_id = r.id WHERE t.table_name = ?", (table,))
    rows = []
    for path, name, size in files.fetchall():
        file = solo.folder / "data" / path / name
        assert file.stat().st_size == size, f"{name} is not what its row says"
        rows += parquet.ParquetFile(file).read(["block_num", "hash"]).to_pylist()
    database.close()
    return sorted((row["block_num"], "0x" + row["hash"].hex()) for row in rows)


def test_killed_at_random_moments_it_ends_with_every_block_once(anvil, solo):
    seed = int(os.environ.get("TIDEMARK_SEED", str(time.time_ns())))
    print(f"rerun with TIDEMARK_SEED={seed}")
    moment = random.Random(seed)
    anvil.mine_traffic(30, per_block=2)
    solo.deploy(anvil)

    growing = threading.Event()

    def grow():
        while not growing.wait(0.05):
            anvil.mine(2)

    grower = threading.Thread(target=grow)
    grower.start()
    try:
        for _ in range(KILLS):
            time.sleep(moment.uniform(0, 0.4))
            solo.kill()
            solo.start()
    finally:
        growing.set()
        grower.join()

    tables = solo.wait_for_block(anvil.head())
    assert {t["job_status"] for t in tables.values()} == {"RUNNING"}
    assert canonical_blocks(solo, "blocks") == list(enumerate(anvil.hashes()))
    job = solo.get("/jobs?status=all")["jobs"]
    assert [j["status"] for j in job] == ["RUNNING"]


def test_a_file_whose_row_makes_no_sense_is_written_again(anvil, solo):
    anvil.mine(5)
    solo.deploy(anvil)
    solo.wait_for_block(5)
    solo.stop()
    with sqlite3.connect(solo.folder / "tidemark.db") as database:
        database.execute("UPDATE file_metadata SET object_size = -5 WHERE id = (SELECT min(id) FROM file_metadata)")
    solo.start()
    anvil.mine(2)
    tables = solo.wait_for_block(7)
    assert sum(p["count"] for t in tables.values() for p in t["problems"]) == 1


def test_a_clean_stop_is_quick_and_the_next_start_goes_on(anvil, solo):
    anvil.mine(50)
    solo.deploy(anvil)
    solo.wait_for_block(50)
    before = solo.tables()
    assert solo.stop() < 5
    anvil.mine(10)
    solo.start()
    after = solo.wait_for_block(60)
    assert {name: t["revision_id"] for name, t in after.items()} == {
        name: t["revision_id"] for name, t in before.items()}
    assert canonical_blocks(solo, "blocks") == list(enumerate(anvil.hashes()))


def test_a_stop_in_the_middle_of_a_long_sync_is_quick(anvil, solo):
    anvil.mine(1500)
    solo.deploy(anvil)
    wait_until(lambda: "job_started" in solo.log.read_text(), "the job starts")
    assert solo.stop() < 5
    solo.start()
    solo.wait_for_block(1500, within_s=60)
    assert [number for number, _ in canonical_blocks(solo, "blocks")] == list(range(1501))
