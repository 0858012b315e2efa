# shellcheck shell=bash
# Sourced by engines.sh: folders, ports, processes and patience, the same for every engine.
#
# An engine lives in $folder/ENGINE: `data` and `port` stay as long as it does, `pid` while it runs, `log` is that of its
# last start. Everything is ended by the number in `pid`, never by a name.

absolute() {
    [[ $1 == /* ]] && printf '%s' "$1" || printf '%s/%s' "$PWD" "$1"
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
shelf=$(absolute "${CARGO_TARGET_DIR:-$root/target}")/engines
folder=$(absolute "${ENGINES_DIR:-$shelf/run}")
patience=${ENGINES_PATIENCE:-120}

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "engines: $*"
    exit 1
}

home_of() {
    printf '%s/%s' "$folder" "$1"
}

port_of() {
    cat "$(home_of "$1")/port"
}

pid_of() {
    local pid
    read -r pid _ <"$(home_of "$1")/pid"
    printf '%s' "$pid"
}

# birth PID: when the process began, which tells it from a later one of the same number. Nothing when it has ended.
birth() {
    local stat fields
    if [[ -d /proc/self ]]; then
        stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
        read -r -a fields <<<"${stat##*) }"
        [[ ${fields[0]} == Z ]] || printf '%s' "${fields[19]}"
    else
        ps -o lstart= -p "$1" 2>/dev/null | tr -d ' \n' || true
    fi
}

# record FILE PID, and later lives FILE: whether that very process still runs.
record() {
    printf '%s %s\n' "$2" "$(birth "$2")" >"$1"
}

lives() {
    local pid born
    [[ -s $1 ]] || return 1
    read -r pid born <"$1"
    [[ -n $born && $(birth "$pid") == "$born" ]]
}

running() {
    lives "$(home_of "$1")/pid"
}

# launch ENGINE COMMAND…: in a process group of its own, so that Ctrl-C ends the script that asked and not the engine.
launch() {
    local home
    home=$(home_of "$1")
    shift
    : >"$home/log"
    (
        set -m
        nohup "$@" >>"$home/log" 2>&1 </dev/null &
        record "$home/pid" "$!"
    )
}

# wait_until CONDITION…: polls until it holds; the deadline is the only thing that depends on time.
wait_until() {
    local deadline=$((SECONDS + patience))
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

has_ended() {
    ! running "$1"
}

# end ENGINE SIGNAL
end() {
    local home pid
    home=$(home_of "$1")
    if running "$1"; then
        pid=$(pid_of "$1")
        kill -s "$2" "$pid" || fail "$1 (pid $pid) is not ours to end"
        if ! wait_until has_ended "$1"; then
            say "$1 did not end within $patience s of $2 and is killed"
            kill -s KILL "$pid"
            wait_until has_ended "$1" || fail "$1 (pid $pid) does not end"
        fi
    fi
    rm -f "$home/pid"
}

# A port that nobody listens on, below those that the system gives to outgoing connections.
free_port() {
    local port
    while port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)); do
        listens "$port" || break
    done
    printf '%s' "$port"
}

listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

logged() {
    grep -qi "$2" "$(home_of "$1")/log"
}

is_root() {
    ((EUID == 0))
}

has() {
    command -v "$1" >/dev/null
}

# require ENGINE…: installs what they need where that is possible, and says what to install where it is not.
require() {
    local missing=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    if is_root && has apt-get; then
        install_packages "${missing[@]}"
        mapfile -t missing < <(missing_packages "$@")
        ((${#missing[@]})) || return 0
    fi
    fail "this machine lacks what $* need: ${missing[*]}
PostgreSQL must be 15 or newer, Java 17 or newer. On Debian or Ubuntu, as root:
    apt-get install --no-install-recommends ${missing[*]}"
}

# hook ENGINE STEP ARGUMENTS…: not every engine has something to do at every step.
hook() {
    ! declare -F "$1_$2" >/dev/null || "$1_$2" "${@:3}"
}

missing_packages() {
    local engine
    for engine in "$@"; do
        "${engine}_missing"
    done
}

# Debian starts what it installs unless a policy forbids it.
install_packages() {
    local policy=/usr/sbin/policy-rc.d ours= status=0
    say "engines: installing $*"
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=yes
    fi
    {
        apt-get -qq update &&
            DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"
    } >&2 || status=$?
    [[ -z $ours ]] || rm -f "$policy"
    ((status == 0)) || say "engines: apt-get failed"
}
