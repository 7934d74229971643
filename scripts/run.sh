#!/bin/sh
# Imports a city once and serves it. Usage: run.sh CITY DATA PORT VAR; the program is $YUTU.
# The demo city is generated first; any other needs DATA the first time.
set -eu
city=$1 data=$2 port=$3 var=$4
pack=data/cities/$city
imported=$var/imported/$city

if [ ! -e "$pack/city.toml" ]; then
    echo "没有城市包 $pack / There is no city pack $pack. 现有 / There are: $(ls data/cities 2>/dev/null | tr '\n' ' ')" >&2
    exit 2
fi
if [ -z "$data" ] && [ "$city" = demo ]; then
    data=$var/demo
    if [ ! -d "$data" ]; then
        rm -rf "$data.new"
        mkdir -p "$var"
        "$YUTU" demo "$data.new"
        mv "$data.new" "$data"
    fi
fi
# What a database elsewhere holds is not known here; importing the same files again changes nothing.
if [ ! -e "$imported" ] || [ -n "${DATABASE_URL-}${YUTU_DATABASE_URL-}" ]; then
    if [ -z "$data" ]; then
        echo "请给出源数据文件夹 / Name the folder of the source files: make run CITY=$city DATA=..." >&2
        exit 2
    fi
    "$YUTU" import "$data" --city "$pack" --data-dir "$var"
    mkdir -p "$var/imported"
    : >"$imported"
fi
exec "$YUTU" serve --city "$pack" --data-dir "$var" --listen "127.0.0.1:$port"
