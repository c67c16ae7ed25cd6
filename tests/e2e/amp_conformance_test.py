"""Attached to a database that Amp wrote, the server answers what Amp itself answered.

tests/data/amp_golden has the rows and Amp's answers; tests/data/attach has awkward rows that it
lacks, and answers written by hand from the rules.
"""

import json
import re

import pytest
from amp_deployment import DATA, AmpDeployment
from golden import (Difference, additions, answers, body_of, compare, differences, holds, without)
from postgres import Postgres


@pytest.fixture(scope="module")
def postgres():
    with Postgres(log_line_prefix="@%u@ ", max_connections="50") as server:
        yield server


@pytest.fixture(scope="module")
def golden(postgres, tmp_path_factory):
    data = DATA / "amp_golden"
    one = AmpDeployment(tmp_path_factory.mktemp("golden"), postgres, "golden", data / "rows.sql",
                        data / "manifests")
    yield one
    one.close()


@pytest.fixture(scope="module")
def awkward(postgres, tmp_path_factory):
    data = DATA / "attach"
    one = AmpDeployment(tmp_path_factory.mktemp("awkward"), postgres, "awkward",
                        data / "awkward.sql", DATA / "amp_golden/manifests")
    yield one
    one.close()


def ask(server, request):
    method, path = request.split(" ", 1)
    status, _, text = server.request(method, path)
    return {"status": status, "body": body_of(text)}


def test_every_answer_is_amps_or_a_difference_that_is_listed(golden):
    expected = {(scenario, request): amp
                for scenario, case in answers().items() for request, amp in case["requests"].items()}
    listed = differences()
    assert set(listed) <= set(expected), "a listed difference is of a request that is not asked"

    findings = []
    added = additions()
    unseen = {(index, key) for index, addition in enumerate(added) for key in addition.keys}
    for (scenario, request), amp in expected.items():
        ours = ask(golden.server, request)
        for index, addition in enumerate(added):
            ours, found = without(addition, request, ours)
            unseen -= {(index, key) for key in found}
        finding = compare(amp, ours, listed.get((scenario, request)))
        if finding:
            findings.append(f"{scenario}: {request}: {finding}")
    findings += [f"the listed addition is gone: {key} of {added[index].requests.pattern}"
                 for index, key in unseen]
    assert not findings, f"{len(findings)} findings:\n" + "\n".join(findings)


def test_the_list_of_differences_quotes_amp_rightly_and_gives_reasons():
    recorded = answers()
    for (scenario, request), difference in differences().items():
        assert difference.amp == recorded[scenario]["requests"][request], (scenario, request)
    for one in (*differences().values(), *additions()):
        assert len(one.reason.split()) >= 5, one.reason


@pytest.mark.parametrize("amp, ours, difference, finds", [
    ({"status": 200, "body": {"a": 1}}, {"status": 200, "body": {"a": 1}}, None, False),
    ({"status": 200, "body": {"a": 1}}, {"status": 200, "body": {"a": 2}}, None, True),
    ({"status": 200, "body": {"a": 1}}, {"status": 200, "body": {"a": 1, "b": 2}}, None, True),
    ({"status": 200, "body": {"a": 1}}, {"status": 200, "body": {"a": True}}, None, True),
    ({"status": 200, "body": [1, 2]}, {"status": 200, "body": [2, 1]}, None, True),
    ({"status": 404, "body": {"error_code": "X"}},
     {"status": 404, "body": {"error_code": "X", "detail": "why"}}, None, False),
    ({"status": 404, "body": {"error_code": "X"}},
     {"status": 404, "body": {"error_code": "Y"}}, None, True),
    ({"status": 404}, {"status": 404, "body": {"error_code": "NOT_FOUND"}}, None, False),
    ({"status": 404}, {"status": 400, "body": None}, None, True),
    # A listed difference has to be there still, exactly as listed.
    ({"status": 500, "body": {"error_code": "X"}}, {"status": 200, "body": {"a": 1}},
     Difference({}, {"status": 200, "body": {"a": 1}}, ""), False),
    ({"status": 500, "body": {"error_code": "X"}}, {"status": 200, "body": {"a": 2}},
     Difference({}, {"status": 200, "body": {"a": 1}}, ""), True),
    ({"status": 500, "body": {"error_code": "X"}}, {"status": 500, "body": {"error_code": "X"}},
     Difference({}, {"status": 500, "body": {"error_code": "X"}}, ""), True),
])
def test_the_comparison_notices(amp, ours, difference, finds):
    assert bool(compare(amp, ours, difference)) == finds


