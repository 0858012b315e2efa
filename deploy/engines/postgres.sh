# shellcheck shell=bash
# Sourced by engines.sh: a PostgreSQL without a socket, with the user, the password and the database `ordersystem`.

# How it is told to end, well or at once: after a QUIT it leaves no shared memory behind and recovers at the next start.
postgres_stop=INT
postgres_kill=QUIT
postgres_ready='database system is ready to accept'

postgres_missing() {
    [[ -n $(postgres_bin) ]] || echo postgresql
}

# The folder of the newest server programs that are new enough; Debian keeps them off the PATH.
postgres_bin() {
    local bin found=
    while read -r bin; do
        if [[ -x $bin/initdb && -x $bin/postgres ]] && (($(postgres_major "$bin") >= 15)); then
            found=$bin
        fi
    done < <(
        dirname "$(command -v initdb)"
        printf '%s\n' /usr/lib/postgresql/*/bin | sort -V
    )
    printf '%s' "$found"
}

postgres_major() {
    "$1/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/'
}

# What to put before a command of PostgreSQL, word by word: it refuses to run as root.
postgres_user() {
    local user=postgres
    is_root || return 0
    id "$user" >/dev/null 2>&1 || user=nobody
    printf '%s\n' setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups --
}

postgres_data() {
    (cd "$(home_of postgres)/data/" && pwd -P)
}

# The data lies beside the rest, unless whoever runs PostgreSQL cannot get there (a clone in /root): then behind a link.
postgres_place() {
    local data=$1/data user=("${@:2}")
    mkdir "$data"
    ((${#user[@]})) || return 0
    if ! "${user[@]}" test -x "$data" 2>/dev/null; then
        rmdir "$data"
        ln -s "$(mktemp -d /tmp/ordersystem-postgres.XXXXXX)" "$data"
    fi
    chown "$(cd / && "${user[@]}" id -u)" "$data/"
}

postgres_create() {
    local user data bin
    mapfile -t user < <(postgres_user)
    bin=$(postgres_bin)
    postgres_place "$1" "${user[@]}"
    data=$(postgres_data)
    cd "$data"
    if [[ -n ${ENGINES_PRIMARY:-} ]]; then
        chmod 700 "$data"
        "${user[@]}" "$bin/pg_basebackup" --pgdata "$data" --dbname "$(postgres_primary)" --checkpoint fast \
            --write-recovery-conf --no-sync
        return
    fi
    "${user[@]}" "$bin/initdb" --pgdata "$data" --username ordersystem --encoding UTF8 --locale C \
        --auth-local reject --auth-host scram-sha-256 --no-sync
    "${user[@]}" "$bin/postgres" --single -D "$data" postgres <<<"ALTER ROLE ordersystem PASSWORD 'ordersystem'
CREATE DATABASE ordersystem"
}

# What ENGINES_PRIMARY (host:port) is called by the standby that follows it: tests make one.
postgres_primary() {
    printf 'host=%s port=%s user=ordersystem password=ordersystem application_name=standby' \
        "${ENGINES_PRIMARY%:*}" "${ENGINES_PRIMARY##*:}"
}

postgres_remove() {
    rm -rf "$(postgres_data)"
}

postgres_launch() {
    local user data
    mapfile -t user < <(postgres_user)
    data=$(postgres_data)
    cd "$data"
    launch postgres "${user[@]}" "$(postgres_bin)/postgres" -D "$data" -p "$(port_of postgres)" -h 127.0.0.1 \
        -c unix_socket_directories= -c max_connections=300 -c timezone=UTC
}

postgres_env() {
    printf 'export DATABASE_URL=postgres://ordersystem:ordersystem@127.0.0.1:%s/ordersystem\n' "$(port_of postgres)"
}
