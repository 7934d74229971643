#!/bin/sh
# OGC's own executable test suites, and two checkers of API descriptions, against a running service with the demo city. Needs Java 17,
# Maven and Python. A suite that cannot be had is a failure, not a pass.
# Usage: conformance.sh. YUTU: the program (release by default). OUT: where reports go (target/conformance).
# SUITES: a folder with the all-in-one jars of the suites, when Maven Central does not have them:
#   ets-ogcapi-features10-*-aio.jar and ets-ogcapi-tiles10-*-aio.jar
set -eu
yutu=${YUTU:-$PWD/target/release/yutu}
out=${OUT:-$PWD/target/conformance}
suites=${SUITES:-}
features=${FEATURES_SUITE:-org.opengis.cite:ets-ogcapi-features10:1.7.1:jar:aio}
tiles=${TILES_SUITE:-org.opengis.cite:ets-ogcapi-tiles10:1.0:jar:aio}
for tool in java mvn curl; do
    command -v $tool >/dev/null || { echo "缺少 $tool / $tool is missing" >&2; exit 1; }
done
mkdir -p "$out/suites"

fetch() {
    name=$(echo "$1" | cut -d: -f2)
    found=$(ls "${suites:-$out/suites}"/"$name"-*.jar 2>/dev/null | head -n 1)
    if [ -z "$found" ]; then
        mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy "-Dartifact=$1" "-DoutputDirectory=$out/suites" >"$out/$name.maven.log" 2>&1 || {
            echo "Maven 中央仓库没有 $1（日志：$out/$name.maven.log）。请自行构建该测试套件，并以 SUITES=文件夹 指明其 -aio.jar /" >&2
            echo "Maven Central does not have $1 (log: $out/$name.maven.log). Build the suite and name the folder of its -aio.jar with SUITES=" >&2
            return 1
        }
        found=$(ls "$out/suites/$name"-*.jar | head -n 1)
    fi
    echo "$found"
}
failed=no
features_jar=$(fetch "$features") || failed=yes
tiles_jar=$(fetch "$tiles") || failed=yes

. scripts/demo_service.sh

run() {
    name=$1 jar=$2
    shift 2
    rm -rf "${out:?}/$name" && mkdir -p "$out/$name"
    {
        echo '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd"><properties version="1.0">'
        for entry in "$@"; do
            echo "<entry key=\"${entry%%=*}\">$(echo "${entry#*=}" | sed 's/&/\&amp;/g')</entry>"
        done
        echo '</properties>'
    } >"$out/$name/arguments.xml"
    java -jar "$jar" -o "$out/$name" "$out/$name/arguments.xml" >"$out/$name/log" 2>&1 || echo "java: $?" >>"$out/$name/log"
    python3 scripts/conformance_results.py "$name" "$out/$name" "$out/$name-skipped.txt"
}
# A tile with something in it: the middle of what the limits allow.
limits=$(curl -sf "$url/ogc/tiles/WebMercatorQuad?f=json" | python3 -c 'import json,sys; l=json.load(sys.stdin)["tileMatrixSetLimits"][14]; print((l["minTileRow"]+l["maxTileRow"])//2, (l["minTileCol"]+l["maxTileCol"])//2)')
row=${limits% *} column=${limits#* }
# Two checkers of descriptions from PyPI, one of OpenAPI, one of what the OGC asks of it.
python3 -m venv "$out/venv" && "$out/venv/bin/pip" install -q openapi-spec-validator==0.9.0 ogcapi-registry==0.4.0
curl -sf "$url/ogc/api" >"$out/api.json"
curl -sf "$url/ogc/conformance?f=json" >"$out/conformance.json"
"$out/venv/bin/openapi-spec-validator" "$out/api.json" || failed=yes
"$out/venv/bin/python" - "$out/api.json" "$out/conformance.json" <<'CHECK' || failed=yes
import json, sys
from ogcapi_registry import parse_conformance_classes, validate_ogc_api
api, conformance = (json.load(open(name)) for name in sys.argv[1:])
result = validate_ogc_api(api, parse_conformance_classes(conformance["conformsTo"]))
print("ogcapi-registry:", "OK" if result.is_valid else result.errors)
sys.exit(not result.is_valid)
CHECK
[ -z "$features_jar" ] || run features "$features_jar" "iut=$url/ogc" "noofcollections=-1" || failed=yes
[ -z "$tiles_jar" ] || run tiles "$tiles_jar" "iut=$url/ogc" "tilematrixsetdefinitionuri=http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad" \
    "urltemplatefortiles=$url/ogc/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}?f=mvt" "tilematrix=14" \
    "mintilerow=$row" "maxtilerow=$row" "mintilecol=$column" "maxtilecol=$column" || failed=yes
[ $failed = no ]
