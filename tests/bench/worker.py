#!/usr/bin/env python3
"""What writing a chain costs: Tidemark's worker, cryo, and a client that only fetches, in turns.

usage: tests/bench/worker.py --bin FOLDER --recording FOLDER [--rounds N] [--blocks N]

All ask the same replaying node for the same blocks. Wall is the time from the deployment to the
committed end (of cryo and of the bare client: of the process), CPU the user and system time of the
whole process, memory its largest resident size. Tidemark checks that the blocks link, makes its
files durable and commits them; the other two do not.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/e2e")]

from record_chain import record_chain  # noqa: E402
from run import anvil_binary, pinned  # noqa: E402

TABLES = ("blocks", "transactions", "logs")
FIRST = 2  # Of a recording: block 1 deploys the contract.


class Use:
    """What one run has cost, and what it has written."""

    def __init__(self, wall_s, usage, parquet_bytes=0):
        self.wall_s = wall_s
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.memory_mb = usage.ru_maxrss / 1024
        self.parquet_mb = parquet_bytes / 1e6


class Chain:
    def __init__(self, folder, url):
        what = json.loads((folder / "recording.json").read_text())
        self.folder, self.url = folder, url
        self.blocks, self.transactions = what["blocks"], what["transactions"]

    def rows(self, blocks):
        """A log each transaction."""
        return {"blocks": blocks, "transactions": blocks * self.transactions,
                "logs": blocks * self.transactions}


def check_rows(files, expected, who):
    sys.path.insert(0, str(pinned("pyarrow")))
    from pyarrow import parquet

    for table in TABLES:
        rows = sum(parquet.read_metadata(file).num_rows for file in files(table))
        assert rows == expected[table], f"{who}: {table} has {rows} rows, not {expected[table]}"


def size_of(files):
    return sum(file.stat().st_size for table in TABLES for file in files(table))


def seconds_between(events, first, last):
    at = {event["event_type"]: datetime.datetime.fromisoformat(event["created_at"])
          for event in events}
    return (at[last] - at[first]).total_seconds()


def run_tidemark(chain, blocks, folder):
    from conftest import Solo

    solo = Solo(folder / "solo")
    try:
        solo.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", chain.url)
        solo.cli("dataset", "register", "demo/anvil", "--network", "anvil", "--start-block", FIRST,
                 "--tag", "1.0.0")
        job = solo.cli("dataset", "deploy", "demo/anvil@1.0.0", "--end-block",
                       FIRST + blocks - 1).strip()
        # Seldom: the answers are the process's work too.
        while (status := solo.get(f"/jobs/{job}")["status"]) != "COMPLETED":
            assert status in ("SCHEDULED", "RUNNING"), solo.log.read_text()
            time.sleep(0.1)
        wall_s = seconds_between(solo.get(f"/jobs/{job}/events")["events"], "SCHEDULED", "COMPLETED")
        tables = solo.tables()
        assert all(tables[table]["current_block"] == FIRST + blocks - 1 for table in TABLES), tables
        solo.process.terminate()
        _, status, usage = os.wait4(solo.process.pid, 0)
        solo.process.returncode = os.waitstatus_to_exitcode(status)
        assert solo.process.returncode == 0, solo.log.read_text()
    finally:
        if solo.process.returncode is None:
            solo.process.kill()
            solo.process.wait()

    def files(table):
        return sorted((folder / "solo").glob(f"data/**/{table}/**/*.parquet"))

    check_rows(files, chain.rows(blocks), "tidemark")
    return Use(wall_s, usage, size_of(files))


def run_program(command, **options):
    began = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], **options)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return wall_s, usage


def run_cryo(program, chain, blocks, folder):
    log = folder / "cryo.log"
    with open(log, "w") as out:
        wall_s, usage = run_program(
            [program, *TABLES, "--blocks", f"{FIRST}:{FIRST + blocks}", "--rpc", chain.url,
             "--output-dir", folder, "--no-report", "--columns", "all"],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)

    def files(table):
        return sorted(folder.glob(f"*__{table}__*.parquet"))

    check_rows(files, chain.rows(blocks), f"cryo ({log.read_text()[-500:]})")
    return Use(wall_s, usage, size_of(files))


def run_bare(program, chain, blocks, _folder):
    port = chain.url.rsplit(":", 1)[1]
    wall_s, usage = run_program([program, port, FIRST, FIRST + blocks - 1, 4, 10],
                                stdout=subprocess.DEVNULL)
    return Use(wall_s, usage)


def median(uses, name):
    return statistics.median(getattr(use, name) for use in uses)


def show(name, uses, blocks, rows):
    wall_s = median(uses, "wall_s")
    parquet_mb = median(uses, "parquet_mb")
    print(f"{name:<22}{wall_s:7.2f} s wall {median(uses, 'cpu_s'):6.2f} s CPU "
          f"{median(uses, 'memory_mb'):6.0f} MB {blocks / wall_s:8.0f} blocks/s "
          f"{rows / wall_s:9.0f} rows/s"
          + (f" {parquet_mb / wall_s:6.1f} MB/s of Parquet ({parquet_mb:.1f} MB)" if parquet_mb else ""))


def show_ratios(ours, theirs):
    print(f"of cryo: {median(theirs, 'wall_s') / median(ours, 'wall_s'):.2f} x the rate, "
          f"{median(ours, 'cpu_s') / median(theirs, 'cpu_s'):.2f} x the CPU, "
          f"{median(ours, 'memory_mb') / median(theirs, 'memory_mb'):.2f} x the memory, "
          f"{median(ours, 'parquet_mb') / median(theirs, 'parquet_mb'):.2f} x the bytes")


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return (f"{os.cpu_count()} x {model}, Linux {platform.release().split('-')[0]}, "
            f"load {os.getloadavg()[0]:.1f} at the end")


def measure(runners, chain, blocks, rounds):
    uses = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            with tempfile.TemporaryDirectory() as folder:
                uses[name].append(run(chain, blocks, Path(folder)))
    return uses


def report(uses, quarter, chain):
    rows = sum(chain.rows(chain.blocks).values())
    print(f"{chain.blocks} blocks of {chain.transactions} transactions with a log each, "
          f"{len(uses['tidemark'])} rounds in turns, medians")
    if "cryo" in uses:
        show_ratios(uses["tidemark"], uses["cryo"])
    print(f"of the bare client: {median(uses['bare client'], 'wall_s') / median(uses['tidemark'], 'wall_s'):.2f} x the rate")
    print(f"a chain four times as long: {median(uses['tidemark'], 'memory_mb') / median(quarter['tidemark'], 'memory_mb'):.2f} x the memory "
          f"({median(quarter['tidemark'], 'memory_mb'):.0f} to {median(uses['tidemark'], 'memory_mb'):.0f} MB)")
    for name, each in uses.items():
        show(name, each, chain.blocks, rows)
    print(machine())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, required=True, help="where tidemark and the tools are")
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=1000, help="to record, if that is to be done")
    options = parser.parse_args()
    os.environ.update(TIDEMARK_BINARY=str(options.bin / "tidemark"),
                      TIDEMARK_ANVIL=str(anvil_binary()))
    record_chain(options.recording, options.blocks)
    cryo = pinned("cryo") / "bin/cryo"
    node = subprocess.Popen([options.bin / "replay_node", options.recording],
                            stdout=subprocess.PIPE, text=True)
    try:
        chain = Chain(options.recording, node.stdout.readline().strip())
        runners = {"tidemark": run_tidemark}
        if cryo.exists():
            runners["cryo"] = lambda *how: run_cryo(cryo, *how)
        else:
            print("cryo is not there, so nothing is compared with it: tools/setup.sh --bench-worker builds it")
        runners["bare client"] = lambda *how: run_bare(options.bin / "bare_client", *how)
        quarter = measure({"tidemark": run_tidemark}, chain, chain.blocks // 4, options.rounds)
        report(measure(runners, chain, chain.blocks, options.rounds), quarter, chain)
    finally:
        node.kill()
        node.wait()


if __name__ == "__main__":
    sys.exit(main())
