-- Many orders in one statement: the least that the same rows cost.
WITH asked AS MATERIALIZED (
    SELECT nextval('order_numbers') AS order_id,
        (:low::bigint + floor(random() * (:high::bigint - :low::bigint + 1)))::bigint AS product_id
    FROM generate_series(1, :orders::int)
), wanted AS MATERIALIZED (
    SELECT product_id, count(*) AS units FROM asked GROUP BY product_id
), locked AS MATERIALIZED (
    SELECT products.id, stock_version, total_stock, reserved_stock
    FROM products WHERE id IN (SELECT product_id FROM wanted) ORDER BY id FOR UPDATE
), moved AS (
    UPDATE products SET reserved_stock = locked.reserved_stock + units,
        stock_version = locked.stock_version + units, moved_at = now()
    FROM locked JOIN wanted ON product_id = locked.id WHERE products.id = locked.id
), placed AS MATERIALIZED (
    SELECT order_id, product_id, stock_version + place AS version, total_stock, reserved_stock + place AS reserved
    FROM (SELECT order_id, product_id, row_number() OVER (PARTITION BY product_id ORDER BY order_id) AS place FROM asked) AS asked
    JOIN locked ON locked.id = product_id
), new_orders AS (
    INSERT INTO orders (id, status, version, total, currency, line_count, placed_at, updated_at)
    SELECT order_id, 'CREATED', 1, 1000, 'KRW', 1, now(), now() FROM placed
), new_lines AS (
    INSERT INTO order_lines (order_id, position, product_id, name, unit_price, currency, quantity)
    SELECT order_id, 1, product_id, 'Load', 1000, 'KRW', 1 FROM placed
), new_reservations AS (
    INSERT INTO reservations (order_id, product_id, quantity, state, expires_at)
    SELECT order_id, product_id, 1, 'HELD', now() + interval '1 hour' FROM placed
), new_ledger AS (
    INSERT INTO stock_ledger (product_id, version, kind, order_id, delta_total, delta_reserved, total_after, reserved_after, at, event_id)
    SELECT product_id, version, 'RESERVE', order_id, 0, 1, total_stock, reserved, now(), gen_random_uuid() FROM placed
), new_history AS (
    INSERT INTO order_history (order_id, version, to_status, cause, at, event_id)
    SELECT order_id, 1, 'CREATED', 'CUSTOMER', now(), gen_random_uuid() FROM placed
)
INSERT INTO outbox (event_id, topic, key, sequence, kind, payload, at)
SELECT gen_random_uuid(), 'order-events', order_id, 1, 'CREATED',
    '{"orderId":' || order_id || ',"status":"CREATED","timestamp":"2025-06-13T05:59:51.092293Z"}', now() FROM placed
UNION ALL
SELECT gen_random_uuid(), 'inventory-events', product_id, version, 'STOCK_RESERVED',
    '{"eventType":"STOCK_RESERVED","orderId":' || order_id || ',"productId":' || product_id || ',"quantity":1,"timestamp":"2025-06-13T05:59:51.092293Z"}', now() FROM placed;
