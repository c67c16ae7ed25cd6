#!/usr/bin/env python3
"""Runs Tidemark on a chain and shows its tables advancing, until Ctrl-C.

Without --rpc it starts a local anvil chain with a block and some transactions each second. State is kept
in --dir: a second run goes on where the first one stopped.
"""

import argparse
import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from traffic import RpcError, Traffic, call

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = {1: "mainnet", 10: "optimism", 8453: "base", 42161: "arbitrum_one", 11155111: "sepolia"}
PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """Something that the user has to know; one line."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def die_with_parent():
    """Runs in the child: if this script is killed, nothing it started stays behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command, **options):
    # A session of its own, so that Ctrl-C reaches only this script, which stops the rest in order.
    return subprocess.Popen([str(word) for word in command], start_new_session=True,
                            preexec_fn=die_with_parent, **options)


def stop(process, how=signal.SIGTERM, within_s=10):
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(condition, what, within_s=15):
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what} within {within_s} s")
        time.sleep(0.05)


def free_port(preferred):
    for port in (preferred, 0):
        with socket.socket() as probe:
            # As servers do: connections that a server before has closed do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
            except OSError:
                continue
    raise Failure("no port is free on 127.0.0.1")


def pinned(name):
    """The directory of an archive that tools/setup.sh installs."""
    deps = os.environ.get("TIDEMARK_DEPS") or (
        (os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")) + "/tidemark")
    pins = (ROOT / "tools/pins.txt").read_text()
    directory = re.search(rf"^\w+ +({name}-[0-9]\S*)", pins, re.MULTILINE).group(1)
    return Path(deps) / directory


def anvil_binary():
    return pinned("anvil") / "bin/anvil"


class Chain:
    """A local anvil chain: its blocks survive a restart, its clock is the machine's."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        # The genesis block is made anew at each start; only with the same time is it the same block.
        genesis_file = folder / "genesis_time"
        if not genesis_file.exists():
            genesis_file.write_text(str(int(time.time())))
        # The same port as last time if it can be had: a job that goes on asks the node it knows.
        port_file = folder / "port"
        port = free_port(int(port_file.read_text()) if port_file.exists() else 8545)
        port_file.write_text(str(port))
        self.url = f"http://127.0.0.1:{port}"
        log = open(folder / "anvil.log", "w")
        self._process = start([anvil_binary(), "--host", "127.0.0.1", "--port", port, "--silent",
                               "--no-mining", "--timestamp", genesis_file.read_text().strip(),
                               "--state", folder / "state.json", "--state-interval", 10],
                              stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._answers, "the local chain did not start")
        # Its clock continues from the genesis time; blocks must have the time of day.
        call(self.url, "evm_setTime", int(time.time()))
        call(self.url, "evm_setIntervalMining", 1)
        self._traffic = Traffic(self.url)
        self._traffic.start()

    def _answers(self):
        if self._process.poll() is not None:
            raise Failure("the local chain ended at once: see anvil.log in --dir")
        try:
            return call(self.url, "eth_chainId") is not None
        except RpcError:
            return False

    def stop(self):
        self._traffic.stop()
        stop(self._process, signal.SIGINT)  # Writes its state.


class Solo:
    """`tidemark solo` on a folder."""

    def __init__(self, binary, folder, listen):
        self._log_file = folder / "solo.log"
        self.url = None
        self.binary = binary
        folder.mkdir(parents=True, exist_ok=True)
        with open(self._log_file, "w") as log:
            self._process = start([binary, "solo", "--dir", folder, "--listen", listen],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._answers, "tidemark solo did not start")

    def _answers(self):
        if self._process.poll() is not None:
            lines = self._log_file.read_text().strip().splitlines()
            raise Failure(lines[-1] if lines else "tidemark solo ended at once")
        # Its own line tells that it listens, and where; another program may answer on the port.
        listening = re.search(r"^tidemark solo: (http://\S+) ", self._log_file.read_text(), re.MULTILINE)
        self.url = listening and listening.group(1)
        return self.url

    def run(self, *words):
        """Standard output of a CLI command."""
        result = subprocess.run([str(self.binary), *map(str, words), "--url", self.url], text=True,
                                capture_output=True, timeout=60)
        if result.returncode != 0:
            raise Failure(result.stderr.strip())
        return result.stdout.strip()

    def is_running(self):
        return self._process.poll() is None

    def stop(self):
        stop(self._process)


def network_of(rpc):
    try:
        chain_id = int(call(rpc, "eth_chainId"), 16)
    except RpcError as error:
        raise Failure(f"the node does not answer: {error}") from error
    return NETWORKS.get(chain_id, f"chain_{chain_id}")


def deploy(solo, rpc, network, start_block):
    """Registers and deploys the network's dataset; its reference."""
    name = re.sub("[^a-z0-9_]", "_", network.lower())
    dataset = "demo/" + (f"_{name}" if name[0].isdigit() else name)
    provider = name if not name[0].isdigit() else f"_{name}"
    solo.run("provider", "add", provider, "--network", network, "--rpc-url", rpc)
    solo.run("dataset", "register", dataset, "--network", network, "--start-block", start_block)
    solo.run("dataset", "deploy", f"{dataset}@dev")
    return dataset


def show(solo, dataset):
    """Until interrupted, or until solo ends, which is a failure."""
    say(f"Tables of {dataset}, live; Ctrl-C ends. The same over HTTP:\n"
        f"  curl -s {solo.url}/datasets/{dataset}/versions/dev/progress\n")
    watcher = start([solo.binary, "progress", f"{dataset}@dev", "--watch", "--url", solo.url],
                    stdin=subprocess.DEVNULL)
    try:
        while watcher.poll() is None:
            if not solo.is_running():
                raise Failure("tidemark solo has ended: see solo.log in --dir")
            time.sleep(0.2)
        raise Failure("tidemark progress has ended")
    finally:
        stop(watcher)


def run(options):
    chain = solo = None
    try:
        rpc, network = options.rpc, options.network
        if rpc is None:
            chain = Chain(options.dir / "anvil")
            rpc, network = chain.url, network or "anvil"
            say(f"chain    anvil at {rpc}, a block each second")
        solo = Solo(options.binary, options.dir, options.listen)
        say(f"tidemark {solo.url}, folder {options.dir}")
        dataset = deploy(solo, rpc, network or network_of(rpc), options.start)
        show(solo, dataset)
    finally:
        # A second Ctrl-C must not stop the stopping half-way.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        if solo:
            solo.stop()
        if chain:
            chain.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--rpc", help="JSON-RPC node; none: a local chain")
    parser.add_argument("--network", help="name of the network; none: by the chain's id")
    parser.add_argument("--start", type=int, default=0, help="first block (0)")
    parser.add_argument("--dir", type=Path, default=Path(".tidemark"))
    parser.add_argument("--listen", default="127.0.0.1:1610")
    options = parser.parse_args()

    def interrupt(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    try:
        run(options)
    except KeyboardInterrupt:
        say("\nstopped; 'make run' goes on from here")
        return 0
    except Failure as failure:
        say(f"run: {failure}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
