#!/bin/sh
# A city of ten million door plates (YUTU_BENCH_DISTRICTS districts of 10,911) as it is served: memory, tiles, windows, changes by psql.
# Takes ten minutes, 9 GB of disk in target/ and 8 GB of memory with the database; ends with nothing left of either. Needs wrk.
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh bench
cargo build --quiet --release --bin yutu
yutu=${YUTU:-target/release/yutu}
districts=${YUTU_BENCH_DISTRICTS:-917}
unset DATABASE_URL YUTU_DATABASE_URL
room=$(mktemp -d target/plates.XXXXXX)
trap 'rm -rf "$room"' EXIT
trap 'exit 130' INT TERM
echo "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(uname -sr), $(date -u +%F)"
sql() {
    "$yutu" psql --data-dir "$room/var" -- -q -v ON_ERROR_STOP=1 "$@"
}
"$yutu" demo "$room/source" >/dev/null
"$yutu" import "$room/source" --data-dir "$room/var" >"$room/import.log" 2>&1 || {
    cat "$room/import.log" >&2
    exit 1
}
# The index is made at once at the end, as an import into an empty layer does.
sql -c 'DROP INDEX door_plates_geom_idx'
sql -v first=1 -v last=$((districts / 2)) -f benches/plates/grow.sql &
half=$!
sql -v first=$((districts / 2 + 1)) -v last=$((districts - 1)) -f benches/plates/grow.sql
wait $half
sql -c 'CREATE INDEX door_plates_geom_idx ON door_plates USING gist (geom)' -c 'ANALYZE door_plates'
python3 benches/plates/served.py "$yutu" "$room/var"
