"""The history checker passes a clean history, and names each promise that was broken.

Every test plants one fault in a copy of a real history: rows, objects and answers of a node.
"""

import json
import random
import shutil
import sqlite3
import time

import pyarrow.parquet
import pytest
from conftest import Anvil, Solo, end
from history import CanonicalChain, History, Segment
from history_sources import Folder, NodeChain, SqliteRows

DATASET = "demo/anvil"
PATH = f"/datasets/{DATASET}/versions/1.0.0/progress"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A finished run: its folder, the node's chain, and the answers to one poller with their times."""
    folder = tmp_path_factory.mktemp("recorded")
    chain, solo = Anvil(folder), Solo(folder / "solo")
    try:
        chain.mine_traffic(2)
        solo.deploy(chain)
        answers = []
        for _ in range(6):
            chain.mine_traffic(1)
            solo.wait_for_block(chain.head())
            asked = time.monotonic()
            tables = solo.get(PATH)["tables"]
            answers.append((asked, time.monotonic(), tables))
        node = NodeChain.of(chain.url)
        assert solo.stop() < 5
    finally:
        end(solo.process)
        chain.stop()
    return folder / "solo", node, answers


class Copy:
    """Of the recorded run, to be damaged."""

    def __init__(self, recorded, folder):
        original, self.node, answers = recorded
        self.folder = folder / "copy"
        shutil.copytree(original, self.folder)
        self.answers = json.loads(json.dumps(answers))
        self.history = History(SqliteRows(self.folder / "tidemark.db"), Folder(self.folder / "data"))

    def sql(self, *statements):
        with sqlite3.connect(self.folder / "tidemark.db") as database:
            for statement in statements:
                database.execute(statement)
        database.close()

    def one(self, query):
        with sqlite3.connect(self.folder / "tidemark.db") as database:
            row, = database.execute(query)
        database.close()
        return row

    def object(self, file):
        return self.folder / "data" / "/".join(self.one(
            "SELECT r.path, f.file_name FROM file_metadata f JOIN physical_table_revisions r"
            f" ON r.id = f.location_id WHERE f.id = {file}"))

    def hand_in(self):
        for asked, answered, tables in self.answers:
            self.history.answer("poller", asked, answered, DATASET, tables)

    def verdict(self, chain=True):
        self.hand_in()
        return self.history.verdict({DATASET: self.node} if chain else None)

    def named(self, invariant, *says):
        """Fails unless the verdict names this invariant with these words."""
        verdict = self.verdict()
        assert any(line.startswith(f"{invariant}: ") and all(words in line for words in says)
                   for line in verdict), verdict


@pytest.fixture
def copy(recorded, tmp_path):
    return Copy(recorded, tmp_path)


def test_a_clean_history_passes(copy):
    copy.history.look()
    assert copy.verdict() == []
    assert copy.history.commits() >= 18 and copy.history.orphans() == set()
    assert len(copy.history.answers) == 18


def test_a_file_row_that_vanishes(copy):
    copy.history.look()
    copy.sql("DELETE FROM file_metadata WHERE id = 2")
    copy.named("I-1", "file row 2")


FILE = "file_metadata f JOIN physical_table_revisions r ON r.id = f.location_id WHERE f.id"


def supersede(copy, file):
    """A second file with the same blocks, made from it, and newer."""
    source = copy.object(file)
    name = copy.one(f"SELECT f.file_name FROM {FILE} = {file}")[0]
    new = f"{name.split('-')[0]}-{'5' * 16}.parquet"
    table = pyarrow.parquet.read_table(source)
    told = json.loads(pyarrow.parquet.read_metadata(source).metadata[b"nozzle_metadata"])
    told["filename"], told["created_at"]["secs"] = new, told["created_at"]["secs"] + 1
    metadata = {b"nozzle_metadata": json.dumps(told).encode(), b"parent_file_ids": f"[{file}]".encode()}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), source.with_name(new))
    copy.sql("INSERT INTO file_metadata (location_id, file_name, url, object_size, metadata)"
             f" SELECT location_id, '{new}', url, {source.with_name(new).stat().st_size},"
             f" '{json.dumps(told)}' FROM file_metadata WHERE id = {file}")


