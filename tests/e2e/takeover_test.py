"""A job whose worker is gone goes on at another one, and the old one can commit nothing any more."""

import signal
import time

import pytest
from apart import Deployment, database, postgres  # noqa: F401 (fixtures)
from conftest import wait_until
from history import History
from history_sources import Bucket, NodeChain, PostgresRows
from s3 import S3
from supervisor import Poller, Torture, all_is_kept, look_on, seed_of_this_run

DATASET = "demo/anvil"
TAKEN_OVER_WITHIN_S = 15


# Killed in the middle of the second of two long files. Paused among many short ones, so that it is
# most likely uploading one, and would commit it as soon as it goes on.
@pytest.mark.parametrize("how, blocks, blocks_a_file", [
    (signal.SIGKILL, 1500, 800), (signal.SIGSTOP, 300, 5)])
def test_a_worker_that_is_gone_in_mid_file(how, blocks, blocks_a_file, anvil, postgres, database,
                                           tmp_path):  # noqa: F811 (fixtures)
    anvil.mine_traffic(5)
    while anvil.head() < blocks:
        anvil.mine(min(100, blocks - anvil.head()))
    settings = {"TIDEMARK_WORKER_SEGMENT_MAX_BLOCKS": str(blocks_a_file),
                "TIDEMARK_WORKER_FETCH_BLOCKS": "20"}
    torture = Torture(seed_of_this_run())
    with S3() as s3, Deployment(tmp_path, "--db", database, "--data", f"{s3.url}/lake/data",
                                environment={**s3.environment, **settings}) as parts:
        servers = [parts.server("a"), parts.server("b")]
        first = parts.worker("first", "--node-id", "first")
        history = History(PostgresRows(postgres, database.rsplit("/", 1)[1]), Bucket(s3, "lake/data"))
        try:
            job = servers[0].deploy(anvil, DATASET, end_block=blocks)
            def state():
                return servers[0].get(f"/jobs/{job}")
            for number, server in enumerate(servers):
                Poller(torture, f"poller {number}", server, {DATASET: history})
            look_on(torture, "looker", history)
            wait_until(lambda: servers[0].tables()["blocks"]["files_count"] >= 1, "a file is committed")
            first.process.send_signal(how)
            gone = time.monotonic()
            if how == signal.SIGKILL:
                first.process.wait(timeout=10)
            assert servers[0].tables()["blocks"]["current_block"] < blocks
            second = parts.worker("second", "--node-id", "second")
            wait_until(lambda: state()["node_id"] == "second", "the job is taken over", 20)
            assert time.monotonic() - gone < TAKEN_OVER_WITHIN_S
            wait_until(lambda: state()["status"] == "COMPLETED", "the job is completed", 30)

            # The old one comes back, in the middle of what it was writing.
            if how == signal.SIGSTOP:
                first.process.send_signal(signal.SIGCONT)
            else:
                first.start()
            anvil.mine(5)
            again = servers[0].cli("dataset", "deploy", f"{DATASET}@1.0.0", "--worker-id", "first",
                                   "--end-block", blocks + 5)
            assert int(again) == job
            wait_until(lambda: state()["status"] == "COMPLETED"
                       and servers[0].tables()["blocks"]["current_block"] == blocks + 5,
                       "it is of use again", 30)
            assert state()["node_id"] == "first"
        finally:
            torture.abandon()
        torture.end()
        for program in (*servers, first, second):
            assert program.stop() < 5, program.log.read_text()
        all_is_kept(history, {DATASET: NodeChain.of(anvil.url)})
        nodes = [event.node for event in history.rows.events if event.type == "SCHEDULED"]
        assert nodes == ["first", "second", "first"]
        print(history.summary())
