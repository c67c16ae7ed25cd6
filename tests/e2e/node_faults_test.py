"""A node that fails, lies and contradicts itself costs time, never a wrong file.

Every case has a dataset, a network and a hostile node of its own. Many of them run at once in one
process; each ends with the real node's chain, and what failed on the way names node, method and block.
"""

import json
import os
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pyarrow.parquet as parquet
import pytest
from conftest import Anvil, Solo, end, wait_until
from hostile_node import NUMBERED, HostileNode

BLOCK, RECEIPTS, RECEIPT = "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getTransactionReceipt"
KEY = "s3cr3t-key-0123456789"  # Of the node's URL.
TRAFFIC_BLOCKS = 24
OTHER_CHAIN_ID = 999
# The nodes share one interpreter and the jobs one process: of more at once, a busy machine would keep
# some waiting for longer than their time-outs, which is no fault of a case's own.
AT_ONCE = 20
ENDS_WITHIN_S = 90  # Of each case; a few seconds, unless the machine is busy.


@dataclass
class Case:
    """A fault, and what must come of it before the node heals."""

    name: str
    fault: str
    how: dict = field(default_factory=dict)
    # What the job says about it; nothing: it must be mended without the job's knowledge.
    says: tuple = ()
    names: str = BLOCK  # The method that a failure must name.
    provider: dict = field(default_factory=dict)
    # The fault is passing: the node is never healed by the test.
    passes: bool = False
    # The job gives up, and is deployed once more when the node is well.
    is_fatal: bool = False
    # Files off the chain may be there, of the other node's blocks.
    leaves_forks: bool = False

    def __str__(self):
        return self.name


def passing(name, fault, **how):
    """Mended by asking again."""
    provider = how.pop("provider", {})
    return Case(name, fault, how, provider=provider, passes=True)


def lasting(name, fault, *says, names=BLOCK, provider=None, is_fatal=False, leaves_forks=False, **how):
    """Fails until the node heals."""
    return Case(name, fault, how, says, names, provider or {}, is_fatal=is_fatal,
                leaves_forks=leaves_forks)


ON_BLOCKS = {"method": BLOCK, "block": NUMBERED}
ON_RECEIPTS = {"method": RECEIPTS}
ON_HEAD = {"method": BLOCK, "block": "latest"}
SHORT = {"timeout_secs": 3}
ONE_BY_ONE = {"rpc_batch_size": 1}
BY_TRANSACTION = {"fetch_receipts_per_tx": True}

