#!/usr/bin/env bash
# Runs the tests, on real engines of their own: installs what is missing, starts PostgreSQL and Kafka (each test starts the
# Redis it wants), and ends them whatever happens. What follows goes to cargo: deploy/test.sh -p ordersystem-order; without
# anything, generated requests (fuzz-api.sh) and a moment of every kind of load (bench.sh smoke) follow.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=engines/common.sh
source "$here/engines/common.sh"

mine=$shelf/test.$$

forget_engines() {
    ENGINES_DIR=$1 "$here/engines.sh" down
    rm -rf "$1"
}

# A run that was killed could not end its engines.
sweep() {
    local left
    for left in "$shelf"/test.*; do
        [[ ! -s $left/owner ]] || lives "$left/owner" || forget_engines "$left"
    done
}

# scope ARGUMENTS…: everything, unless they name packages.
scope() {
    local argument
    for argument in "$@"; do
        case $argument in
            --) break ;;
            -p* | --package | --package=* | --workspace | --all) return ;;
        esac
    done
    echo --workspace
}

begin() {
    "$here/engines.sh" install
    (($#)) || "$here/fuzz-api.sh" 0
    sweep
    mkdir -p "$mine"
    record "$mine/owner" $$
    trap 'forget_engines "$mine"' EXIT
    ENGINES_DIR=$mine "$here/engines.sh" up kafka postgres
}

# url_of VARIABLE
url_of() {
    ENGINES_DIR=$mine "$here/engines.sh" env | sed -n "s/^export $1=//p"
}

begin "$@"
ORDERSYSTEM_TEST_POSTGRES=$(url_of DATABASE_URL)
ORDERSYSTEM_TEST_POSTGRES=${ORDERSYSTEM_TEST_POSTGRES%/*}/postgres
ORDERSYSTEM_TEST_KAFKA=$(url_of KAFKA_BOOTSTRAP_SERVERS)
export ORDERSYSTEM_TEST_POSTGRES ORDERSYSTEM_TEST_KAFKA
cd "$root"
# shellcheck disable=SC2046 # nothing is no argument
cargo test --locked $(scope "$@") "$@"
(($#)) || "$here/fuzz-api.sh"
(($#)) || {
    debug=${CARGO_TARGET_DIR:-$root/target}/debug
    ENGINES_DIR=$mine BINARY=$debug/ordersystem LOADTEST=$debug/loadtest "$here/bench.sh" smoke
}
