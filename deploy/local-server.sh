# shellcheck shell=bash
# Sourced by the scripts beside it: a server of one's own, on a free port and in a folder of its own, that ends with the
# script. Needs bash and curl. BINARY names the program; without it the debug build is made first.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d)
# shellcheck disable=SC2034 # for the scripts that source this
log=$folder/logs/application.log
server=
follower=
url=

finish() {
    local status=$?
    trap - EXIT
    for process in $follower $server; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    if ((status != 0)) && [[ -s $folder/printed ]]; then
        printf '\nThe last the server said:\n' >&2
        tail -n 15 "$folder/printed" >&2
    fi
    rm -rf "$folder"
    exit "$status"
}
trap finish EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# wait_for SECONDS WHAT COMMAND… — polls; the deadline is the only thing that depends on time.
wait_for() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        if [[ -n $server ]] && ! kill -0 "$server" 2>/dev/null; then
            server=
            fail "the server ended while waiting until $what"
        fi
        ((SECONDS < deadline)) || fail "waited in vain until $what"
        sleep 0.1
    done
}

listening() {
    url=$(sed -n 's/^ *API  *\(http[^ ]*\).*/\1/p' "$folder/printed")
    [[ -n $url ]] && curl -s -o /dev/null "$url/actuator/health"
}

# start_server FLAGS…
start_server() {
    binary=${BINARY:-${CARGO_TARGET_DIR:-$root/target}/debug/ordersystem}
    if [[ -z ${BINARY:-} ]]; then
        (cd "$root" && cargo build --quiet --locked)
    fi
    : >"$folder/printed"
    (cd "$folder" && exec "$binary" --host 127.0.0.1 --port 0 "$@" >printed 2>&1) &
    server=$!
    wait_for 60 "the server listens" listening
}

# follow TOPIC: what the server publishes on it from the beginning, into $folder/TOPIC.
follow() {
    "$binary" events tail --url "$url" --topic "$1" --from-beginning >"$folder/$1" 2>/dev/null &
    follower=$!
}

# call METHOD PATH [BODY] — prints the answer; fails on any status but a success.
call() {
    curl -sS --fail-with-body -X "$1" "$url$2" ${3:+-H 'Content-Type: application/json' -d "$3"} ||
        fail "$1 $2"
}

# field NAME — the value of a field in the JSON on standard input.
field() {
    sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

order_status() {
    curl -sS "$url/api/orders/$1" | field status
}

# has_reached ORDER STATUS
has_reached() {
    [[ $(order_status "$1") == "$2" ]]
}
