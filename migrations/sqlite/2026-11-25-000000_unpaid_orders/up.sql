-- Whose the open orders are, for clients who may leave only so many unpaid. Written with the order while there is such a
-- limit, and looked at when the same client places the next one, which also removes what was paid or cancelled meanwhile.

CREATE TABLE unpaid_orders (
    client     TEXT    NOT NULL,
    order_id   INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    PRIMARY KEY (client, order_id, product_id)
) WITHOUT ROWID;
