#!/usr/bin/env python3
"""Plants one bug after another in a copy of the tree, and demands that a test notices each.

usage: tests/planted_bugs/run.py [--jobs N] [NAME...]

A bug is a patch NAME.patch in this folder. The lines before its diff say what it breaks, and which
test programs must notice:

    What: of exact ties the smallest file id counts
    Tests: chain_test

A line "Services: s3" has them run with a server of tests/services.

The copy is kept in build/planted-bugs, so that a second run builds little. Exits 1 if a bug survives,
if a patch no longer applies or compiles, or if a test fails without any bug.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "build/planted-bugs"
TEST_TIMEOUT_SECS = 300


@dataclass
class Bug:
    name: str
    what: str
    tests: list[str]
    service: str | None
    path: Path

    @property
    def files(self) -> list[str]:
        return re.findall(r"^\+\+\+ b/(\S+)", self.path.read_text(), re.MULTILINE)


def read_bug(path: Path) -> Bug:
    head = dict(re.findall(r"^(What|Tests|Services): (.+)$", path.read_text(), re.MULTILINE))
    return Bug(path.stem, head["What"], head["Tests"].split(), head.get("Services"), path)


def run(command: list[str], **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )


def copy_file(name: str) -> None:
    """As it is in the tree now, unless the copy is the same: a new time means another compilation."""
    source, target = ROOT / name, SCRATCH / name
    if target.exists() and target.read_bytes() == source.read_bytes():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    shutil.copymode(source, target)


def copy_tree() -> None:
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True
    )
    names = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        copy_file(name)
    for path in SCRATCH.rglob("*"):
        name = str(path.relative_to(SCRATCH))
        if path.is_file() and name not in names and not name.startswith("build/"):
            path.unlink()


def build(tests: list[str], jobs: int) -> str:
    """What went wrong; empty if nothing did."""
    done = run(["ninja", "-C", str(SCRATCH / "build/release"), "-j", str(jobs), *tests])
    return done.stdout[-3000:] if done.returncode else ""


def run_test(test: str, service: str | None) -> tuple[bool, str]:
    """Whether it passed, and the first of its tests that did not."""
    library = SCRATCH / "libs" / test.removesuffix("_test")
    if any(library.glob("tests/*_pgtest.cc")):
        service = "postgres"
    server = ["/usr/bin/python3", f"tests/services/{service}.py", "--"] if service else []
    command = [*server, str(SCRATCH / "build/release/bin" / test), "--gtest_brief=1", "--gtest_fail_fast"]
    try:
        done = run(command, cwd=SCRATCH, timeout=TEST_TIMEOUT_SECS, errors="replace")
    except subprocess.TimeoutExpired:
        return False, f"{test} does not end"
    if done.returncode == 0:
        return True, ""
    failed = re.search(r"\[  FAILED  \] ([\w/]+\.[\w/]+)", done.stdout)
    return False, failed.group(1) if failed else f"{test} crashes ({done.returncode})"


def plant(bug: Bug, jobs: int) -> tuple[bool, str]:
    """Whether a test noticed, and which; else why not."""
    # From the copy, not from the tree, which may change while this runs.
    originals = {SCRATCH / name: (SCRATCH / name).read_bytes() for name in bug.files}
    try:
        patched = run(["patch", "-p1", "--batch", "--forward", "-i", str(bug.path)], cwd=SCRATCH)
        if patched.returncode != 0:
            return False, "THE PATCH NO LONGER APPLIES: " + patched.stdout.strip()
        if error := build(bug.tests, jobs):
            return False, "DOES NOT COMPILE: " + error
        for test in bug.tests:
            passed, name = run_test(test, bug.service)
            if not passed:
                return True, name
        return False, "SURVIVES"
    finally:
        for path, content in originals.items():
            path.write_bytes(content)
            for left in (".orig", ".rej"):
                path.with_name(path.name + left).unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    bugs = [read_bug(path) for path in sorted(Path(__file__).parent.glob("*.patch"))]
    unknown = set(options.names) - {bug.name for bug in bugs}
    if unknown:
        parser.error(f"there is no bug {', '.join(sorted(unknown))}")
    if options.names:
        bugs = [bug for bug in bugs if bug.name in options.names]

    start = time.monotonic()
    copy_tree()
    configured = run(["cmake", "--preset", "release", "--log-level=WARNING"], cwd=SCRATCH)
    if configured.returncode != 0:
        print(configured.stdout)
        return 1
    tests = sorted({(test, bug.service or "") for bug in bugs for test in bug.tests})
    if error := build(sorted({test for test, _ in tests}), options.jobs):
        print(f"the tree does not build:\n{error}")
        return 1
    for test, service in tests:
        passed, name = run_test(test, service)
        if not passed:
            print(f"{name} fails without any bug")
            return 1

    survivors = 0
    for bug in bugs:
        bug_start = time.monotonic()
        noticed, by = plant(bug, options.jobs)
        survivors += not noticed
        took = time.monotonic() - bug_start
        print(f"{'found' if noticed else 'LOST ':5} {took:4.0f} s  {bug.name}: {bug.what}", flush=True)
        print(f"              by {by}" if noticed else f"              {by}", flush=True)
    took = time.monotonic() - start
    print(f"{len(bugs)} bugs, {survivors} not noticed, {took:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
