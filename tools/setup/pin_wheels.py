#!/usr/bin/env python3
"""Writes a requirements file that pins Python packages and all that they need, by version and hash.

usage: tools/setup/pin_wheels.py PACKAGE==VERSION [PACKAGE...] >tools/setup/NAME.txt

Only wheels for Debian 12's Python 3.11, for both architectures. The row of tools/pins.txt that names
the file gets another directory name and the file's sha256; the next "make setup" installs it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

MACHINES = ("x86_64", "aarch64")


def resolve(machine, packages):
    """Each package's "name==version", and the hash of the wheel that pip takes on that machine."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        platforms = [f"--platform={tag}_{machine}"
                     for tag in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]
        subprocess.run(
            ["/usr/bin/python3", "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
             "--disable-pip-version-check", "--report", report, "--target", folder,
             "--only-binary=:all:", "--implementation=cp", "--python-version=3.11", *platforms,
             *packages], check=True)
        installs = json.loads(report.read_text())["install"]
    return {f"{one['metadata']['name'].lower()}=={one['metadata']['version']}":
            one["download_info"]["archive_info"]["hashes"]["sha256"] for one in installs}


def main(packages):
    if not packages or any(word.startswith("-") for word in packages):
        sys.exit(__doc__)
    hashes = {}
    for machine in MACHINES:
        for pin, sha256 in resolve(machine, packages).items():
            hashes.setdefault(pin, set()).add(sha256)
    print(f"# Made by: tools/setup/pin_wheels.py {' '.join(packages)}")
    for pin in sorted(hashes):
        print(" \\\n    ".join([pin, *(f"--hash=sha256:{one}" for one in sorted(hashes[pin]))]))


if __name__ == "__main__":
    main(sys.argv[1:])
