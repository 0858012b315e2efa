-- One refund per order: what is owed or was given back is added up under the first one.
CREATE TABLE old_refunds (
    order_id       INTEGER NOT NULL PRIMARY KEY,
    transaction_id BLOB    NOT NULL CHECK (length(transaction_id) = 16),
    amount         INTEGER NOT NULL CHECK (amount >= 0),
    currency       TEXT    NOT NULL CHECK (length(currency) = 3),
    reason         TEXT    NOT NULL CHECK (reason IN ('ORDER_CANCELLED', 'LATE_SUCCESS')),
    state          TEXT    NOT NULL CHECK (state IN ('PENDING', 'DONE')),
    owed_since     INTEGER NOT NULL
);
INSERT INTO old_refunds
SELECT r.order_id, r.transaction_id, owed.amount, r.currency,
    CASE r.reason WHEN 'OPERATOR' THEN 'ORDER_CANCELLED' WHEN 'AMOUNT_MISMATCH' THEN 'LATE_SUCCESS' ELSE r.reason END,
    owed.state, r.owed_since
FROM refunds r
JOIN (SELECT order_id, SUM(amount) AS amount, CASE MIN(state = 'DONE') WHEN 1 THEN 'DONE' ELSE 'PENDING' END AS state
    FROM refunds GROUP BY order_id) owed ON owed.order_id = r.order_id
WHERE r.number = 1;
DROP TABLE refunds;
ALTER TABLE old_refunds RENAME TO refunds;

CREATE TABLE old_payments (
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
INSERT INTO old_payments
SELECT transaction_id, order_id, attempt, amount, currency,
    CASE outcome WHEN 'MISMATCH' THEN 'PENDING' ELSE outcome END, requested_at,
    CASE outcome WHEN 'MISMATCH' THEN NULL ELSE decided_at END, version
FROM payments;
DROP TABLE payments;
ALTER TABLE old_payments RENAME TO payments;
CREATE UNIQUE INDEX payments_captured_once ON payments (order_id) WHERE outcome = 'CAPTURED';
