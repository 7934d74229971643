#!/bin/sh
# All checks and tests in the order in which they fail fastest; prints at the end where the time went.
set -eu
times=$(mktemp)
finish() {
    status=$?
    echo
    cat "$times"
    rm -f "$times"
    [ $status -eq 0 ] && echo "全部通过 / all passed" || echo "失败 / failed ($status)"
    exit $status
}
trap finish EXIT

stage() {
    name=$1
    shift
    echo "== $name"
    begin=$(date +%s)
    status=0
    "$@" || status=$?
    seconds=$(($(date +%s) - begin))
    if [ $status -eq 0 ]; then word=ok; else word=FAILED; fi
    printf '%6d s  %-6s  %s\n' "$seconds" "$word" "$name" | tee -a "$times"
    return $status
}

stage 'packages' scripts/packages.sh test
stage 'page: dependencies' "${MAKE:-make}" -s web/node_modules/.package-lock.json
stage 'page: lint and types' npm run --silent --prefix web lint
stage 'page: unit tests' npm run --silent --prefix web test
stage 'page: build' "${MAKE:-make}" -s web/dist/index.html
stage 'cargo fmt --check' cargo fmt --check
stage 'cargo clippy' cargo clippy --quiet --all-targets -- -D warnings
stage 'cargo test: build' cargo test --quiet --no-run
stage 'cargo test: run' cargo test --quiet
stage 'browser tests' scripts/browser-tests.sh
