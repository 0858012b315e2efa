-- One order, as a program writes it that asks statement by statement.
\set product random(:low, :high)
BEGIN;
SELECT nextval('order_numbers') AS order_id \gset
UPDATE products SET reserved_stock = reserved_stock + 1, stock_version = stock_version + 1, moved_at = now()
    WHERE id = :product AND total_stock - reserved_stock >= 1
    RETURNING stock_version, total_stock, reserved_stock \gset
INSERT INTO orders (id, status, version, total, currency, line_count, placed_at, updated_at)
    VALUES (:order_id, 'CREATED', 1, 1000, 'KRW', 1, now(), now());
INSERT INTO order_lines (order_id, position, product_id, name, unit_price, currency, quantity)
    VALUES (:order_id, 1, :product, 'Load', 1000, 'KRW', 1);
INSERT INTO reservations (order_id, product_id, quantity, state, expires_at)
    VALUES (:order_id, :product, 1, 'HELD', now() + interval '1 hour');
INSERT INTO stock_ledger (product_id, version, kind, order_id, delta_total, delta_reserved, total_after, reserved_after, at, event_id)
    VALUES (:product, :stock_version, 'RESERVE', :order_id, 0, 1, :total_stock, :reserved_stock, now(), gen_random_uuid());
INSERT INTO order_history (order_id, version, to_status, cause, at, event_id)
    VALUES (:order_id, 1, 'CREATED', 'CUSTOMER', now(), gen_random_uuid());
INSERT INTO outbox (event_id, topic, key, sequence, kind, payload, at)
    VALUES (gen_random_uuid(), 'order-events', :order_id, 1, 'CREATED',
        '{"orderId":' || :order_id || ',"status":"CREATED","timestamp":"2025-06-13T05:59:51.092293Z"}', now());
INSERT INTO outbox (event_id, topic, key, sequence, kind, payload, at)
    VALUES (gen_random_uuid(), 'inventory-events', :product, :stock_version, 'STOCK_RESERVED',
        '{"eventType":"STOCK_RESERVED","orderId":' || :order_id || ',"productId":' || :product || ',"quantity":1,"timestamp":"2025-06-13T05:59:51.092293Z"}', now());
COMMIT;
