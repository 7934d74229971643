#!/bin/sh
# Other people's programs as clients of a running service with the demo city: QGIS; a GDAL that is newer than Debian's (from PyPI), which
# asks for coordinate systems; MapLibre's decoder for the browser (from npm). Not part of `make test`.
# Usage: clients.sh. YUTU: the program (release by default). OUT: where logs and pictures go (target/clients).
set -eu
yutu=${YUTU:-$PWD/target/release/yutu}
out=${OUT:-$PWD/target/clients}
mkdir -p "$out"
# Debian's package serves Debian's interpreter, whatever else comes first in the path.
python=''
for one in /usr/bin/python3 python3; do
    if "$one" -c 'import qgis.core' 2>/dev/null; then
        python=$one
        break
    fi
done
[ -n "$python" ] || { echo '缺少 QGIS / QGIS is missing: scripts/packages.sh clients' >&2; exit 1; }
. scripts/demo_service.sh

# A profile of its own: what somebody set in QGIS on this machine does not count, and no answers of an earlier run.
QT_QPA_PLATFORM=offscreen QGIS_CUSTOM_CONFIG_PATH="$var/qgis" XDG_RUNTIME_DIR="$var" HOME="$var" \
    "$python" tests/clients/qgis_client.py "$url" "$out" 2>"$out/qgis.log" || {
    tail -n 20 "$out/qgis.log" >&2
    exit 1
}
python3 -m venv "$out/venv" && "$out/venv/bin/pip" install -q pyogrio==0.13.0 pyproj==3.7.2 shapely==2.2.0
CPL_DEBUG=ON CPL_LOG="$out/gdal.log" "$out/venv/bin/python" tests/clients/gdal_crs.py "$url"
npm install --silent --no-audit --no-fund --prefix "$out/js" @maplibre/mlt@1.3.0 esbuild@0.28.2 >"$out/npm.log" 2>&1 || { cat "$out/npm.log" >&2; exit 1; }
NODE_PATH="$out/js/node_modules" "$out/js/node_modules/.bin/esbuild" tests/clients/mlt_decoder.mjs --bundle --platform=node --format=esm \
    --log-level=warning "--outfile=$out/js/decoder.mjs"
node "$out/js/decoder.mjs" "$url"
