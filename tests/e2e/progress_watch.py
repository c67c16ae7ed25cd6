"""A poller that keeps every answer, and holds all of them against the history of the rows."""

import http.client
import json
import threading
from dataclasses import dataclass

from lake_history import canonical


@dataclass(frozen=True)
class Answer:
    """What one answer says of one table."""

    table: str
    revision: int
    version: int
    epoch: int
    block: int | None
    hash: str | None
    files: int
    size: int

    @property
    def progress(self):
        return (self.block, self.hash, self.files, self.size)


def answer_of(table):
    tail = table["ranges"][0]["hash"] if table["ranges"] else None
    return Answer(table["table_name"], table["revision_id"], table["version"],
                  table["reorg_epoch"], table["current_block"], tail, table["files_count"], table["total_size_bytes"])


class ProgressWatch:
    """Asks for the progress of datasets all the time, on a thread and a connection of its own."""

    def __init__(self, solo):
        self._solo = solo
        self._start_blocks = {}  # By dataset.
        self._asked_for = []
        self.answers = {}  # By dataset and table; of equal ones in a row only the first.
        self.polls = 0
        self._failure = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def watch(self, dataset, start_block):
        self._start_blocks[dataset] = start_block
        self._asked_for = [*self._asked_for, dataset]

    def unwatch(self, dataset):
        """What it said so far is kept."""
        self._asked_for = [other for other in self._asked_for if other != dataset]

    def stop(self):
        self._stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()
        assert self._failure is None, self._failure

    def _run(self):
        connection, address = None, None
        while not self._stop.wait(0.01):
            try:
                if address != self._solo.address:
                    address = self._solo.address
                    connection = http.client.HTTPConnection(address, timeout=15)
                for dataset in self._asked_for:
                    connection.request("GET", f"/datasets/{dataset}/versions/1.0.0/progress")
                    reply = connection.getresponse()
                    body = json.loads(reply.read())
                    if reply.status == 200:
                        self._keep(dataset, body["tables"])
            except (OSError, http.client.HTTPException):
                address = None  # The node is being killed or started.
            except Exception as failure:  # noqa: BLE001: for the thread that stops this one.
                self._failure = failure
                return

    def _keep(self, dataset, tables):
        self.polls += 1
        assert len({table["current_block"] for table in tables}) == 1, tables
        for table in tables:
            if table["revision_id"] is None:
                continue
            answer = answer_of(table)
            kept = self.answers.setdefault((dataset, answer.table), [])
            if not kept or kept[-1] != answer:
                kept.append(answer)

    def check(self, history, node):
        """Each answer is what the rows of some moment say, moments never go back, and the progress of
        a table falls only with a new epoch. How often it fell."""
        falls = 0
        for (dataset, table), answers in self.answers.items():
            what = f"{table} of {dataset}"
            assert len({answer.revision for answer in answers}) == 1, what
            rows = history.rows(answers[0].revision)
            moments = list(moments_of(rows, self._start_blocks[dataset]))
            moment = 0
            for before, answer in zip([None, *answers], answers):
                while moment < len(moments) and moments[moment] != (*answer.progress, answer.epoch):
                    moment += 1
                assert moment < len(moments), f"{what}: {answer} after {before} is no state of the rows"
                if answer.block is not None:
                    assert answer.hash in node.said[answer.block], f"{what}: {answer}: no such block"
                if before is None:
                    continue
                assert before.version < answer.version, f"{what}: {before}, then {answer}"
                assert before.epoch <= answer.epoch, f"{what}: {before}, then {answer}"
                if (answer.block or -1) < (before.block or -1):
                    falls += 1
                    assert before.epoch < answer.epoch, f"{what} fell from {before} to {answer}"
        return falls


def moments_of(rows, start_block):
    """What there was to say after each commit, with the number of times that the chain turned."""
    epoch = 0
    before = []
    for count in range(len(rows) + 1):
        chain = canonical(rows[:count], start_block)
        if before and not goes_on(before, chain):
            epoch += 1
        last = chain[-1] if chain else None
        yield (last and last.end, last and last.hash, len(chain), sum(row.size for row in chain), epoch)
        before = chain


def goes_on(before, chain):
    """Whether the newest block of a chain is in the next one too."""
    return any((row.end, row.hash) == (before[-1].end, before[-1].hash) for row in chain)
