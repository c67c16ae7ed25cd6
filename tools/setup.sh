#!/usr/bin/env bash
# Installs what the build and the tests need and this machine lacks: Debian packages, and pinned
# archives in a cache that all clones share. Everything it may install is a row of tools/pins.txt.
#
# usage: tools/setup.sh [--checks|--bench|--bench-worker]
#        --checks: also clang, clang-tidy and clang-format
#        --bench:  also what "make bench" compares with
#        --bench-worker: also what "make bench-worker" compares with, where cargo is there to build it
#
# It keeps no record of earlier runs: it looks at what is there, which takes less than 0.1 s.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pins=$here/pins.txt
# The same rule is in cmake/Dependencies.cmake.
deps=${TIDEMARK_DEPS:-${XDG_CACHE_HOME:-${HOME:?set HOME or TIDEMARK_DEPS}/.cache}/tidemark}
machine=$(uname -m)

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

kinds='^apt$'
archive_kinds='pip|copy|npm|wheels|modules'
case ${1-} in
  '') ;;
  --checks) kinds='^(apt|checks)$' ;;
  --bench) kinds='^(apt|bench)$' ;;
  --bench-worker) archive_kinds+='|cargo' ;;
  *) die "unknown option $1; usage: tools/setup.sh [--checks|--bench|--bench-worker]" ;;
esac

# A file that is there if the directory is. Directories appear by a rename, so they are whole when
# they appear; this is for the ones that somebody emptied later.
witness() {
  case $1 in
    pyarrow-*) echo pyarrow/__init__.py ;;
    arrow-*) echo lib/libarrow_s3.so ;;
    sqlite-*) echo sqlite3.c ;;
    anvil-*) echo bin/anvil ;;
    node-*) echo bin/node ;;
    cryo-*) echo bin/cryo ;;
    amp_sdk-*) echo node_modules/@edgeandnode/amp/package.json ;;
    *) echo "${1%-*}/__init__.py" ;;  # of kind "wheels"
  esac
}
is_there() { [[ -e $deps/$1/$(witness "$1") ]]; }

# Prints the packages of the wanted kinds that are absent or of another version.
missing_packages() {
  # dpkg-query exits with 1 if it does not know one of the packages.
  { dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' \
      $(awk -v kinds="$kinds" '$1 ~ kinds {print $2}' "$pins") 2>/dev/null || true; } |
    awk -v kinds="$kinds" '
      NR == FNR { if ($1 == "installed") have[$2] = $3; next }
      $1 ~ kinds && index(have[$2], $3) != 1 { print $2 }' - "$pins"
}

# Prints the rows of pins.txt whose directories are absent: kind, directory, package, sha256.
missing_archives() {
  local kind directory package architecture sha256 _
  while read -r kind directory package architecture sha256 _; do
    [[ $kind =~ ^($archive_kinds)$ && $architecture =~ ^(any|$machine)$ ]] || continue
    is_there "$directory" || echo "$kind $directory $package $sha256"
  done <"$pins"
}

python_with_pip() {
  local python
  for python in /usr/bin/python3 python3; do
    if "$python" -m pip --version &>/dev/null; then echo "$python"; return; fi
  done
  return 1
}

# install_packages PACKAGE...
install_packages() {
  local as_root=()
  if ((EUID != 0)); then
    # Without a terminal sudo cannot ask for a password.
    if command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      die "packages are missing and you are not root: have an administrator run" \
          "apt-get install --no-install-recommends $*"
    fi
  fi
  say "Debian packages $*"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
             apt-get -qq -o DPkg::Lock::Timeout=300)
  # A service that a package starts must not inherit the lock, descriptor 9.
  "${apt[@]}" update &>"$scratch/log" 9>&- &&
    "${apt[@]}" install --no-install-recommends "$@" </dev/null &>>"$scratch/log" 9>&- ||
    die "apt-get failed: $(grep -m1 '^E:' "$scratch/log" || tail -n1 "$scratch/log")"
}

# Explains what pip did not do, from its log. pip_failed WHAT
pip_failed() {
  if grep -q 'DO NOT MATCH THE HASHES' "$scratch/log"; then
    die "$1: the archive has sha256 $(awk '$1 == "Got" {print $2; exit}' "$scratch/log")," \
        "which is not the one that is pinned"
  fi
  die "pip could not download $1: $(grep '^ERROR' "$scratch/log" | tail -n1)"
}

