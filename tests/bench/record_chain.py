"""Fills an anvil chain with logged transactions and records its answers, byte for byte.

anvil answers full blocks too slowly to measure a worker with it; replay_node.cc gives the recorded
answers out from memory. A line a block: blocks.jsonl (eth_getBlockByNumber with transactions),
headers.jsonl (with hashes alone), receipts.jsonl (eth_getBlockReceipts), logs.jsonl (eth_getLogs);
scalars.jsonl: the method, a tab, its answer.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse

from run import anvil_binary
from traffic import INIT

SCALARS = ("eth_chainId", "eth_blockNumber", "net_version", "web3_clientVersion", "eth_gasPrice",
           "eth_syncing")
# The form of the recording: one of another number is made anew.
FORM = 1


class Node:
    """One kept-open connection."""

    def __init__(self, url):
        parts = urllib.parse.urlparse(url)
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=300)

    def post(self, body):
        self._connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        return self._connection.getresponse().read()

    def call(self, method, *params):
        return json.loads(self.raw(method, *params))

    def raw(self, method, *params):
        """The result as the node printed it."""
        answer = self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).strip()
        begin = answer.find(b'"result":')
        if begin < 0 or b"\n" in answer:
            raise SystemExit(f"{method}: {answer[:300]}")
        return answer[begin + len(b'"result":'):answer.rfind(b"}")]


def start_anvil(folder):
    log = folder / "anvil.log"
    with open(log, "w") as out:
        process = subprocess.Popen([anvil_binary(), "--host", "127.0.0.1", "--port", "0", "--no-mining"],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 20
    while not (said := re.search(r"Listening on (127\.0\.0\.1:\d+)", log.read_text())):
        if time.monotonic() > deadline or process.poll() is not None:
            process.kill()
            raise SystemExit(f"anvil does not listen: {log.read_text()}")
        time.sleep(0.02)
    return process, Node(f"http://{said.group(1)}")


def transaction(turn, sender, contract, nonce, word):
    """A call that logs; of 25, one is legacy, one has an access list, the others pay by EIP-1559."""
    fields = {"from": sender, "to": contract, "gas": hex(60_000), "nonce": hex(nonce),
              "data": "0x" + word.to_bytes(32, "big").hex() + "00" * 36}
    if turn % 25 == 0:
        fields["gasPrice"] = hex(3 * 10**9)
    elif turn % 25 == 1:
        fields.update(type="0x1", gasPrice=hex(3 * 10**9),
                      accessList=[{"address": contract, "storageKeys": ["0x" + "00" * 32]}])
    else:
        fields.update(maxFeePerGas=hex(3 * 10**9), maxPriorityFeePerGas=hex(10**9))
    return fields


def fill(node, blocks, transactions):
    """Block 1 deploys the contract; `blocks` full ones follow, up to block blocks + 1."""
    accounts = node.call("eth_accounts")
    sent = node.call("eth_sendTransaction",
                     {"from": accounts[0], "data": "0x" + INIT.hex(), "gas": hex(200_000)})
    node.call("evm_mine")
    contract = node.call("eth_getTransactionReceipt", sent)["contractAddress"]
    nonces = {account: int(node.call("eth_getTransactionCount", account, "latest"), 16)
              for account in accounts}
    for block in range(blocks):
        batch = []
        for turn in range(transactions):
            sender = accounts[turn % len(accounts)]
            fields = transaction(turn, sender, contract, nonces[sender], block * transactions + turn)
            nonces[sender] += 1
            batch.append({"jsonrpc": "2.0", "id": turn, "method": "eth_sendTransaction",
                          "params": [fields]})
        refused = [answer["error"] for answer in json.loads(node.post(batch)) if "error" in answer]
        if refused:
            raise SystemExit(f"anvil refused a transaction: {refused[0]}")
        node.call("evm_mine")


def record(node, first, last, folder):
    files = {name: open(folder / f"{name}.jsonl", "wb")
             for name in ("blocks", "headers", "receipts", "logs", "scalars")}
    for number in range(first, last + 1):
        tag = hex(number)
        for name, method, params in (
                ("blocks", "eth_getBlockByNumber", [tag, True]),
                ("headers", "eth_getBlockByNumber", [tag, False]),
                ("receipts", "eth_getBlockReceipts", [tag]),
                ("logs", "eth_getLogs", [{"fromBlock": tag, "toBlock": tag}])):
            files[name].write(node.raw(method, *params) + b"\n")
    for method in SCALARS:
        files["scalars"].write(method.encode() + b"\t" + node.raw(method) + b"\n")
    for file in files.values():
        file.close()


def record_chain(folder, blocks, transactions=50):
    """Into `folder`, unless it has been done."""
    what = json.dumps({"form": FORM, "blocks": blocks, "transactions": transactions})
    stamp = folder / "recording.json"
    if stamp.exists() and stamp.read_text() == what:
        return
    print(f"recording {blocks} blocks of {transactions} logged transactions, once", flush=True)
    # Under another name until it is whole.
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    process, node = start_anvil(partial)
    try:
        fill(node, blocks, transactions)
        # Without the contract's own block, which is not like the others.
        record(node, 2, blocks + 1, partial)
    finally:
        process.kill()
        process.wait()
    (partial / stamp.name).write_text(what)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(partial, folder)
