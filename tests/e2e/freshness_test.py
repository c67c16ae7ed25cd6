"""No answer of any server is older than the question, however fast the tables change.

Short in the gate; with TIDEMARK_TORTURE=1 ten million answers.
"""

import os
import secrets
import subprocess

import pytest
from apart import Deployment, database, postgres  # noqa: F401 (fixtures)

CHECKER = os.environ["TIDEMARK_FRESHNESS_CHECKER"]
IS_LONG = os.environ.get("TIDEMARK_TORTURE") == "1"
ANSWERS, WITHIN_S = (5_000_000, 1500) if IS_LONG else (200_000, 8)
# While no writer rests nearly every answer has to be computed, which takes long.
REST_MS = 5000 if IS_LONG else 20
DATASETS = 3
SERVERS = 2
READERS = 4


def check(tmp_path, database, seed, *flags):
    """What the checker says, of servers with these flags."""
    with Deployment(tmp_path, "--db", database, "--data", f"file://{tmp_path}/lake/data") as parts:
        servers = [parts.server(f"server{n}", *flags) for n in range(SERVERS)]
        datasets = []
        for number in range(DATASETS):
            manifest = {"kind": "evm-rpc", "network": "mainnet", "start_block": 1}
            status, _, body = servers[0].request("POST", "/datasets", {
                "namespace": "fresh", "name": f"part{number}", "version": "1.0.0", "manifest": manifest})
            assert status == 201, body
            version = servers[0].get(f"/datasets/fresh/part{number}/versions/1.0.0")
            datasets.append(f"fresh/part{number}@{version['manifest_hash']}")
        ports = [server.address.rpartition(":")[2] for server in servers]
        result = subprocess.run(
            [CHECKER, database.removeprefix("sqlite:"), str(ANSWERS), str(WITHIN_S), str(READERS),
             str(REST_MS), str(seed), *datasets, "--", *ports],
            text=True, capture_output=True, timeout=WITHIN_S + 120, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stdout + result.stderr
    if IS_LONG:
        assert int(result.stdout.split()[0]) >= ANSWERS, result.stdout
    return result.stdout


@pytest.fixture
def seed():
    given = int(os.environ.get("TIDEMARK_FRESHNESS_SEED", secrets.randbelow(2**31)))
    print(f"rerun with TIDEMARK_FRESHNESS_SEED={given}")
    return given


def test_over_postgresql(tmp_path, database, seed):
    print(check(tmp_path, database, seed))


def test_over_sqlite(tmp_path, seed):
    print(check(tmp_path, f"sqlite:{tmp_path}/tidemark.db", seed))
