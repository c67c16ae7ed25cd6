"""The pieces that every end-to-end test stands on: a chain, a node, and calls to both."""

import http.client
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from traffic import INIT, RpcError, call

# Says what differs where one of these finds a difference.
pytest.register_assert_rewrite("apart", "lake_history", "progress_watch", "supervisor")

BINARY = os.environ["TIDEMARK_BINARY"]
ANVIL = os.environ["TIDEMARK_ANVIL"]
LOG_TOPIC = "0x" + "deadbeef".rjust(64, "0")


def wait_until(condition, what, within_s=20):
    """The first true value of `condition`; fails the test when time is up."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {within_s} s"
        time.sleep(0.02)


def end(process):
    if process.poll() is None:
        process.kill()
    process.wait(timeout=10)


class Anvil:
    """A chain that mines only when told to."""

    def __init__(self, folder, *flags):
        log = folder / "anvil.log"
        self._process = subprocess.Popen(
            [ANVIL, "--host", "127.0.0.1", "--port", "0", "--no-mining", "--slots-in-an-epoch", "4",
             *flags],
            stdin=subprocess.DEVNULL, stdout=open(log, "w"), stderr=subprocess.STDOUT)
        listening = wait_until(lambda: re.search(r"Listening on (127\.0\.0\.1:\d+)", log.read_text()),
                               "anvil listens")
        self.url = f"http://{listening.group(1)}"
        self.accounts = self.call("eth_accounts")
        self.contract = None

    def call(self, method, *params):
        return call(self.url, method, *params)

    def mine(self, blocks=1):
        self.call("anvil_mine", hex(blocks))

    def head(self):
        return int(self.call("eth_blockNumber"), 16)

    def block(self, number):
        return self.call("eth_getBlockByNumber", hex(number), True)

    def hashes(self):
        """Hash of every block, by number."""
        return [self.call("eth_getBlockByNumber", hex(n), False)["hash"]
                for n in range(self.head() + 1)]

    def send(self, **transaction):
        return self.call("eth_sendTransaction", {"from": self.accounts[0], **transaction})

    def mine_traffic(self, blocks, per_block=4):
        """Blocks with transfers and calls that log."""
        if self.contract is None:
            sent = self.send(data="0x" + INIT.hex())
            self.mine()
            self.contract = self.call("eth_getTransactionReceipt", sent)["contractAddress"]
        for block in range(blocks):
            for turn in range(per_block):
                if turn % 2 == 0:
                    self.send(to=self.accounts[1 + turn % 5], value=hex(10**18 + turn))
                else:
                    word = (block * 1000 + turn).to_bytes(32, "big").hex()
                    self.send(to=self.contract, data="0x" + word)
            self.mine()

    def stop(self):
        end(self._process)


class Solo:
    """`tidemark solo` on a folder and a port of the kernel's choice."""

    def __init__(self, folder, *flags, environment=None):
        self.folder = folder
        self._flags = flags
        self._environment = {**os.environ, **(environment or {})}
        self.process = None
        self.start()

    def start(self):
        self.begin()
        self.wait()

    def begin(self):
        self.log = self.folder.parent / f"{self.folder.name}.log"
        self.process = subprocess.Popen(
            [BINARY, "solo", "--dir", self.folder, "--listen", "127.0.0.1:0", *self._flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.log, "w"),
            env=self._environment)

    def wait(self):
        self.address = wait_until(self._listening, f"{self.log.stem} listens")
        self.url = f"http://{self.address}"

    def _listening(self):
        assert self.process.poll() is None, self.log.read_text()
        return self.address_now()

    def address_now(self):
        """Where it says that it listens; None before it does."""
        said = re.search(r"http://(127\.0\.0\.1:\d+) ", self.log.read_text())
        return said and said.group(1)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self, how=signal.SIGTERM):
        """Seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(timeout=20)
        assert code == 0, self.log.read_text()
        return time.monotonic() - began

    def request(self, method, path, body=None, headers=None):
        """Status, headers and text of one answer."""
        connection = http.client.HTTPConnection(self.address, timeout=15)
        try:
            data = json.dumps(body) if isinstance(body, (dict, list)) else body
            connection.request(method, path, data, headers or (
                {"Content-Type": "application/json"} if data is not None else {}))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        status, _, text = self.request("GET", path)
        assert status == 200, text
        return json.loads(text)

    def cli(self, *words, code=0, stdin=None):
        """Standard output of a CLI command, which must end with `code`."""
        result = subprocess.run([BINARY, *map(str, words), "--url", self.url], text=True,
                                input=stdin, capture_output=True, timeout=60)
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout

    def deploy(self, anvil, dataset="demo/anvil", start_block=0, end_block=None, parallelism=1):
        """Registers the chain's dataset, starts its job and yields the job's id."""
        self.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", anvil.url)
        self.cli("dataset", "register", dataset, "--network", "anvil", "--start-block", start_block,
                 "--tag", "1.0.0")
        end = [] if end_block is None else ["--end-block", end_block]
        return int(self.cli("dataset", "deploy", f"{dataset}@1.0.0", *end, "--parallelism", parallelism))

    def tables(self, dataset="demo/anvil", revision="1.0.0", include=""):
        query = f"?include={include}" if include else ""
        answer = self.get(f"/datasets/{dataset}/versions/{revision}/progress{query}")
        return {table["table_name"]: table for table in answer["tables"]}

    def wait_for_block(self, number, dataset="demo/anvil", within_s=20):
        """The tables once each has reached the block."""
        def reached():
            tables = self.tables(dataset)
            return tables if all(table["current_block"] == number for table in tables.values()) else None
        return wait_until(reached, f"block {number} is committed", within_s)


@pytest.fixture
def anvil(tmp_path):
    chain = Anvil(tmp_path)
    yield chain
    chain.stop()


@pytest.fixture
def solo(tmp_path):
    node = Solo(tmp_path / "solo")
    yield node
    end(node.process)
    # Whatever the test was about: the sanitizers, where they are on, had nothing to say.
    assert "Sanitizer" not in node.log.read_text(), node.log.read_text()
