#!/bin/sh
# Tiles in one run: Yutu, PostGIS, nginx and Martin, on the same tiles of three real cities (YUTU_BENCH_CITIES for others; `demo` with
# YUTU_BENCH_DEMO_SCALE districts). Installs nginx, wrk and, once, Martin from crates.io into target/ (half an hour on two cores).
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh bench
martin=${YUTU_BENCH_MARTIN-target/bench-tools/bin/martin}
if [ ! -x "$martin" ] && ! cargo install martin --locked --version 1.14.0 --no-default-features --features postgres --root target/bench-tools; then
    echo "Martin 没有装上，不参加比较 / Martin could not be installed and is left out" >&2
fi
YUTU_BENCH_MARTIN=$martin YUTU_BENCH_PARTS=${YUTU_BENCH_PARTS-tiles,serving} YUTU_BENCH_CITIES=${YUTU_BENCH_CITIES-liechtenstein,cambridge-ma,yilan} \
    exec scripts/bench.sh city
