-- Refunds belong to their payment: several of them, numbered, each asked for until the gateway confirms it. What a gateway
-- or a callback reports is kept as it was said, and what is in doubt says when the gateway is asked next.

-- One row per attempt. `version` is the payment's version when the row last changed: the payment's own is the highest.
CREATE TABLE new_payments (
    transaction_id    BLOB    NOT NULL PRIMARY KEY CHECK (length(transaction_id) = 16),
    order_id          INTEGER NOT NULL,
    attempt           INTEGER NOT NULL CHECK (attempt >= 1),
    amount            INTEGER NOT NULL CHECK (amount >= 0),
    currency          TEXT    NOT NULL CHECK (length(currency) = 3),
    outcome           TEXT    NOT NULL CHECK (outcome IN ('PENDING', 'MISMATCH', 'CAPTURED', 'FAILED')),
    requested_at      INTEGER NOT NULL,
    decided_at        INTEGER,
    version           INTEGER NOT NULL CHECK (version >= 1),
    reported_amount   INTEGER CHECK (reported_amount >= 0),
    reported_currency TEXT    CHECK (length(reported_currency) = 3),
    tries             INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    next_try_at       INTEGER,
    UNIQUE (order_id, attempt),
    CHECK ((outcome = 'PENDING') = (decided_at IS NULL))
);
INSERT INTO new_payments
SELECT transaction_id, order_id, attempt, amount, currency, outcome, requested_at, decided_at, version,
    CASE outcome WHEN 'CAPTURED' THEN amount END, CASE outcome WHEN 'CAPTURED' THEN currency END,
    0, CASE outcome WHEN 'PENDING' THEN requested_at END
FROM payments;
DROP TABLE payments;
ALTER TABLE new_payments RENAME TO payments;
CREATE UNIQUE INDEX payments_captured_once ON payments (order_id) WHERE outcome = 'CAPTURED';
-- Holds nothing but what is in doubt.
CREATE INDEX payments_to_ask ON payments (next_try_at, transaction_id) WHERE next_try_at IS NOT NULL;

CREATE TABLE new_refunds (
    order_id       INTEGER NOT NULL,
    number         INTEGER NOT NULL CHECK (number >= 1),
    transaction_id BLOB    NOT NULL CHECK (length(transaction_id) = 16),
    amount         INTEGER NOT NULL CHECK (amount >= 0),
    currency       TEXT    NOT NULL CHECK (length(currency) = 3),
    reason         TEXT    NOT NULL CHECK (reason IN (
        'ORDER_CANCELLED', 'LATE_SUCCESS', 'AMOUNT_MISMATCH', 'OPERATOR')),
    note           TEXT,
    state          TEXT    NOT NULL CHECK (state IN ('PENDING', 'REFUSED', 'DONE')),
    refusal        TEXT,
    tries          INTEGER NOT NULL CHECK (tries >= 0),
    next_try_at    INTEGER,
    owed_since     INTEGER NOT NULL,
    done_at        INTEGER,
    PRIMARY KEY (order_id, number),
    CHECK ((reason = 'OPERATOR') = (note IS NOT NULL)),
    CHECK ((state = 'REFUSED') = (refusal IS NOT NULL)),
    CHECK ((state = 'DONE') = (done_at IS NOT NULL) AND (state = 'DONE') = (next_try_at IS NULL))
) WITHOUT ROWID;
INSERT INTO new_refunds
SELECT order_id, 1, transaction_id, amount, currency, reason, NULL, state, NULL, 0,
    CASE state WHEN 'PENDING' THEN owed_since END, owed_since, CASE state WHEN 'DONE' THEN owed_since END
FROM refunds;
DROP TABLE refunds;
ALTER TABLE new_refunds RENAME TO refunds;
CREATE INDEX refunds_to_ask ON refunds (next_try_at, order_id, number) WHERE next_try_at IS NOT NULL;
