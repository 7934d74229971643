#!/bin/sh
# Installs the system packages that are missing, after printing their list. Usage: packages.sh run|test|clients|bench|peers
# (run: to build and serve; test: that and what the tests need; clients, bench, peers: to build and serve, and the programs of
# `make clients`, `make bench` or `make bench-gazetteer`).
# The list is packages.txt.
set -eu
table=$(dirname "$0")/packages.txt
stage=${1-run}

# Whether the thing itself is there, wherever it came from.
there() {
    case $1 in
    compiler) command -v cc >/dev/null && command -v c++ >/dev/null && command -v make >/dev/null ;;
    pkg-config) command -v pkg-config >/dev/null ;;
    gdal-dev) pkg-config --exists gdal 2>/dev/null ;;
    proj-dev) pkg-config --exists proj 2>/dev/null ;;
    postgis)
        for control in /usr/share/postgresql/*/extension/postgis.control /usr/share/pgsql/extension/postgis.control \
            /usr/share/postgresql*/extension/postgis.control /usr/pgsql-*/share/extension/postgis.control "${YUTU_PG_BINDIR:-/nowhere}/initdb"; do
            [ -e "$control" ] && return 0
        done
        return 1 ;;
    proj-data) [ -e /usr/share/proj/proj.db ] || [ -e "${PROJ_DATA:-/nowhere}/proj.db" ] || [ -e /usr/local/share/proj/proj.db ] ;;
    setpriv) command -v setpriv >/dev/null ;;
    ogr2ogr) command -v ogr2ogr >/dev/null ;;
    owslib) /usr/bin/python3 -c 'import owslib' 2>/dev/null || python3 -c 'import owslib' 2>/dev/null ;;
    qgis) /usr/bin/python3 -c 'import qgis.core' 2>/dev/null || python3 -c 'import qgis.core' 2>/dev/null ;;
    qgis-providers) [ -n "$(ls /usr/lib/qgis/plugins/*provider_wfs* /usr/lib64/qgis/plugins/*provider_wfs* /usr/lib/*/qgis/plugins/*provider_wfs* 2>/dev/null)" ] ;;
    wrk) command -v wrk >/dev/null ;;
    redis) command -v redis-server >/dev/null ;;
    osm2pgsql) command -v osm2pgsql >/dev/null ;;
    venv) python3 -c 'import ensurepip' 2>/dev/null ;;
    nginx) [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null ;;
    cjk-fonts) command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family 2>/dev/null)" ] ;;
    chromium)
        [ -n "${YUTU_CHROMIUM-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ;;
    *) return 1 ;;
    esac
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

debian='' fedora='' alpine=''
while read -r when what deb rpm apk; do
    case $when in
    '#'* | '') continue ;;
    test | clients | bench | peers) [ "$stage" = "$when" ] || continue ;;
    esac
    there "$what" && continue
    if command -v dpkg-query >/dev/null && installed "$deb"; then continue; fi
    debian="$debian $deb" fedora="$fedora $(echo "$rpm" | tr , ' ')" alpine="$alpine $(echo "$apk" | tr , ' ')"
done <"$table"

fail=no
if ! command -v cargo >/dev/null; then
    echo "缺少 Rust：请安装 rustup / Rust is missing: install rustup (https://rustup.rs)" >&2
    fail=yes
fi
node_version=$(node --version 2>/dev/null || echo v0.0)
major=${node_version#v} rest=${node_version#*.}
major=${major%%.*} minor=${rest%%.*}
if [ "$major" -lt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -lt 19 ]; }; then
    echo "需要 Node 20.19 或更新（现在：$node_version）/ Node 20.19 or later is needed (found: $node_version)" >&2
    fail=yes
fi
[ $fail = no ] || exit 1
[ -n "$debian" ] || exit 0

if ! command -v apt-get >/dev/null; then
    {
        echo "缺少以下软件，请自行安装 / These are missing; please install them:"
        echo "  Debian, Ubuntu: apt-get install$debian"
        echo "  Fedora:         dnf install$fedora   (未经验证 / not tried)"
        echo "  Alpine:         apk add$alpine   (未经验证 / not tried)"
    } >&2
    exit 1
fi

echo "将安装以下软件包 / These packages will be installed:$debian"
as_root=''
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "没有 sudo，请以 root 运行 / There is no sudo; run as root:  apt-get install$debian" >&2
        exit 1
    fi
    as_root=sudo
fi
# A fresh machine has no package lists, an old one has stale ones: refresh once.
$as_root apt-get -q update
wanted=''
for package in $debian; do
    case $(apt-cache policy "$package" 2>/dev/null) in
    *'Candidate: (none)'* | '') missing=yes ;;
    *) missing=no ;;
    esac
    # On Ubuntu the package is an empty one that asks for a snap, which a browser test cannot drive everywhere.
    if [ "$package" = chromium ] && { [ $missing = yes ] || grep -qs '^ID=ubuntu' /etc/os-release; }; then
        echo "Ubuntu 的 chromium 只有 snap：请 snap install chromium，或用 YUTU_CHROMIUM=路径 指定浏览器 /" \
            "Ubuntu has chromium only as a snap: run 'snap install chromium', or name a browser with YUTU_CHROMIUM=path" >&2
        continue
    fi
    if [ $missing = yes ]; then
        echo "软件源里没有 $package / $package is not in the package sources of this system" >&2
        exit 1
    fi
    wanted="$wanted $package"
done
[ -n "$wanted" ] || exit 0
# shellcheck disable=SC2086 # a list of names
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $wanted
