# Show what can be done here
default:
    @just --list --unsorted

# Run the server on http://localhost:8080; what follows goes to it: just run --port 9000
run *flags:
    cargo run -- {{ flags }}

# Start PostgreSQL, Redis and Kafka: by docker compose when Docker answers, otherwise by deploy/engines.sh
up:
    deploy/stack.sh up

# End them; their data stays
down:
    deploy/stack.sh down

# Run the server on PostgreSQL, Redis and Kafka; what follows goes to it: just run-full --port 9000
run-full *flags: up
    eval "$(deploy/stack.sh env)" && cargo run -- {{ flags }}

# Ask deploy/engines.sh: just engines status, just engines kafka-topics --list
engines *args:
    deploy/engines.sh {{ args }}

# Run a pretend payment gateway on port 9090; what follows goes to it: just fakepg --webhook-url localhost:8080
fakepg *flags:
    cargo run -- fakepg {{ flags }}

# Watch an order from CREATED to DELIVERED in seconds, on a server of its own
demo:
    deploy/demo.sh

# Check the delivery scheduler end to end with shortened delays, on a server of its own
quick-scheduler-test:
    deploy/quick-scheduler-test.sh

# Run all tests on engines of their own; what follows goes to cargo: just test -p ordersystem-order
test *args:
    deploy/test.sh {{ args }}

# Send generated requests, valid and invalid, and hold every answer against the OpenAPI document
fuzz-api cases="100000":
    deploy/fuzz-api.sh {{ cases }}

# The 42 rows of the fault matrix and the crashes at every point, in their long form: some twenty minutes
faults:
    ORDERSYSTEM_TEST_LONG=1 deploy/test.sh -p ordersystem --test blackbox -- fault_ crash_ hazard_ --nocapture

# Kill replicas and engines under load, so often; a run that was interrupted goes on
kill-loop kills="1000":
    KILLS={{ kills }} KILL_LOOP_STATE={{ justfile_directory() }}/target/kill-loop just torture t8

# Sell 100 units to 10,000 customers on two replicas, 50 times, while Redis works, is away, or lies
hot-race: (torture "t9")

# Run the long form of what tests/torture does: t8 kills, t9 hot race, t11 keys, t12 payments, t13 messages, t18 overload
torture part="":
    ORDERSYSTEM_TEST_LONG=1 deploy/test.sh -p ordersystem --features torture --test torture -- --nocapture {{ part }}

# Measure everything, in both worlds and against references; what follows goes to loadtest: just bench --runs 3
bench *flags:
    deploy/bench.sh report {{ flags }}

# Measure two commits or settings in turns: just bench-compare main HEAD, just bench-compare store.writers=1 store.writers=4
bench-compare a b *flags:
    deploy/bench.sh compare {{ a }} {{ b }} {{ flags }}

# Load every scenario in both worlds for a moment, and check the databases afterwards
bench-smoke *flags:
    deploy/bench.sh smoke {{ flags }}

# Random lives of a shop against its model and on three stores, random bytes against every parser, in their long forms
inputs:
    ORDERSYSTEM_TEST_LONG=1 deploy/test.sh -p ordersystem-application -p ordersystem-adapter-sql -p ordersystem \
        --test use_cases --test differential --test fuzz

# Run the whole system in one thread on virtual time, among faults: 2000 seeds; just sim --seeds 0..200000 --jobs 2
sim *args:
    cargo run --locked --profile simulation -p ordersystem-simulation --features virtual-time -- {{ args }}

# Run one seed of the simulation once more and show what happened: just sim-seed 17 --trace
sim-seed seed *args:
    cargo run --locked --profile simulation -p ordersystem-simulation --features virtual-time -- --seed {{ seed }} {{ args }}

# Make every call of every use case and part go wrong in every way, with 20 seeds
sim-steps:
    ORDERSYSTEM_TEST_LONG=1 cargo test --locked --profile simulation -p ordersystem-simulation \
        --features virtual-time --test steps -- --nocapture

# Check types and borrows of everything, tests included
check:
    cargo check --workspace --all-targets --locked

# Let clippy judge everything; a warning is a failure
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Format every source file
fmt:
    cargo fmt --all

# Build the documentation of our crates, invariants included, under target/doc
doc:
    cargo doc --workspace --no-deps --locked

# Check licences, sources, bans and known vulnerabilities (needs cargo-deny)
deny:
    cargo deny --locked check

# Everything a change must pass before it lands
verify: lint test
