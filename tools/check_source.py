#!/usr/bin/env python3
"""Checks of the source tree that no compiler makes. Prints one line a finding; exits 1 if there is any.

usage: tools/check_source.py [ROOT]
"""

import re
import sys
from pathlib import Path

# Where the headers of a driver begin. Which libraries may include them follows from the DRIVERS of
# their row in cmake/Layers.cmake: many of these headers lie in the system's include folder, where
# every target finds them, so the include roots alone do not stop them.
DRIVER_HEADERS = {
    "tidemark_sqlite3": ("sqlite3",),
    "PostgreSQL::PostgreSQL": ("libpq", "postgresql/", "pg_config"),
    "Arrow::arrow": ("arrow/",),
    "Arrow::s3": ("arrow/",),
    "Parquet::parquet": ("parquet/",),
    "Boost::headers": ("boost/",),
    "CURL::libcurl": ("curl/",),
    "OpenSSL::SSL": ("openssl/",),
    "OpenSSL::Crypto": ("openssl/",),
    "simdjson::simdjson": ("simdjson",),
    "tomlplusplus::tomlplusplus": ("toml++/",),
    "CLI11::CLI11": ("CLI/",),
}
APP_DRIVERS = ("toml++/", "CLI/", "simdjson")
TEST_ONLY_HEADERS = ("gtest/", "gmock/", "rapidcheck", "nlohmann/", "benchmark/")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
ERRORS_LINE = re.compile(r"///.*\bErrors\b[^\n]*(?:\n\s*///[^\n]*)*")
CODE = re.compile(r"(?<![:\w])k[A-Z][A-Za-z]*")  # Not another enumeration's: IfExists::kFail.
MARK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")


def layers(root):
    """The rows of cmake/Layers.cmake: library name -> its drivers."""
    text = (root / "cmake/Layers.cmake").read_text()
    rows = {}
    for row in re.findall(r"^tidemark_layer\(([^)]*)\)", text, re.MULTILINE):
        name, *words = row.split()
        rows[name] = words[words.index("DRIVERS") + 1 :] if "DRIVERS" in words else []
    return rows


def sources(root):
    for top in ("libs", "apps", "tests"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path


def library_of(path, root):
    """Name of the library that a file belongs to, or None for apps and tests."""
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "libs" else None


def is_test(path, root):
    return "tests" in path.relative_to(root).parts


def check_includes(path, root, rows, text):
    library = library_of(path, root)
    for header in INCLUDE.findall(text):
        if ".." in header.split("/"):
            yield f"includes {header}: a relative path passes every layer"
        if is_test(path, root):
            continue
        if header.startswith(TEST_ONLY_HEADERS):
            yield f"includes {header}: for tests only"
        for driver, prefixes in DRIVER_HEADERS.items():
            if not header.startswith(prefixes):
                continue
            owners = [name for name, drivers in rows.items() for other in drivers
                      if prefixes == DRIVER_HEADERS.get(other)]
            if library is None and header.startswith(APP_DRIVERS):
                continue
            if library not in owners:
                yield f"includes {header}: only {', '.join(sorted(set(owners))) or 'nobody'} may"
            break


def check_error_codes(text, codes):
    """An Errors: comment may name only codes that there are."""
    for comment in ERRORS_LINE.findall(text):
        for code in CODE.findall(comment):
            if code not in codes:
                yield f"names {code} among its errors, which is no ErrorCode"


def check_libraries(root, rows):
    """The folders, the table of layers and the table of ARCHITECTURE.md name the same libraries."""
    folders = {path.name for path in (root / "libs").iterdir() if path.is_dir()}
    for name in sorted(folders ^ set(rows)):
        yield f"cmake/Layers.cmake: {name} is not both a row and a folder of libs/"
    for name in sorted(folders):
        header = root / f"libs/{name}/include/tidemark/{name}/{name}.h"
        if not header.exists():
            yield f"libs/{name}: has no {name}.h to read first"
        elif not header.read_text().startswith("//"):
            yield f"libs/{name}: {name}.h does not say first what belongs there"
    text = (root / "ARCHITECTURE.md").read_text()
    listed = set(re.findall(r"^\| `(?:libs/)?([a-z_0-9]+)` \|", text, re.MULTILINE))
    for name in sorted(folders ^ listed):
        yield f"ARCHITECTURE.md: its table and libs/ differ in {name}"


def check(root):
    rows = layers(root)
    result_h = (root / "libs/base/include/tidemark/base/result.h").read_text()
    codes = set(re.findall(r"^  (k[A-Z]\w*),", result_h, re.MULTILINE))
    yield from check_libraries(root, rows)
    for path in sources(root):
        text = path.read_text()
        name = path.relative_to(root)
        if path.suffix == ".h" and "#pragma once" not in text:
            yield f"{name}: has no #pragma once"
        if mark := MARK.search(text):
            yield f"{name}: {mark.group(1)} without the number of an issue"
        for finding in check_includes(path, root, rows, text):
            yield f"{name}: {finding}"
        for finding in check_error_codes(text, codes):
            yield f"{name}: {finding}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    findings = list(check(root))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