CASES = [
    passing("silent_once", "silent", times=1, **ON_BLOCKS, provider=SHORT),
    lasting("silent", "silent", "timed out", **ON_BLOCKS, provider=SHORT),
    lasting("silent_about_the_head", "silent", "timed out", **ON_HEAD, provider=SHORT),
    lasting("dripping", "dripping", "timed out", **ON_BLOCKS, provider=SHORT),

    passing("busy_once", "status", code=429, times=3, **ON_BLOCKS),
    passing("busy_for_a_second", "status", code=429, retry_after=1, times=1, **ON_BLOCKS),
    passing("busy_at_the_head", "status", code=429, retry_after=1, times=1, **ON_HEAD),
    lasting("busy", "status", "429", code=429, **ON_BLOCKS),
    *(passing(f"http_{code}_once", "status", code=code, times=3, **ON_BLOCKS)
      for code in (500, 502, 503)),
    *(lasting(f"http_{code}", "status", str(code), code=code, **ON_BLOCKS) for code in (500, 502, 503)),
    lasting("unauthorised", "status", "401", code=401, is_fatal=True, **ON_BLOCKS),

    passing("dropped_once", "dropped", times=3, **ON_BLOCKS),
    lasting("dropped", "dropped", "onnection", **ON_BLOCKS),
    passing("half_sent_once", "half_sent", times=3, **ON_BLOCKS),
    lasting("half_sent", "half_sent", "closed within", first_call=9, **ON_BLOCKS),
    passing("half_as_whole_once", "half_as_whole", times=1, **ON_BLOCKS),
    lasting("half_as_whole", "half_as_whole", "not JSON", **ON_BLOCKS),
    lasting("html", "nonsense", "not JSON", text="<html>Welcome to the hotel</html>", **ON_BLOCKS),
    lasting("no_answer_in_it", "nonsense", "the id of no call", text="{}", **ON_HEAD),
    lasting("an_empty_batch", "nonsense", "not answered", text="[]", **ON_BLOCKS),

    passing("other_ids_once", "other_ids", times=1, **ON_BLOCKS),
    lasting("other_ids", "other_ids", "the id of no call", **ON_BLOCKS),
    lasting("ids_exchanged", "ids_exchanged", **ON_BLOCKS),
    passing("shuffled", "shuffled"),
    passing("other_block_once", "other_block", times=1, method=BLOCK, block=7),
    lasting("other_block", "other_block", "block number 6", "block 7", method=BLOCK, block=7),
    lasting("other_block_relabelled", "other_block_relabelled", "block 7", method=BLOCK, block=7),

    lasting("null_once", "null", "block 9 is not there yet", times=1, method=BLOCK, block=9),
    lasting("null_block", "null", "block 9 is not there yet", method=BLOCK, block=9),
    lasting("null_receipts", "null", "block 9 is not there yet", names=RECEIPTS, method=RECEIPTS, block=9),
    lasting("null_receipt", "null", "is not there yet", names=RECEIPT, method=RECEIPT, first_call=8,
            provider=BY_TRANSACTION),
    lasting("receipts_too_few", "too_few", "block 9", "3 receipts for 4", method=RECEIPTS, block=9),
    lasting("receipts_missing", "empty", "block 9", "0 receipts for 4", method=RECEIPTS, block=9),
    lasting("receipts_of_another_block", "other_block", "block number 8", names=RECEIPTS,
            method=RECEIPTS, block=9),
    lasting("receipts_relabelled", "other_block_relabelled", "block 9", method=RECEIPTS, block=9),
    lasting("receipts_in_disguise", "other_block_in_disguise", "block 9", method=RECEIPTS, block=9),
    lasting("receipts_without_logs", "without_logs", "logs", names=RECEIPTS, method=RECEIPTS, block=9),
    lasting("logs_of_another_block", "logs_relabelled", "block 9", names=RECEIPTS, method=RECEIPTS,
            block=9, blockHash="0x" + "ab" * 32),
    lasting("logs_of_another_number", "logs_relabelled", "block 9", names=RECEIPTS, method=RECEIPTS,
            block=9, blockNumber="0x8"),
    lasting("logs_of_another_transaction", "logs_relabelled", "block 9", names=RECEIPTS,
            method=RECEIPTS, block=9, transactionHash="0x" + "ab" * 32),

    passing("head_back", "head_back", blocks=15, times=4, first_call=2, **ON_HEAD),
    lasting("two_nodes", "in_turns", "contradicts itself", leaves_forks=True, provider=ONE_BY_ONE),
    # Once the chain is written, or nearly so.
    lasting("another_chain", "other_node", f"chain {OTHER_CHAIN_ID} now and was of chain 31337",
            chain_id=OTHER_CHAIN_ID, first_call=60, leaves_forks=True, names="eth_chainId"),
    lasting("another_chain_for_good", "other_node", f"chain {OTHER_CHAIN_ID} now and was of chain 31337",
            chain_id=OTHER_CHAIN_ID, first_call=60, leaves_forks=True, names="eth_chainId",
            is_fatal=True),

    passing("limit_exceeded_once", "error", code=-32005, message="limit exceeded", times=3, **ON_BLOCKS),
    lasting("limit_exceeded", "error", "-32005", "limit exceeded", code=-32005,
            message="limit exceeded", **ON_BLOCKS),
    lasting("internal_error", "error", "-32603", names=RECEIPTS, code=-32603,
            message="header not found", **ON_RECEIPTS),
    lasting("error_with_the_key", "error", "-32000", code=-32000, message=f"{KEY} is blocked", **ON_BLOCKS),
    lasting("no_such_method", "error", "-32601", code=-32601, message="no such method", is_fatal=True,
            **ON_BLOCKS),
    passing("no_block_receipts", "error", code=-32601, message="no such method", **ON_RECEIPTS),
    passing("batch_refused", "one_error", code=-32600, message="batch too large", times=3, **ON_BLOCKS),
    passing("batch_limited", "one_error", code=-32005, message="limit exceeded", times=3, **ON_BLOCKS),
    lasting("huge", "huge", "larger than the limit", size_bytes=200 << 20, tells_length=True,
            **ON_BLOCKS),
    lasting("one_error", "one_error", "-32005", code=-32005, message="limit exceeded", **ON_BLOCKS),
]


