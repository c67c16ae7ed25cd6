"""Killed, stopped, delayed or failing at each step of its work, a worker loses nothing and doubles nothing.

Every failpoint of the binary, with every action, at its first hit, its second, and one that is drawn.
Each is a run of a real program over a copy of the same prepared lake and the same chain: it begins with
the failpoint armed, must be seen to be struck, is begun again without if that ended it, and completes
its job. Then the history checker looks at all of it.

The failpoints of compaction and garbage collection are struck in a lake whose job has no end: there the
run is over when all is merged that can be, and what it was made from is gone, row and object.

Short in the gate: every failpoint with `kill` at its first hit, each other action somewhere, and as many
of the rest as there is time for, in an order that is drawn. With TIDEMARK_TORTURE=1 long: all of it.
"""

import collections
import concurrent.futures
import dataclasses
import functools
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import upkeep
from apart import Deployment, Worker, postgres  # noqa: F401 (fixture)
from conftest import BINARY, Anvil, Solo, end, wait_until
from history import History
from history_sources import Bucket, Folder, NodeChain, PostgresRows, SqliteRows, Unavailable
from s3 import S3
from supervisor import all_is_kept, ask, seed_of_this_run

IS_LONG = os.environ.get("TIDEMARK_TORTURE") == "1"
# How long the short form begins with more than what it has to.
MORE_WITHIN_S = 16
AT_ONCE = 3
# Of those that wait for whole seconds to pass.
UPKEEP_AT_ONCE = 16
WITHIN_S = 60

DATASET = "demo/anvil"
START, END = 1, 8
# Three commits of three files each.
SETTINGS = {"TIDEMARK_WORKER_SEGMENT_MAX_BLOCKS": "3", "TIDEMARK_WORKER_FETCH_BLOCKS": "2",
            "TIDEMARK_HEADS_POLL_INTERVAL_MS": "200"}
COMMITS, TABLES = 3, 3
FILES = COMMITS * TABLES

ACTIONS = ("kill", "pause", "delay", "throw")
# How a process ends whose start has failed because something did not answer.
UNAVAILABLE = 5
TEMPORARY = ".tidemark-"
ARCHITECTURE = Path(__file__).resolve().parents[2] / "ARCHITECTURE.md"


@dataclasses.dataclass(frozen=True)
class Place:
    """A failpoint: how often a run comes by at least, and what of a deployment has it."""

    hits: int
    in_solo: bool = True
    in_apart: bool = False  # A worker over PostgreSQL and S3.
    in_upkeep: bool = False  # A solo node, or such a worker, that merges and collects.
    can_fail: bool = True

    def is_in(self, kind):
        return getattr(self, f"in_{kind.removesuffix('_apart')}")


OfUpkeep = functools.partial(Place, in_solo=False, in_upkeep=True)

PLACES = {
    "segment.opened": Place(FILES),
    "object.before_create": Place(FILES),
    "object.mid_write": Place(2 * FILES),
    "segment.before_close": Place(FILES, in_apart=True),
    "object.before_sync": Place(FILES),
    "object.before_rename": Place(FILES),
    "object.linked": Place(FILES, can_fail=False),
    "object.before_folder_sync": Place(FILES),
    "object.before_check": Place(FILES),
    "upload.mid_write": Place(2 * FILES, in_solo=False, in_apart=True),
    "upload.before_complete": Place(FILES, in_solo=False, in_apart=True),
    "upload.before_check": Place(FILES, in_solo=False, in_apart=True),
    "segment.durable": Place(FILES, in_apart=True),
    "commit.before_rows": Place(COMMITS, in_apart=True, can_fail=False),
    "commit.row_inserted": Place(FILES),
    "commit.rows_inserted": Place(COMMITS, in_apart=True),
    "transaction.before_commit": Place(8, in_apart=True),
    "transaction.committed": Place(8, in_apart=True),
    "commit.committed": Place(COMMITS, in_apart=True),
    "commit.answered": Place(COMMITS, in_apart=True, can_fail=False),
    "worker.registered": Place(1),
    "job.taken_over": Place(1, in_apart=True),
    "job.restarted": Place(1),
    "job.before_start": Place(1),
    "job.started": Place(1, in_apart=True),
    "job.tables_acquired": Place(1),
    "job.before_end": Place(1, can_fail=False),
    "job.ended": Place(1, can_fail=False),
    "worker.before_hand_over": Place(1, can_fail=False),
    "worker.handed_over": Place(1, in_apart=True, can_fail=False),
    "compaction.durable": OfUpkeep(TABLES),
    "compaction.before_rows": OfUpkeep(TABLES, can_fail=False),
    "compaction.rows_replaced": OfUpkeep(TABLES),
    "compaction.committed": OfUpkeep(TABLES),
    "compaction.answered": OfUpkeep(TABLES, can_fail=False),
    "collection.rows_removed": OfUpkeep(TABLES),
    "collection.committed": OfUpkeep(TABLES),
    "collection.object_deleted": OfUpkeep(TABLES * upkeep.MERGED),
    "collection.deletions_recorded": OfUpkeep(1),
    "collection.orphans_condemned": OfUpkeep(1),
}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    action: str
    hit: str

    @property
    def order(self):
        duration = {"pause": ":300", "delay": ":300"}.get(self.action, "")
        return f"{self.name}={self.action}{duration}@{self.hit}"

    @property
    def is_handed_over(self):
        """Whether a worker comes by only when it is stopped."""
        return self.name in ("worker.before_hand_over", "worker.handed_over")


