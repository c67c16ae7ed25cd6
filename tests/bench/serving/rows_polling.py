"""Rows 1, 2, 3 and 8: what a poll costs, beside nginx and beside itself."""

import statistics
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from report import Aim, Line, line_of_rounds
from sides import BLOCKS_PROGRESS, PROGRESS, load, settle

CONNECTIONS = (64, 1000)
COMMITS_A_SECOND = 200
FIXED_RATE = 20_000
COLUMNS = ["side", "answers/s", "CPU us an answer", "p50 ms", "p99 ms", "server busy", "load busy"]


def figures_of(name, loads):
    def median(what):
        return float(statistics.median(getattr(one, what) for one in loads))
    return [name, *(median(what) for what in
                    ("rate", "cpu_us", "p50_ms", "p99_ms", "server_busy", "load_busy"))]


def in_turns(rounds, measurements):
    """What each of the named functions yields, in turns."""
    results = {name: [] for name in measurements}
    for _ in range(rounds):
        for name, measure in measurements.items():
            results[name].append(measure())
            settle()
    return results


def ratios(ours, theirs, what):
    return [getattr(a, what) / getattr(b, what) for a, b in zip(ours, theirs, strict=True)]


def needs_nginx(bench, row, what):
    """False, and a line that says so, if there is none."""
    if bench.has_nginx:
        return True
    bench.report.add(Line(row, what, "nginx", why_not="nginx is not installed: tools/setup.sh --bench"))
    return False


def unchanged(bench):
    """1. Progress of four tables in which nothing changes."""
    if not needs_nginx(bench, 1, "polls of four tables"):
        return
    lakes = {"SQLite": bench.sqlite, "PostgreSQL": bench.postgres}
    for connections in CONNECTIONS:
        sides = {"nginx": bench.nginx, **lakes}
        loads = in_turns(bench.rounds, {
            name: partial(load, side, PROGRESS, connections, bench.seconds)
            for name, side in sides.items()})
        for name in lakes:
            what = f"{name}, {connections} connections"
            bench.report.add(line_of_rounds(1, f"{what}: answers/s", "nginx",
                                            ratios(loads[name], loads["nginx"], "rate"), Aim(1.0)))
            bench.report.add(line_of_rounds(1, f"{what}: CPU an answer", "nginx",
                                            ratios(loads[name], loads["nginx"], "cpu_us"),
                                            Aim(at_most=1.1)))
        bench.report.add_figures(1, f"four tables, {connections} connections", COLUMNS,
                                 [figures_of(name, each) for name, each in loads.items()])


def load_while_writing(bench, lake, connections, rate, side):
    """Polls of one side while segments are committed to the lake all the time."""
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lake.commit, COMMITS_A_SECOND, round(bench.seconds) + 1)
        settle()
        lake.warm()  # What came while nobody asked is not what is measured.
        measured = load(side, PROGRESS, connections, bench.seconds, rate)
        said = writing.result()
    measured.commit_rate = said["commits"] / said["seconds"]
    return measured


def changing(bench):
    """2. The same while segments are committed to these tables."""
    if not needs_nginx(bench, 2, "polls of four tables while they change"):
        return
    for name, lake in {"SQLite": bench.sqlite, "PostgreSQL": bench.postgres}.items():
        for connections, rate in ((64, 0), (1000, 0), (1000, FIXED_RATE)):
            measure = partial(load_while_writing, bench, lake, connections, rate)
            loads = in_turns(bench.rounds, {"nginx": partial(measure, bench.nginx),
                                            name: partial(measure, lake)})
            show_changing(bench, name, connections, rate, loads)


def show_changing(bench, name, connections, rate, loads):
    what = f"{name}, {connections} connections, {COMMITS_A_SECOND} commits/s"
    if rate:
        what += f", {rate:,} requests/s"
        unanswered = sum(one.unanswered for one in loads[name])
        bench.report.add(line_of_rounds(2, f"{what}: p99", "-", [one.p99_ms for one in loads[name]],
                                        Aim(at_most=2, unit="ms")))
        if unanswered:
            bench.report.add(Line(2, f"{what}: requests without an answer", "-", float(unanswered),
                                  Aim(at_most=0)))
    else:
        bench.report.add(line_of_rounds(2, f"{what}: answers/s", "nginx",
                                        ratios(loads[name], loads["nginx"], "rate"), Aim(0.85)))
        if connections == CONNECTIONS[0]:
            bench.report.add(line_of_rounds(2, f"{what}: p99", "-",
                                            [one.p99_ms for one in loads[name]],
                                            Aim(at_most=3, unit="ms")))
    bench.report.add_figures(2, what, [*COLUMNS, "commits/s"], [
        [*figures_of(side, each), float(statistics.median(one.commit_rate for one in each))]
        for side, each in loads.items()])
    slowest = min(one.commit_rate for each in loads.values() for one in each)
    if slowest < 0.9 * COMMITS_A_SECOND:
        bench.report.add(Line(2, f"{what}: commits/s in the slowest round", "-", slowest,
                              Aim(at_least=0.9 * COMMITS_A_SECOND)))


def size(bench):
    """3. One table of 10, 10,000 and 1,000,000 segments."""
    lakes = {number: bench.lake_of(number) for number in (10, 10_000, 1_000_000)}
    for lake in lakes.values():
        lake.warm(BLOCKS_PROGRESS)
    loads = in_turns(bench.rounds, {
        number: partial(load, lake, BLOCKS_PROGRESS, 64, bench.seconds)
        for number, lake in lakes.items()})
    for number in (10_000, 1_000_000):
        bench.report.add(line_of_rounds(3, f"a table of {number:,} segments, unchanged: answers/s",
                                        "of 10", ratios(loads[number], loads[10], "rate"), Aim(0.95)))
    bench.report.add_figures(3, "one table, SQLite, 64 connections", COLUMNS,
                             [figures_of(f"{number:,} segments", each)
                              for number, each in loads.items()])


def not_modified(bench):
    """8. 304 beside 200."""
    for name, lake in {"SQLite": bench.sqlite, "PostgreSQL": bench.postgres}.items():
        tag = lake.answer()[0]["ETag"]
        loads = in_turns(bench.rounds, {
            "200": partial(load, lake, PROGRESS, 64, bench.seconds),
            "304": partial(load, lake, PROGRESS, 64, bench.seconds, status=304,
                           headers=[f"If-None-Match: {tag}"])})
        bench.report.add(line_of_rounds(8, f"{name}, 64 connections: 304s/s", "200s/s",
                                        ratios(loads["304"], loads["200"], "rate"), Aim(1.0)))
        bench.report.add_figures(8, f"{name}, 64 connections", COLUMNS,
                                 [figures_of(status, each) for status, each in loads.items()])
