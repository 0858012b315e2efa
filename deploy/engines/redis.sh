# shellcheck shell=bash
# Sourced by engines.sh: a Redis that writes its data down when it is stopped.

redis_stop=TERM
redis_kill=KILL
redis_ready='ready to accept connections'

redis_missing() {
    has redis-server || echo redis-server
}

redis_create() {
    mkdir "$1/data"
}

redis_launch() {
    launch redis redis-server --bind 127.0.0.1 --port "$(port_of redis)" --dir "$(home_of redis)/data" --save 3600 1
}

redis_env() {
    printf 'export REDIS_URL=redis://127.0.0.1:%s\n' "$(port_of redis)"
}
