#!/bin/sh
# Search in one run: Yutu, addok and Nominatim on the same addresses and questions. Installs Redis, osm2pgsql and wrk, and, once, the two
# from PyPI into target/bench-tools. About ten minutes; most of it is the two being asked. Needs YUTU_REAL_DATA (Liechtenstein).
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh peers
tools=${YUTU_BENCH_TOOLS-target/bench-tools}
# name version-of-everything...: a virtual environment of its own, since the two want different versions of the same things.
virtual() {
    [ -x "$tools/$1/bin/gunicorn" ] && return 0
    python3 -m venv "$tools/$1" || return 0
    name=$1
    shift
    "$tools/$name/bin/pip" install -q "$@" || {
        rm -rf "${tools:?}/$name"
        echo "$name 没有装上，不参加比较 / $name could not be installed and is left out" >&2
    }
}
mkdir -p "$tools"
virtual addok addok==1.3.2 gunicorn==27.0.1
virtual nominatim nominatim-db==5.3.3 nominatim-api==5.3.3 falcon==4.4.0 'uvicorn[standard]==0.54.0' gunicorn==27.0.1
echo "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(uname -sr), $(date -u +%F)"
YUTU_BENCH_TOOLS=$(realpath "$tools") exec cargo bench --quiet --bench geocoders