class Chain:
    """What the files must hold, told by the real node."""

    def __init__(self, anvil):
        self.url = anvil.url
        self.head = anvil.head()
        self.head_hash = anvil.block(self.head)["hash"]
        self.rows = {"blocks": {}, "transactions": {}, "logs": {}}
        for number in range(self.head + 1):
            block = anvil.block(number)
            receipts = anvil.call(RECEIPTS, hex(number))
            logs = [log for receipt in receipts for log in receipt["logs"]]
            self.rows["blocks"][number] = [(number, block["hash"], block["parentHash"])]
            self.rows["transactions"][number] = [
                (number, block["hash"], i, tx["hash"], int(receipt["gasUsed"], 16))
                for i, (tx, receipt) in enumerate(zip(block["transactions"], receipts, strict=True))]
            self.rows["logs"][number] = [
                (number, block["hash"], i, log["transactionHash"], log["data"], log["topics"][1])
                for i, log in enumerate(logs)]

    def expect(self, table, first, last):
        return [row for number in range(first, last + 1) for row in self.rows[table].get(number, [])]


COLUMNS = {"blocks": ["block_num", "hash", "parent_hash"],
           "transactions": ["block_num", "block_hash", "tx_index", "tx_hash", "gas_used"],
           "logs": ["block_num", "block_hash", "log_index", "tx_hash", "data", "topic1"]}


def read_files(solo, dataset, table):
    """First block, last block and rows of every file that a row names, by pyarrow."""
    database = sqlite3.connect(f"file:{solo.folder}/tidemark.db?mode=ro", uri=True)
    files = database.execute(
        "SELECT r.path, f.file_name, f.object_size, f.metadata FROM file_metadata f"
        " JOIN physical_table_revisions r ON r.id = f.location_id"
        " WHERE r.path LIKE ? ORDER BY f.id", (f"{dataset}/{table}/%",)).fetchall()
    database.close()
    for path, name, size, metadata in files:
        file = solo.folder / "data" / path / name
        assert file.stat().st_size == size, f"{name} is not what its row says"
        (blocks,) = json.loads(metadata)["ranges"]
        rows = parquet.ParquetFile(file).read(COLUMNS[table]).to_pylist()
        yield blocks["numbers"]["start"], blocks["numbers"]["end"], [
            tuple("0x" + value.hex() if isinstance(value, bytes) else value for value in row.values())
            for row in rows]


class Story:
    """One case under way."""

    def __init__(self, case, solo, chain, other, folder):
        self.case = case
        self.solo = solo
        self.chain = chain
        self.dataset = f"fault/{case.name}"
        self.node = HostileNode(chain.url, other.url)
        self.rule = self.node.inject(case.fault, **case.how)
        network = case.name
        file = folder / f"{case.name}.toml"
        fields = {"kind": "evm-rpc", "network": network, "url": f"{self.node.url}/v2/{KEY}",
                  **case.provider}
        file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items()))
        solo.cli("provider", "add", case.name, "--file", file)
        solo.cli("dataset", "register", self.dataset, "--network", network, "--tag", "1.0.0")
        self.job = self._deploy()
        self.gives_up_at = time.monotonic() + ENDS_WITHIN_S
        self.failures = []
        self.is_healed = case.passes
        self.status = None

    def _deploy(self):
        end = [] if self.case.leaves_forks else ["--end-block", self.chain.head]
        return int(self.solo.cli("dataset", "deploy", f"{self.dataset}@1.0.0", *end))

    @property
    def is_over(self):
        if not self.is_healed or not self.case.leaves_forks:
            return self.is_healed and self.status == "COMPLETED"
        tails = [table["ranges"] for table in self.solo.tables(self.dataset).values()]
        return all(tail and tail[0]["hash"] == self.chain.head_hash for tail in tails)

    def look(self, failures, status):
        """Goes on with the story; `failures` are the job's since the start."""
        self.failures, self.status = failures, status
        case = self.case
        if self.is_healed or not self.has_shown():
            return
        if case.is_fatal and status != "FATAL":
            return
        self.node.heal()
        self.is_healed = True
        if case.is_fatal:
            assert self._deploy() == self.job

    def has_shown(self):
        text = "\n".join(self.failures)
        return bool(self.failures) and all(word in text for word in self.case.says)


# Of a machine on which so many jobs are more than its disk or its cores can take for a moment.
OVERLOADED = "the metadata database did not answer in time"


def job_failures(log):
    """What each job has complained of, by its id: of its node, not of an overloaded machine."""
    failures = {}
    for line in log.read_text().splitlines():
        told = re.search(r'event=job_(?:round_)?failed job_id=(\d+) .*error=("(?:[^"\\]|\\.)*"|\S+)', line)
        if told:
            text = told.group(2)
            text = json.loads(text) if text.startswith('"') else text
            if text != OVERLOADED:
                failures.setdefault(int(told.group(1)), []).append(text)
    return failures