def cases_of(kind):
    """All cases of solo, of a deployment in parts, or of one of them that merges and collects."""
    for name, place in PLACES.items():
        if place.is_in(kind):
            for action in ACTIONS if place.can_fail else ACTIONS[:-1]:
                hits = ["1"] + (["2", f"random:{place.hits}"] if place.hits > 1 else [])
                yield from (Case(name, action, hit) for hit in hits)


def ordered(kind, draw):
    """The cases of a kind, first those that the short form has to run, and how many these are."""
    cases = list(cases_of(kind))
    draw.shuffle(cases)
    # A hit that is drawn is drawn here, so that one seed repeats all.
    cases = [dataclasses.replace(case, hit=f"{case.hit}:{draw.getrandbits(32)}")
             if case.hit.startswith("random") else case for case in cases]
    # Over PostgreSQL, and S3, the steps that are not those of solo.
    own = {"apart": ("upload.", "commit."), "upkeep_apart": ("compaction.rows_", "collection.rows_")}
    first = [case for case in cases if (case.action, case.hit) == ("kill", "1")
             and case.name.startswith(own.get(kind, ""))]
    first += [next(case for case in cases if case.action == action)
              for action in ("pause", "delay", "throw")]
    # Its outcome unknown. (A commit's, elsewhere, is found out by making the same call again.)
    if kind.startswith("upkeep"):
        first += [case for case in cases if case not in first and case.name.endswith(".committed")
                  and (case.action, case.hit) == ("throw", "1")]
    return first + [case for case in cases if case not in first], len(first)


class Program:
    """What a run needs of the program under test, beside Solo and Worker: it may end at any moment."""

    def arm(self, order):
        self._environment.pop("TIDEMARK_FAILPOINTS", None)
        if order:
            self._environment["TIDEMARK_FAILPOINTS"] = order

    def start(self):
        """Started by whoever made it."""

    def log_text(self):
        return self.log.read_text()


class SoloProgram(Program, Solo):
    pass


class WorkerProgram(Program, Worker):
    def __init__(self, log, *flags, environment):
        self.log = log
        self._words = [BINARY, self.command, *map(str, flags)]
        self._environment = {**os.environ, **environment}
        self.process = None


def is_struck(program, case):
    return f"event=failpoint_struck name={case.name} action={case.action}" in program.log_text()