def test_awkward_rows_are_answered_by_the_rules(awkward):
    cases = json.loads((DATA / "attach/expected.json").read_text())
    findings = []
    for case in cases:
        ours = ask(awkward.server, case["request"])
        if ours["status"] != case["status"] or not holds(case.get("body", {}), ours["body"]):
            findings.append(f"{case['request']} ({case['rule']}): {json.dumps(ours)}")
    assert not findings, f"{len(findings)} findings:\n" + "\n".join(findings)


def test_all_dialects_and_the_command_line_tell_the_same(golden):
    told = 0
    for dataset in golden.server.get("/datasets")["datasets"]:
        name = f"{dataset['namespace']}/{dataset['name']}"
        for version in dataset["versions"]:
            base = f"/datasets/{name}/versions/{version}"
            status, _, text = golden.server.request("GET", f"{base}/progress")
            if status != 200:
                assert (name, status) == ("golden/t_no_file", 500), text
                continue
            told += 1
            progress = json.loads(text)
            assert json.loads(golden.server.cli("progress", f"{name}@{version}", "--json")) == progress
            sync = golden.server.get(f"{base}/sync-progress")
            assert [table["table_name"] for table in sync["tables"]] == [
                table["table_name"] for table in progress["tables"]]
            for table, other in zip(progress["tables"], sync["tables"]):
                one = golden.server.get(f"{base}/tables/{table['table_name']}/progress")
                assert one == table
                shared = ("current_block", "start_block", "job_id", "job_status", "files_count",
                          "total_size_bytes")
                assert {key: other.get(key) for key in shared} == {key: table[key] for key in shared}
                assert None not in other.values()
                if table["job_id"] is not None:
                    of_job = golden.server.get(f"/jobs/{table['job_id']}/progress")
                    assert of_job["job_status"] == table["job_state"]
    assert told > 80


# What a transaction that only reads is made of. SELECT of a function could write all the same, so the
# dump is compared too.
ALLOWED = re.compile(r"LOG (execute [^:]*|statement): *\s*(SELECT|BEGIN|START TRANSACTION|COMMIT|ROLLBACK|"
                     r"SET|SHOW|DISCARD|DEALLOCATE|WITH\b(?!.*\b(INSERT|UPDATE|DELETE|MERGE)\b))\b",
                     re.IGNORECASE | re.DOTALL)


def test_nothing_but_reading_reached_the_database(postgres, golden, awkward):
    for deployment in (golden, awkward):
        # Asked for what changes something, an attached server refuses.
        for method, path, body in [
                ("POST", "/datasets", {"namespace": "a", "name": "b", "manifest": {}}),
                ("PUT", "/jobs/1/stop", None), ("DELETE", "/jobs/1", None), ("DELETE", "/jobs", None),
                ("POST", "/datasets/golden/a_contig/versions/1.0.0/deploy", {}),
                ("POST", "/revisions/1/restore", {})]:
            status, _, text = deployment.server.request(method, path, body)
            assert (status, json.loads(text)["error_code"]) == (403, "READ_ONLY_DATABASE"), (path, text)

        statements = deployment.statements()
        assert len([text for text in statements if ALLOWED.match(text)]) > 50
        others = [text for text in statements
                  if not ALLOWED.match(text) and not text.startswith("DETAIL parameters")]
        assert not others, others[:5]
        assert deployment.dump() == deployment.before

        # The role itself could not have done more.
        rights = postgres.psql(
            "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants"
            f" WHERE grantee = '{deployment.role}'", deployment.database)
        assert rights.split() == ["SELECT"]
        may = postgres.psql(
            f"SELECT has_schema_privilege('{deployment.role}', 'public', 'CREATE'),"
            f" has_database_privilege('{deployment.role}', current_database(), 'CREATE'),"
            f" has_database_privilege('{deployment.role}', current_database(), 'TEMPORARY')",
            deployment.database)
        assert may.strip() == "f|f|f"


@pytest.mark.parametrize("statement, is_allowed", [
    ("LOG execute q1: SELECT 1", True), ("LOG execute q1: \n\tSELECT 1", True),
    ("LOG statement: BEGIN", True), ("LOG execute q1: \n\tWITH x AS (\n\tSELECT 1) SELECT 1", True), ("LOG execute q1: INSERT INTO jobs VALUES (1)", False),
    ("LOG statement: CREATE SCHEMA tidemark", False), ("ERROR permission denied", False),
    ("LOG statement: WITH x AS (DELETE FROM jobs RETURNING 1) SELECT 1", False)])
def test_the_look_at_the_log_notices(statement, is_allowed):
    assert bool(ALLOWED.match(statement)) == is_allowed
