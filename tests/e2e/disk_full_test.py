"""A disk that is full: no file is half there, answers go on, the cause is named, and it heals."""

import json
import os
import subprocess

import pytest
from conftest import Anvil, Solo, end, wait_until
from history import History
from history_sources import Folder, NodeChain, SqliteRows
from supervisor import Poller, Torture, all_is_kept, look_on, mine_on, seed_of_this_run

IS_LONG = os.environ.get("TIDEMARK_TORTURE") == "1"
DISK_BYTES = 12 << 20
# How often the worker says so before the disk is cleared. After six failures in a row a job has failed,
# which cannot be written down then either.
FAILURES = (1, 8, 8) if IS_LONG else (1, 1, 3)
FULL_WITHIN_S = 300 if IS_LONG else 30
SETTLED_WITHIN_S = 120


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own."""
    folder = tmp_path / "solo"  # Its log is beside it.
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", folder],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a file system may not be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def named(solo):
    """How often the log says what is wrong."""
    log = solo.log.read_text()
    return log.count("No space left on device") + log.count("disk is full")


def fill(file):
    """Takes all that is left of its disk."""
    with open(file, "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            pass


def test_a_disk_that_fills_up_and_is_cleared(disk, tmp_path):
    torture = Torture(seed_of_this_run())
    chain = Anvil(tmp_path)
    solo = Solo(disk)
    try:
        history = History(SqliteRows(solo.folder / "tidemark.db"), Folder(solo.folder / "data"))
        chain.mine_traffic(5)
        job = solo.deploy(chain)
        solo.wait_for_block(chain.head())
        look_on(torture, "looker", history)
        for number in range(2):
            Poller(torture, f"poller {number}", solo, {"demo/anvil": history})
        mine_on(torture, "miner", chain)
        for failures in FAILURES:
            fill(disk / "ballast")
            assert os.statvfs(disk).f_bavail == 0
            before = named(solo)
            wait_until(lambda: named(solo) >= before + failures, "the cause is named", FULL_WITHIN_S)
            assert solo.get("/jobs")["jobs"][0]["id"] == job
            (disk / "ballast").unlink()
            head = chain.head()
            wait_until(lambda: solo.tables()["blocks"]["current_block"] >= head, "it goes on",
                       SETTLED_WITHIN_S)
        torture.end()
        wait_until(lambda: {table["current_block"] for table in solo.tables().values()} == {chain.head()},
                   "it has caught up", SETTLED_WITHIN_S)
        events = json.dumps(solo.get(f"/jobs/{job}/events"))
        assert "FATAL" not in events, events
        assert solo.stop() < 5
        all_is_kept(history, {"demo/anvil": NodeChain.of(chain.url)})
        print(history.summary(), dict(torture.counts))
    finally:
        torture.abandon()
        end(solo.process)
        chain.stop()
