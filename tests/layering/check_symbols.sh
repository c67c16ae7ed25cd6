#!/usr/bin/env bash
# Fails if an archive refers to a symbol of a database: a driver's or the metadata layer's.
#
# usage: check_symbols.sh ARCHIVE
set -euo pipefail

undefined=$(nm -uC "$1")
# An archive without any reference was not read.
[[ $undefined == *tidemark::* ]] || { echo "no symbols were read from $1" >&2; exit 1; }
if found=$(grep -E 'sqlite3_|\bPQ[a-z]|metadata_db' <<<"$undefined"); then
  echo "$1 refers to the database:" >&2
  head -n5 <<<"$found" >&2
  exit 1
fi