@pytest.fixture(scope="module")
def anvils(tmp_path_factory):
    chains = [Anvil(tmp_path_factory.mktemp(name)) for name in ("chain", "other")]
    # As high as each other, with other transactions from the first block with any.
    for per_block, chain in zip((4, 5), chains):
        chain.mine_traffic(TRAFFIC_BLOCKS, per_block)
    yield chains
    for chain in chains:
        chain.stop()


@pytest.fixture(scope="module")
def chains(anvils):
    ours, other = (Chain(anvil) for anvil in anvils)
    assert ours.head == other.head and ours.head_hash != other.head_hash
    return ours, other


@pytest.fixture(scope="module")
def stories(chains, tmp_path_factory):
    """Every case, told to its end or for as long as there is patience."""
    folder = tmp_path_factory.mktemp("faults")
    solo = Solo(folder / "solo")
    began = time.monotonic()
    told, under_way = [], []
    waiting = list(reversed(CASES))
    with ThreadPoolExecutor(4) as pool:
        while waiting or under_way:
            more = [waiting.pop() for _ in range(min(AT_ONCE - len(under_way), len(waiting)))]
            begun = list(pool.map(lambda case: Story(case, solo, *chains, folder), more))
            told += begun
            under_way += begun
            failures = job_failures(solo.log)
            status = {job["id"]: job["status"] for job in solo.get("/jobs?status=all&limit=1000")["jobs"]}
            for story in under_way:
                story.look(failures.get(story.job, []), status[story.job])
            under_way = [story for story in under_way
                         if not story.is_over and time.monotonic() < story.gives_up_at]
            time.sleep(0.05)
    print(f"{len(told)} cases in {time.monotonic() - began:.1f} s")
    yield {story.case.name: story for story in told}
    for story in told:
        story.node.close()
    end(solo.process)
    assert "Sanitizer" not in solo.log.read_text(), solo.log.read_text()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_ends_in_a_retry_or_a_clear_failure_and_the_chain_is_the_nodes(case, stories, chains):
    story = stories[case.name]
    chain, other = chains
    assert story.rule.struck > 0, "the fault has never struck"
    told = f"{story.status} after {story.failures}"
    assert story.is_over, f"healed: {story.is_healed}, {told}"
    if case.passes:
        assert not story.failures, told
    for failure in story.failures:
        assert story.node.name in failure and case.names in failure, failure
        assert re.search(r"block \d|the latest block", failure), failure
        assert KEY not in failure

    for table in COLUMNS:
        covered = []
        for first, last, rows in read_files(story.solo, story.dataset, table):
            key = sorted(rows)
            if key == chain.expect(table, first, last):
                covered += range(first, last + 1)
            else:
                assert case.leaves_forks and key == other.expect(table, first, last), (
                    f"a {table} file of blocks {first} to {last} is wrong")
        if case.leaves_forks:
            covered = sorted(set(covered))
        assert covered == list(range(chain.head + 1))
    for table in story.solo.tables(story.dataset).values():
        (tail,) = table["ranges"]
        assert (tail["start"], tail["end"]) == (0, chain.head)
        assert tail["hash"] == chain.head_hash


def test_nothing_shows_the_key_of_a_node(stories):
    for story in stories.values():
        assert KEY not in story.solo.log.read_text()
        assert KEY not in json.dumps(story.solo.get(f"/jobs/{story.job}/events"))
        assert KEY not in json.dumps(story.solo.get(f"/jobs/{story.job}"))


def peak_bytes(process):
    """The most memory that the process has held."""
    status = open(f"/proc/{process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


def test_answers_of_200_mb_cost_no_more_than_the_limit(chains, tmp_path):
    case = passing("huge", "huge", size_bytes=200 << 20, tells_length=False, times=5,
                   provider={"concurrent_request_limit": 2}, **ON_BLOCKS)
    # An address sanitizer keeps what was freed for a while, so that its use is seen: less of it here,
    # where what is held is measured.
    sanitizer = f"{os.environ.get('ASAN_OPTIONS', '')}:quarantine_size_mb=16"
    solo = Solo(tmp_path / "solo", environment={"ASAN_OPTIONS": sanitizer})
    story = None
    try:
        before = peak_bytes(solo.process)
        story = Story(case, solo, *chains, tmp_path)
        wait_until(lambda: solo.get(f"/jobs/{story.job}")["status"] == "COMPLETED", "it completes")
        # Two answers at once, of 64 MiB at most each, which are copied as they grow; and what the
        # allocator keeps of that.
        assert peak_bytes(solo.process) - before < 448 << 20
        assert story.rule.struck == 5
        assert {t["current_block"] for t in solo.tables(story.dataset).values()} == {chains[0].head}
    finally:
        end(solo.process)
        if story:
            story.node.close()
