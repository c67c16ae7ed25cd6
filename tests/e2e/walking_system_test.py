"""A chain is written to Parquet and its progress is told, block for block and byte for byte."""

import json
import subprocess
from pathlib import Path

import pyarrow.parquet as parquet
import pytest
from conftest import BINARY, LOG_TOPIC, wait_until

SPEC_FIELDS = ["table_name", "current_block", "start_block", "job_id", "job_status", "files_count",
               "total_size_bytes"]
TABLES = ["blocks", "transactions", "logs"]


def unhex(text):
    return bytes.fromhex(text[2:])


def files_of(solo, table):
    return sorted((solo.folder / "data").glob(f"demo/anvil/{table}/*/*.parquet"))


def rows_of(solo, table):
    """All rows of a table's files, read by pyarrow, in block order."""
    rows = []
    for path in files_of(solo, table):
        rows += parquet.ParquetFile(path).read().to_pylist()
    return sorted(rows, key=lambda row: (row["block_num"], row.get("tx_index", 0),
                                         row.get("log_index", 0)))


def test_the_two_progress_routes_answer_the_fields_of_the_specification(anvil, solo):
    anvil.mine_traffic(5)
    job = solo.deploy(anvil)
    head = anvil.head()
    solo.wait_for_block(head)

    answer = solo.get("/datasets/demo/anvil/versions/1.0.0/progress")
    assert list(answer)[:5] == ["dataset_namespace", "dataset_name", "revision", "manifest_hash",
                                "tables"]
    assert (answer["dataset_namespace"], answer["dataset_name"], answer["revision"]) == (
        "demo", "anvil", "1.0.0")
    assert [table["table_name"] for table in answer["tables"]] == TABLES
    for table in answer["tables"]:
        assert list(table)[:7] == SPEC_FIELDS
        assert (table["start_block"], table["current_block"]) == (0, head)
        assert (table["job_id"], table["job_status"], table["job_state"]) == (job, "RUNNING", "RUNNING")
        on_disk = files_of(solo, table["table_name"])
        assert table["files_count"] == len(on_disk)
        assert table["total_size_bytes"] == sum(path.stat().st_size for path in on_disk)
        (tail,) = table["ranges"]
        newest = anvil.block(head)
        assert tail == {"network": "anvil", "start": 0, "end": head, "hash": newest["hash"],
                        "timestamp": int(newest["timestamp"], 16)}
        one = solo.get(f"/datasets/demo/anvil/versions/1.0.0/tables/{table['table_name']}/progress")
        assert one == table

    for revision in ("latest", "dev", answer["manifest_hash"], answer["manifest_hash"].upper()):
        other = solo.get(f"/datasets/demo/anvil/versions/{revision}/progress")
        assert other == {**answer, "revision": revision}


