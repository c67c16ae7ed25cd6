"""Rows 6 and 9: how soon a commit is in the answers, and what pollers cost the database."""

import statistics
import time

from report import Aim, line_of_rounds
from sides import PROGRESS, cpu_s, load, psql

COMMITS_A_SECOND = 100


def visibility(bench):
    """6. From a commit's return to the answer that has it, which is the next one."""
    figures = []
    for name, lake in {"SQLite": bench.sqlite, "PostgreSQL": bench.postgres}.items():
        runs = [lake.commit(COMMITS_A_SECOND, round(bench.seconds) + 1, PROGRESS, ("blocks",))
                for _ in range(bench.rounds)]
        bench.report.add(line_of_rounds(6, f"{name}: commit to the answer that has it, p99",
                                        "the commit", [run["visible_p99_ms"] for run in runs],
                                        Aim(at_most=5, unit="ms")))
        figures.append([name, *(float(statistics.median(run[what] for run in runs)) for what in (
            "commit_p50_ms", "commit_p99_ms", "visible_p50_ms", "visible_p99_ms"))])
    bench.report.add_figures(6, "one poller, asking after each commit",
                             ["database", "commit p50 ms", "p99", "answer p50 ms", "p99"], figures)


class DatabaseLoad:
    """What PostgreSQL has to do while so many poll as fast as they can."""

    def __init__(self, bench, connections):
        lake, database = bench.postgres, bench.database
        before, began_cpu_s, began = transactions(database, lake), cpu_s(database.pid), time.monotonic()
        self.load = load(lake, PROGRESS, connections, bench.seconds)
        self.cpu = (cpu_s(database.pid) - began_cpu_s) / (time.monotonic() - began)
        self.queries = (transactions(database, lake) - before) / self.load.seconds


def transactions(database, lake):
    # A session tells of what it did when it has been idle for a second.
    time.sleep(1.2)
    name = lake.database.rpartition("/")[2]
    return int(psql(database.url, "SELECT xact_commit + xact_rollback FROM pg_stat_database "
                                  f"WHERE datname = '{name}'"))


def database_load(bench):
    """9. 1,000 pollers beside one."""
    ones, thousands = [], []
    for _ in range(bench.rounds):
        ones.append(DatabaseLoad(bench, 1))
        thousands.append(DatabaseLoad(bench, 1000))
    for what, unit in (("queries", "queries/s"), ("cpu", "CPU")):
        bench.report.add(line_of_rounds(
            9, f"PostgreSQL's {unit} from 1,000 pollers", "from 1",
            [getattr(a, what) / getattr(b, what) for a, b in zip(thousands, ones, strict=True)],
            Aim(at_most=2)))
    bench.report.add_figures(
        9, "pollers that ask as fast as they are answered",
        ["pollers", "answers/s", "queries/s", "PostgreSQL, cores"],
        [[pollers, *(float(statistics.median(values)) for values in (
            [one.load.rate for one in each], [one.queries for one in each],
            [one.cpu for one in each]))]
         for pollers, each in (("1", ones), ("1,000", thousands))])
