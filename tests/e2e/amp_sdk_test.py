"""Amp's own TypeScript client, as published, against our binary.

The package (0.0.51) wraps eight calls; all of them are made here. For the progress call, which its
successor has, the client of this test adds the endpoint with the package's own types (client.mjs).
"""

import datetime
import hashlib
import json
import os
import select
import subprocess
from pathlib import Path

import pytest
from conftest import end, wait_until

HERE = Path(__file__).parent
MANIFEST = json.loads((HERE.parent / "data/manifests/anvil_rpc.json").read_text())
TABLES = ["blocks", "transactions", "logs"]


def to_client(manifest):
    """The manifest as the client names its fields."""
    names = {"start_block": "startBlock", "finalized_blocks_only": "finalizedBlocksOnly"}
    return {names.get(key, key): value for key, value in manifest.items()}


class Client:
    """Calls to the client, each with what it made of the answer."""

    def __init__(self, url):
        self._process = subprocess.Popen(
            [os.environ["TIDEMARK_NODE"] + "/bin/node", HERE / "amp_sdk/client.mjs",
             os.environ["TIDEMARK_AMP_SDK"], url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, method, *words):
        self._process.stdin.write(json.dumps({"call": [method, *words]}) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], 60)
        assert ready, f"{method}: no answer within 60 s"
        return json.loads(self._process.stdout.readline())

    def call(self, method, *words):
        answer = self.ask(method, *words)
        assert "value" in answer, answer
        return answer["value"]

    def error(self, method, *words):
        """Type and code of the typed error that the call has to end with."""
        answer = self.ask(method, *words)
        assert "error" in answer, answer
        assert answer["error"]["message"]
        return answer["error"]["type"], answer["error"]["code"]

    def stop(self):
        end(self._process)
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def client(solo):
    one = Client(solo.url)
    yield one
    one.stop()


def moment(text):
    return datetime.datetime.fromisoformat(text)


def test_the_client_registers_deploys_lists_and_reads(anvil, solo, client):
    anvil.mine_traffic(4)
    head = anvil.head()
    solo.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", anvil.url)

    assert client.call("getDatasets") == {"datasets": []}
    assert client.call("registerDataset", "demo", "anvil", to_client(MANIFEST), "1.0.0") is None
    assert client.call("getDatasets") == {"datasets": [
        {"namespace": "demo", "name": "anvil", "latestVersion": "1.0.0", "versions": ["1.0.0"]}]}

    manifest_hash = hashlib.sha256(json.dumps(MANIFEST, separators=(",", ":")).encode()).hexdigest()
    for revision in ("1.0.0", "latest", "dev", manifest_hash):
        assert client.call("getDatasetVersion", "demo", "anvil", revision) == {
            "namespace": "demo", "name": "anvil", "revision": revision,
            "manifestHash": manifest_hash, "kind": "evm-rpc"}
    assert client.call("getDatasetManifest", "demo", "anvil", "1.0.0") == to_client(MANIFEST)

    job = client.call("deployDataset", "demo", "anvil", "1.0.0", {"endBlock": str(head)})["jobId"]
    done = wait_until(lambda: (info := client.call("getJobById", job))["status"] == "COMPLETED" and info,
                      "the job is completed")
    assert done["id"] == job and done["nodeId"] == solo.get("/workers")["workers"][0]["node_id"]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert moment(done["createdAt"]) <= moment(done["updatedAt"]) <= now
    assert now - moment(done["createdAt"]) < datetime.timedelta(minutes=5)
    assert done["descriptor"] == {
        "kind": "materialize-raw", "end_block": str(head), "max_writers": 1,
        "dataset_namespace": "demo", "dataset_name": "anvil", "manifest_hash": manifest_hash,
        "verify": False}

    progress = client.call("getDatasetSyncProgress", "demo", "anvil", "1.0.0")
    ours = solo.tables()
    assert {**progress, "tables": None} == {
        "namespace": "demo", "name": "anvil", "revision": "1.0.0", "manifestHash": manifest_hash,
        "tables": None}
    assert progress["tables"] == [
        {"tableName": table, "currentBlock": head, "startBlock": 0, "jobId": job,
         "jobStatus": "COMPLETED", "filesCount": ours[table]["files_count"],
         "totalSizeBytes": ours[table]["total_size_bytes"]} for table in TABLES]


def test_progress_without_data_and_of_a_failed_job_decodes(solo, client):
    client.call("registerDataset", "demo", "anvil", to_client(MANIFEST), "1.0.0")

    # No job yet: what is unknown is left out, for null does not decode.
    tables = client.call("getDatasetSyncProgress", "demo", "anvil", "dev")["tables"]
    assert tables == [{"tableName": table, "filesCount": 0, "totalSizeBytes": 0} for table in TABLES]

    # There is no provider of the network, so the job fails, and stored are ERROR or FATAL, words
    # that the client does not have.
    job = client.call("deployDataset", "demo", "anvil", "1.0.0", {"endBlock": "5"})["jobId"]
    stored = wait_until(
        lambda: (state := solo.get(f"/jobs/{job}")["status"]) in ("ERROR", "FATAL") and state,
        "the job fails")
    tables = client.call("getDatasetSyncProgress", "demo", "anvil", "dev")["tables"]
    assert {table.get("jobStatus") for table in tables} <= {None, "FAILED"}
    # GET /jobs/{id} gives the stored state, as Amp does, and there the client cannot read it.
    assert stored in client.ask("getJobById", job)["defect"]


def test_errors_decode_to_the_types_that_the_client_has_for_them(solo, client):
    missing = ("DatasetNotFound", "DATASET_NOT_FOUND")
    for method in ("getDatasetVersion", "getDatasetManifest", "getDatasetSyncProgress"):
        assert client.error(method, "demo", "nothing", "1.0.0") == missing, method
    assert client.error("deployDataset", "demo", "nothing", "1.0.0") == missing
    assert client.error("getJobById", 999) == ("JobNotFound", "JOB_NOT_FOUND")
    assert client.ask("getDatasetSyncProgress", "demo", "Nothing", "1.0.0")["error"]["code"] == (
        "INVALID_PATH_PARAMS")
    # A job id of 0 passes the client's own check, and must come back as its typed error.
    assert client.error("getJobById", 0) == ("InvalidJobId", "INVALID_JOB_ID")


def test_what_the_client_cannot_decode_of_amp_it_cannot_decode_of_us(solo, client):
    client.call("registerDataset", "demo", "anvil", to_client(MANIFEST), "1.0.0")

    # Amp's server lists versions as objects since long; this client still expects plain strings.
    assert "versions" in client.ask("getDatasetVersions", "demo", "anvil")["defect"]
    assert [version["version"] for version in
            solo.get("/datasets/demo/anvil/versions")["versions"]] == ["1.0.0"]

    # Schemas of SQL are not ours to infer: the call ends with an answer, if one it has no type for.
    answer = client.ask("getOutputSchema", {"tables": {"t": "SELECT 1"}})
    assert "value" not in answer