def test_the_files_hold_the_rows_of_the_chain(anvil, solo):
    anvil.mine_traffic(8)
    solo.deploy(anvil)
    head = anvil.head()
    solo.wait_for_block(head)
    chain = [anvil.block(number) for number in range(head + 1)]

    blocks = rows_of(solo, "blocks")
    assert [row["block_num"] for row in blocks] == list(range(head + 1))
    for row, block in zip(blocks, chain):
        assert row["_block_num"] == row["block_num"]
        assert row["hash"] == unhex(block["hash"])
        assert row["parent_hash"] == unhex(block["parentHash"])
        assert row["ommers_hash"] == unhex(block["sha3Uncles"])
        assert row["state_root"] == unhex(block["stateRoot"])
        assert row["transactions_root"] == unhex(block["transactionsRoot"])
        assert row["receipt_root"] == unhex(block["receiptsRoot"])
        assert row["logs_bloom"] == unhex(block["logsBloom"])
        assert row["miner"] == unhex(block["miner"])
        assert row["gas_used"] == int(block["gasUsed"], 16)
        assert row["gas_limit"] == int(block["gasLimit"], 16)
        assert row["nonce"] == int(block["nonce"], 16)
        assert int(row["base_fee_per_gas"]) == int(block["baseFeePerGas"], 16)
        assert row["timestamp"].timestamp() == int(block["timestamp"], 16)

    transactions = rows_of(solo, "transactions")
    expected = [tx for block in chain for tx in block["transactions"]]
    assert [row["tx_hash"] for row in transactions] == [unhex(tx["hash"]) for tx in expected]
    for row, tx in zip(transactions, expected):
        receipt = anvil.call("eth_getTransactionReceipt", tx["hash"])
        assert row["block_hash"] == unhex(tx["blockHash"])
        assert row["tx_index"] == int(tx["transactionIndex"], 16)
        assert row["from"] == unhex(tx["from"])
        assert row["to"] == (unhex(tx["to"]) if tx["to"] else None)
        assert int(row["value"]) == int(tx["value"], 16)
        assert row["input"] == unhex(tx["input"])
        assert row["nonce"] == int(tx["nonce"], 16)
        assert row["type"] == int(tx["type"], 16)
        assert row["gas_limit"] == int(tx["gas"], 16)
        assert row["gas_used"] == int(receipt["gasUsed"], 16)
        assert row["status"] == (receipt["status"] == "0x1")
        assert int.from_bytes(row["r"], "big") == int(tx["r"], 16)
        assert int.from_bytes(row["s"], "big") == int(tx["s"], 16)
        assert row["v_parity"] == (int(tx["v"], 16) & 1 == 1)
        assert row["chain_id"] == int(tx["chainId"], 16)
        assert int(row["max_fee_per_gas"]) == int(tx["maxFeePerGas"], 16)

    logs = rows_of(solo, "logs")
    expected = anvil.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(head)})
    assert len(logs) == len(expected) > 0
    for row, log in zip(logs, expected):
        assert row["tx_hash"] == unhex(log["transactionHash"])
        assert row["block_hash"] == unhex(log["blockHash"])
        assert row["log_index"] == int(log["logIndex"], 16)
        assert row["tx_index"] == int(log["transactionIndex"], 16)
        assert row["address"] == unhex(log["address"])
        assert row["data"] == unhex(log["data"])
        assert [row[f"topic{i}"] for i in range(4)] == (
            [unhex(topic) for topic in log["topics"]] + [None] * (4 - len(log["topics"])))
        assert row["topic0"] == unhex(LOG_TOPIC)


def test_the_files_have_the_schemas_and_footer_keys_of_amp(anvil, solo):
    anvil.mine_traffic(2)
    solo.deploy(anvil)
    solo.wait_for_block(anvil.head())
    columns = {"blocks": 24, "transactions": 27, "logs": 13}
    for table in TABLES:
        (path,) = files_of(solo, table)
        file = parquet.ParquetFile(path)
        assert len(file.schema_arrow.names) == columns[table]
        assert file.schema_arrow.names[0] == "_block_num"
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
        keys = file.metadata.metadata
        assert json.loads(keys[b"parent_file_ids"]) == []
        assert keys[b"generation"] == b"0"
        nozzle = json.loads(keys[b"nozzle_metadata"])
        assert list(nozzle) == ["table", "filename", "created_at", "ranges"]
        assert (nozzle["table"], nozzle["filename"]) == (table, path.name)
        assert path.name.startswith("000000000-") and len(path.name) == len("000000000-.parquet") + 16
        (blocks,) = nozzle["ranges"]
        assert blocks["numbers"] == {"start": 0, "end": anvil.head()}
        assert blocks["prev_hash"] == "0x" + "0" * 64


def test_each_new_block_is_followed(anvil, solo):
    anvil.mine(3)
    solo.deploy(anvil)
    solo.wait_for_block(3)
    for block in range(4, 9):
        anvil.mine()
        tables = solo.wait_for_block(block)
        assert {table["files_count"] for table in tables.values()} == {block - 2}