# Explains what npm did not do, from its log. npm_failed WHAT
npm_failed() {
  die "npm could not download $1: $(grep -iE -m1 '^npm (ERR!|error) [^c]' "$scratch/log")"
}

# check_file FILE SHA256: a list of packages is as the row says.
check_file() {
  local actual
  actual=$(sha256sum "$here/$1") || die "tools/$1, which tools/pins.txt names, cannot be read"
  [[ ${actual%% *} == "$2" ]] ||
    die "tools/$1 has sha256 ${actual%% *}, tools/pins.txt says $2: whoever changes the file gives" \
        "the row its hash and a new directory name"
}

# install_wheels FILE: the packages that a requirements file pins, into $scratch/new, which is then
# a folder for PYTHONPATH.
install_wheels() {
  local platforms=() tag
  for tag in manylinux_2_28 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${tag}_$machine")
  done
  "$(python_with_pip)" -m pip install --quiet --no-cache-dir --disable-pip-version-check \
    --root-user-action=ignore --no-deps --require-hashes --only-binary=:all: --implementation cp \
    --python-version 3.11 "${platforms[@]}" --requirement "$here/$1" --target "$scratch/new" \
    &>"$scratch/log" || pip_failed "the packages of tools/$1"
}

# install_modules FOLDER: the packages that its package-lock.json pins, into $scratch/new. No package
# runs a program of its own while it is installed.
install_modules() {
  cp "$here/$1/package.json" "$here/$1/package-lock.json" "$scratch/new/"
  (cd "$scratch/new" && npm ci --ignore-scripts --omit=optional --no-audit --no-fund \
    --no-update-notifier --cache "$scratch/npm-cache" </dev/null &>"$scratch/log") ||
    npm_failed "the packages of tools/$1"
}