def schedule(copy, file, within):
    copy.sql("INSERT INTO gc_manifest SELECT location_id, id, file_name,"
             f" strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '{within}') FROM file_metadata WHERE id = {file}")


def remove(copy, file):
    copy.sql("INSERT INTO tidemark_condemned_objects (location_id, file_name, path)"
             f" SELECT r.id, f.file_name, r.path FROM {FILE} = {file}",
             f"DELETE FROM gc_manifest WHERE file_id = {file}",
             f"DELETE FROM file_metadata WHERE id = {file}")


def test_a_file_that_another_stands_for_is_collected(copy):
    supersede(copy, 2)
    schedule(copy, 2, "+0.1 seconds")
    copy.history.look()
    file = copy.object(2)
    time.sleep(0.12)
    remove(copy, 2)
    copy.history.look()
    file.unlink()
    assert copy.verdict() == []
    assert copy.history.removals() == 1


def test_a_file_that_is_collected_before_its_time(copy):
    supersede(copy, 2)
    schedule(copy, 2, "+1 day")
    copy.history.look()
    remove(copy, 2)
    copy.named("I-1", "before its time")


def test_a_file_of_the_chain_that_is_collected(copy):
    schedule(copy, 2, "+0.1 seconds")
    copy.history.look()
    time.sleep(0.12)
    remove(copy, 2)
    copy.named("I-1", "file row 2 (", "out of the chain")


def test_a_file_row_that_vanishes_without_a_note_of_its_object(copy):
    supersede(copy, 2)
    copy.history.look()
    copy.sql("DELETE FROM file_metadata WHERE id = 2")
    copy.named("I-1", "file row 2 (", "has vanished")


def test_an_object_that_is_deleted_before_its_row(copy):
    supersede(copy, 2)
    schedule(copy, 2, "+0.1 seconds")
    copy.history.look()
    file = copy.object(2)
    data = file.read_bytes()
    file.unlink()
    copy.history.look()
    file.write_bytes(data)
    copy.named("I-1", "file row 2 is there, its object")


def test_a_row_whose_object_is_condemned(copy):
    copy.sql("INSERT INTO tidemark_condemned_objects (location_id, file_name, path)"
             f" SELECT r.id, f.file_name, r.path FROM {FILE} = 2")
    copy.named("I-1", "file row 2 is there, and")


def test_a_file_row_that_changes(copy):
    copy.history.look()
    copy.sql("UPDATE file_metadata SET object_size = object_size + 1 WHERE id = 2")
    copy.named("I-1", "file row 2")


def test_an_object_that_was_never_there(copy):
    copy.object(2).unlink()
    copy.named("I-1", "its object", "is not")


def test_an_object_that_goes_later(copy):
    copy.history.look()
    copy.object(2).unlink()
    copy.named("I-1", "is gone")


def test_an_object_that_is_cut_short(copy):
    file = copy.object(2)
    file.write_bytes(file.read_bytes()[:-1])
    copy.named("I-1", "its row says")


def test_an_object_that_is_written_again(copy):
    copy.history.look()
    file = copy.object(2)
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    copy.named("I-1", "has changed")


def test_an_object_that_is_no_parquet(copy):
    file = copy.object(2)
    file.write_bytes(bytes(file.stat().st_size))
    copy.named("I-1", "no readable footer")


def test_an_object_that_says_something_else_than_its_row(copy):
    metadata = json.loads(copy.one("SELECT metadata FROM file_metadata WHERE id = 2")[0])
    metadata["ranges"][0]["timestamp"] += 1
    copy.sql(f"UPDATE file_metadata SET metadata = '{json.dumps(metadata)}' WHERE id = 2")
    copy.named("I-1", "says")


