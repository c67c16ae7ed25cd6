"""A checker of histories, from outside: were the promises kept, whatever was killed meanwhile?

While a deployment runs, somebody takes looks (at rows and objects) and pollers hand in the answers
that they got, each with the monotonic times of its question and of its answer. Afterwards `verdict`
names every broken promise by its invariant:

  I-1   a committed row stays, unchanged, and so does its object, with that size and content; but
        garbage collection may take what the chain does without, when its time has come: first the
        row, leaving a note in the same transaction, then the object
  I-2   an answer shows no block and no file that no row ever held
  I-3   an answer is what the rows mean: range, files, bytes
  I-4   `current_block` falls only with a reorg, `version` never; nobody gets an answer older than
        one that somebody else already had, or than the rows that were there before the question
  I-5   all that is in an answer held at one moment between the question and the answer
  I-15  a block is committed once: no two rows over one object, no second row over the same blocks
  I-16  a row that makes no sense is left out, and its table says so

and, for what ends with an idle node, that the chain of every table is the node's chain ("chain"), and
that jobs moved along the edges of their state machine ("jobs").

The meaning of rows is computed here anew (`CanonicalChain`), and not by the program under test. It
rests on one rule: rows of one table are committed one transaction after another, so their ids tell
their order, and what was there at a moment is the first k of them. A row that will be collected has
to be seen while it is there: the looks are closer together than the shortest delay.
"""

import bisect
import dataclasses
import hashlib
import heapq
import io
import json
import threading
import time

import pyarrow.parquet
from history_sources import EventRow

TABLES = {"blocks": ("block_num", "hash"), "transactions": ("block_num", "tx_hash"),
          "logs": ("block_num", "tx_hash", "log_index")}

# From which states an event of this type may follow. SCHEDULED may follow any: a retry, another
# deployment, or a worker that takes over from one that is dead. The latter also ends a stop that nobody
# had begun with.
FOLLOWS = {
    "RUNNING": {"SCHEDULED"},
    "STOP_REQUESTED": {"SCHEDULED", "RUNNING"},
    "STOPPING": {"STOP_REQUESTED"},
    "STOPPED": {"STOPPING", "STOP_REQUESTED"},
    "COMPLETED": {"RUNNING"},
    "ERROR": {"SCHEDULED", "RUNNING"},
    "FATAL": {"SCHEDULED", "RUNNING"},
}


@dataclasses.dataclass(frozen=True)
class Segment:
    file: int  # Id of its row.
    first: int
    last: int
    hash: str  # Of the last block.
    parent: str  # Of the first block.
    created: tuple[int, int]
    size: int

    @staticmethod
    def of(row):
        """None for a row that makes no sense."""
        try:
            metadata = json.loads(row.metadata)
            block_range, = metadata["ranges"]
            numbers, created = block_range["numbers"], metadata["created_at"]
            segment = Segment(row.id, numbers["start"], numbers["end"], block_range["hash"],
                              block_range["prev_hash"], (created["secs"], created["nanos"]),
                              row.size or 0)
        except (ValueError, KeyError, TypeError):
            return None
        is_sound = 0 <= segment.first <= segment.last and segment.size >= 0
        return segment if is_sound else None

    def order(self):
        """Of two that start alike the newer comes first."""
        return self.first, *(-part for part in self.created), -self.file

    def is_followed_by(self, other):
        return self.last < other.first and self.hash == other.parent


@dataclasses.dataclass(frozen=True)
class Content:
    """What an answer says of a table's files."""

    start: int | None = None
    current: int | None = None
    hash: str | None = None
    files: int = 0
    size: int = 0

    @staticmethod
    def of(answer):
        ranges = answer.get("ranges") or [{"hash": None}]
        return Content(answer["start_block"], answer["current_block"], ranges[-1]["hash"],
                       answer["files_count"], answer["total_size_bytes"])


class CanonicalChain:
    """The unbroken chain of one table's rows, as they come."""

    def __init__(self, start_block=0):
        self._start_block = start_block
        self._sorted = []
        self._size = 0
        self.segments = []

    def add(self, segment):
        if not self._sorted or self._sorted[-1].first < segment.first:
            self._sorted.append(segment)
            self._append(segment)
            return
        bisect.insort(self._sorted, segment, key=Segment.order)
        self.segments, self._size = [], 0
        for each in self._sorted:
            self._append(each)

    def _append(self, segment):
        if not self.segments or self.segments[-1].is_followed_by(segment):
            self.segments.append(segment)
            self._size += segment.size

    def content(self):
        if not self.segments or self.segments[0].first > self._start_block:
            return Content()
        return Content(self.segments[0].first, self.segments[-1].last, self.segments[-1].hash,
                       len(self.segments), self._size)