class Run:
    """One case from begin to end. `completed` looks at the lake: True once the job has completed."""

    def __init__(self, case, program, history, completed):
        self.case, self.program, self.history, self._completed = case, program, history, completed
        self.exits = 0
        self._next_look = 0

    def strike(self):
        """Until the failpoint has been struck."""
        case, program = self.case, self.program
        program.arm(case.order)
        program.begin()
        if case.is_handed_over:
            wait_until(lambda: re.search(r"event=worker_started", program.log_text()), "the worker starts")
            program.process.send_signal(signal.SIGTERM)
        if case.action == "kill":
            def ended():
                self._look_on_before()
                return program.process.poll() is not None
            wait_until(ended, f"{case.order} ends it", WITHIN_S)
            code = program.process.returncode
            assert code == -signal.SIGKILL, f"{code}: {program.log_text()}"
            assert is_struck(program, case), program.log_text()
            if PLACES[case.name].in_upkeep and case.hit == "1":
                self.history.look()
                upkeep.check_left_by(case.name, self.history)
        else:
            def struck():
                self._look_on_before()
                assert is_struck(program, case) or program.process.poll() is None, program.log_text()
                return is_struck(program, case)
            wait_until(struck, f"{case.order} is struck", WITHIN_S)

    def complete(self):
        """Begun again without the failpoint if that has ended it, until the job has completed."""
        if self.case.is_handed_over and self.case.action != "kill":
            assert self.program.process.wait(timeout=20) == 0, self.program.log_text()
        self.look()
        self._begin_again_if_ended()

        def completed():
            self._begin_again_if_ended()
            return self._look_on()
        wait_until(completed, f"{self.case.order}: the job completes", WITHIN_S)
        if self.program.process.poll() is None:
            self.program.stop()

    def _begin_again_if_ended(self):
        code = self.program.process.poll()
        if code is None:
            return
        text = self.program.log_text()
        assert "Sanitizer" not in text, text
        # Once, by what it was struck with.
        by_itself = {"kill": -signal.SIGKILL, "throw": UNAVAILABLE}.get(self.case.action)
        expected = 0 if self.case.is_handed_over and by_itself is None else by_itself
        assert code == expected and self.exits == 0, f"{code}, {self.exits} before: {text}"
        self.exits += 1
        self.program.arm(None)
        self.program.begin()

    def _look_on_before(self):
        """In upkeep much happens before it is struck."""
        if PLACES[self.case.name].in_upkeep:
            self._look_on()

    def _look_on(self):
        if time.monotonic() >= self._next_look:
            self.look()
        return self._completed()

    def look(self):
        try:
            self.history.look()
        except Unavailable:
            pass  # The next one may do better; the last one has to.
        self._next_look = time.monotonic() + 0.15

    def verify(self, chain, counts, temporaries=0):
        """All is kept, and no more is left over than the step it was struck at can leave."""
        self._check_promises({DATASET: chain})
        assert self.history.commits() == FILES, self.history.summary()
        orphans = len(self.history.orphans())
        loses = self.case.action in ("kill", "throw")
        assert orphans <= (TABLES if loses else 0), f"{self.case.order}: {self.history.orphans()}"
        # Only who is killed cannot clear up.
        assert temporaries <= (TABLES if self.case.action == "kill" else 0), self.case.order
        self._count(counts)
        counts["objects without a row"] += orphans
        counts["temporary files"] += temporaries

    def verify_upkeep(self, chain, counts, foreign):
        """All is kept, and nothing is left over."""
        self._check_promises({upkeep.DATASET: chain})
        assert upkeep.is_done(self.history, foreign), self.history.summary()
        assert self.history.removals() >= TABLES * upkeep.MERGED, self.history.summary()
        self._count(counts)
        counts["files collected"] += self.history.removals()

    def _check_promises(self, chains):
        all_is_kept(self.history, chains)
        text = self.program.log_text()
        assert "Sanitizer" not in text, text

    def _count(self, counts):
        counts[self.case.action] += 1
        counts["begun again"] += self.exits
        counts["files committed"] += self.history.commits()


