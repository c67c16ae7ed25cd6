"""Transactions for a local development chain: transfers, and calls of a contract that logs.

usage: tools/traffic.py RPC_URL [PER_SECOND]
"""

import itertools
import json
import sys
import threading
import urllib.error
import urllib.request

# On any call: LOG2 of the first word of its data, with the topics 0xdeadbeef and the caller.
RUNTIME = bytes.fromhex("60003560005233" + "63deadbeef" + "60206000" + "a2" + "00")
# Copies the runtime code to memory and returns it.
INIT = bytes.fromhex(f"60{len(RUNTIME):02x}600c60003960{len(RUNTIME):02x}6000f3") + RUNTIME


class RpcError(Exception):
    """The node did not answer, or answered with an error."""


def call(url, method, *params):
    """The result of one JSON-RPC call."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.loads(response.read())
    except (OSError, ValueError) as error:
        raise RpcError(f"{method}: {error}") from error
    if "error" in answer:
        raise RpcError(f"{method}: {answer['error'].get('message')}")
    return answer["result"]


class Traffic:
    """Sends transactions from the node's own unlocked accounts until stopped."""

    def __init__(self, url, per_second=6):
        self._url = url
        self._pause_s = 1 / per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self):
        contract = None
        for turn in itertools.count():
            if self._stop.wait(self._pause_s):
                return
            try:
                accounts = call(self._url, "eth_accounts")
                sender = accounts[turn % len(accounts)]
                contract = contract or self._deploy(accounts[0])
                if turn % 2 == 0 or contract is None:
                    receiver = accounts[(turn + 1) % len(accounts)]
                    transaction = {"from": sender, "to": receiver, "value": hex(10**12 + turn)}
                else:
                    word = turn.to_bytes(32, "big").hex()
                    transaction = {"from": sender, "to": contract, "data": "0x" + word}
                call(self._url, "eth_sendTransaction", transaction)
            except RpcError:
                # The node is stopping or busy; the next turn tries again.
                continue

    def _deploy(self, sender):
        """The contract's address, or None while the block with it is not there."""
        sent = call(self._url, "eth_sendTransaction", {"from": sender, "data": "0x" + INIT.hex()})
        for _ in range(50):
            receipt = call(self._url, "eth_getTransactionReceipt", sent)
            if receipt:
                return receipt["contractAddress"]
            if self._stop.wait(0.1):
                break
        return None


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    traffic = Traffic(sys.argv[1], float(sys.argv[2]) if len(sys.argv) == 3 else 6)
    traffic.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        traffic.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
