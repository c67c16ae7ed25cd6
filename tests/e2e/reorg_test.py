"""Whatever branch the node's chain takes, the tables end as that chain, and nothing written is lost.

Beside the matrix, `TIDEMARK_TORTURE=1` runs a random schedule: TIDEMARK_REORGS of them (400), within
TIDEMARK_TORTURE_SECS (180), from TIDEMARK_SEED.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from branching_node import BranchingNode
from conftest import Solo, end, wait_until
from lake_history import History
from progress_watch import ProgressWatch

DEPTHS = [1, 2, 3, 7, 16, 32, 63, 64]
# Where each depth takes several reorgs, one after another.
SOME_DEPTHS = DEPTHS if os.environ.get("TIDEMARK_TORTURE") else [1, 3, 16, 64]
MAIN = "demo/main"


class Lake:
    """A node, a solo that follows it, and everything that both ever showed."""

    def __init__(self, folder, environment):
        folder.mkdir()
        self.node = BranchingNode(folder)
        self.solo = Solo(folder / "solo", environment=environment)
        self.solo.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", self.node.url)
        self.history = History(self.solo)
        self.watch = ProgressWatch(self.solo)
        self.ran = Counter()
        self._live = {}  # Start block and job by dataset.

    def begin(self, dataset, start_block=0, *flags):
        self.solo.cli("dataset", "register", dataset, "--network", "anvil", "--start-block",
                      start_block, "--tag", "1.0.0", *flags)
        job = int(self.solo.cli("dataset", "deploy", f"{dataset}@1.0.0"))
        self._live[dataset] = (start_block, job)
        self.watch.watch(dataset, start_block)

    def finish(self, dataset):
        _, job = self._live.pop(dataset)
        self.watch.unwatch(dataset)
        self.solo.cli("job", "stop", job)
        wait_until(lambda: self.solo.get(f"/jobs/{job}")["status"] == "STOPPED", "the job stops")

    def settle(self, last=None):
        """Waits until the live datasets have the node's head, or block `last`, and looks at all that
        they hold."""
        head = self.node.head() if last is None else last
        newest = self.node.hash_of(head)
        for dataset, (start_block, _) in self._live.items():
            def there():
                return all(table["ranges"] and table["ranges"][0]["hash"] == newest
                           for table in self.solo.tables(dataset).values())
            wait_until(there, f"{dataset} has block {head}, {newest}")
            self.history.is_the_chain_of(self.node, dataset, start_block, head)
        self.history.objects_stay()

    def stop_in_the_middle(self, dataset, at_least):
        """Stops the process when some blocks are committed, not all. The last of them."""
        head = self.node.head()
        while (last := self.history.committed_end(dataset)) < at_least:
            time.sleep(0.001)
        self.solo.process.send_signal(signal.SIGSTOP)
        status = Path(f"/proc/{self.solo.process.pid}/stat")
        wait_until(lambda: status.read_text().rsplit(")", 1)[1].split()[0] == "T", "it stands still")
        last = self.history.committed_end(dataset)
        assert at_least <= last < head, "the back-fill was too fast for this test"
        return last

    def go_on(self):
        self.solo.process.send_signal(signal.SIGCONT)

    def count(self, kind):
        self.ran[kind] += 1

    def close(self):
        self.watch.stop()
        end(self.solo.process)
        self.node.stop()


def report(request, lake, falls):
    """Seen with the test's result, whether it passed or not."""
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(lake.ran.items()))
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{sum(lake.ran.values())} reorgs: {kinds}; {lake.watch.polls} polls saw progress fall"
              f" {falls} times, each with a new epoch; {lake.history.contents_stay()} files, none lost"
              " or rewritten")


@pytest.fixture(scope="module")
def lake(tmp_path_factory, request):
    """Files of eight blocks, so that deep reorgs begin within files and cover many."""
    lake = Lake(tmp_path_factory.mktemp("reorg") / "lake",
                {"TIDEMARK_WORKER_FETCH_BLOCKS": "5", "TIDEMARK_WORKER_SEGMENT_MAX_BLOCKS": "8"})
    try:
        lake.node.grow(200)
        lake.begin(MAIN)
        lake.settle()
        yield lake
        if request.session.testsfailed == 0:
            lake.watch.stop()
            report(request, lake, lake.watch.check(lake.history, lake.node))
    finally:
        lake.close()


@pytest.mark.parametrize("depth", DEPTHS)
def test_while_a_longer_chain_is_back_filled(lake, depth):
    """Of what is committed, `depth` blocks are of the branch that is left, and whatever is on its way."""
    dataset = f"demo/fill{depth}"
    lake.begin(dataset)
    last = lake.stop_in_the_middle(dataset, at_least=depth)
    lake.node.reorganise(lake.node.head() - last + depth)
    lake.go_on()
    lake.settle()
    lake.finish(dataset)
    lake.count("during a back-fill")


def test_at_the_start_block_before_it_and_right_behind_it(lake):
    """Datasets that begin so many blocks before the end of the chain: each depth is one of a reorg that
    begins at a start block or right behind it, and below those of the others."""
    starts = {f"demo/from{depth}": lake.node.head() - depth + 1 for depth in (1, 3, 7, 32, 64)}
    for dataset, start_block in starts.items():
        lake.begin(dataset, start_block)
    lake.settle()
    for depth in DEPTHS:
        lake.node.reorganise(depth)
        lake.settle()
        lake.count("at a start block")
    for dataset in starts:
        lake.finish(dataset)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_branch_of_the_same_height(lake, depth):
    lake.node.reorganise(depth)
    lake.settle()
    lake.count("of the same height")


