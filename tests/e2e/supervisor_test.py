"""Programs that are ended at random moments, a hundred times and more, lose nothing.

Short in the gate; with TIDEMARK_TORTURE=1 long: 2,000 kills, and PostgreSQL restarted 20 times.
"""

import os
import signal
import time

import pytest
from apart import Deployment, Server, Worker, database, deploy_two, postgres  # noqa: F401 (fixtures)
from conftest import Anvil, Solo, end, wait_until
from history import History
from history_sources import Bucket, Folder, NodeChain, PostgresRows, SqliteRows
from s3 import S3
from supervisor import (Operator, Poller, Torture, Victim, all_is_kept, look_on, mine_on,
                        seed_of_this_run)

IS_LONG = os.environ.get("TIDEMARK_TORTURE") == "1"
KILLS_SOLO, KILLS_APART = (800, 1200) if IS_LONG else (50, 60)
DATABASE_RESTARTS = 20 if IS_LONG else 3
WITHIN_S = 900 if IS_LONG else 50
SETTLED_WITHIN_S = 60
# A server or a worker that starts while its database is away says so and ends.
NO_DATABASE = 5


def settle(names, chain, tables_of):
    """Until every dataset ends where its chain does."""
    head = chain.head()
    def caught_up():
        return all(table["current_block"] == head for name in names for table in tables_of(name).values())
    wait_until(caught_up, f"{', '.join(names)} are at block {head}", SETTLED_WITHIN_S)


def report(torture, *histories):
    print(", ".join(f"{count} {what}" for what, count in sorted(torture.counts.items())))
    for history in histories:
        print(f"nothing was lost: {history.summary()}")


def test_solo_is_killed_at_random_moments(tmp_path):
    torture = Torture(seed_of_this_run())
    parts = []
    try:
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            chain, solo = Anvil(folder), Solo(folder / "solo")
            history = History(SqliteRows(solo.folder / "tidemark.db"), Folder(solo.folder / "data"),
                              reorgs=number == 1)
            parts.append((chain, solo, history))
            chain.mine_traffic(8)
            job = solo.deploy(chain)
        before = [chain.head() for chain, _, _ in parts]
        for number, (chain, solo, history) in enumerate(parts):
            mine_on(torture, f"miner {number}", chain, reorg=0.05 if number == 1 else 0)
            look_on(torture, f"looker {number}", history)
            for poller in range(2):
                Poller(torture, f"poller {number}.{poller}", solo, {"demo/anvil": history})
            Victim(torture, f"solo {number}", solo)
        operator = Operator(torture, "operator", parts[1][1], "demo/anvil", job)
        torture.wait(lambda: torture.counts["kill -9"] >= KILLS_SOLO,
                     WITHIN_S * torture.slowness)
        torture.end()
        for number, (chain, solo, history) in enumerate(parts):
            # Whatever state it was left in: once more, and now for good.
            solo.kill()
            solo.start()
            if number == 1:
                wait_until(operator.deploy, "the job is deployed")
            # One block more: a reorg at the head shows with the block after it.
            chain.mine()
            settle(["demo/anvil"], chain, solo.tables)
            assert solo.stop() < 5
            all_is_kept(history, {"demo/anvil": NodeChain.of(chain.url)})
            assert history.commits() > 3 * 10 and chain.head() > before[number]
            assert len(history.answers) > 100
        report(torture, *(history for _, _, history in parts))
        assert torture.counts["kill -9"] >= KILLS_SOLO
    finally:
        torture.abandon()
        for chain, solo, _ in parts:
            end(solo.process)
            chain.stop()


class Database:
    """Ends PostgreSQL and starts it again, a number of times."""

    def __init__(self, torture, server, times, every_s):
        self._torture, self._server, self._left, self._every_s = torture, server, times, every_s
        torture.run("postgres", self.step)

    def step(self, draw):
        self._torture.pause(draw.uniform(0.5, 1.5) * self._every_s)
        if self._left == 0:
            return
        self._left -= 1
        how = draw.choice([signal.SIGKILL, signal.SIGQUIT, signal.SIGINT])
        self._server.stop(how)
        self._torture.pause(draw.uniform(0, 1))
        wait_until(self._try_start, "PostgreSQL starts again")
        self._torture.count(f"PostgreSQL {how.name}")

    def _try_start(self):
        try:
            self._server.start()
            return True
        except RuntimeError as error:
            # Sessions of the one that was killed have yet to notice, and hold its memory.
            if "shared memory" not in str(error):
                raise
            return False


