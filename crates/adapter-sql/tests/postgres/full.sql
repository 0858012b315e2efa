-- A shop with some history: $ORDERS orders, the newest thousand of them still under way.
INSERT INTO products (id, name, price, currency, managed, version, total_stock, reserved_stock, stock_version, moved_at)
SELECT p, 'product ' || p, 10000, 'KRW', p % 10 <> 0, 1, 1000000, 0, 1000000, to_timestamp(0)
FROM generate_series(1, 1000) AS p;

INSERT INTO orders (id, status, version, total, currency, line_count, placed_at, updated_at)
SELECT n, CASE
        WHEN n <= $ORDERS - 1000 THEN CASE n % 10 WHEN 0 THEN 'CANCELLED' ELSE 'DELIVERED' END
        ELSE (ARRAY['CREATED', 'PAYMENT_REQUESTED', 'PAYMENT_COMPLETED', 'SHIPMENT_PREPARING', 'SHIPPED'])[n % 5 + 1]
    END, 1, 10000, 'KRW', 1, to_timestamp(n), to_timestamp(n)
FROM generate_series(1, $ORDERS) AS n;

INSERT INTO order_lines (order_id, position, product_id, name, unit_price, currency, quantity)
SELECT n, 1, n % 1000 + 1, 'product', 10000, 'KRW', 1 FROM generate_series(1, $ORDERS) AS n;

INSERT INTO reservations (order_id, product_id, quantity, state, expires_at)
SELECT n, n % 1000 + 1, 1, CASE
        WHEN n > $ORDERS - 1000 AND n % 5 < 2 THEN 'HELD' ELSE 'CONFIRMED' END, to_timestamp(n)
FROM generate_series(1, $ORDERS) AS n;

INSERT INTO stock_ledger
    (product_id, version, kind, order_id, delta_total, delta_reserved, total_after, reserved_after, at, event_id)
SELECT n % 1000 + 1, n / 1000 + 1, 'RESERVE', n, 0, 1, 1000000, 1, to_timestamp(n), gen_random_uuid()
FROM generate_series(1, $ORDERS) AS n;

INSERT INTO order_history (order_id, version, from_status, to_status, cause, at, event_id)
SELECT n, 1, NULL, 'CREATED', 'CUSTOMER', to_timestamp(n), gen_random_uuid()
FROM generate_series(1, $ORDERS) AS n;

INSERT INTO payments
    (transaction_id, order_id, attempt, amount, currency, outcome, requested_at, decided_at, version, next_try_at)
SELECT gen_random_uuid(), n, 1, 10000, 'KRW', CASE WHEN doubt THEN 'PENDING' ELSE 'CAPTURED' END,
    to_timestamp(n), CASE WHEN NOT doubt THEN to_timestamp(n) END, 2, CASE WHEN doubt THEN to_timestamp(n) END
FROM generate_series(1, $ORDERS) AS n, LATERAL (SELECT n > $ORDERS - 1000 AND n % 5 = 1) AS open (doubt);

INSERT INTO refunds (order_id, transaction_id, amount, currency, reason, state, owed_since, next_try_at, done_at)
SELECT order_id, transaction_id, 10000, 'KRW', 'ORDER_CANCELLED', CASE WHEN owed THEN 'PENDING' ELSE 'DONE' END,
    decided_at, CASE WHEN owed THEN decided_at END, CASE WHEN NOT owed THEN decided_at END
FROM payments, LATERAL (SELECT order_id > $ORDERS - 3000) AS late (owed)
WHERE order_id % 10 = 0 AND order_id <= $ORDERS - 1000;

INSERT INTO deliveries (id, order_id, courier, status, started_at, tracking_number, shipped_at, completed_at, version)
SELECT n, n, 'courier', CASE
        WHEN n <= $ORDERS - 1000 THEN 'DELIVERED'
        ELSE (ARRAY['SHIPMENT_PREPARING', 'SHIPPED'])[n % 2 + 1] END,
    to_timestamp(n), 'T' || n, to_timestamp(n), to_timestamp(n), 1
FROM generate_series(1, $ORDERS) AS n;

INSERT INTO outbox (event_id, topic, key, sequence, kind, payload, at, published_at)
SELECT gen_random_uuid(), 'order-events', n, 1, 'order.created.v1', '{}', to_timestamp(n),
    CASE WHEN n <= $ORDERS - 1000 THEN to_timestamp(n) END
FROM generate_series(1, $ORDERS) AS n;

INSERT INTO inbox (consumer, event_id, at)
SELECT 'payments', gen_random_uuid(), to_timestamp(n) FROM generate_series(1, $ORDERS) AS n;

INSERT INTO idempotency_keys (principal, route, key, fingerprint, answer, at)
SELECT 'customer', 'POST /api/orders', 'key ' || n, decode(repeat('00', 32), 'hex'), '', to_timestamp(n)
FROM generate_series(1, $ORDERS) AS n;

INSERT INTO dead_letters
    (consumer_group, topic, "partition", "offset", headers, value, error, state, buried_at, changed_at)
SELECT 'payments', 'order-events', 0, n, '[]', '', 'broken', 'DISCARDED', to_timestamp(n), to_timestamp(n)
FROM generate_series(1, $ORDERS) AS n;

SELECT setval('order_numbers', $ORDERS), setval('delivery_numbers', $ORDERS), setval('product_numbers', 1000);
