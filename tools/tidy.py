"""Runs clang-tidy over our sources and prints what it finds: tools/tidy.py [PATH...]

Without a path, every source of libs/, apps/ and tests/ that build/tidy compiles; with paths, those
at or below one of them. The exit status is 1 if there is a finding.

A source that was clean is not looked at again until something changes that could matter: its text
or that of a header of ours that it includes, its compile command, .clang-tidy, clang-tidy's
version or tools/pins.txt. That record is shared between clones, so paths in it are relative.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

CLANG_TIDY = "clang-tidy-19"
ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "tidy"
OURS = ("libs/", "apps/", "tests/")
# Sources there are written to be rejected by the compiler.
NOT_OURS = ("tests/layering/",)
# A test may be slow, and may end by reading an optional that is empty. The analyzer takes five
# times as long as all the rest over GoogleTest's macros; tests run under the sanitizers instead.
NOT_FOR_TESTS = "--checks=-clang-analyzer-*,-performance-*,-bugprone-unchecked-optional-access"
RECORD_LIFETIME_S = 30 * 24 * 3600
FINDING = re.compile(r"^\S.*:\d+:\d+: (warning|error): ", re.MULTILINE)


def record_directory() -> pathlib.Path:
    """Beside the unpacked archives, whose place CMake has worked out."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    place = re.search(r"^TIDEMARK_DEPS:PATH=(.*)$", cache, re.MULTILINE)
    return pathlib.Path(place.group(1)) / "tidy"


@functools.cache
def digest(path: str) -> str:
    """The hash of a file's text, "" if there is no such file. Takes paths relative to ROOT."""
    try:
        return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
    except OSError:
        return ""


@functools.cache
def pins_digest() -> str:
    """Of the pins, but for what benchmarks compare with: nothing is compiled against that."""
    lines = (ROOT / "tools/pins.txt").read_text().splitlines(keepends=True)
    pins = "".join(line for line in lines if not re.match(r"(#   )?(cargo|bench) ", line))
    return hashlib.sha256(pins.encode()).hexdigest()


def relative(path: str) -> str:
    return os.path.relpath(os.path.join(BUILD, path), ROOT)


class Source:
    """One source with the command that compiles it."""

    def __init__(self, entry: dict[str, str], tool: str, records: pathlib.Path):
        self.path = relative(entry["file"])
        self._command = entry["command"]
        key = "\0".join(
            [
                self._command.replace(str(ROOT), "."),
                digest(self.path),
                digest(".clang-tidy"),
                pins_digest(),
                *self._options(),
                tool,
            ]
        )
        # Holds the headers that the source included when it was clean: {path: hash}.
        self._record = records / hashlib.sha256(key.encode()).hexdigest()

    def was_clean(self) -> bool:
        try:
            headers = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return False
        if any(digest(path) != text for path, text in headers.items()):
            return False
        os.utime(self._record)  # It is in use: keep it.
        return True

    def check(self) -> str:
        """Runs clang-tidy; returns what it prints, "" if the source is clean."""
        headers = self._headers()
        run = subprocess.run(
            [CLANG_TIDY, "--quiet", *self._options(), "-p", BUILD, ROOT / self.path],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0 and not FINDING.search(run.stdout):
            if headers is not None:
                draft = self._record.with_suffix(f".{os.getpid()}")
                draft.write_text(json.dumps({path: digest(path) for path in headers}))
                draft.replace(self._record)
            return ""
        return run.stdout or run.stderr

    def _options(self) -> list[str]:
        return [NOT_FOR_TESTS] if "/tests/" in f"/{self.path}" else []

    def _headers(self) -> list[str] | None:
        """Our headers that the source includes; None if it cannot be preprocessed."""
        command = shlex.split(self._command)
        del command[command.index("-o") : command.index("-o") + 2]
        run = subprocess.run(
            [*command, "-MM"], cwd=BUILD, capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            return None
        paths = run.stdout.replace("\\\n", " ").split()[1:]
        return sorted(relative(path) for path in paths)


def wanted_sources(paths: list[str]) -> list[dict[str, str]]:
    """The entries of the compile commands at or below `paths`, one for a source."""
    below = [os.path.relpath(path, ROOT) for path in paths] or ["."]
    entries = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = relative(entry["file"])
        if not path.startswith(OURS) or path.startswith(NOT_OURS):
            continue
        if any(place in (".", path) or path.startswith(place + "/") for place in below):
            entries.setdefault(path, entry)
    return list(entries.values())


def findings_of(output: str) -> list[str]:
    """Splits what clang-tidy prints at the findings, each with its notes."""
    starts = [match.start() for match in FINDING.finditer(output)] or [0]
    return [output[a:b].rstrip() for a, b in zip(starts, [*starts[1:], len(output)])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()

    started = time.monotonic()
    version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, text=True, check=True)
    records = record_directory()
    records.mkdir(exist_ok=True)
    sources = [
        Source(entry, version.stdout, records) for entry in wanted_sources(options.paths)
    ]
    changed = [source for source in sources if not source.was_clean()]

    # A finding in a header comes once for every source that includes it.
    seen: set[str] = set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for output in pool.map(Source.check, changed):
            for finding in findings_of(output) if output else []:
                if finding not in seen:
                    seen.add(finding)
                    print(finding, flush=True)

    for record in records.iterdir():
        if time.time() - record.stat().st_mtime > RECORD_LIFETIME_S:
            record.unlink(missing_ok=True)
    print(
        f"tidy: {len(seen)} findings; {len(changed)} of {len(sources)} sources checked,"
        f" the others unchanged, in {time.monotonic() - started:.1f} s"
    )
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main())
