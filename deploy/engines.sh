#!/usr/bin/env bash
# Throw-away PostgreSQL, Redis and Apache Kafka on free loopback ports, without Docker.
#
#   deploy/engines.sh install [ENGINE…]     sees to it that they could be started
#   deploy/engines.sh up [ENGINE…]          starts what does not run yet and waits until it answers
#   deploy/engines.sh down [ENGINE…]        ends them and forgets their data
#   deploy/engines.sh status                says what runs, and where
#   deploy/engines.sh env                   prints the variables that lead the server to them: eval "$(deploy/engines.sh env)"
#   deploy/engines.sh stop|kill [ENGINE…]   ends them, well or at once; the data stays
#   deploy/engines.sh start [ENGINE…]       starts them again: same port, same data
#   deploy/engines.sh kafka-topics|kafka-console-consumer|kafka-console-producer|kafka-consumer-groups ARGUMENTS…
#
# ENGINE is postgres, redis or kafka; none is all. They live in ENGINES_DIR (target/engines/run), one set per folder. What
# is missing is installed (root on Debian or Ubuntu) or named. ENGINES_PATIENCE (120) is how many seconds a start may take.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=engines/common.sh
source "$here/engines/common.sh"
# shellcheck source-path=SCRIPTDIR source=engines/postgres.sh
source "$here/engines/postgres.sh"
# shellcheck source-path=SCRIPTDIR source=engines/redis.sh
source "$here/engines/redis.sh"
# shellcheck source-path=SCRIPTDIR source=engines/kafka.sh
source "$here/engines/kafka.sh"

all=(kafka postgres redis)

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$here/engines.sh"
}

# choose ENGINE…: sets those that the command is about.
choose() {
    local engine
    engines=("${@:-${all[@]}}")
    for engine in "${engines[@]}"; do
        [[ " ${all[*]} " == *" $engine "* ]] || fail "there is no engine '$engine'; there are ${all[*]}"
    done
}

# The data folder, its user and its port; what a failed attempt left behind goes first.
create() {
    local home status
    home=$(home_of "$1")
    [[ ! -e $home/created ]] || return 0
    forget "$1"
    mkdir -p "$home"
    free_port >"$home/port"
    set +e
    (
        set -e
        "$1_create" "$home"
    ) >"$home/log" 2>&1
    status=$?
    set -e
    ((status == 0)) || give_up "$1" "has no data folder"
    touch "$home/created"
}

forget() {
    local home
    home=$(home_of "$1")
    [[ -d $home ]] || return 0
    hook "$1" remove
    rm -rf "$home"
}

run() {
    running "$1" || ("$1_launch")
}

answers_or_ended() {
    local line=$1_ready
    logged "$1" "${!line}" || ! running "$1"
}

# await ENGINE: until it answers.
await() {
    wait_until answers_or_ended "$1" || give_up "$1" "did not answer within $patience s"
    running "$1" || give_up "$1" "ended while it started"
}

# settle ENGINE: the same; when somebody took its port meanwhile, it moves to another.
settle() {
    local tries=3
    while ((--tries)) && wait_until answers_or_ended "$1" && ! running "$1" && logged "$1" 'address already in use'; do
        free_port >"$(home_of "$1")/port"
        run "$1"
    done
    await "$1"
}

give_up() {
    say "engines: $1 $2; the last of its log:"
    tail -n 30 "$(home_of "$1")/log" | sed 's/^/    /' >&2
    end "$1" KILL
    exit 1
}

install() {
    local engine
    require "${engines[@]}"
    for engine in "${engines[@]}"; do hook "$engine" fetch; done
}

up() {
    local engine
    install
    for engine in "${engines[@]}"; do
        create "$engine"
        run "$engine"
    done
    for engine in "${engines[@]}"; do settle "$engine"; done
    say "engines: ${engines[*]} answer after $SECONDS s"
}

start() {
    local engine
    for engine in "${engines[@]}"; do
        [[ -e $(home_of "$engine")/created ]] || fail "$engine was never up in $folder"
        run "$engine"
    done
    for engine in "${engines[@]}"; do await "$engine"; done
}

# halt HOW: by the signal for stop or kill.
halt() {
    local engine signal
    for engine in "${engines[@]}"; do
        signal=${engine}_$1
        end "$engine" "${!signal}"
    done
}

down() {
    local engine
    halt kill
    for engine in "${engines[@]}"; do forget "$engine"; done
    rmdir "$folder" 2>/dev/null || true
}

status() {
    local engine
    for engine in "${engines[@]}"; do
        if running "$engine"; then
            printf '%-9s running  127.0.0.1:%s  pid %s\n' "$engine" "$(port_of "$engine")" "$(pid_of "$engine")"
        elif [[ -e $(home_of "$engine")/created ]]; then
            printf '%-9s stopped  its data is in %s\n' "$engine" "$(home_of "$engine")"
        else
            printf '%-9s absent\n' "$engine"
        fi
    done
}

env_of_running() {
    local engine found=
    for engine in "${engines[@]}"; do
        if running "$engine"; then
            "${engine}_env"
            found=yes
        fi
    done
    [[ -n $found ]] || fail "nothing runs in $folder; start it by: deploy/engines.sh up"
}

command=${1:-}
shift || true
case $command in
    kafka-*)
        kafka_tool "$command" "$@"
        exit
        ;;
    '' | help | -h | --help)
        usage
        exit
        ;;
esac
choose "$@"
case $command in
    install | up | down | status | start) "$command" ;;
    stop | kill) halt "$command" ;;
    env) env_of_running ;;
    *)
        usage >&2
        exit 2
        ;;
esac
