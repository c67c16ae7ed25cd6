"""Requests made from the OpenAPI document, thousands of them: right ones, wrong ones and odd ones. Each
answer is as the document says: its status, its content type, its headers, its body.

A finding prints the command that repeats the request. The seed is fixed, so that a run can be repeated;
TIDEMARK_OPENAPI_SEED sets another.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance",
          "response_headers_conformance", "response_schema_conformance", "allow_header_conformance"]


def fill(solo, anvil):
    """Datasets, jobs in several states, files; and the values that lead to them."""
    anvil.mine_traffic(3)
    job = solo.deploy(anvil, end_block=3)
    solo.wait_for_block(3)
    solo.cli("dataset", "register", "demo/other", "--network", "anvil", "--start-block", 1,
             "--tag", "2.0.0-rc.1")
    spare = int(solo.cli("dataset", "deploy", "demo/other@dev", "--end-block", 2))
    manifest = solo.get("/datasets/demo/anvil/versions/dev")["manifest_hash"]
    events = solo.get(f"/jobs/{job}/events")["events"]
    worker = solo.get("/workers")["workers"][0]["node_id"]
    return [
        ("", {"namespace": ["demo"], "name": ["anvil", "other"], "table": ["blocks", "logs"],
              "revision": ["dev", "latest", "1.0.0", manifest, manifest.upper()],
              "hash": [manifest], "network": ["anvil"], "node_id": [worker],
              "event_id": [event["id"] for event in events]}),
        (" /jobs", {"id": [job]}),
        # What changes something is for the other job, lest there is soon none.
        ("(PUT|DELETE) /jobs", {"id": [spare]}),
        (" /(revisions|files)", {"id": [1, 2, 3], "file_id": [1, 2, 3]}),
        (" /workers", {"id": [worker]}),
        (" /providers", {"name": ["local"]}),
    ]


@pytest.fixture
def outcome(solo, anvil, tmp_path):
    """What schemathesis said, and the counts of its answers by status."""
    seed = os.environ.get("TIDEMARK_OPENAPI_SEED", "1")
    print(f"rerun with TIDEMARK_OPENAPI_SEED={seed}")
    report = tmp_path / "requests.ndjson"
    environment = {**os.environ, "PYTHONPATH": os.environ["TIDEMARK_SCHEMATHESIS"] + f":{HERE}/openapi",
                   "SCHEMATHESIS_HOOKS": "hooks",
                   "TIDEMARK_REAL_VALUES": json.dumps(fill(solo, anvil))}
    result = subprocess.run(
        ["/usr/bin/python3", "-m", "schemathesis.cli", "run", f"{solo.url}/openapi.json",
         "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", "10",
         "--seed", seed, "--no-shrink", "--warnings", "off",
         "--request-timeout", "15", "--report", "ndjson", "--report-ndjson-path", report],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=150)
    return result, report


def test_every_answer_is_as_the_openapi_document_says(outcome, solo):
    result, report = outcome
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
    statuses = re.findall(r'"status_code": ?(\d+)', report.read_text())
    assert len(statuses) > 1000
    # Answers were reached, of every kind.
    for status in ("200", "201", "202", "204", "400", "404", "405", "409"):
        assert status in statuses, f"no answer was {status}"
    assert statuses.count("200") > 100
    solo.get("/healthz")
