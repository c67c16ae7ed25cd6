"""A server and two workers apart, over PostgreSQL and a folder."""

import json
import time

import pyarrow.parquet
import pytest
from apart import Deployment, database, deploy_two, postgres, refused  # noqa: F401 (fixtures)
from conftest import wait_until


@pytest.fixture
def deployment(tmp_path, database):
    with Deployment(tmp_path, "--db", database, "--data", f"file://{tmp_path}/lake/data") as parts:
        yield parts


def test_two_workers_write_two_datasets_and_every_part_may_be_restarted(
        anvil, deployment, postgres, tmp_path):
    server = deployment.server()
    workers = [deployment.worker("one", "--node-id", "one"), deployment.worker("two")]
    assert workers[0].node_id == "one" and workers[1].node_id != "two"
    anvil.mine_traffic(6)
    jobs = deploy_two(server, anvil, workers)
    for number in range(2):
        server.wait_for_block(anvil.head(), f"demo/part{number}")
    assert [server.get(f"/jobs/{job}")["node_id"] for job in jobs] == [
        worker.node_id for worker in workers]
    assert {worker["node_id"] for worker in server.get("/workers")["workers"]} == {
        worker.node_id for worker in workers}

    # The server holds nothing that the database does not.
    before = server.get("/datasets/demo/part0/versions/1.0.0/progress")
    assert server.stop() < 5
    anvil.mine(2)
    server.start()
    tables = server.wait_for_block(anvil.head(), "demo/part0")
    assert tables["blocks"]["revision_id"] == before["tables"][0]["revision_id"]

    # A worker that is killed goes on where its last committed file ends.
    workers[0].kill()
    anvil.mine(2)
    workers[0].start()
    server.wait_for_block(anvil.head(), "demo/part0")

    # While the database is away: 503, soon, with the time to come back; afterwards all is well.
    postgres.stop()
    began = time.monotonic()
    status, headers, body = server.request("GET", "/datasets/demo/part0/versions/1.0.0/progress")
    assert (status, int(headers["Retry-After"]) > 0) == (503, True), body
    assert time.monotonic() - began < 12
    assert postgres.password not in body
    anvil.mine(2)
    postgres.start()
    wait_until(lambda: server.request("GET", "/jobs")[0] == 200, "the server has its database again")
    for number in range(2):
        server.wait_for_block(anvil.head(), f"demo/part{number}")

    files = sorted((tmp_path / "lake/data").rglob("blocks/**/*.parquet"))
    rows = sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)
    assert rows == 2 * (anvil.head() + 1)
    for program in (server, *workers):
        text = program.log.read_text()
        assert postgres.password not in text
        assert program.stop() < 5, text
    assert f"(postgres://127.0.0.1:{postgres.port}/" in server.log.read_text()


def test_servers_that_start_together_on_an_empty_database_all_serve(deployment):
    programs = [deployment.server(f"server{n}", waits=False) for n in range(3)]
    programs += [deployment.worker(f"worker{n}", waits=False) for n in range(2)]
    for program in programs:
        program.wait()
    for server in programs[:3]:
        assert server.get("/datasets") == {"datasets": []}
        assert len(server.get("/workers")["workers"]) == 2


def test_two_servers_answer_the_same(anvil, deployment):
    servers = [deployment.server("a"), deployment.server("b")]
    worker = deployment.worker()
    anvil.mine(3)
    deploy_two(servers[0], anvil, [worker])
    servers[0].wait_for_block(3, "demo/part0")
    path = "/datasets/demo/part0/versions/1.0.0/progress"
    assert servers[0].request("GET", path)[2] == servers[1].request("GET", path)[2]


def test_a_database_from_the_future_is_refused_and_left_alone(deployment, postgres, database):
    deployment.server().stop()
    name = database.rsplit("/", 1)[1]
    postgres.psql("INSERT INTO tidemark.migrations (version, applied_at) VALUES (9999, now())", name)
    for command in ("server", "worker"):
        line = refused(command, "--db", database, "--data", deployment.folder / "lake/data", code=1)
        assert "newer Tidemark" in line and postgres.password not in line
    assert postgres.psql("SELECT max(version) FROM tidemark.migrations", name).strip() == "9999"


def test_a_schema_that_may_not_be_made_is_named(deployment, postgres, database):
    words = ("--db", database, "--data", deployment.folder / "lake/data")
    line = refused("server", *words, code=2, environment={"TIDEMARK_AUTO_MIGRATE": "false"})
    assert "turned off" in line and postgres.password not in line
    name = database.rsplit("/", 1)[1]
    assert postgres.psql("SELECT count(*) FROM pg_namespace WHERE nspname = 'tidemark'",
                         name).strip() == "0"
    deployment.server().stop()
    refused_not = Deployment(deployment.folder, *words,
                             environment={"TIDEMARK_AUTO_MIGRATE": "false"})
    with refused_not:
        assert refused_not.server("again").get("/datasets") == {"datasets": []}


def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path, postgres):
    url = postgres.url_of("nowhere")
    line = refused("server", "--db", url, "--data", tmp_path / "data", code=5)
    assert "nowhere" in line and postgres.password not in line


def test_a_worker_of_a_dataset_of_another_kind_says_so(anvil, deployment):
    server, worker = deployment.server(), deployment.worker()
    manifest = {"kind": "firehose", "network": "mainnet", "start_block": 0,
                "finalized_blocks_only": False, "tables": {}}
    status, _, text = server.request("POST", "/datasets", {
        "namespace": "demo", "name": "fire", "version": "1.0.0", "manifest": manifest})
    assert status == 201, text
    job = json.loads(server.request("POST", "/datasets/demo/fire/versions/1.0.0/deploy", {})[2])
    def failed():
        answer = server.get(f"/jobs/{job['job_id']}")
        return answer if answer["status"] == "FATAL" else None
    answer = wait_until(failed, "the job has failed")
    assert "evm-rpc" in answer["error"]["error_message"], answer
    assert worker.process.poll() is None
