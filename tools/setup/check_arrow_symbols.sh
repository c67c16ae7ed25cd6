#!/usr/bin/env bash
# Fails if a library of the first group exports a symbol that one of the second exports too: in one
# process the loader would bind callers of both to whichever was loaded first.
#
# usage: check_arrow_symbols.sh LIBRARY... -- SYSTEM_LIBRARY...
set -euo pipefail

# Prints the names that a library exports, without what every C++ library has copies of: templates
# and type information of the standard library, which are alike by the ABI.
exported() {
  readelf --dyn-syms --wide "$@" |
    awk '$7 != "UND" && $6 == "DEFAULT" && ($5 == "GLOBAL" || $5 == "WEAK" || $5 == "UNIQUE") {
      sub(/@.*/, "", $8); print $8 }' |
    grep -vE '^_Z(T[ISV])?(N?K?S[absdiot]|N9__gnu_cxx|NK?9__gnu_cxx)' | sort -u
}

libraries=()
while [[ $# -gt 0 && $1 != -- ]]; do
  libraries+=("$1")
  shift
done
shift
system=$(exported "$@")
ours=$(exported "${libraries[@]}")
# An empty list would agree with anything: libcrypto alone exports thousands.
[[ $(wc -l <<<"$system") -gt 1000 && $(wc -l <<<"$ours") -gt 1000 ]] ||
  { echo "too few symbols were read to compare: ${libraries[*]} -- $*" >&2; exit 1; }

both=$(comm -12 <(echo "$ours") <(echo "$system"))
if [[ -n $both ]]; then
  echo "$(wc -l <<<"$both") symbols are exported by both groups of libraries, the first:" >&2
  head -n5 <<<"$both" >&2
  exit 1
fi