@dataclasses.dataclass(frozen=True)
class Look:
    began: float
    ended: float
    files: dict[int, int]  # How many of a location's files were there.
    events: dict[int, int]  # How many of a job's events were there.


@dataclasses.dataclass(frozen=True)
class Answer:
    """Of one table, in an answer to `poller`."""

    poller: str
    asked: float
    answered: float
    dataset: str
    table: str
    location: int | None
    version: int | None
    epoch: int | None
    content: Content
    job: int | None
    state: str | None
    quarantined: int
    problems: str

    def __str__(self):
        return f"{self.poller}, {self.dataset} {self.table}, version {self.version}"


class History:
    """Looks and answers of one deployment. Thread-safe until `verdict`."""

    def __init__(self, rows, objects, reorgs=False, start_block=0):
        """`reorgs`: whether the node's chain was replaced meanwhile."""
        self._source, self._objects = rows, objects
        self._reorgs, self._start_block = reorgs, start_block
        self._mutex = threading.Lock()
        self._looking = threading.Lock()
        self._broken = {}
        self.looks, self.answers = [], []
        self.rows = None
        self._files = {}  # All that were ever seen.
        self._order = {}  # Ids of each location's files, in the order of their commits.
        self._digests = {}
        self._scheduled = {}  # From when a file may be collected, as last seen.
        self._removed = set()  # Files that were collected.
        self._merged = set()  # What compacted files were made from.
        self._events = {}

    def _break(self, invariant, what):
        """Each kind of breach is told a few times, not once for every answer that shows it."""
        with self._mutex:
            told = self._broken.setdefault(invariant, [])
            if len(told) < 5 and what not in told:
                told.append(what)

    # Looks.

    def look(self):
        """Reads all rows, and the objects of new ones. Raises Unavailable."""
        with self._looking:
            began = time.monotonic()
            rows = self._source.read()
            ended = time.monotonic()
            self._compare_files(rows, time.time())
            if rows.scheduled or rows.condemned:
                self._compare_objects(rows)
            self._compare_events(rows)
            self.rows = rows
            for row in rows.files:
                # A store that is away now is asked again at the next look.
                if row.id not in self._digests:
                    self._digests[row.id] = self._digest(row)
            self.looks.append(Look(
                began, ended, {location: len(ids) for location, ids in self._order.items()},
                {job: len(events) for job, events in self._events.items()}))

    def _compare_files(self, rows, now):
        by_object = {}
        for row in rows.files:
            other = by_object.setdefault(row.object, row)
            if other is not row:
                self._break("I-15", f"file rows {other.id} and {row.id} are both over {row.object}")
            if (row.location, row.name) in rows.condemned:
                self._break("I-1", f"file row {row.id} is there, and {row.object} is condemned")
            seen = self._files.get(row.id)
            if seen is not None:
                if row != seen:
                    self._break("I-1", f"file row {row.id} has changed from {seen} to {row}")
                continue
            self._files[row.id] = row
            order = self._order.setdefault(row.location, [])
            if order and order[-1] > row.id:
                self._break("I-15", f"file row {row.id} came after {order[-1]}: two transactions"
                                    f" wrote location {row.location} at once")
            order.append(row.id)
        # With the new ones known, which may stand in their place.
        gone = self._files.keys() - self._removed - {row.id for row in rows.files}
        self._check_removals([self._files[file] for file in gone], rows, now)
        self._scheduled.update(rows.scheduled)

    def _check_removals(self, gone, rows, now):
        canonical = {segment.file for location in {row.location for row in gone}
                     for segment in self._states(location)[2].segments}
        for row in gone:
            self._removed.add(row.id)
            if (row.location, row.name) not in rows.condemned:
                self._break("I-1", f"file row {row.id} ({row.object}) has vanished")
            if row.id in canonical:
                self._break("I-1", f"file row {row.id} ({row.object}) was collected out of the chain")
            # Times of a database have milliseconds.
            early_s = self._scheduled.get(row.id, now) - now
            if early_s > 0.002:
                self._break("I-1", f"file row {row.id} ({row.object}) was collected {early_s:.3f} s"
                                   " before its time")

    def _compare_objects(self, rows):
        """Where objects are deleted at all: every row has its own."""
        there = self._objects.list()
        self._confirm_missing([row for row in rows.files if row.object not in there])

    def _confirm_missing(self, missing):
        """Of rows whose object was not there after the row had been read: it may have been collected."""
        if missing:
            still = {row.id for row in self._source.read().files}
            for row in missing:
                if row.id in still:
                    self._break("I-1", f"file row {row.id} is there, its object {row.object} is not")

    def _compare_events(self, rows):
        events = {}
        for event in rows.events:
            events.setdefault(event.job, []).append(event)
        for job, seen in self._events.items():
            if events.get(job, [])[:len(seen)] != seen:
                self._break("jobs", f"events of job {job} have changed from {seen}")
        self._events = events
        for job, (node, status) in rows.jobs.items():
            last = events.get(job, [EventRow(0, job, node, "none", False)])[-1]
            if (last.node, last.type) != (node, status):
                self._break("jobs", f"job {job} is {status} on {node}, its last event says {last}")

    def _digest(self, row):
        data = self._objects.read(row.object)
        if data is None:
            self._confirm_missing([row])
            return None
        if len(data) != row.size:
            self._break("I-1", f"{row.object} has {len(data)} bytes, its row says {row.size}")
        return hashlib.sha256(data).digest()

    # Answers.

    def answer(self, poller, asked, answered, dataset, tables):
        """Takes note of the tables of one answer."""
        noted = []
        for table in tables:
            problems = {problem["code"]: problem for problem in table.get("problems") or []}
            quarantined = problems.pop("FILE_QUARANTINED", {"count": 0})["count"]
            noted.append(Answer(
                poller, asked, answered, dataset, table["table_name"], table.get("revision_id"),
                table.get("version"), table.get("reorg_epoch"), Content.of(table), table["job_id"],
                table.get("job_state"), quarantined, ", ".join(sorted(problems))))
        with self._mutex:
            self.answers += noted
        # The tables of a raw dataset are committed in one transaction.
        ends = {(answer.content.start, answer.content.current) for answer in noted}
        if len(ends) > 1:
            self._break("I-5", f"{poller}: tables of one answer end at different blocks: {tables}")

    # The verdict.

    def verdict(self, chains=None):
        """Every broken promise, as text; empty if all were kept.

        `chains`: the node's chain for each dataset that has caught up with it. Takes a last look.
        """
        self.look()
        self._check_objects()
        self._check_job_paths()
        states = {location: self._states(location) for location in self._order}
        if self.answers:
            self._check_answers(states)
        for dataset, chain in (chains or {}).items():
            self._check_dataset(dataset, chain, states)
        return [f"{invariant}: {what}" for invariant, told in sorted(self._broken.items())
                for what in told]

    def _states(self, location):
        """What the first k rows mean, for each k; how many of them make no sense; the chain of all."""
        chain, bad = CanonicalChain(self._start_block), 0
        contents, quarantined = [Content()], [0]
        for file in self._order[location]:
            segment = Segment.of(self._files[file])
            if segment is None:
                bad += 1
            else:
                chain.add(segment)
            contents.append(chain.content())
            quarantined.append(bad)
        return contents, quarantined, chain

    def _check_objects(self):
        """Every object is still what it was, and says of itself what its row says."""
        for row in self.rows.files:
            data = self._objects.read(row.object)
            if data is None:
                self._break("I-1", f"the object of file row {row.id}, {row.object}, is gone")
                continue
            if hashlib.sha256(data).digest() != self._digests[row.id]:
                self._break("I-1", f"{row.object} has changed")
            segment = Segment.of(row)
            if segment is not None:
                self._check_footer(row, segment, data)

    def _check_footer(self, row, segment, data):
        try:
            metadata = pyarrow.parquet.read_metadata(io.BytesIO(data))
            told = json.loads(metadata.metadata[b"nozzle_metadata"])
            self._merged |= set(json.loads(metadata.metadata[b"parent_file_ids"]))
        except (OSError, KeyError, TypeError, ValueError, pyarrow.ArrowException) as error:
            self._break("I-1", f"{row.object} has no readable footer: {error}")
            return
        if told != json.loads(row.metadata):
            self._break("I-1", f"{row.object} says {told} of itself, its row {row.metadata}")
        if told["filename"] != row.name:
            self._break("I-15", f"{row.object} calls itself {told['filename']}")
        numbers = pyarrow.parquet.read_table(io.BytesIO(data), columns=["block_num"])[0].to_pylist()
        if told["table"] == "blocks" and numbers != list(range(segment.first, segment.last + 1)):
            self._break("chain", f"{row.object} holds {numbers}, its row says"
                                 f" {segment.first} to {segment.last}")
        if any(not segment.first <= number <= segment.last for number in numbers):
            self._break("chain", f"{row.object} has rows beyond {segment.first} to {segment.last}")

    def _check_job_paths(self):
        for job, events in self._events.items():
            before = None
            for event in events:
                allowed = (event.type == "SCHEDULED" if before is None
                           else event.type == "SCHEDULED" or before in FOLLOWS.get(event.type, ()))
                if not allowed:
                    self._break("jobs", f"job {job}: {event.type} after {before} (event {event.id})")
                if event.has_detail != (event.type in ("SCHEDULED", "ERROR", "FATAL")):
                    self._break("jobs", f"job {job}: event {event.id} ({event.type}) "
                                        f"{'has a' if event.has_detail else 'lacks its'} detail")
                before = event.type

    def _window(self, counts, key, answer):
        """How many rows an answer may know of: those of the last look before, of the first after."""
        before = bisect.bisect_right(self.looks, answer.asked, key=lambda look: look.ended)
        after = bisect.bisect_left(self.looks, answer.answered, key=lambda look: look.began)
        least = getattr(self.looks[before - 1], counts).get(key, 0) if before else 0
        most = getattr(self.looks[after], counts).get(key, 0) if after < len(self.looks) else None
        return least, most

    def _check_answers(self, states):
        by_table = {}
        for answer in self.answers:
            if answer.problems:
                self._break("I-16", f"{answer}: reports {answer.problems}")
            self._check_state(answer)
            if answer.location is None:
                if answer.content != Content():
                    self._break("I-2", f"{answer}: {answer.content} without a revision")
            elif answer.location not in states:
                if answer.content != Content():
                    self._break("I-2", f"{answer}: revision {answer.location} never had a file")
            else:
                by_table.setdefault((answer.dataset, answer.table, answer.location), []).append(answer)
        for (_, _, location), answers in by_table.items():
            self._check_versions(answers)
            self._check_contents(answers, location, states[location])

    def _check_state(self, answer):
        if answer.job is None or answer.state is None:
            return
        least, most = self._window("events", answer.job, answer)
        possible = {event.type for event in self._events.get(answer.job, [])[max(least - 1, 0):most]}
        if answer.state not in possible:
            self._break("I-5", f"{answer}: job {answer.job} is {answer.state}, its events say"
                               f" {sorted(possible)}")

    def _check_versions(self, answers):
        """Equal versions say the same, and nobody gets one lower than somebody had before."""
        first = {}
        for answer in answers:
            if answer.version is None:
                continue
            other = first.setdefault(answer.version, answer)
            if (other.content, other.job, other.state) != (answer.content, answer.job, answer.state):
                self._break("I-5", f"{answer}: {answer.content}, {answer.state}; at the same version"
                                   f" {other.poller} got {other.content}, {other.state}")

        def check(answer, floor):
            if answer.version is not None and answer.version < floor:
                self._break("I-4", f"{answer}: version {floor} was answered before it was asked")
            return answer.version or 0

        _walk(answers, check)

    def _check_contents(self, answers, location, state):
        """Each answer is what the first k rows mean, for a k that can be, and no k before it."""
        contents, quarantined, _ = state
        places = {}
        for count, shown in enumerate(zip(contents, quarantined)):
            places.setdefault(shown, []).append(count)
        chosen = {}

        def choose(answer, floor):
            known = places.get((answer.content, answer.quarantined))
            if known is None:
                self._blame(answer, contents)
                return floor
            least, most = self._window("files", location, answer)
            least = max(least, floor)
            fitting = [count for count in known if least <= count and (most is None or count <= most)]
            if fitting:
                chosen[id(answer)] = fitting[0]
                return fitting[0]
            if most is not None and known[0] > most:
                self._break("I-2", f"{answer}: {answer.content} was not committed yet")
            else:
                self._break("I-4", f"{answer}: {answer.content} is older than the {least} rows that"
                                   " were known before the question")
            return floor

        _walk(answers, choose)
        self._check_falls(answers, location, chosen)

    def _blame(self, answer, contents):
        content = answer.content
        if content in contents:
            self._break("I-16", f"{answer}: {answer.quarantined} files are said to be quarantined")
        elif (content.current, content.hash) in {(each.current, each.hash) for each in contents}:
            self._break("I-3", f"{answer}: no rows ever meant {content}")
        else:
            self._break("I-2", f"{answer}: no rows ever ended at {content.current} {content.hash}")

    def _check_falls(self, answers, location, chosen):
        """Within a poller's session."""
        last = {}
        for answer in sorted(answers, key=lambda answer: answer.asked):
            before = last.get(answer.poller)
            last[answer.poller] = answer
            if before is None or (before.content.current or 0) <= (answer.content.current or 0):
                continue
            if answer.epoch is not None and before.epoch is not None:
                reorged = answer.epoch > before.epoch
            else:
                # Without a word about it: the rows between must hold other blocks in place of these.
                new = self._order[location][chosen.get(id(before), 0):chosen.get(id(answer), 0)]
                segments = [Segment.of(self._files[file]) for file in new]
                reorged = any(each and each.first <= before.content.current for each in segments)
            if not reorged:
                self._break("I-4", f"{answer}: current_block fell from {before.content.current} to"
                                   f" {answer.content.current} without a reorg")

    def _check_dataset(self, dataset, node, states):
        """The canonical chain is the node's, without hole or double."""
        for table, columns in TABLES.items():
            location = self.rows.tables.get((dataset, table))
            if location not in states:
                self._break("chain", f"{dataset} {table} has no files")
                continue
            chain = states[location][2]
            next_block, rows = self._start_block, []
            for segment in chain.segments:
                if segment.first != next_block:
                    self._break("chain", f"{dataset} {table}: a hole from {next_block} to"
                                         f" {segment.first - 1}")
                next_block = segment.last + 1
                if (segment.last >= len(node.hashes) or segment.hash != node.hashes[segment.last]
                        or segment.parent != node.parents[segment.first]):
                    self._break("chain", f"{dataset} {table}: {segment} is not of the node's chain")
                rows += self._read(self._files[segment.file], columns)
            if next_block != len(node.hashes):
                self._break("chain", f"{dataset} {table} ends at {next_block - 1}, the node at"
                                     f" {len(node.hashes) - 1}")
            wanted = [row for row in node.rows[table] if row[0] >= self._start_block]
            if sorted(rows) != wanted:
                self._break("chain", f"{dataset} {table}: {len(rows)} rows, the node has {len(wanted)};"
                                     f" differ in {sorted(set(rows) ^ set(wanted))[:3]}")
            beside = {file for file in self._order[location] if Segment.of(self._files[file])}
            beside -= {each.file for each in chain.segments} | self._merged | self._removed
            beside -= self._scheduled.keys()
            if beside and not self._reorgs:
                self._break("I-15", f"{dataset} {table}: file rows {sorted(beside)[:5]} are beside"
                                    " the chain, though there was no reorg")

    def _read(self, row, columns):
        data = self._objects.read(row.object)
        try:
            table = pyarrow.parquet.read_table(io.BytesIO(data or b""), columns=list(columns))
        except (OSError, pyarrow.ArrowException):
            return []  # Named by _check_footer.
        return [tuple("0x" + value.hex() if isinstance(value, bytes) else value for value in values)
                for values in zip(*(table[column].to_pylist() for column in columns))]

    # The report.

    def commits(self):
        return len(self._files)

    def removals(self):
        return len(self._removed)

    def orphans(self):
        """Objects that no row names: harmless, and left to garbage collection."""
        return self._objects.list() - {row.object for row in self.rows.files}

    def summary(self):
        return (f"{len(self._files)} files committed, {len(self.looks)} looks, {len(self.answers)}"
                f" tables in answers, {sum(map(len, self._events.values()))} events,"
                f" {len(self.orphans())} objects without a row")


def _walk(answers, place):
    """Calls `place` with each answer and the highest place of those answered before it was asked."""
    waiting, floor = [], 0
    for answer in sorted(answers, key=lambda answer: answer.asked):
        while waiting and waiting[0][0] <= answer.asked:
            floor = max(floor, heapq.heappop(waiting)[1])
        heapq.heappush(waiting, (answer.answered, place(answer, floor)))
