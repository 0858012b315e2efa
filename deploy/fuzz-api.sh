#!/usr/bin/env bash
# Sends requests that nobody thought of, valid and invalid ones, to a server of its own, and holds every answer against the
# server's OpenAPI document. A wrong answer is printed with the curl command that repeats it.
#
#   deploy/fuzz-api.sh [CASES]      at least so many requests (10000); 0 only sees to it that there could be some
#
# SEED chooses the requests. Needs Python 3.11 with venv (installed when it is missing: root on Debian or Ubuntu) and, the
# first time, PyPI.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=engines/common.sh
source "$here/engines/common.sh"
# shellcheck source-path=SCRIPTDIR source=local-server.sh
source "$here/local-server.sh"

cases=${1:-10000}
seed=${SEED:-1}
tools=$(absolute "${CARGO_TARGET_DIR:-$root/target}")/fuzz-api
wanted=$here/fuzz-api/requirements.txt
# A round's requests are chosen by its seed. Of its examples per call come about eighteen times as many requests, and a
# thousand that are always the same.
most_per_round=10000

has_python() {
    python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

need_python() {
    has_python || ! is_root || ! has apt-get || install_packages python3 python3-venv || true
    has_python || fail "schemathesis needs Python 3.11 or newer with venv; on Debian or Ubuntu, as root: apt-get install python3 python3-venv"
}

# What is there already is what is wanted, or goes.
need_schemathesis() {
    ! cmp -s "$wanted" "$tools/requirements.txt" || return 0
    need_python
    rm -rf "$tools"
    mkdir -p "$tools"
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
        --requirement "$wanted" >"$folder/pip" 2>&1 ||
        fail "pip cannot install deploy/fuzz-api/requirements.txt from PyPI: $(tail -n 1 "$folder/pip")"
    cp "$wanted" "$tools/requirements.txt"
}

# play EXAMPLES SEED: one round; prints how many requests it sent. One worker: two threads that parse Python at once make
# CPython 3.11 fail now and then ("AST constructor recursion depth mismatch").
play() {
    local printed=$folder/round
    # It keeps a cache where it is started.
    (
        cd "$folder"
        "$tools/venv/bin/schemathesis" --config-file "$here/fuzz-api/schemathesis.toml" run "$url/v3/api-docs" \
            --max-examples "$1" --seed "$2" --workers 1 --no-color
    ) >"$printed" 2>&1 || {
        cat "$printed" >&2
        return 1
    }
    sed -n 's/^ *\([0-9]*\) generated.*/\1/p' "$printed"
}

export SCHEMATHESIS_HOOKS=$here/fuzz-api/hooks.py PYTHONDONTWRITEBYTECODE=1
need_schemathesis
((cases > 0)) || exit 0
start_server --log-level warn
sent=0
while ((sent < cases)); do
    left=$((cases - sent < most_per_round ? cases - sent : most_per_round))
    examples=$((left > 1300 ? (left - 1000) / 17 : 10))
    more=$(play "$examples" "$seed") || fail "the API and its document disagree; to repeat it: SEED=$seed deploy/fuzz-api.sh $left"
    sent=$((sent + more))
    printf '%s requests are answered as documented (seed %s)\n' "$sent" "$seed"
    seed=$((seed + 1))
done
! grep -q panicked "$folder/printed" || fail "the server panicked"
