# To be sourced: serves the demo city from a data folder of its own, with what it printed in $out, and ends it when the script ends.
# Needs $yutu (the program) and $out (a folder). Gives $url.
var=$(mktemp -d)
server=''
finish() {
    status=$?
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }
    rm -rf "$var"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM
unset DATABASE_URL YUTU_DATABASE_URL
"$yutu" demo "$var/demo" >"$out/demo.log" 2>&1
"$yutu" import "$var/demo" --city data/cities/demo --data-dir "$var" >"$out/import.log" 2>&1
"$yutu" serve --city data/cities/demo --data-dir "$var" --listen 127.0.0.1:0 >"$out/serve.log" 2>&1 &
server=$!
url=''
tries=0
until [ -n "$url" ] && curl -sf "$url/readyz" >/dev/null; do
    tries=$((tries + 1))
    if [ $tries -gt 200 ] || ! kill -0 "$server" 2>/dev/null; then
        echo 'yutu serve 没有就绪 / yutu serve did not become ready' >&2
        exit 1
    fi
    sleep 0.3
    url=$(sed -n 's/.*listening on \(http:[^ "]*\).*/\1/p' "$out/serve.log" | head -n 1)
done
