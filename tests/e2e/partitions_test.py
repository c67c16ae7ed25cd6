"""A job with several writers shows its holes honestly, is killed in the midst of them, and ends complete."""

import types

import pytest
from conftest import Solo, end, wait_until
from history import History
from history_sources import Folder, NodeChain, SqliteRows
from hostile_node import HostileNode
from supervisor import Poller, Torture, all_is_kept, look_on, seed_of_this_run

DATASET = "demo/anvil"
BLOCKS = 1200


@pytest.fixture
def solo(tmp_path):
    node = Solo(tmp_path / "solo", environment={"TIDEMARK_WORKER_PARTITION_MIN_BLOCKS": "50",
                                                "TIDEMARK_WORKER_FETCH_BLOCKS": "10"})
    yield node
    end(node.process)


def test_holes_are_shown_and_nothing_is_lost_or_doubled(anvil, solo):
    anvil.mine_traffic(5)
    while anvil.head() < BLOCKS:
        anvil.mine(min(500, BLOCKS - anvil.head()))
    history = History(SqliteRows(solo.folder / "tidemark.db"), Folder(solo.folder / "data"))
    torture = Torture(seed_of_this_run())
    node = HostileNode(anvil.url)

    def holes():
        answer = solo.get(f"/datasets/{DATASET}/versions/1.0.0/progress?include=gaps")
        return [(table["gaps"] or {"missing": []})["missing"] for table in answer["tables"]]

    def only_hole_around(block, behind):
        tables = holes()
        return tables if all([behind < hole["start"] <= block <= hole["end"] for hole in missing] == [True]
                             for missing in tables) else None

    node.inject("silent", block=20)
    try:
        job = solo.deploy(types.SimpleNamespace(url=node.url), DATASET, end_block=BLOCKS, parallelism=4)
        for number in range(2):
            Poller(torture, f"poller {number}", solo, {DATASET: history})
        look_on(torture, "looker", history)
        seen = []
        for block, behind, next_block in [(20, -1, 70), (70, 20, None)]:
            # The writer of the silent block waits for an answer; the others go on.
            seen += wait_until(lambda: only_hole_around(block, behind), f"only block {block}'s part is missing")
            solo.kill()
            node.heal()
            if next_block is not None:
                node.inject("silent", block=next_block)
            solo.start()
        wait_until(lambda: solo.get(f"/jobs/{job}")["status"] == "COMPLETED", "it completes", 60)
    finally:
        torture.abandon()
        node.close()
    torture.end()
    assert not any(holes())
    assert {table["current_block"] for table in solo.tables().values()} == {BLOCKS}
    assert solo.stop() < 5
    all_is_kept(history, {DATASET: NodeChain.of(anvil.url)})
    print(f"holes seen: {seen}; {history.summary()}")