def test_two_rows_over_one_object(copy):
    copy.sql("DROP INDEX unique_file_name_per_location_id",
             "INSERT INTO file_metadata SELECT 1000, location_id, file_name, metadata, object_size,"
             " object_e_tag, object_version, url FROM file_metadata WHERE id = 2")
    copy.named("I-15", "both over")


def commit_again(copy, file):
    """The blocks of this file once more, under another name, as by a second writer."""
    name = "000000000-0123456789abcdef.parquet"
    shutil.copy(copy.object(file), copy.object(file).with_name(name))
    copy.sql("INSERT INTO file_metadata SELECT 1000, location_id, '" + name + "', metadata,"
             " object_size, object_e_tag, object_version, url FROM file_metadata"
             f" WHERE id = {file}")


def test_a_block_that_is_committed_twice(copy):
    commit_again(copy, 2)
    copy.named("I-15", "beside the chain")


def test_an_object_under_another_name_than_its_own(copy):
    commit_again(copy, 2)
    copy.named("I-15", "calls itself")


def test_a_row_behind_newer_ones(copy):
    row = copy.one("SELECT max(id) FROM file_metadata")[0]
    copy.sql(f"CREATE TABLE kept AS SELECT * FROM file_metadata WHERE id = {row - 3}",
             f"DELETE FROM file_metadata WHERE id = {row - 3}")
    copy.history.look()
    copy.sql("INSERT INTO file_metadata SELECT * FROM kept")
    copy.named("I-15", "came after")


def test_a_hole_in_the_chain(copy):
    copy.sql("DELETE FROM file_metadata WHERE id BETWEEN 7 AND 9")
    copy.named("chain", "ends at")


def test_a_chain_of_another_node(copy):
    copy.node.hashes[-1] = "0x" + "0" * 64
    copy.named("chain", "not of the node's chain")


def test_rows_that_the_node_does_not_have(copy):
    copy.node.rows["transactions"].pop()
    copy.named("chain", "transactions: ")


def table(copy, number, name="blocks"):
    return next(table for table in copy.answers[number][2] if table["table_name"] == name)


@pytest.mark.parametrize("field, by, invariant", [
    ("current_block", 1000, "I-2"), ("files_count", 1, "I-3"), ("total_size_bytes", -1, "I-3"),
    ("start_block", 1, "I-3"), ("version", -1, "I-5"), ("revision_id", 1000, "I-2")])
def test_an_answer_with_a_wrong_number(copy, field, by, invariant):
    table(copy, 3)[field] += by
    copy.named(invariant)


def test_an_answer_with_a_hash_of_no_block(copy):
    table(copy, 3)["ranges"][0]["hash"] = "0x" + "1" * 64
    copy.named("I-2", "ever ended at")


def test_an_answer_that_mixes_two_moments(copy):
    # The range of one and the files of another: the fields hold, but at no one moment.
    table(copy, 3)["total_size_bytes"] = table(copy, 2)["total_size_bytes"]
    copy.named("I-3")


def test_tables_of_two_moments_in_one_answer(copy):
    copy.answers[3][2][0] = copy.answers[2][2][0]
    copy.named("I-5", "different blocks")


def test_an_answer_that_is_older_than_one_given_before(copy):
    copy.answers[3][2], copy.answers[4][2] = copy.answers[4][2], copy.answers[3][2]
    copy.named("I-4", "was answered before")


def test_an_answer_that_falls_without_a_reorg(copy):
    copy.answers[3][2], copy.answers[4][2] = copy.answers[4][2], copy.answers[3][2]
    copy.named("I-4", "current_block fell")


def test_an_answer_that_is_older_than_the_rows_before_the_question(copy):
    copy.history.look()
    asked = time.monotonic()
    copy.history.answer("late", asked, asked + 0.01, DATASET, copy.answers[0][2])
    copy.answers.clear()
    copy.named("I-4", "known before the question")


