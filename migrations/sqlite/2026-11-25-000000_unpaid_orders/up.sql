-- Whose the open orders are, for clients who may leave only so many unpaid. Written with the order while there is such a
-- limit, and looked at when the same client places the next one, which also removes what was paid or cancelled meanwhile; the
-- purge removes it for those who never come back.

CREATE TABLE unpaid_orders (
    client     TEXT    NOT NULL,
    order_id   INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    PRIMARY KEY (client, order_id, product_id)
) WITHOUT ROWID;
CREATE INDEX unpaid_orders_by_age ON unpaid_orders (order_id);
