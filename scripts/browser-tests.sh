#!/bin/sh
# The page in a real Chromium: the demo city in a database of its own, served on a free port for as long as the tests run.
set -eu
cargo build --quiet --bin yutu
yutu=$PWD/target/debug/yutu
var=$(mktemp -d)
server=''
finish() {
    status=$?
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }
    [ $status -eq 0 ] || tail -n 40 "$var/serve.log" 2>/dev/null || true
    rm -rf "$var"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

unset DATABASE_URL YUTU_DATABASE_URL
"$yutu" demo "$var/demo" >"$var/demo.log"
"$yutu" import "$var/demo" --city data/cities/demo --data-dir "$var" >"$var/import.log"
"$yutu" serve --city data/cities/demo --data-dir "$var" --listen 127.0.0.1:0 >"$var/serve.log" 2>&1 &
server=$!

# Ready within a minute, or not at all.
ready='const ready = await fetch(process.argv[1] + "/readyz").then((answer) => answer.ok, () => false); process.exit(ready ? 0 : 1)'
url=''
tries=0
until [ -n "$url" ] && node --input-type=module -e "$ready" "$url"; do
    tries=$((tries + 1))
    if [ $tries -gt 200 ] || ! kill -0 "$server" 2>/dev/null; then
        echo 'yutu serve 没有就绪 / yutu serve did not become ready' >&2
        exit 1
    fi
    sleep 0.3
    url=$(sed -n 's/.*listening on \(http:[^ "]*\).*/\1/p' "$var/serve.log" | head -n 1)
done

for browser in "${YUTU_CHROMIUM-}" chromium chromium-browser google-chrome; do
    if [ -n "$browser" ] && command -v "$browser" >/dev/null; then
        YUTU_CHROMIUM=$(command -v "$browser")
        export YUTU_CHROMIUM
        break
    fi
done
YUTU_URL=$url YUTU_PSQL="$yutu psql --data-dir $var --" npm run --silent --prefix web browser
