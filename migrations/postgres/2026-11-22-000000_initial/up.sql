-- The data model of the order system, as in `migrations/sqlite`, in PostgreSQL's own types. Amounts are minor units.
--
-- There are no foreign keys: every row is written by the same transaction as what it belongs to, a team may keep one
-- domain alone (payments without orders), and each key would cost a lookup per row on the path of every order.
-- The unique keys and CHECKs below are the last line of an invariant: no business answer ever comes from one.
--
-- Indexes are few, because each costs every order something, and enough, so that no list and no timer reads a table.

CREATE SEQUENCE order_numbers;
CREATE SEQUENCE delivery_numbers;
CREATE SEQUENCE product_numbers;

-- Half of each page stays free and no index holds what stock moves change: such an update stays on its page.
CREATE TABLE products (
    id             bigint      NOT NULL PRIMARY KEY,
    name           text        NOT NULL,
    price          bigint      NOT NULL CHECK (price >= 0),
    currency       text        NOT NULL CHECK (length(currency) = 3),
    managed        boolean     NOT NULL,
    version        bigint      NOT NULL CHECK (version >= 1),
    total_stock    bigint      NOT NULL DEFAULT 0,
    reserved_stock bigint      NOT NULL DEFAULT 0,
    stock_version  bigint      NOT NULL DEFAULT 0,
    moved_at       timestamptz NOT NULL,
    CHECK (0 <= reserved_stock AND reserved_stock <= total_stock)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE orders (
    id            bigint      NOT NULL PRIMARY KEY,
    status        text        NOT NULL CHECK (status IN (
        'CREATED', 'PAYMENT_REQUESTED', 'PAYMENT_COMPLETED', 'PAYMENT_FAILED',
        'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    version       bigint      NOT NULL CHECK (version >= 1),
    total         bigint      NOT NULL CHECK (total >= 0),
    currency      text        NOT NULL CHECK (length(currency) = 3),
    line_count    bigint      NOT NULL CHECK (line_count >= 1),
    placed_at     timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    claimed_until timestamptz
);
CREATE INDEX orders_by_status ON orders (status, id);
-- Orders lie in about the order of their placement: the bounds of a few pages each say enough.
CREATE INDEX orders_by_placed_at ON orders USING brin (placed_at)
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX orders_unprepared ON orders (updated_at, id) WHERE status = 'PAYMENT_COMPLETED';

CREATE TABLE order_lines (
    order_id   bigint NOT NULL,
    position   bigint NOT NULL,
    product_id bigint NOT NULL,
    name       text   NOT NULL,
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    currency   text   NOT NULL CHECK (length(currency) = 3),
    quantity   bigint NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    PRIMARY KEY (order_id, position)
);
CREATE UNIQUE INDEX order_lines_by_product ON order_lines (product_id, order_id);

CREATE TABLE reservations (
    order_id      bigint      NOT NULL,
    product_id    bigint      NOT NULL,
    quantity      bigint      NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    state         text        NOT NULL CHECK (state IN (
        'HELD', 'CONFIRMED', 'RELEASED', 'EXPIRED', 'RETURNED')),
    expires_at    timestamptz NOT NULL,
    claimed_until timestamptz,
    PRIMARY KEY (order_id, product_id)
);
CREATE INDEX reservations_held ON reservations (expires_at, order_id) WHERE state = 'HELD';

CREATE TABLE stock_ledger (
    product_id     bigint      NOT NULL,
    version        bigint      NOT NULL CHECK (version >= 1),
    kind           text        NOT NULL CHECK (kind IN (
        'RESERVE', 'CONFIRM', 'RELEASE', 'EXPIRE', 'RETURN', 'ADJUST')),
    order_id       bigint,
    reason         text,
    delta_total    bigint      NOT NULL,
    delta_reserved bigint      NOT NULL,
    total_after    bigint      NOT NULL,
    reserved_after bigint      NOT NULL,
    at             timestamptz NOT NULL,
    event_id       uuid        NOT NULL,
    PRIMARY KEY (product_id, version),
    CHECK (0 <= reserved_after AND reserved_after <= total_after)
);
CREATE UNIQUE INDEX stock_ledger_once ON stock_ledger (order_id, product_id, kind)
    WHERE order_id IS NOT NULL;

CREATE TABLE order_history (
    order_id    bigint      NOT NULL,
    version     bigint      NOT NULL CHECK (version >= 1),
    from_status text,
    to_status   text        NOT NULL,
    cause       text        NOT NULL CHECK (cause IN (
        'CUSTOMER', 'PAYMENT_GATEWAY', 'AUTOMATIC', 'HOLD_EXPIRED', 'SCHEDULER', 'ADMINISTRATOR')),
    at          timestamptz NOT NULL,
    event_id    uuid        NOT NULL,
    PRIMARY KEY (order_id, version)
);

-- One row per attempt. `version` is the payment's version when the row last changed: the payment's own is the highest.
CREATE TABLE payments (
    transaction_id uuid        NOT NULL PRIMARY KEY,
    order_id       bigint      NOT NULL,
    attempt        bigint      NOT NULL CHECK (attempt >= 1),
    amount         bigint      NOT NULL CHECK (amount >= 0),
    currency       text        NOT NULL CHECK (length(currency) = 3),
    outcome        text        NOT NULL CHECK (outcome IN ('PENDING', 'CAPTURED', 'FAILED')),
    requested_at   timestamptz NOT NULL,
    decided_at     timestamptz,
    version        bigint      NOT NULL CHECK (version >= 1),
    UNIQUE (order_id, attempt),
    CHECK ((outcome = 'PENDING') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX payments_captured_once ON payments (order_id) WHERE outcome = 'CAPTURED';

CREATE TABLE refunds (
    order_id       bigint      NOT NULL PRIMARY KEY,
    transaction_id uuid        NOT NULL,
    amount         bigint      NOT NULL CHECK (amount >= 0),
    currency       text        NOT NULL CHECK (length(currency) = 3),
    reason         text        NOT NULL CHECK (reason IN ('ORDER_CANCELLED', 'LATE_SUCCESS')),
    state          text        NOT NULL CHECK (state IN ('PENDING', 'DONE')),
    owed_since     timestamptz NOT NULL
);

CREATE TABLE deliveries (
    id                bigint      NOT NULL PRIMARY KEY,
    order_id          bigint      NOT NULL UNIQUE,
    courier           text        NOT NULL,
    status            text        NOT NULL CHECK (status IN (
        'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    started_at        timestamptz NOT NULL,
    tracking_number   text        UNIQUE,
    shipped_at        timestamptz,
    estimated_arrival timestamptz,
    completed_at      timestamptz,
    cancelled_at      timestamptz,
    version           bigint      NOT NULL CHECK (version >= 1),
    claimed_until     timestamptz
);
-- Each delivery is in at most one of these: what is due is found and every stage counted without a look at the table.
CREATE INDEX deliveries_preparing ON deliveries (started_at, id) WHERE status = 'SHIPMENT_PREPARING';
CREATE INDEX deliveries_shipped ON deliveries (shipped_at, id) WHERE status = 'SHIPPED';
CREATE INDEX deliveries_done ON deliveries (completed_at) WHERE status = 'DELIVERED';

-- Positions of one key ascend in the order of its commits: they are taken under the lock of the key's row, and no session
-- keeps any for later (CACHE 1). Positions of different keys may become visible out of order.
CREATE TABLE outbox (
    id           bigint      NOT NULL GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    event_id     uuid        NOT NULL UNIQUE,
    topic        text        NOT NULL CHECK (topic IN ('order-events', 'inventory-events')),
    key          bigint      NOT NULL,
    sequence     bigint      NOT NULL,
    kind         text        NOT NULL,
    payload      text        NOT NULL,
    at           timestamptz NOT NULL,
    trace        text,
    published_at timestamptz,
    -- As `key.rem_euclid(16)`: a relay that holds a bucket's lease publishes all of a key.
    bucket       smallint    NOT NULL GENERATED ALWAYS AS (((key % 16) + 16) % 16) STORED
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
CREATE INDEX outbox_pending ON outbox (bucket, id) WHERE published_at IS NULL;

CREATE TABLE relay_leases (
    bucket      smallint NOT NULL PRIMARY KEY CHECK (bucket BETWEEN 0 AND 15),
    owner       uuid,
    lease_until timestamptz,
    -- Counts the owners: a write of an owner that was replaced can be told from one of the present.
    fence       bigint   NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO relay_leases (bucket) SELECT generate_series(0, 15);

-- Who wants a share of the buckets, also before it has one.
CREATE TABLE relays (
    id        uuid        NOT NULL PRIMARY KEY,
    last_seen timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE inbox (
    consumer text        NOT NULL,
    event_id uuid        NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (consumer, event_id)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
CREATE INDEX inbox_by_age ON inbox (at);

CREATE TABLE idempotency_keys (
    principal   text        NOT NULL,
    route       text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL CHECK (length(fingerprint) = 32),
    answer      bytea       NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (principal, route, key)
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);

CREATE TABLE dead_letters (
    id             bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer_group text        NOT NULL,
    topic          text        NOT NULL CHECK (topic IN ('order-events', 'inventory-events')),
    "partition"    integer     NOT NULL,
    "offset"       bigint      NOT NULL,
    key            text,
    headers        text        NOT NULL,
    value          bytea       NOT NULL,
    error          text        NOT NULL,
    state          text        NOT NULL CHECK (state IN (
        'BURIED', 'REPLAY_REQUESTED', 'REPLAYED', 'DISCARDED')),
    buried_at      timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,
    UNIQUE (consumer_group, topic, "partition", "offset")
);
CREATE INDEX dead_letters_to_replay ON dead_letters (id) WHERE state = 'REPLAY_REQUESTED';

CREATE TABLE stock_epoch (
    id    smallint NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch bigint   NOT NULL CHECK (epoch >= 1)
);
INSERT INTO stock_epoch (id, epoch) VALUES (1, 1);
