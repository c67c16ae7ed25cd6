#!/usr/bin/env python3
"""What pollers cost, beside nginx, beside computing every answer, and beside bare libpq.

usage: tests/bench/serving/bench.py --binary BINARY --report FOLDER [--rows 1,8] [--rounds N] [--seconds S]

Everything that is compared runs in the same minute, in turns. A row that cannot run is told as such
and does not end the others. The report is report.md and report.json in the folder.
"""

import argparse
import contextlib
import functools
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/e2e"), str(ROOT / "tests/services")]


class Bench:
    """What the rows share. It is started when the first row asks for it."""

    def __init__(self, folder, stack, report):
        from sides import Nginx

        self.folder, self.report = folder, report
        self.rounds, self.seconds = report.rounds, report.seconds
        self.has_nginx = Nginx.is_there()
        self._stack = stack
        self._lakes = {}

    @functools.cached_property
    def database(self):
        from sides import Database

        return self._stack.enter_context(Database())

    def _lake(self, name, database, segments, tables):
        from sides import Lake

        if name not in self._lakes:
            lake = Lake(self.folder / name, database())
            self._stack.callback(lake.close)
            lake.fill(segments, tables)
            self._lakes[name] = lake
        return self._lakes[name]

    @property
    def sqlite(self):
        from sides import TABLES

        return self._lake("sqlite", lambda: None, 1000, TABLES)

    @property
    def postgres(self):
        from sides import TABLES

        return self._lake("postgres", self.database.new_database, 1000, TABLES)

    def lake_of(self, segments):
        """One table of so many segments, in SQLite."""
        return self._lake(f"sqlite_{segments}", lambda: None, segments, ("blocks",))

    def postgres_lake_of(self, segments):
        return self._lake(f"postgres_{segments}", self.database.new_database, segments, ("blocks",))

    @functools.cached_property
    def nginx(self):
        from sides import Nginx

        headers, body = self.sqlite.answer()
        nginx = Nginx(self.folder, body, headers)
        self._stack.callback(nginx.close)
        return nginx


def all_rows():
    import rows_computing
    import rows_database
    import rows_polling

    return {1: rows_polling.unchanged, 2: rows_polling.changing, 3: rows_polling.size,
            4: rows_computing.recomputing, 5: rows_computing.cold_load, 6: rows_database.visibility,
            7: rows_computing.memory, 8: rows_polling.not_modified, 9: rows_database.database_load,
            10: rows_computing.idle}


def measure(rows, report):
    from report import Line

    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder, \
            contextlib.ExitStack() as stack:
        bench = Bench(Path(folder), stack, report)
        for number, row in rows.items():
            began = time.monotonic()
            print(row.__doc__, flush=True)
            report.begin_row()
            try:
                row(bench)
            except Exception as error:  # The other rows are none the worse for it.
                traceback.print_exc()
                report.add(Line(number, row.__doc__, "-", why_not=f"{error}"))
            print(f"  ({time.monotonic() - began:.0f} s)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--report", type=Path, required=True, help="folder to write to")
    parser.add_argument("--rows", default="", help="numbers, with commas between; else all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one run of the load")
    options = parser.parse_args()
    os.environ.update(TIDEMARK_BINARY=options.binary, TIDEMARK_ANVIL="not used")  # conftest reads them.
    from report import Report

    rows = all_rows()
    wanted = {int(word) for word in options.rows.split(",") if word} or set(rows)
    if not wanted <= set(rows):
        parser.error(f"there are rows {min(rows)} to {max(rows)}")
    report = Report(options.rounds, options.seconds)
    measure({number: row for number, row in rows.items() if number in wanted}, report)
    markdown, data = report.write(options.report)
    print(f"{markdown} and {data}")


if __name__ == "__main__":
    sys.exit(main())
