#!/usr/bin/env python3
"""What a node that runs by itself costs: memory, CPU, latency of the CLI, of a stop and of a block.

usage: tests/bench/solo.py --binary BINARY [--rounds N]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/e2e")]


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def idle_cpu_percent(pid, seconds):
    before = cpu_s(pid)
    time.sleep(seconds)
    return 100 * (cpu_s(pid) - before) / seconds


def figures(values):
    values = sorted(values)
    return (f"median {statistics.median(values):.1f}, p99 {values[int(len(values) * 0.99)]:.1f}, "
            f"max {values[-1]:.1f}")


def time_cli(binary, url, rounds):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([binary, "progress", "demo/anvil", "--url", url], check=True,
                       stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
    return times


def time_blocks(anvil, solo, blocks, interval_s=1, unmeasured=10):
    """From the node's answer to the mining call until the API counts the block, which is committed then.
    The first blocks tell how often they come."""
    times = []
    for _ in range(unmeasured + blocks):
        time.sleep(interval_s)
        target = anvil.head() + 1
        anvil.mine()
        began = time.perf_counter()
        while solo.tables()["logs"]["current_block"] != target:
            time.sleep(0.002)
        times.append((time.perf_counter() - began) * 1000)
    return times[unmeasured:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    from run import anvil_binary

    os.environ.update(TIDEMARK_BINARY=options.binary, TIDEMARK_ANVIL=str(anvil_binary()))
    from conftest import Anvil, Solo  # Reads the environment.

    with tempfile.TemporaryDirectory() as folder:
        anvil = Anvil(Path(folder))
        solo = Solo(Path(folder) / "solo")
        try:
            pid = solo.process.pid
            time.sleep(2)
            print(f"idle, empty:        {resident_mb(pid):.1f} MB resident, "
                  f"{idle_cpu_percent(pid, 10):.2f} % of a core")
            anvil.mine_traffic(100)
            began = time.perf_counter()
            solo.deploy(anvil)
            solo.wait_for_block(anvil.head())
            print(f"100 blocks written: {(time.perf_counter() - began) * 1000:.0f} ms from register")
            print(f"block to answer:    {figures(time_blocks(anvil, solo, 100))} ms, a block a second")
            print(f"tidemark progress:  {figures(time_cli(options.binary, solo.url, options.rounds))} ms")
            print(f"at the head:        {resident_mb(pid):.1f} MB resident, "
                  f"{idle_cpu_percent(pid, 10):.2f} % of a core, no new block")
            print(f"stop:               {figures([solo.stop() * 1000])} ms")
        finally:
            solo.process.kill()
            solo.process.wait()
            anvil.stop()


if __name__ == "__main__":
    sys.exit(main())
