"""A lake that has to be looked after: files to be merged, what these leave behind, and an orphan.

Its job follows the chain without end. It was written a block a file, and has some blocks still to come.
"""

from history import Segment

DATASET = "demo/upkeep"
START, WRITTEN, END = 1, 20, 24
MARGIN = 2
TABLES = 3

# As it is prepared: nobody merges anything.
WRITING = {"TIDEMARK_WORKER_SEGMENT_MAX_BLOCKS": "1"}
# As it is run.
UPKEEP = {"TIDEMARK_WORKER_SEGMENT_MAX_BLOCKS": "64", "TIDEMARK_WORKER_COMPACT_INTERVAL_SECS": "1",
          "TIDEMARK_WORKER_COMPACT_MARGIN_BLOCKS": str(MARGIN),
          "TIDEMARK_WORKER_COLLECT_INTERVAL_SECS": "1", "TIDEMARK_WORKER_COLLECT_DELAY_SECS": "1",
          "TIDEMARK_WORKER_ORPHAN_GRACE_SECS": "1", "TIDEMARK_HEADS_POLL_INTERVAL_MS": "200"}

# Of a table in the end: a merged one, those within the margin, and those of the blocks still to come.
FILES_MAX = 1 + MARGIN + END - WRITTEN
# Of a table, at least, which go.
MERGED = WRITTEN - MARGIN - START + 1

# One as the worker names its files, left by a crash, and one of somebody else.
ORPHAN = f"{START:09}-{'0f' * 8}.parquet"
FOREIGN = "somebody-elses.parquet"


def write_small_files(node, anvil):
    """By a node or server with the settings WRITING. Yields the job's id."""
    anvil.mine_traffic(WRITTEN - 1, per_block=2)
    job = node.deploy(anvil, DATASET, start_block=START)
    tables = node.wait_for_block(WRITTEN, DATASET)
    assert {table["files_count"] for table in tables.values()} == {WRITTEN - START + 1}
    return job


def leave_orphans(rows, objects):
    """Beside the files of the table that is looked at first. Yields the one that has to stay."""
    first = min(rows.read().files, key=lambda row: (row.location, row.id))
    for name in (ORPHAN, FOREIGN):
        objects.write(f"{first.path}/{name}", objects.read(first.object))
    return f"{first.path}/{FOREIGN}"


def check_left_by(place, history):
    """That a kill at the first hit of a failpoint has left what ARCHITECTURE.md says."""
    rows, objects = history.rows, {path.rsplit("/", 1)[1] for path in history.orphans()} - {FOREIGN}
    condemned = {name for (_, name), is_deleted in rows.condemned.items() if not is_deleted}
    # A commit beside it may have left objects of other blocks.
    merged = {name for name in objects - condemned - {ORPHAN} if name.startswith(f"{START:09}-")}
    nothing_replaced = len(merged) == 1 and not rows.scheduled and history.removals() == 0
    replaced = not merged and rows.scheduled and history.removals() == 0
    is_there = {
        "compaction.durable": nothing_replaced,
        "compaction.before_rows": nothing_replaced,
        "compaction.rows_replaced": nothing_replaced,
        "compaction.committed": replaced,
        "compaction.answered": replaced,
        "collection.rows_removed": rows.scheduled and history.removals() == 0,
        "collection.committed": history.removals() > 0 and condemned & objects,
        "collection.object_deleted": condemned - objects,
        "collection.deletions_recorded": any(rows.condemned.values()),
        "collection.orphans_condemned": ORPHAN in condemned & objects,
    }[place]
    assert is_there, f"{place}: {len(rows.scheduled)} files scheduled, {history.removals()} removed," \
                     f" objects without a row {objects}, condemned {condemned}"


def is_done(history, foreign):
    """Whether all is written, and merged as far as it can be, and nothing is left of what it was made
    from, nor an orphan."""
    rows = history.rows
    if rows is None or rows.scheduled or not rows.condemned or not all(rows.condemned.values()):
        return False
    ends = [Segment.of(row).last for row in rows.files]
    if ends.count(END) != TABLES or len(ends) > TABLES * FILES_MAX:
        return False
    orphans = history.orphans()
    assert foreign in orphans, f"{foreign} was deleted, which is not ours"
    return len(orphans) == 1
