-- The data model of the order system. Moments are microseconds since the epoch, identities of events and payment
-- attempts are 16 bytes, amounts are minor units.
--
-- There are no foreign keys: every row is written by the same transaction as what it belongs to, a team may keep one
-- domain alone (payments without orders), and each key would cost a lookup per row on the path of every order.
-- The unique keys and CHECKs below are the last line of an invariant: no business answer ever comes from one.

CREATE TABLE products (
    id             INTEGER NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL,
    price          INTEGER NOT NULL CHECK (price >= 0),
    currency       TEXT    NOT NULL CHECK (length(currency) = 3),
    managed        BOOLEAN NOT NULL CHECK (managed IN (0, 1)),
    version        INTEGER NOT NULL CHECK (version >= 1),
    total_stock    INTEGER NOT NULL DEFAULT 0,
    reserved_stock INTEGER NOT NULL DEFAULT 0,
    stock_version  INTEGER NOT NULL DEFAULT 0,
    CHECK (0 <= reserved_stock AND reserved_stock <= total_stock)
);

CREATE TABLE orders (
    id         INTEGER NOT NULL PRIMARY KEY,
    status     TEXT    NOT NULL CHECK (status IN (
        'CREATED', 'PAYMENT_REQUESTED', 'PAYMENT_COMPLETED', 'PAYMENT_FAILED',
        'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    version    INTEGER NOT NULL CHECK (version >= 1),
    total      INTEGER NOT NULL CHECK (total >= 0),
    currency   TEXT    NOT NULL CHECK (length(currency) = 3),
    line_count INTEGER NOT NULL CHECK (line_count >= 1),
    placed_at  INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_by_placed_at ON orders (placed_at);
-- Begins with its own condition, or the index above would be preferred and its rows sorted.
CREATE INDEX orders_unprepared ON orders (status, updated_at) WHERE status = 'PAYMENT_COMPLETED';

CREATE TABLE order_lines (
    order_id   INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
    currency   TEXT    NOT NULL CHECK (length(currency) = 3),
    quantity   INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    PRIMARY KEY (order_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX order_lines_by_product ON order_lines (product_id, order_id);

CREATE TABLE reservations (
    order_id   INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    quantity   INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    state      TEXT    NOT NULL CHECK (state IN (
        'HELD', 'CONFIRMED', 'RELEASED', 'EXPIRED', 'RETURNED')),
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (order_id, product_id)
) WITHOUT ROWID;
CREATE INDEX reservations_held ON reservations (expires_at) WHERE state = 'HELD';

CREATE TABLE stock_ledger (
    product_id     INTEGER NOT NULL,
    version        INTEGER NOT NULL CHECK (version >= 1),
    kind           TEXT    NOT NULL CHECK (kind IN (
        'RESERVE', 'CONFIRM', 'RELEASE', 'EXPIRE', 'RETURN', 'ADJUST')),
    order_id       INTEGER,
    reason         TEXT,
    delta_total    INTEGER NOT NULL,
    delta_reserved INTEGER NOT NULL,
    total_after    INTEGER NOT NULL,
    reserved_after INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    event_id       BLOB    NOT NULL CHECK (length(event_id) = 16),
    PRIMARY KEY (product_id, version),
    CHECK (0 <= reserved_after AND reserved_after <= total_after)
) WITHOUT ROWID;
CREATE UNIQUE INDEX stock_ledger_once ON stock_ledger (order_id, product_id, kind)
    WHERE order_id IS NOT NULL;

CREATE TABLE order_history (
    order_id    INTEGER NOT NULL,
    version     INTEGER NOT NULL CHECK (version >= 1),
    from_status TEXT,
    to_status   TEXT    NOT NULL,
    cause       TEXT    NOT NULL CHECK (cause IN (
        'CUSTOMER', 'PAYMENT_GATEWAY', 'AUTOMATIC', 'HOLD_EXPIRED', 'SCHEDULER', 'ADMINISTRATOR')),
    at          INTEGER NOT NULL,
    event_id    BLOB    NOT NULL CHECK (length(event_id) = 16),
    PRIMARY KEY (order_id, version)
) WITHOUT ROWID;

-- One row per attempt. `version` is the payment's version when the row last changed: the payment's own is the highest.
CREATE TABLE payments (
    transaction_id BLOB    NOT NULL PRIMARY KEY CHECK (length(transaction_id) = 16),
    order_id       INTEGER NOT NULL,
    attempt        INTEGER NOT NULL CHECK (attempt >= 1),
    amount         INTEGER NOT NULL CHECK (amount >= 0),
    currency       TEXT    NOT NULL CHECK (length(currency) = 3),
    outcome        TEXT    NOT NULL CHECK (outcome IN ('PENDING', 'CAPTURED', 'FAILED')),
    requested_at   INTEGER NOT NULL,
    decided_at     INTEGER,
    version        INTEGER NOT NULL CHECK (version >= 1),
    UNIQUE (order_id, attempt),
    CHECK ((outcome = 'PENDING') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX payments_captured_once ON payments (order_id) WHERE outcome = 'CAPTURED';

CREATE TABLE refunds (
    order_id       INTEGER NOT NULL PRIMARY KEY,
    transaction_id BLOB    NOT NULL CHECK (length(transaction_id) = 16),
    amount         INTEGER NOT NULL CHECK (amount >= 0),
    currency       TEXT    NOT NULL CHECK (length(currency) = 3),
    reason         TEXT    NOT NULL CHECK (reason IN ('ORDER_CANCELLED', 'LATE_SUCCESS')),
    state          TEXT    NOT NULL CHECK (state IN ('PENDING', 'DONE')),
    owed_since     INTEGER NOT NULL
);

CREATE TABLE deliveries (
    id                INTEGER NOT NULL PRIMARY KEY,
    order_id          INTEGER NOT NULL UNIQUE,
    courier           TEXT    NOT NULL,
    status            TEXT    NOT NULL CHECK (status IN (
        'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED', 'CANCELLED')),
    started_at        INTEGER NOT NULL,
    tracking_number   TEXT    UNIQUE,
    shipped_at        INTEGER,
    estimated_arrival INTEGER,
    completed_at      INTEGER,
    cancelled_at      INTEGER,
    version           INTEGER NOT NULL CHECK (version >= 1)
);
-- Each delivery is in at most one of these: what is due is found and every stage counted without a look at the table.
CREATE INDEX deliveries_preparing ON deliveries (started_at) WHERE status = 'SHIPMENT_PREPARING';
CREATE INDEX deliveries_shipped ON deliveries (shipped_at) WHERE status = 'SHIPPED';
CREATE INDEX deliveries_done ON deliveries (completed_at) WHERE status = 'DELIVERED';

-- AUTOINCREMENT: a position is never used again, even after the newest rows were purged.
CREATE TABLE outbox (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    event_id     BLOB    NOT NULL UNIQUE CHECK (length(event_id) = 16),
    topic        TEXT    NOT NULL CHECK (topic IN ('order-events', 'inventory-events')),
    key          INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    trace        TEXT,
    published_at INTEGER
);
CREATE INDEX outbox_pending ON outbox (id) WHERE published_at IS NULL;

CREATE TABLE inbox (
    consumer TEXT    NOT NULL,
    event_id BLOB    NOT NULL CHECK (length(event_id) = 16),
    at       INTEGER NOT NULL,
    PRIMARY KEY (consumer, event_id)
) WITHOUT ROWID;
CREATE INDEX inbox_by_age ON inbox (at);

CREATE TABLE idempotency_keys (
    principal   TEXT    NOT NULL,
    route       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    answer      BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (principal, route, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);
