#!/usr/bin/env bash
# Measures the server with apps/loadtest, on engines of its own.
#
#   deploy/bench.sh report [FLAGS…]        every scenario and reference in both worlds; release build
#   deploy/bench.sh compare A B [FLAGS…]   two sides in turns; a side is a commit or a setting such as store.writers=4
#   deploy/bench.sh smoke [FLAGS…]         every scenario in both worlds for a moment: does it still work? debug build
#
# FLAGS are those of `loadtest run`. What is measured is written to target/bench/. With ENGINES_DIR the engines of that
# folder are taken, started if need be and left running. BINARY and LOADTEST name programs for smoke that are built already.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=engines/common.sh
source "$here/engines/common.sh"

target=$(absolute "${CARGO_TARGET_DIR:-$root/target}")
bench=$target/bench
# A folder of its own, so that no server with an empty handler is ever found where releases are.
build=$bench/build
tree=$bench/tree.$$

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$here/bench.sh"
}

finish() {
    [[ -z ${own_engines:-} ]] || ENGINES_DIR=$own_engines "$here/engines.sh" down
    [[ ! -d $tree ]] || git -C "$root" worktree remove --force "$tree"
}
trap finish EXIT

with_engines() {
    if [[ -z ${ENGINES_DIR:-} ]]; then
        own_engines=$shelf/bench.$$
        export ENGINES_DIR=$own_engines
    fi
    "$here/engines.sh" up
    eval "$("$here/engines.sh" env)"
}

release() {
    (cd "$root" && CARGO_TARGET_DIR=$build cargo build --release --locked "$@")
}

report() {
    release -p ordersystem --features load-reference
    release -p ordersystem-loadtest
    with_engines
    "$build/release/loadtest" run --server "$build/release/ordersystem" --world embedded,full --out "$bench/report" "$@"
}

# side TEXT: a setting as it is; the binary of a commit, built from a tree of its own unless it is there already.
side() {
    local commit binary
    if [[ $1 == *=* ]]; then
        printf '%s' "$1"
        return
    fi
    commit=$(git -C "$root" rev-parse --short --verify "$1^{commit}") || fail "$1 is neither a commit nor a setting"
    binary=$bench/bin/ordersystem-$commit
    if [[ ! -x $binary ]]; then
        git -C "$root" worktree add --quiet --detach "$tree" "$commit"
        (cd "$tree" && CARGO_TARGET_DIR=$build cargo build --release --locked -p ordersystem) >&2
        mkdir -p "$bench/bin"
        cp "$build/release/ordersystem" "$binary"
        git -C "$root" worktree remove --force "$tree"
    fi
    printf '%s' "$binary"
}

compare() {
    local before after
    (($# >= 2)) || fail "compare what? deploy/bench.sh compare A B"
    before=$(side "$1")
    after=$(side "$2")
    shift 2
    release -p ordersystem
    release -p ordersystem-loadtest
    with_engines
    "$build/release/loadtest" compare "$before" "$after" --server "$build/release/ordersystem" --out "$bench/compare" "$@"
}

# On a machine that builds something else meanwhile an order may take longer than a customer would wait.
smoke() {
    [[ -n ${BINARY:-} ]] || (cd "$root" && cargo build --quiet --locked)
    [[ -n ${LOADTEST:-} ]] || (cd "$root" && cargo build --quiet --locked -p ordersystem-loadtest)
    with_engines
    "${LOADTEST:-$target/debug/loadtest}" run --server "${BINARY:-$target/debug/ordersystem}" --world embedded,full \
        --set http.command-timeout-seconds=60 --reference null,pgbench,redis --connections 8 --runs 1 --seconds 0.5 --warm-up 0.1 --orders 100 --heap 100 \
        --out "$bench/smoke" "$@"
}

command=${1:-}
shift || true
case $command in
    report | compare | smoke) "$command" "$@" ;;
    '' | help | -h | --help) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
