"""A real node whose chain takes other branches, and all that it ever said."""

import json
import threading
import urllib.request

from conftest import Anvil


class BranchingNode(Anvil):
    """Blocks depend on their parent and their transactions alone, so a branch that was left can be
    taken again, hash for hash. Thread-safe."""

    def __init__(self, folder):
        # Times and fees that do not depend on when a block is mined.
        super().__init__(folder, "--base-fee", "0")
        self.call("anvil_setBlockTimestampInterval", 1)
        self.said = {}  # Every hash that the chain ever had, by number.
        self._branches = 0
        self._lock = threading.RLock()
        self.mine_traffic(1)
        self._note(0)

    def _note(self, first):
        for block in self.blocks(first, self.head()):
            self.said.setdefault(int(block["number"], 16), set()).add(block["hash"])

    def blocks(self, first, last):
        """Those from `first` to `last`, with the hashes of their transactions."""
        batch = [{"jsonrpc": "2.0", "id": number, "method": "eth_getBlockByNumber",
                  "params": [hex(number), False]} for number in range(first, last + 1)]
        if not batch:
            return []
        request = urllib.request.Request(self.url, json.dumps(batch).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as reply:
            answers = json.loads(reply.read())
        return [answer["result"] for answer in sorted(answers, key=lambda answer: answer["id"])]

    def hash_of(self, number):
        return self.call("eth_getBlockByNumber", hex(number), False)["hash"]

    def grow(self, blocks=1):
        with self._lock:
            head = self.head()
            self.mine(blocks)
            self._note(head + 1)

    def new_branch(self, depth):
        """Transactions that no branch had: those of its first and of its last block."""
        self._branches += 1
        transfer = {"from": self.accounts[0], "to": self.accounts[1], "value": hex(self._branches)}
        logged = {"from": self.accounts[2], "to": self.contract,
                  "data": "0x" + self._branches.to_bytes(32, "big").hex()}
        return [[transfer, 0], [logged, 0]] + ([[logged, depth - 1]] if depth > 1 else [])

    def reorganise(self, depth, branch=None):
        """Replaces the last `depth` blocks by as many others, and says with which branch."""
        with self._lock:
            branch = self.new_branch(depth) if branch is None else branch
            before = self.hash_of(self.head())
            self.call("anvil_reorg", depth, branch)
            self._note(self.head() - depth + 1)
            assert self.hash_of(self.head()) != before, "the node kept its chain"
            return branch

    def roll_back(self, blocks):
        with self._lock:
            self.call("anvil_rollback", blocks)

    def grow_elsewhere(self, blocks):
        """Blocks that differ from those that the chain had at these heights."""
        with self._lock:
            self.grow(blocks)
            self.reorganise(blocks)

    def grow_past_all(self):
        """Longer than the chain ever was."""
        with self._lock:
            self.grow(max(self.said) - self.head() + 1)

    def final(self):
        return int(self.call("eth_getBlockByNumber", "finalized", False)["number"], 16)