@pytest.mark.parametrize("depth", DEPTHS)
def test_at_the_head_while_blocks_go_on(lake, depth):
    growing = threading.Event()

    def grow():
        while not growing.wait(0.03):
            lake.node.grow()

    grower = threading.Thread(target=grow)
    grower.start()
    try:
        head = lake.node.head()
        wait_until(lambda: lake.node.head() > head, "the chain grows")
        lake.node.reorganise(depth)
        head = lake.node.head()
        wait_until(lambda: lake.node.head() > head, "the chain grows on")
    finally:
        growing.set()
        grower.join()
    lake.settle()
    lake.count("while blocks go on")


@pytest.mark.parametrize("depth", SOME_DEPTHS)
def test_twice_in_a_row_at_the_same_height(lake, depth):
    lake.node.reorganise(depth)
    lake.node.reorganise(depth)
    lake.settle()
    lake.count("twice at the same height")


@pytest.mark.parametrize("depth", SOME_DEPTHS)
def test_a_reorg_of_a_reorg_and_back_to_the_first_branch(lake, depth):
    lake.node.grow(depth)
    lake.settle()
    left = lake.node.hash_of(lake.node.head())
    lake.node.reorganise(depth)
    lake.settle()
    lake.node.reorganise(max(1, depth // 2))
    lake.settle()
    lake.count("of a reorg")
    lake.node.reorganise(depth, branch=[])
    assert lake.node.hash_of(lake.node.head()) == left
    lake.settle()
    lake.count("back to a branch that was left")


@pytest.mark.parametrize("depth", SOME_DEPTHS)
def test_to_a_shorter_chain_that_grows_past_the_longer_one(lake, depth):
    """The chain stays shorter until the tables are as short, and goes on from there."""
    lake.node.grow(2)
    lake.settle()
    lake.node.roll_back(depth + 1)
    lake.node.grow_elsewhere(max(1, depth // 2))
    lake.settle()
    lake.count("to a shorter chain")
    lake.node.grow(depth + 2)
    lake.settle()


def test_a_dataset_of_final_blocks_follows_the_finalized_tag(tmp_path):
    lake = Lake(tmp_path / "lake", {})
    try:
        lake.node.grow(20)
        lake.begin("demo/final", 0, "--finalized-blocks-only")
        behind = lake.node.head() - lake.node.final()
        for depth in range(1, behind + 1):
            final = lake.node.final()
            lake.settle(final)
            lake.node.reorganise(depth)
            assert lake.node.final() == final
            lake.settle(final)
            lake.node.grow(1 + depth % 3)
        lake.settle(lake.node.final())
        lake.watch.stop()
        assert lake.watch.check(lake.history, lake.node) == 0
        # What is final is never taken back: each file counts, none was replaced.
        assert {answer.epoch for answers in lake.watch.answers.values() for answer in answers} == {0}
        for table in lake.solo.tables("demo/final").values():
            assert table["files_count"] == len(lake.history.rows(table["revision_id"]))
    finally:
        lake.close()


@pytest.mark.skipif(not os.environ.get("TIDEMARK_TORTURE"), reason="the long form: TIDEMARK_TORTURE=1")
def test_a_random_schedule(tmp_path, request):
    seed = int(os.environ.get("TIDEMARK_SEED", str(time.time_ns())))
    print(f"rerun with TIDEMARK_SEED={seed}")
    draw = random.Random(seed)
    wanted = int(os.environ.get("TIDEMARK_REORGS", "400"))
    deadline = time.monotonic() + float(os.environ.get("TIDEMARK_TORTURE_SECS", "180"))
    lake = Lake(tmp_path / "lake",
                {"TIDEMARK_WORKER_FETCH_BLOCKS": str(draw.choice([1, 5, 100])),
                 "TIDEMARK_WORKER_SEGMENT_MAX_BLOCKS": str(draw.choice([1, 8, 1000]))})
    node = lake.node

    def reorganise():
        node.reorganise(draw.randint(1, 64))
        lake.count("of the same height")

    def there_and_back():
        depth = draw.randint(1, 64)
        first = node.reorganise(depth)
        node.reorganise(depth)
        if draw.random() < 0.5:
            look()
        node.reorganise(depth, first)
        lake.count("back to a branch that was left")

    def shorten():
        depth = draw.randint(2, 64)
        if node.head() - depth < max(DEPTHS):
            return  # The next reorg may be as deep as any.
        node.roll_back(depth)
        if draw.random() < 0.7:
            node.grow_elsewhere(draw.randint(1, depth))
        lake.count("to a shorter chain")

    def kill():
        lake.solo.kill()
        node.reorganise(draw.randint(1, 64))
        lake.count("while it was dead")
        lake.solo.start()

    def pause():
        lake.solo.process.send_signal(signal.SIGSTOP)
        node.reorganise(draw.randint(1, 64))
        lake.count("while it stood still")
        lake.go_on()

    def look():
        """Time for the worker to get anywhere: that of a few answers."""
        polls = lake.watch.polls + draw.randint(1, 60)
        wait_until(lambda: lake.watch.polls >= polls, "answers come")

    steps = [reorganise, reorganise, there_and_back, shorten, kill, pause, look, look, look,
             lambda: node.grow(draw.randint(1, 5))]
    try:
        node.grow(130)
        lake.begin(MAIN)
        while sum(lake.ran.values()) < wanted and time.monotonic() < deadline:
            for _ in range(12):
                draw.choice(steps)()
            node.grow_past_all()
            lake.settle()
        lake.watch.stop()
        report(request, lake, lake.watch.check(lake.history, node))
    finally:
        lake.close()
