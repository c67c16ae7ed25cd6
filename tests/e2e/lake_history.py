"""What a lake holds, by its rows and files alone, and what of it counts: found out without Tidemark."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass

import pyarrow.parquet as parquet

TABLES = ["blocks", "transactions", "logs"]


@dataclass(frozen=True)
class Row:
    """A committed file."""

    id: int
    name: str
    size: int
    created_at: tuple
    start: int
    end: int
    hash: str
    prev_hash: str
    timestamp: int

    @property
    def order(self):
        """By start; of equal starts the newest first."""
        return (self.start, tuple(-part for part in self.created_at), -self.id)


def row_of(id, name, size, text):
    metadata = json.loads(text)
    assert metadata["filename"] == name
    (blocks,) = metadata["ranges"]
    created = metadata["created_at"]
    return Row(id, name, size, (created["secs"], created["nanos"]), blocks["numbers"]["start"],
               blocks["numbers"]["end"], blocks["hash"], blocks["prev_hash"], blocks["timestamp"])


def canonical(rows, start_block):
    """The rows of the chain that counts, in its order."""
    chain = []
    for row in sorted(rows, key=lambda row: row.order):
        if not chain or (chain[-1].end < row.start and chain[-1].hash == row.prev_hash):
            chain.append(row)
    return chain if chain and chain[0].start <= start_block else []


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).digest()


class History:
    """All that was ever seen of a solo node's storage. Fails as soon as something is not as it was."""

    def __init__(self, solo):
        self._solo = solo
        self._objects = {}  # Digest and place on the disk, by path.
        self._rows = {}  # By location, in the order of their ids.
        self._contents = {}  # Of files, by table and path.

    def _query(self, statement, *values):
        database = sqlite3.connect(f"file:{self._solo.folder}/tidemark.db?mode=ro", uri=True)
        try:
            return database.execute(statement, values).fetchall()
        finally:
            database.close()

    def rows(self, location):
        """Rows are added, and nothing else happens to them."""
        found = [row_of(*row) for row in self._query(
            "SELECT id, file_name, object_size, metadata FROM file_metadata WHERE location_id = ?"
            " ORDER BY id", location)]
        before = self._rows.get(location, [])
        assert found[:len(before)] == before, f"rows of revision {location} were changed or removed"
        self._rows[location] = found
        return found

    def committed_end(self, dataset):
        """The greatest block in any committed row; -1 before the first. Needs no running node."""
        ((end,),) = self._query(
            "SELECT max(f.metadata ->> '$.ranges[0].numbers.end') FROM file_metadata f"
            " JOIN physical_tables t ON t.active_revision_id = f.location_id"
            " WHERE t.dataset_namespace || '/' || t.dataset_name = ?", dataset)
        return -1 if end is None else end

    def objects_stay(self):
        """Objects are added, and nothing else happens to them. How many there are."""
        found = set((self._solo.folder / "data").rglob("*.parquet"))
        assert self._objects.keys() <= found, f"deleted: {self._objects.keys() - found}"
        for path in found:
            status = path.stat()
            place = (status.st_ino, status.st_size, status.st_mtime_ns)
            if path in self._objects:
                assert self._objects[path][1] == place, f"{path} was written again"
            else:
                self._objects[path] = (digest_of(path), place)
        return len(found)

    def contents_stay(self):
        """As objects_stay, by every byte."""
        count = self.objects_stay()
        changed = [path for path, (digest, _) in self._objects.items() if digest_of(path) != digest]
        assert not changed, f"rewritten: {changed}"
        return count

    def folder_of(self, location):
        ((path,),) = self._query("SELECT path FROM physical_table_revisions WHERE id = ?", location)
        return self._solo.folder / "data" / path

    def content(self, table, location, row):
        """What says of each row of a file which branch it is of: number, hash, place in the block."""
        path = self.folder_of(location) / row.name
        if path not in self._contents:
            assert path.stat().st_size == row.size, f"{path} is not what its row says"
            file = parquet.ParquetFile(path)
            footer = json.loads(file.metadata.metadata[b"nozzle_metadata"])
            assert row_of(row.id, row.name, row.size, json.dumps(footer)) == row, path
            columns = {"blocks": ["block_num", "hash", "parent_hash"],
                       "transactions": ["block_num", "block_hash", "tx_index", "tx_hash"],
                       "logs": ["block_num", "block_hash", "log_index", "tx_hash"]}[table]
            self._contents[path] = [tuple(value.hex() if isinstance(value, bytes) else value
                                          for value in line.values())
                                    for line in file.read(columns).to_pylist()]
        return self._contents[path]

    def is_the_chain_of(self, node, dataset, start_block, last):
        """Up to block `last`: the canonical files of each table hold the node's chain, each block once and nothing else,
        and the answer about the table says the same."""
        expected = chain_of(node, start_block, last)
        newest = node.hash_of(last)
        answers = self._solo.tables(dataset, include="rows")
        for table in TABLES:
            answer = answers[table]
            location = answer["revision_id"]
            rows = self.rows(location)
            assert all(start_block <= row.start for row in rows)
            chain = canonical(rows, start_block)
            content = [line for row in chain for line in self.content(table, location, row)]
            assert content == expected[table], f"{table} of {dataset} is not the node's chain"
            tail = chain[-1]
            assert tail.hash == newest
            assert (answer["start_block"], answer["current_block"], answer["files_count"],
                    answer["total_size_bytes"], answer["rows"]) == (
                        chain[0].start, tail.end, len(chain), sum(row.size for row in chain),
                        len(content))
            assert answer["ranges"] == [{"network": "anvil", "start": chain[0].start, "end": tail.end,
                                         "hash": tail.hash, "timestamp": tail.timestamp}]


def chain_of(node, start_block, last):
    """The node's chain up to block `last` as the three tables should have it."""
    expected = {"blocks": [], "transactions": [], "logs": []}
    for number, block in enumerate(node.blocks(start_block, last), start_block):
        hash = block["hash"][2:]
        expected["blocks"].append((number, hash, block["parentHash"][2:]))
        for index, transaction in enumerate(block["transactions"]):
            expected["transactions"].append((number, hash, index, transaction[2:]))
    for log in node.call("eth_getLogs", {"fromBlock": hex(start_block), "toBlock": hex(last)}):
        expected["logs"].append((int(log["blockNumber"], 16), log["blockHash"][2:],
                                 int(log["logIndex"], 16), log["transactionHash"][2:]))
    return expected
