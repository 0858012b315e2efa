-- What the real engines need, in both databases: records that a consumer could not handle, the generation of the stock
-- counters, and which levels moved since a moment.

CREATE TABLE dead_letters (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    consumer_group TEXT    NOT NULL,
    topic          TEXT    NOT NULL CHECK (topic IN ('order-events', 'inventory-events')),
    "partition"    INTEGER NOT NULL,
    "offset"       INTEGER NOT NULL,
    key            TEXT,
    headers        TEXT    NOT NULL,
    value          BLOB    NOT NULL,
    error          TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN (
        'BURIED', 'REPLAY_REQUESTED', 'REPLAYED', 'DISCARDED')),
    buried_at      INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    UNIQUE (consumer_group, topic, "partition", "offset")
);
CREATE INDEX dead_letters_to_replay ON dead_letters (id) WHERE state = 'REPLAY_REQUESTED';

CREATE TABLE stock_epoch (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL CHECK (epoch >= 1)
);
INSERT INTO stock_epoch (id, epoch) VALUES (1, 1);

-- No index: every move would pay for it, and there are few products.
ALTER TABLE products ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE outbox ADD COLUMN bucket INTEGER NOT NULL
    GENERATED ALWAYS AS (((key % 16) + 16) % 16) VIRTUAL;