def run_all(kind, run_one, at_once=AT_ONCE, more_within_s=MORE_WITHIN_S):
    """Several at once, for most of a run is waiting."""
    seed = seed_of_this_run()
    cases, needed = ordered(kind, random.Random(seed))
    began, counts, failures, struck = time.monotonic(), collections.Counter(), [], set()

    def run(number, case):
        if number >= needed and not IS_LONG and time.monotonic() - began > more_within_s:
            return
        try:
            run_one(number, case, counts)
            struck.add(case.name)
        except Exception as error:  # noqa: BLE001 (all are told, with their case)
            failures.append(f"{case.order}: {error}")

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for number, case in enumerate(cases):
            pool.submit(run, number, case)
    assert not failures, "\n\n".join([f"TIDEMARK_SEED={seed}", *failures])
    runs = sum(counts[action] for action in ACTIONS)
    assert runs >= (len(cases) if IS_LONG else needed)
    print(f"{runs} of {len(cases)} runs, at {len(struck)} failpoints, in"
          f" {time.monotonic() - began:.0f} s: "
          + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    print("nothing was lost and nothing is there twice")


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """Empty until the lakes are prepared: then their jobs have something to do."""
    node = Anvil(tmp_path_factory.mktemp("anvil"))
    yield node
    node.stop()


@pytest.fixture(scope="module")
def solo_lake(chain, tmp_path_factory):
    """A folder with a job that has nothing written yet, and the job's id."""
    folder = tmp_path_factory.mktemp("prepared") / "solo"
    node = Solo(folder, "--node-id", "first", environment=SETTINGS)
    try:
        job = node.deploy(chain, DATASET, start_block=START, end_block=END)
        wait_until(lambda: node.get(f"/jobs/{job}")["status"] == "RUNNING", "the job runs")
        wait_until(lambda: set(node.tables()) == {"blocks", "transactions", "logs"}, "its tables are there")
        node.stop()
    finally:
        end(node.process)
    return folder, job


@pytest.fixture(scope="module")
def node_chain(chain, solo_lake, apart_lake):
    """What the chain is in all runs."""
    chain.mine_traffic(END - 1)
    assert chain.head() == END
    return NodeChain.of(chain.url)


def age_heartbeats(folder):
    """As if the node that had the job had been gone for long."""
    database = sqlite3.connect(folder / "tidemark.db")
    with database:
        database.execute("UPDATE workers SET heartbeat_at = '2000-01-01T00:00:00Z'")
    database.close()


def poll(program, history, dataset):
    """Hands in the tables of an answer, and yields them; None if there is no answer."""
    address = program.address_now()
    if address is None:
        return None
    asked = time.monotonic()
    status, text = ask(address, "GET", f"/datasets/{dataset}/versions/1.0.0/progress")
    answered = time.monotonic()
    if status != 200:
        return None
    tables = json.loads(text)["tables"]
    history.answer("poller", asked, answered, dataset, tables)
    return tables


def test_solo_is_struck_at_every_step(chain, solo_lake, node_chain, tmp_path):
    prepared, job = solo_lake

    def run_one(number, case, counts):
        folder = tmp_path / str(number) / "solo"
        shutil.copytree(prepared, folder)
        node = "first"
        if case.name == "job.taken_over":
            age_heartbeats(folder)
            node = "second"
        program = SoloProgram(folder, "--node-id", node, environment=SETTINGS)
        history = History(SqliteRows(folder / "tidemark.db"), Folder(folder / "data"), start_block=START)

        def completed():
            if poll(program, history, DATASET) is None:
                return False
            status, text = ask(program.address_now(), "GET", f"/jobs/{job}")
            return status == 200 and json.loads(text)["status"] == "COMPLETED"

        run = Run(case, program, history, completed)
        try:
            run.strike()
            run.complete()
        finally:
            end(program.process)
        run.verify(node_chain, counts, len(list((folder / "data").rglob(f"{TEMPORARY}*"))))
        assert history.answers
        shutil.rmtree(folder)

    run_all("solo", run_one)


@pytest.fixture(scope="module")
def upkeep_lake(tmp_path_factory):
    """A folder, the job's id, what is somebody else's in it, and what the chain is."""
    folder, node = tmp_path_factory.mktemp("upkeep"), None
    anvil = Anvil(folder)
    try:
        node = Solo(folder / "solo", "--node-id", "first", environment=upkeep.WRITING)
        job = upkeep.write_small_files(node, anvil)
        node.stop()
        data = Folder(node.folder / "data")
        foreign = upkeep.leave_orphans(SqliteRows(node.folder / "tidemark.db"), data)
        anvil.mine_traffic(upkeep.END - upkeep.WRITTEN, per_block=2)
        yield node.folder, job, foreign, NodeChain.of(anvil.url)
    finally:
        if node is not None:
            end(node.process)
        anvil.stop()


def test_a_node_that_merges_and_collects_is_struck_at_every_step(upkeep_lake, tmp_path):
    prepared, job, foreign, chain = upkeep_lake

    def run_one(number, case, counts):
        folder = tmp_path / str(number) / "solo"
        shutil.copytree(prepared, folder)
        program = SoloProgram(folder, "--node-id", "first", environment=upkeep.UPKEEP)
        history = History(SqliteRows(folder / "tidemark.db"), Folder(folder / "data"),
                          start_block=upkeep.START)

        def completed():
            return (poll(program, history, upkeep.DATASET) and upkeep.is_done(history, foreign)
                    and history.rows.jobs[job][1] == "RUNNING")

        history.look()
        run = Run(case, program, history, completed)
        try:
            run.strike()
            run.complete()
        finally:
            end(program.process)
        run.verify_upkeep(chain, counts, foreign)
        assert {answer.content.current for answer in history.answers[-TABLES:]} == {upkeep.END}
        shutil.rmtree(folder)

    run_all("upkeep", run_one, UPKEEP_AT_ONCE, more_within_s=0)


class ApartLake:
    """A database with a job, and a place of files; and copies of both."""

    def __init__(self, server, root, name, settings):
        """`root`: of the places, each of which has the name of its database."""
        self._server, self._root, self._name, self._environment = server, root, name, settings
        self.job = None

    def prepare(self, folder, settings, begin):
        """`begin` has a job's id from a server, beside which a worker runs with the settings."""
        self._server.psql(f"CREATE DATABASE {self._name}")
        with Deployment(folder, "--db", self._server.url_of(self._name), "--data",
                        f"{self._root}/{self._name}/data", environment=settings) as parts:
            api, worker = parts.server(), parts.worker("worker", "--node-id", "first")
            self.job = begin(api)
            worker.stop()
            api.stop()

    def copy(self, name):
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {self._name}")

    def age_heartbeats(self, name):
        """As if the nodes that are known had been gone for long."""
        self._server.psql("UPDATE workers SET heartbeat_at = '2000-01-01Z'", name)

    def drop(self, name):
        self._server.psql(f"DROP DATABASE {name} WITH (FORCE)")

    def worker(self, folder, name, node):
        """Over the copy of that name."""
        return WorkerProgram(
            folder / f"{name}-{node}.log", "--db", self._server.url_of(name), "--node-id", node, "--data",
            f"{self._root}/{name}/data", "--manifests", f"{self._root}/{self._name}/manifests",
            "--providers", f"{self._root}/{self._name}/providers", environment=self._environment)

    def history(self, name):
        return History(self.rows(name), self.objects(name), start_block=START)

    def rows(self, name):
        return PostgresRows(self._server, name)


class BucketLake(ApartLake):
    """Nothing is written yet."""

    def __init__(self, server, s3):
        self._s3 = s3
        super().__init__(server, s3.url, "prepared", {**SETTINGS, **s3.environment})

    def prepare(self, folder, chain):
        def begin(api):
            job = api.deploy(chain, DATASET, start_block=START, end_block=END)
            wait_until(lambda: len(api.tables()) == 3
                       and api.get(f"/jobs/{job}")["status"] == "RUNNING", "the job runs")
            return job

        super().prepare(folder, self._environment, begin)

    def objects(self, name):
        return Bucket(self._s3, f"{name}/data")


class FolderLake(ApartLake):
    """Files are to be merged and collected. Not in a bucket, whose server would take most of the time."""

    def __init__(self, server, folder):
        self.foreign = None
        super().__init__(server, folder, "upkeep", upkeep.UPKEEP)

    def prepare(self, chain):
        super().prepare(self._root, upkeep.WRITING, lambda api: upkeep.write_small_files(api, chain))
        self.foreign = upkeep.leave_orphans(self.rows(self._name), self.objects(self._name))

    def copy(self, name):
        super().copy(name)
        shutil.copytree(self._root / self._name / "data", self._root / name / "data")

    def objects(self, name):
        return Folder(self._root / name / "data")


@pytest.fixture(scope="module")
def apart_lake(chain, postgres, tmp_path_factory):  # noqa: F811 (fixture)
    with S3() as s3:
        lake = BucketLake(postgres, s3)
        lake.prepare(tmp_path_factory.mktemp("prepared"), chain)
        yield lake


def test_a_worker_over_postgres_and_s3_is_struck_at_every_step(apart_lake, node_chain, tmp_path):
    def run_one(number, case, counts):
        name = f"run_{number}"
        apart_lake.copy(name)
        node = "first"
        if case.name == "job.taken_over":
            apart_lake.age_heartbeats(name)
            node = "second"
        program, history = apart_lake.worker(tmp_path, name, node), apart_lake.history(name)

        def completed():
            return history.rows is not None and history.rows.jobs[apart_lake.job][1] == "COMPLETED"

        run = Run(case, program, history, completed)
        try:
            run.strike()
            run.complete()
        finally:
            end(program.process)
        run.verify(node_chain, counts)
        apart_lake.drop(name)

    run_all("apart", run_one)


def test_a_worker_over_postgres_that_merges_and_collects_is_struck_at_every_step(
        postgres, tmp_path):  # noqa: F811 (fixture)
    lake, anvil = FolderLake(postgres, tmp_path), Anvil(tmp_path)

    def run_one(number, case, counts):
        name = f"upkeep_{number}"
        lake.copy(name)
        program, history = lake.worker(tmp_path, name, "first"), lake.history(name)

        def completed():
            return (upkeep.is_done(history, lake.foreign)
                    and history.rows.jobs[lake.job][1] == "RUNNING")

        history.look()
        run = Run(case, program, history, completed)
        try:
            run.strike()
            run.complete()
        finally:
            end(program.process)
        run.verify_upkeep(chain, counts, lake.foreign)
        lake.drop(name)

    try:
        lake.prepare(anvil)
        anvil.mine_traffic(upkeep.END - upkeep.WRITTEN, per_block=2)
        chain = NodeChain.of(anvil.url)
        run_all("upkeep_apart", run_one, UPKEEP_AT_ONCE, more_within_s=0)
    finally:
        anvil.stop()


# Inside the transaction it holds the job's row, and so the job, until the database ends its session.
@pytest.mark.parametrize("place", ["segment.durable", "commit.before_rows", "commit.rows_inserted"]
                         if IS_LONG else ["commit.before_rows"])
def test_a_worker_that_was_stopped_there_while_another_took_its_job_commits_nothing(
        place, apart_lake, node_chain, tmp_path):
    name = f"fenced_{place.replace('.', '_')}"
    apart_lake.copy(name)
    first, second = (apart_lake.worker(tmp_path, name, node) for node in ("first", "second"))
    history = apart_lake.history(name)
    try:
        first.arm(f"{place}=pause:60000@2")
        first.begin()
        wait_until(lambda: state_of(first.process) == "T", f"it is stopped at {place}", WITHIN_S)
        assert f"event=failpoint_struck name={place} action=pause hit=2" in first.log_text()
        apart_lake.age_heartbeats(name)
        history.look()
        second.begin()

        def completed():
            history.look()
            return history.rows.jobs[apart_lake.job] == ("second", "COMPLETED")
        wait_until(completed, "the other one completes the job", WITHIN_S)
        assert first.process.poll() is None and state_of(first.process) == "T"
        first.process.send_signal(signal.SIGCONT)
        wait_until(lambda: re.search("event=job_(left|failed|stopped|round_failed)", first.log_text()),
                   "it gives up the job", WITHIN_S)
        for program in (first, second):
            program.stop()
        all_is_kept(history, {DATASET: node_chain})
        assert history.commits() == FILES and len(history.orphans()) <= TABLES
        print(f"{place}: {history.summary()}")
        apart_lake.drop(name)
    finally:
        for program in (first, second):
            if program.process is not None:
                end(program.process)


def state_of(process):
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_every_failpoint_of_the_binary_is_here_and_is_documented():
    said = subprocess.run([BINARY, "--version"], env={**os.environ, "TIDEMARK_FAILPOINTS": "?=kill"},
                          capture_output=True, text=True, timeout=30).stderr
    names = re.search(r"there are (.+)$", said.strip())[1].split(", ")
    assert sorted(PLACES) == names
    documented = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", ARCHITECTURE.read_text(), re.MULTILINE)
    assert sorted(documented) == names
