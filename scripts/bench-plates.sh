#!/bin/sh
# A city of ten million door plates (YUTU_BENCH_DISTRICTS districts of 10,911) as it is served: memory, tiles, windows, changes by psql.
# Takes a quarter of an hour, 12 GB of disk in target/ and 8 GB of memory; ends with nothing left of either. Needs wrk.
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh bench
cargo build --quiet --release --bin yutu
yutu=${YUTU:-target/release/yutu}
unset DATABASE_URL YUTU_DATABASE_URL
room=$(mktemp -d target/plates.XXXXXX)
trap 'rm -rf "$room"' EXIT
trap 'exit 130' INT TERM
echo "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(uname -sr), $(date -u +%F)"
"$yutu" demo "$room/source" >/dev/null
"$yutu" import "$room/source" --data-dir "$room/var" >/dev/null
"$yutu" psql --data-dir "$room/var" -- -q -v ON_ERROR_STOP=1 -v districts="${YUTU_BENCH_DISTRICTS:-917}" -f benches/plates/grow.sql
python3 benches/plates/served.py "$yutu" "$room/var"