class Place:
    """Where the objects of a deployment are: its --data, what it needs for that, and a look into it."""

    def __init__(self, data, environment, objects, server=None):
        self.data, self.environment, self.objects, self.server = data, environment, objects, server

    @staticmethod
    def make(kind, folder):
        if kind == "folder":
            return Place(f"file://{folder}/lake/data", {}, Folder(folder / "lake/data"))
        s3 = S3()
        return Place(f"{s3.url}/lake/data", s3.environment, Bucket(s3, "lake/data"), s3)

    def pause_on(self, torture):
        """Lets the object store not answer for a while, again and again."""
        def step(draw):
            torture.pause(draw.uniform(2, 8))
            self.server.process.send_signal(signal.SIGSTOP)
            torture.pause(draw.uniform(0, 6))
            self.server.process.send_signal(signal.SIGCONT)
            torture.count("pauses of the object store")
        if self.server is not None:
            torture.run("object store", step)

    def close(self):
        if self.server is not None:
            self.server.close()


@pytest.mark.parametrize("kind", ["folder", "s3"] if IS_LONG else ["folder"])
def test_servers_workers_and_their_database_are_killed_at_random_moments(
        kind, anvil, postgres, database, tmp_path):  # noqa: F811 (fixtures)
    torture = Torture(seed_of_this_run())
    place = Place.make(kind, tmp_path)
    kills = KILLS_APART // (2 if IS_LONG else 1)
    names = ["demo/part0", "demo/part1"]
    history = History(PostgresRows(postgres, database.rsplit("/", 1)[1]), place.objects)
    try:
        with Deployment(tmp_path, "--db", database, "--data", place.data,
                        environment=place.environment) as parts:
            servers = [parts.server(f"server{n}") for n in range(2)]
            workers = [parts.worker(f"worker{n}", "--node-id", f"node{n}") for n in range(2)]
            anvil.mine_traffic(8)
            jobs = deploy_two(servers[0], anvil, workers)
            try:
                mine_on(torture, "miner", anvil)
                look_on(torture, "looker", history, every_s=0.5)
                for number, server in enumerate(servers):
                    Poller(torture, f"poller {number}", server, {name: history for name in names})
                    Victim(torture, f"server {number}", server, may_exit=(NO_DATABASE,))
                for number, worker in enumerate(workers):
                    Victim(torture, f"worker {number}", worker, may_exit=(NO_DATABASE,),
                           pause_s=(0.1, 20) if IS_LONG else (0.1, 1))
                operator = Operator(torture, "operator", servers[1], names[1], jobs[1])
                Database(torture, postgres, DATABASE_RESTARTS, every_s=5)
                place.pause_on(torture)
                torture.wait(lambda: torture.counts["kill -9"] >= kills
                             and database_restarts(torture) >= DATABASE_RESTARTS,
                             WITHIN_S * torture.slowness)
            finally:
                torture.abandon()
            torture.end()

            # Whatever state each was left in: once more, and now for good.
            for program in (*servers, *workers):
                program.kill()
                program.start()
            wait_until(operator.deploy, "the job is deployed")
            settle(names, anvil, servers[0].tables)
            settle(names, anvil, servers[1].tables)
            for program in (*servers, *workers):
                assert program.stop() < 5, program.log.read_text()
        chain = NodeChain.of(anvil.url)
        all_is_kept(history, {name: chain for name in names})
        report(torture, history)
        assert torture.counts["kill -9"] >= kills
        assert database_restarts(torture) >= DATABASE_RESTARTS
        assert history.commits() > 3 * 20 and len(history.answers) > 100
    finally:
        place.close()


def database_restarts(torture):
    return sum(count for what, count in torture.counts.items() if what.startswith("PostgreSQL"))
