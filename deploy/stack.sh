#!/usr/bin/env bash
# The engines for development: those of docker compose when Docker answers, otherwise those of engines.sh.
#
#   deploy/stack.sh up      starts what does not run yet and waits until it answers
#   deploy/stack.sh down    ends them; their data stays
#   deploy/stack.sh env     prints the variables that lead the server to them
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

docker_answers() {
    docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}

by_docker() {
    local compose=(docker compose --file "$here/../docker-compose.yml")
    case $1 in
        up) "${compose[@]}" up --detach --wait ;;
        down) "${compose[@]}" --profile app down ;;
        env)
            cat <<'END'
export DATABASE_URL=postgres://ordersystem:ordersystem@localhost:5432/ordersystem
export REDIS_URL=redis://localhost:6379
export KAFKA_BOOTSTRAP_SERVERS=localhost:9092
END
            ;;
    esac
}

by_script() {
    case $1 in
        up | env) "$here/engines.sh" "$1" ;;
        down) "$here/engines.sh" stop ;;
    esac
}

case ${1:-} in
    up | down | env)
        if docker_answers; then by_docker "$1"; else by_script "$1"; fi
        ;;
    *)
        sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$here/stack.sh" >&2
        exit 2
        ;;
esac
