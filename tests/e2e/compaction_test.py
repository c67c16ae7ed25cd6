"""Small files become few, and what they were made from goes: nobody who asks sees anything else change.

Method: a solo follows a chain block by block until each table has more than a hundred files. Then it
goes on with compaction and short delays, while the chain is reorganised, and is killed in the middle of it
again and again.
"""

import sqlite3

from conftest import Anvil, Solo, end, wait_until
from history import History
from history_sources import Folder, NodeChain, SqliteRows
from supervisor import Poller, Torture, Victim, all_is_kept, look_on, mine_on, seed_of_this_run

FILES = 100
KILLS = 8
DATASET = "demo/anvil"
COMPACTION = {
    "TIDEMARK_WORKER_COMPACT_INTERVAL_SECS": "1",
    "TIDEMARK_WORKER_COMPACT_MARGIN_BLOCKS": "2",  # Less than a reorg replaces.
    "TIDEMARK_WORKER_COLLECT_INTERVAL_SECS": "1",
    # Longer than a looker takes from one look to the next.
    "TIDEMARK_WORKER_COLLECT_DELAY_SECS": "5",
    "TIDEMARK_WORKER_ORPHAN_GRACE_SECS": "1",
}


def files_counts(solo):
    return [table["files_count"] for table in solo.tables(DATASET).values()]


def unnamed_and_missing(solo):
    """Objects that no row names, and rows whose object is not there."""
    with sqlite3.connect(f"file:{solo.folder}/tidemark.db?mode=ro", uri=True, timeout=5) as rows:
        named = {row for row, in rows.execute(
            "SELECT r.path || '/' || f.file_name FROM file_metadata f"
            " JOIN physical_table_revisions r ON r.id = f.location_id")}
    there = Folder(solo.folder / "data").list()
    return there - named, named - there


def test_files_become_few_and_their_parents_go_while_it_is_killed(tmp_path):
    torture = Torture(seed_of_this_run())
    chain = Anvil(tmp_path)
    solo = Solo(tmp_path / "solo")
    try:
        chain.mine_traffic(2)
        job = solo.deploy(chain)
        history = History(SqliteRows(solo.folder / "tidemark.db"), Folder(solo.folder / "data"),
                          reorgs=True)
        for _ in range(FILES + 20):
            chain.mine_traffic(1, per_block=2)
            solo.wait_for_block(chain.head(), DATASET)
        assert min(files_counts(solo)) > FILES
        history.look()
        assert solo.stop() < 5

        solo = Solo(tmp_path / "solo", environment=COMPACTION)
        mine_on(torture, "miner", chain, every_s=0.3, reorg=0.3)
        look_on(torture, "looker", history)
        for poller in range(2):
            Poller(torture, f"poller {poller}", solo, {DATASET: history})
        Victim(torture, "solo", solo)
        torture.wait(lambda: torture.counts["kill -9"] >= KILLS, 60 * torture.slowness)
        torture.end()
        assert torture.counts["kill -9"] >= KILLS

        solo.kill()
        solo.start()
        chain.mine()
        solo.wait_for_block(chain.head(), DATASET)
        chain.call("anvil_reorg", 3, [])
        chain.mine(4)  # More than a reorg replaces: what it left behind shows with the blocks after it.
        solo.wait_for_block(chain.head(), DATASET)

        def is_few():
            history.look()  # A row has to be seen while it is there.
            return max(files_counts(solo)) < FILES / 2

        def is_collected():
            unnamed, _ = unnamed_and_missing(solo)
            return is_few() and not unnamed and len(history.rows.files) == sum(files_counts(solo))

        wait_until(is_few, "the files become few", 60)
        # What reorgs have left behind is not for compaction.
        tables = solo.tables(DATASET).values()
        solo.cli("table", "prune", next(iter(tables))["revision_id"], code=1)
        solo.cli("job", "stop", job)
        wait_until(lambda: solo.get(f"/jobs/{job}")["status"] == "STOPPED", "the job is stopped")
        pruned = [solo.cli("table", "prune", table["revision_id"], "--delay", 5) for table in tables]
        assert not all(line.startswith("0 ") for line in pruned)
        wait_until(is_collected, "what they were made from is gone, and so are orphans", 60)
        few = files_counts(solo)
        solo.cli("dataset", "deploy", f"{DATASET}@1.0.0")
        chain.mine()
        solo.wait_for_block(chain.head(), DATASET)
        assert solo.stop() < 5
        assert unnamed_and_missing(solo) == (set(), set())
        all_is_kept(history, {DATASET: NodeChain.of(chain.url)})
        print(f"{torture.counts['kill -9']} kills, {torture.counts['reorgs']} reorgs; {3 * (FILES + 20)} files and more became"
              f" {sum(few)}; {history.summary()}")
    finally:
        torture.abandon()
        end(solo.process)
        chain.stop()

