"""Rows 4, 5, 7 and 10: what the kept answers save, what loading a table takes, and what things weigh."""

import statistics
import time

from report import Aim, Line, line_of_rounds
from rows_polling import in_turns, ratios
from sides import BLOCKS_PROGRESS, IdleConnections, cpu_s, load, psql, resident_mb, run_tool

AIMS = {10: 10, 1_000: 200, 100_000: 10_000}
SEGMENTS_IN_MEMORY = 1_000_000
IDLE_CONNECTIONS = 9_900  # A server has room for 10,000.


class Cost:
    """CPU of server and database together, for each answer.

    At the end each connection may wait for one more, which has cost something. `counts_begun`: they
    count as answers, so that the cost is rather too low.
    """

    def __init__(self, bench, lake, connections, seconds, counts_begun=False):
        processes = (lake.pid, bench.database.pid)
        before = sum(map(cpu_s, processes))
        answers = load(lake, BLOCKS_PROGRESS, connections, seconds).answers
        count = answers + (connections if counts_begun else 0)
        self.cpu_us = (sum(map(cpu_s, processes)) - before) / count * 1e6


def recomputing(bench):
    """4. An answer that holds, beside one that is computed."""
    figures = []
    for files, aim in AIMS.items():
        lake = bench.postgres_lake_of(files)
        lake.warm(BLOCKS_PROGRESS)
        kept, computed = [], []
        for _ in range(bench.rounds):
            kept.append(Cost(bench, lake, 64, bench.seconds))
            lake.start("--no-cache")
            # Of the longest ones a few must end in the time.
            computed.append(Cost(bench, lake, 4, max(bench.seconds, files / 20_000),
                                 counts_begun=True))
            lake.start()
            lake.warm(BLOCKS_PROGRESS)
        bench.report.add(line_of_rounds(4, f"{files:,} files: CPU of a computed answer",
                                        "of a kept one", ratios(computed, kept, "cpu_us"), Aim(aim)))
        figures.append([f"{files:,}", *(float(statistics.median(cost.cpu_us for cost in costs))
                                        for costs in (kept, computed))])
    bench.report.add_figures(4, "server and PostgreSQL together, one table",
                             ["files", "kept, CPU us an answer", "computed, CPU us an answer"], figures)


def cold_load(bench):
    """5. The first answer after a start, beside fetching the same columns."""
    lake = bench.postgres_lake_of(100_000)
    location = psql(lake.database, "SELECT active_revision_id FROM physical_tables "
                                   "WHERE table_name = 'blocks'").strip()

    def first_answer():
        lake.start()
        began = time.perf_counter()
        lake.answer(BLOCKS_PROGRESS)
        return time.perf_counter() - began

    def fetch():
        return run_tool("bare_fetch", lake.database, location)["seconds"]

    fetch()  # Into the database's memory.
    times = in_turns(bench.rounds, {"fetch": fetch, "answer": first_answer})
    bench.report.add(line_of_rounds(
        5, "first answer of 100,000 files", "a bare libpq fetch of the same columns",
        [a / b for a, b in zip(times["answer"], times["fetch"], strict=True)], Aim(at_most=1.5)))
    bench.report.add_figures(5, "100,000 files, PostgreSQL", ["what", "ms"],
                             [[name, 1000 * statistics.median(each)] for name, each in times.items()])


def memory(bench):
    """7. What a million segments weigh."""
    lake = bench.lake_of(SEGMENTS_IN_MEMORY)
    empty = bench.lake_of(0)
    sizes = {}
    for name, one in {"empty": empty, "full": lake}.items():
        one.start()
        one.answer(BLOCKS_PROGRESS)
        sizes[name] = resident_mb(one.pid)
    bench.report.add(Line(7, f"{SEGMENTS_IN_MEMORY:,} canonical segments, SQLite: resident memory",
                          "above empty", sizes["full"] - sizes["empty"], Aim(at_most=80, unit="MB")))
    bench.report.add_figures(7, "after the first answer", ["table", "resident MB"],
                             [[name, float(value)] for name, value in sizes.items()])


def idle(bench):
    """10. What connections weigh that have asked once and stay open, and whether they are in the way."""
    lake = bench.sqlite
    lake.start()
    lake.warm(BLOCKS_PROGRESS)
    before = resident_mb(lake.pid)
    alone = load(lake, BLOCKS_PROGRESS, 64, bench.seconds)
    with IdleConnections(lake, BLOCKS_PROGRESS, IDLE_CONNECTIONS):
        weight = resident_mb(lake.pid) - before
        beside = load(lake, BLOCKS_PROGRESS, 64, bench.seconds)
    bench.report.add(Line(10, f"{IDLE_CONNECTIONS:,} idle connections: resident memory", "above none",
                          weight, Aim(at_most=64, unit="MB")))
    bench.report.add(Line(10, "64 others meanwhile: answers/s", "alone", beside.rate / alone.rate,
                          Aim(at_least=0.9)))
    lake.start()
    lake.warm(BLOCKS_PROGRESS)
