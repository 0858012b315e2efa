#!/usr/bin/env bash
# Runs the tests, on real engines of their own: installs what is missing, starts PostgreSQL and Kafka (each test starts the
# Redis it wants), and ends them whatever happens. What follows goes to cargo: deploy/test.sh -p ordersystem-order; without
# anything, the short forms of the long programmes come after the tests.
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

# Only tests may know where the engines are: a server takes every ORDERSYSTEM_… for a setting.
unset ORDERSYSTEM_TEST_POSTGRES ORDERSYSTEM_TEST_KAFKA

# on_engines COMMAND…
on_engines() {
    local postgres
    postgres=$(url_of DATABASE_URL)
    ORDERSYSTEM_TEST_POSTGRES=${postgres%/*}/postgres ORDERSYSTEM_TEST_KAFKA=$(url_of KAFKA_BOOTSTRAP_SERVERS) "$@"
}

# What tries more than a test can think of: a simulated shop among faults, kills and races on real engines, requests that
# nobody thought of, and a moment of every kind of load.
programmes() {
    local debug=${CARGO_TARGET_DIR:-$root/target}/debug
    cargo test --locked --profile simulation -p ordersystem-simulation --features seeded-bugs
    on_engines cargo test --locked -p ordersystem --features torture --test torture
    "$here/fuzz-api.sh"
    ENGINES_DIR=$mine BINARY=$debug/ordersystem LOADTEST=$debug/loadtest "$here/bench.sh" smoke
}

begin "$@"
cd "$root"
# shellcheck disable=SC2046 # nothing is no argument
on_engines cargo test --locked $(scope "$@") "$@"
(($#)) || programmes