@pytest.mark.parametrize("end_block, last", [("latest", 12), ("7", 7), ("-5", 7), ("0", 0)])
def test_a_bounded_job_completes_at_its_end_block(anvil, solo, end_block, last):
    anvil.mine(12)
    job = solo.deploy(anvil, end_block=end_block)
    wait_until(lambda: solo.get(f"/jobs/{job}")["status"] == "COMPLETED", "the job completes")
    assert {t["current_block"] for t in solo.tables().values()} == {last}
    assert {t["job_status"] for t in solo.tables().values()} == {"COMPLETED"}


def test_a_start_block_bounds_the_tables_below(anvil, solo):
    anvil.mine(9)
    solo.deploy(anvil, start_block=4)
    tables = solo.wait_for_block(9)
    assert {table["start_block"] for table in tables.values()} == {4}
    assert [row["block_num"] for row in rows_of(solo, "blocks")] == [4, 5, 6, 7, 8, 9]


def test_a_stopped_job_goes_on_where_it_was_when_it_is_deployed_again(anvil, solo):
    anvil.mine(5)
    job = solo.deploy(anvil)
    solo.wait_for_block(5)
    solo.cli("job", "stop", job)
    wait_until(lambda: solo.get(f"/jobs/{job}")["status"] == "STOPPED", "the job stops")
    anvil.mine(5)
    assert int(solo.cli("dataset", "deploy", "demo/anvil@1.0.0")) == job
    solo.wait_for_block(10)
    assert [row["block_num"] for row in rows_of(solo, "blocks")] == list(range(11))


def test_a_reorg_ends_with_the_nodes_chain(anvil, solo):
    anvil.mine(6)
    solo.deploy(anvil)
    solo.wait_for_block(6)
    for block in (7, 8, 9):
        anvil.mine()
        solo.wait_for_block(block)
    anvil.call("anvil_reorg", 3, [])
    anvil.mine(2)
    head = anvil.head()
    newest = anvil.block(head)["hash"]
    wait_until(lambda: all(t["ranges"] and t["ranges"][0]["hash"] == newest
                           for t in solo.tables().values()), "the new chain is canonical")
    assert {t["current_block"] for t in solo.tables().values()} == {head}


def test_a_node_that_is_away_is_waited_for(anvil, solo, tmp_path):
    solo.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", "http://127.0.0.1:1")
    solo.cli("dataset", "register", "demo/anvil", "--network", "anvil", "--tag", "1.0.0")
    job = int(solo.cli("dataset", "deploy", "demo/anvil@1.0.0"))
    failed = wait_until(lambda: (lambda j: j if j["status"] == "ERROR" else None)(
        solo.get(f"/jobs/{job}")), "the failure shows", within_s=60)
    assert "127.0.0.1:1" in failed["error"]["error_message"]
    assert solo.tables()["blocks"]["job_status"] == "FAILED" or solo.tables()["blocks"]["job_id"] is None
    solo.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", anvil.url)
    anvil.mine(2)
    solo.wait_for_block(2, within_s=60)


def test_two_datasets_are_written_side_by_side(anvil, solo):
    anvil.mine(20)
    first = solo.deploy(anvil)
    second = solo.deploy(anvil, dataset="demo/other", start_block=5)
    assert first != second
    solo.wait_for_block(20)
    solo.wait_for_block(20, dataset="demo/other")


def test_watching_prints_a_line_each_time_the_answer_changes(anvil, solo):
    anvil.mine(3)
    solo.deploy(anvil)
    solo.wait_for_block(3)
    watch = subprocess.Popen([BINARY, "progress", "demo/anvil", "--watch", "--json", "--interval",
                              "0.05", "--url", solo.url], text=True, stdout=subprocess.PIPE)
    try:
        assert json.loads(watch.stdout.readline())["tables"][0]["current_block"] == 3
        anvil.mine()
        blocks = [json.loads(watch.stdout.readline())["tables"][0]["current_block"]]
        assert blocks == [4]
    finally:
        watch.kill()
        watch.wait()