# The two downloads print the path of the archive, its hash checked.
# download_pip PACKAGE SHA256
download_pip() {
  echo "$1 --hash=sha256:$2" >"$scratch/requirements.txt"
  if ! "$(python_with_pip)" -m pip download --quiet --no-cache-dir --disable-pip-version-check \
      --no-deps --require-hashes --only-binary=:all: --implementation cp --python-version 3.11 \
      --platform "manylinux_2_28_$machine" --requirement "$scratch/requirements.txt" \
      --dest "$scratch/pip" &>"$scratch/log"; then
    pip_failed "$1"
  fi
  echo "$scratch"/pip/*.whl
}

# download_npm PACKAGE SHA256
download_npm() {
  mkdir "$scratch/npm"
  # npm's own cache would be a second copy of the archive.
  if ! (cd "$scratch/npm" && npm pack --loglevel error --ignore-scripts \
      --cache "$scratch/npm-cache" "$1" >/dev/null 2>"$scratch/log"); then
    npm_failed "$1"
  fi
  local archive actual
  archive=$(echo "$scratch"/npm/*.tgz)
  actual=$(sha256sum "$archive")
  [[ ${actual%% *} == "$2" ]] ||
    die "$1: the archive has sha256 ${actual%% *}, tools/pins.txt says $2"
  echo "$archive"
}

# build_crate DIRECTORY PACKAGE SHA256: builds a program, from what its lock file pins, into
# $scratch/new. It takes a quarter of an hour, and gives way to what else runs.
build_crate() {
  local crate=${2/@/-} actual
  local url=https://static.crates.io/crates/${2%@*}/$crate.crate
  command -v cargo >/dev/null || die "$2 is not built, for there is no cargo: https://rustup.rs"
  curl -sSfL -o "$scratch/crate" "$url" 2>"$scratch/log" || die "$url: $(tail -n1 "$scratch/log")"
  actual=$(sha256sum "$scratch/crate")
  [[ ${actual%% *} == "$3" ]] ||
    die "$2: the archive has sha256 ${actual%% *}, tools/pins.txt says $3"
  tar -xzf "$scratch/crate" -C "$scratch" --no-same-owner
  patch -s -p1 -d "$scratch/$crate" <"$here/setup/$1.patch" || die "$2: its lock file is another one"
  nice -n 10 cargo install --quiet --locked --path "$scratch/$crate" --root "$scratch/new" \
    --target-dir "$scratch/target" &>"$scratch/log" ||
    die "cargo could not build $2: $(grep -m1 '^error' "$scratch/log")"
}

# unpack KIND DIRECTORY PACKAGE SHA256: fills $scratch/new
unpack() {
  local archive
  mkdir "$scratch/new"
  case $1 in
    pip)
      archive=$(download_pip "$3" "$4")
      python3 -m zipfile -e "$archive" "$scratch/new"
      ;;
    copy)
      # The C++ part of the wheel, with the symbols hidden that must not meet the system's
      # libraries.
      local wheel=$deps/$3 so
      so=$(echo "$wheel"/pyarrow/libparquet.so.*)
      so=${so##*.}
      mkdir "$scratch/new/lib"
      cp -r "$wheel/pyarrow/include" "$scratch/new/include"
      rm -r "$scratch/new/include/arrow/python"
      cp -r "$wheel"/pyarrow-*.dist-info/licenses "$scratch/new/licenses"
      for library in arrow arrow_s3 parquet; do
        cp "$wheel/pyarrow/lib$library.so.$so" "$scratch/new/lib/"
        ln -s "lib$library.so.$so" "$scratch/new/lib/lib$library.so"
      done
      python3 "$here/setup/hide_symbols.py" "$scratch/new/lib/libparquet.so.$so"
      # Apache-2.0, section 4 (b): a changed file says so.
      echo "libparquet.so.$so: changed by Tidemark. The dynamic symbols of the OpenSSL and the" \
           "simdjson in it are hidden; code and data are as they were." \
           >"$scratch/new/licenses/CHANGES.txt"
      ;;
    npm)
      archive=$(download_npm "$3" "$4")
      case $2 in
        sqlite-*)
          tar -xzf "$archive" -C "$scratch/new" --strip-components=3 --no-same-owner \
            package/deps/sqlite3/sqlite3.c package/deps/sqlite3/sqlite3.h
          ;;
        anvil-*)
          tar -xzf "$archive" -C "$scratch/new" --strip-components=1 --no-same-owner \
            package/bin/anvil
          chmod 755 "$scratch/new/bin/anvil"
          ;;
        node-*)
          tar -xzf "$archive" -C "$scratch/new" --strip-components=1 --no-same-owner \
            package/bin/node package/LICENSE
          chmod 755 "$scratch/new/bin/node"
          ;;
      esac
      ;;
    wheels)
      check_file "$3" "$4"
      install_wheels "$3"
      ;;
    cargo)
      build_crate "$2" "$3" "$4"
      ;;
    modules)
      check_file "$3/package-lock.json" "$4"
      install_modules "$3"
      ;;
  esac
}

[[ $machine =~ ^(x86_64|aarch64)$ ]] ||
  die "unsupported architecture $machine: tools/pins.txt has x86_64 and aarch64"
if ! grep -qsx 'ID=debian' /etc/os-release || ! grep -qx 'VERSION_ID="12"' /etc/os-release; then
  die "this is not Debian 12, the only system whose packages tools/pins.txt names"
fi
if [[ -z $(missing_packages)$(missing_archives) ]]; then
  say "nothing is missing"
  exit
fi

# One at a time: a second run waits for the first, then finds little left to do. The lock goes with
# the process, so a scratch directory that is there now belongs to a run that was killed.
mkdir -p "$deps" 2>/dev/null && [[ -w $deps ]] ||
  die "cannot write to $deps; set TIDEMARK_DEPS to a directory that you can write to"
exec 9>"$deps/.lock"
if ! flock -n 9; then
  say "waiting for another set-up"
  flock 9
fi
rm -rf "$deps"/.scratch-*
scratch=$(mktemp -d "$deps/.scratch-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

packages=$(missing_packages)
archives=$(missing_archives)
# Only a download needs pip and npm, and any that is there already will do.
if [[ $archives =~ (pip|wheels)\  ]] && ! python_with_pip >/dev/null; then packages+=" python3-pip"; fi
if [[ $archives =~ (npm|modules)\  ]] && ! command -v npm >/dev/null; then packages+=" npm"; fi
if [[ -n $packages ]]; then
  # shellcheck disable=SC2086  # one word a package
  install_packages $packages
  packages=$(missing_packages)
  [[ -z $packages ]] || die "not the versions of tools/pins.txt: "$packages
fi

while read -r kind directory package sha256; do
  [[ -n $kind ]] || continue
  say "$directory from $package"
  unpack "$kind" "$directory" "$package" "$sha256"
  [[ -e $scratch/new/$(witness "$directory") ]] ||
    die "$package does not hold what $directory needs"
  if [[ -e $deps/$directory ]]; then mv -T "$deps/$directory" "$scratch/old"; fi
  mv -T "$scratch/new" "$deps/$directory"
  rm -rf "$scratch"/*
done <<<"$archives"