def test_an_answer_from_the_future(copy):
    copy.sql("CREATE TABLE kept AS SELECT * FROM file_metadata WHERE id > 9",
             "DELETE FROM file_metadata WHERE id > 9")
    asked = time.monotonic()
    copy.history.look()
    copy.sql("INSERT INTO file_metadata SELECT * FROM kept")
    copy.history.answer("early", asked - 1, asked, DATASET, copy.answers[-1][2])
    copy.answers.clear()
    copy.named("I-2", "not committed yet")


def test_an_answer_with_a_state_that_the_job_never_had(copy):
    table(copy, 3)["job_state"] = "STOPPED"
    copy.named("I-5", "its events say")


def test_an_answer_with_a_problem(copy):
    table(copy, 3)["problems"] = [{"code": "WRITER_MISSING", "count": 1}]
    copy.named("I-16", "WRITER_MISSING")


def test_a_bad_row_that_nobody_names(copy):
    copy.history.look()
    copy.sql("INSERT INTO file_metadata SELECT 1000, location_id, 'x.parquet', '{}', object_size,"
             " object_e_tag, object_version, url FROM file_metadata WHERE id = 1")
    shutil.copy(copy.object(1), copy.object(1000))
    copy.history.look()
    asked = time.monotonic()
    said = json.loads(json.dumps(copy.answers[-1][2]))
    copy.history.answer("late", asked, asked + 0.01, DATASET, said)
    location = copy.one("SELECT location_id FROM file_metadata WHERE id = 1000")[0]
    bad = next(table for table in said if table["revision_id"] == location)
    assert any(line.startswith("I-4: late") for line in copy.verdict(chain=False))

    bad["problems"] = [{"code": "FILE_QUARANTINED", "count": 2}]
    copy.history.answer("late", asked, asked + 0.01, DATASET, said)
    copy.named("I-16", "2 files are said")


@pytest.mark.parametrize("damage, says", [
    ("DELETE FROM job_events WHERE event_type = 'SCHEDULED'", "RUNNING after None"),
    ("UPDATE job_events SET event_type = 'STOPPING' WHERE event_type = 'RUNNING'",
     "STOPPING after SCHEDULED"),
    ("INSERT INTO job_events (job_id, node_id, event_type) SELECT job_id, node_id, 'RUNNING'"
     " FROM jobs_status", "RUNNING after RUNNING"),
    ("UPDATE job_events SET detail = NULL", "lacks its detail"),
    ("UPDATE jobs_status SET status = 'COMPLETED'", "is COMPLETED"),
    ("UPDATE jobs_status SET node_id = 'other'", "on other")])
def test_a_job_off_its_path(copy, damage, says):
    copy.sql(damage)
    copy.named("jobs", says)


def test_an_event_that_is_changed_later(copy):
    copy.history.look()
    copy.sql("UPDATE job_events SET node_id = 'other'")
    copy.named("jobs", "have changed")


def test_the_chain_grows_as_if_computed_from_scratch():
    """Random segments of two forks in random order: after each, the chain is that of all so far."""
    seed = time.time_ns()
    draw = random.Random(seed)
    for _ in range(300):
        so_far, chain = [], CanonicalChain()
        for number in range(draw.randint(1, 12)):
            first = draw.randint(0, 8)
            last = first + draw.randint(0, 3)
            so_far.append(Segment(number, first, last, f"{last}{draw.choice('ab')}",
                                  f"{first - 1}{draw.choice('ab')}", (draw.randint(0, 2), 0), 1))
            chain.add(so_far[-1])
            expected = []
            for each in sorted(so_far, key=Segment.order):
                if not expected or expected[-1].is_followed_by(each):
                    expected.append(each)
            assert chain.segments == expected, f"seed {seed}"
            assert chain.content().files in (len(expected), 0)
