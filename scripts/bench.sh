#!/bin/sh
# All benchmarks in one run. Real cities first (import, start, memory, questions, tiles beside PostGIS), then the criterion benches.
# Takes about half an hour on two cores; `YUTU_BENCH_CITIES=kaohsiung scripts/bench.sh city` is the shortest useful part.
# Figures are only as good as the machine is idle: the load before and after is printed with them.
set -eu
part=${1-all}
echo "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(uname -sr), $(date -u +%F)"
command -v wrk >/dev/null || echo "wrk is not installed: cached tiles are measured by our own client only"
cargo bench --quiet --bench city
[ "$part" = all ] || exit 0
for bench in spatial tiles gazetteer; do
    cargo bench --quiet --bench "$bench"
done
