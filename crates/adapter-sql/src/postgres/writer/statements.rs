//! Every statement of the writers, prepared once per connection: a list of rows is one array per column.

use tokio_postgres::{Client, Error, Statement};

use crate::rows::unpaid_states;

macro_rules! statements {
    ($($name:ident: $sql:expr;)+) => {
        pub(super) struct Statements { $(pub(super) $name: Statement),+ }

        impl Statements {
            /// In one round trip.
            pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
                let ($($name,)+) = tokio::try_join!($(client.prepare($sql)),+)?;
                Ok(Self { $($name),+ })
            }
        }
    };
}

/// Ends the transaction when not exactly the rows that it has locked were changed: a division by zero. Writes are sent
/// together with their COMMIT, so only the server can stop it in time.
macro_rules! all_or_nothing {
    ($update:literal) => {
        concat!(
            "WITH done AS (",
            $update,
            " RETURNING 1) SELECT 1 / (count(*) = cardinality($1))::int FROM done"
        )
    };
}

statements! {
    transaction: "SELECT pg_current_xact_id()::text";

    // Locks, always in this order and each ascending: no two batches can wait for each other.
    lock_orders: "SELECT id, version FROM orders WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE";
    lock_managed: "SELECT id, version, total_stock, reserved_stock, stock_version FROM products
        WHERE id = ANY($1::bigint[]) AND managed ORDER BY id FOR UPDATE";
    // An unlimited product has no level that orders would change: they only hold its price still, side by side.
    share_unlimited: "SELECT id, version FROM products
        WHERE id = ANY($1::bigint[]) AND NOT managed ORDER BY id FOR SHARE";
    lock_unlimited: "SELECT id, version FROM products
        WHERE id = ANY($1::bigint[]) AND NOT managed ORDER BY id FOR UPDATE";

    // Read after the locks were given, so that whatever a rival did before it let go of them is seen.
    handled_events: "SELECT consumer, event_id
        FROM unnest($1::text[], $2::uuid[]) AS wanted (consumer, event_id)
        JOIN inbox USING (consumer, event_id)";
    answers: "SELECT principal, route, key, fingerprint, answer
        FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (principal, route, key)
        JOIN idempotency_keys USING (principal, route, key)";
    // The rows of an order are locked with it; these may belong to an order that is kept elsewhere.
    payments: "SELECT order_id, version FROM payments
        WHERE order_id = ANY($1::bigint[]) ORDER BY transaction_id FOR UPDATE";
    deliveries: "SELECT order_id, version FROM deliveries
        WHERE order_id = ANY($1::bigint[]) ORDER BY id FOR UPDATE";
    reservations: "SELECT order_id, product_id, quantity, state, expires_at FROM reservations
        WHERE order_id = ANY($1::bigint[])";

    // Last among the locks: whoever places orders for one account does so one after another.
    lock_accounts: "SELECT pg_advisory_xact_lock(hashtextextended(client, 7236518029))
        FROM (SELECT client FROM unnest($1::text[]) AS w (client) ORDER BY client) AS wanted";
    // What was paid or cancelled meanwhile does not count and is not needed any more.
    forget_paid: concat!(
        "DELETE FROM unpaid_orders AS u WHERE u.client = ANY($1::text[]) AND NOT EXISTS (
        SELECT FROM orders AS o WHERE o.id = u.order_id AND o.status IN ",
        unpaid_states!(),
        ")"
    );
    unpaid: "SELECT client, order_id, product_id FROM unpaid_orders WHERE client = ANY($1::text[])";

    insert_inbox: "INSERT INTO inbox (consumer, event_id, at)
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[])";
    insert_answers: "INSERT INTO idempotency_keys (principal, route, key, fingerprint, answer, at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[],
            $6::timestamptz[])";
    insert_orders: "INSERT INTO orders
            (id, status, version, total, currency, line_count, placed_at, updated_at)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[],
            $6::bigint[], $7::timestamptz[], $8::timestamptz[])";
    insert_lines: "INSERT INTO order_lines
            (order_id, position, product_id, name, unit_price, currency, quantity)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[],
            $6::text[], $7::bigint[])";
    update_orders: all_or_nothing!("UPDATE orders AS o
        SET status = n.status, version = n.version, updated_at = n.updated_at, claimed_until = NULL
        FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[])
            AS n (id, status, version, updated_at)
        WHERE o.id = n.id AND o.version < n.version");
    insert_payments: "INSERT INTO payments
            (transaction_id, order_id, attempt, amount, currency, outcome, requested_at, decided_at,
            version, reported_amount, reported_currency, tries, next_try_at)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],
            $6::text[], $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::bigint[],
            $11::text[], $12::bigint[], $13::timestamptz[])";
    // Every attempt that exists carries the payment's version, whatever of the payment has changed.
    update_payments: all_or_nothing!("UPDATE payments AS p
        SET outcome = n.outcome, decided_at = n.decided_at, version = n.version,
            reported_amount = n.reported_amount, reported_currency = n.reported_currency,
            tries = n.tries, next_try_at = n.next_try_at, claimed_until = NULL
        FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[],
            $6::text[], $7::bigint[], $8::timestamptz[])
            AS n (transaction_id, outcome, decided_at, version, reported_amount,
            reported_currency, tries, next_try_at)
        WHERE p.transaction_id = n.transaction_id AND p.version < n.version");
    insert_deliveries: "INSERT INTO deliveries
            (id, order_id, courier, status, started_at, tracking_number, shipped_at,
            estimated_arrival, completed_at, cancelled_at, version)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[],
            $5::timestamptz[], $6::text[], $7::timestamptz[], $8::timestamptz[],
            $9::timestamptz[], $10::timestamptz[], $11::bigint[])";
    update_deliveries: all_or_nothing!("UPDATE deliveries AS d
        SET status = n.status, tracking_number = n.tracking_number, shipped_at = n.shipped_at,
            estimated_arrival = n.estimated_arrival, completed_at = n.completed_at,
            cancelled_at = n.cancelled_at, version = n.version, claimed_until = NULL
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
            $6::timestamptz[], $7::timestamptz[], $8::bigint[])
            AS n (id, status, tracking_number, shipped_at, estimated_arrival, completed_at,
            cancelled_at, version)
        WHERE d.id = n.id AND d.version < n.version");
    insert_products: "INSERT INTO products
            (id, name, price, currency, managed, version, total_stock, reserved_stock,
            stock_version, moved_at)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::boolean[],
            $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::timestamptz[])";
    update_products: all_or_nothing!("UPDATE products AS p
        SET name = n.name, price = n.price, currency = n.currency, version = n.version
        FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[])
            AS n (id, name, price, currency, version)
        WHERE p.id = n.id AND p.version < n.version");
    update_levels: all_or_nothing!("UPDATE products AS p
        SET total_stock = n.total_stock, reserved_stock = n.reserved_stock,
            stock_version = n.stock_version, moved_at = n.moved_at
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
            AS n (id, total_stock, reserved_stock, stock_version, moved_at)
        WHERE p.id = n.id AND p.stock_version < n.stock_version");
    insert_reservations: "INSERT INTO reservations (order_id, product_id, quantity, state, expires_at)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[],
            $5::timestamptz[])";
    update_reservations: all_or_nothing!("UPDATE reservations AS r
        SET state = n.state, expires_at = n.expires_at, claimed_until = NULL
        FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[])
            AS n (order_id, product_id, state, expires_at)
        WHERE r.order_id = n.order_id AND r.product_id = n.product_id
            AND CASE n.state WHEN 'HELD' THEN r.state = 'HELD' ELSE r.state <> n.state END");
    // Guarded by the rows of their payment.
    put_refunds: "INSERT INTO refunds
            (order_id, number, transaction_id, amount, currency, reason, note, state, refusal,
            tries, next_try_at, owed_since, done_at)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[],
            $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::timestamptz[],
            $12::timestamptz[], $13::timestamptz[])
        ON CONFLICT (order_id, number) DO UPDATE SET state = EXCLUDED.state,
            refusal = EXCLUDED.refusal, tries = EXCLUDED.tries, done_at = EXCLUDED.done_at,
            next_try_at = EXCLUDED.next_try_at, claimed_until = NULL";
    insert_history: "INSERT INTO order_history
            (order_id, version, from_status, to_status, cause, at, event_id)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[],
            $6::timestamptz[], $7::uuid[])";
    insert_ledger: "INSERT INTO stock_ledger
            (product_id, version, kind, order_id, reason, delta_total, delta_reserved, total_after,
            reserved_after, at, event_id)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[],
            $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::timestamptz[], $11::uuid[])";
    insert_unpaid: "INSERT INTO unpaid_orders (client, order_id, product_id)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])";
    insert_outbox: "INSERT INTO outbox (event_id, topic, key, sequence, kind, payload, at, trace)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::text[],
            $6::text[], $7::timestamptz[], $8::text[])";

    // After a COMMIT whose answer was lost.
    fate: "SELECT pg_xact_status($1::text::xid8)";
    traces: "SELECT
        EXISTS (SELECT FROM unnest($1::bigint[], $2::bigint[], $3::uuid[]) AS w (order_id, version, event_id)
            JOIN order_history USING (order_id, version, event_id))
        OR EXISTS (SELECT FROM unnest($4::bigint[], $5::bigint[], $6::uuid[]) AS w (product_id, version, event_id)
            JOIN stock_ledger USING (product_id, version, event_id))
        OR EXISTS (SELECT FROM unnest($7::text[], $8::uuid[]) AS w (consumer, event_id)
            JOIN inbox USING (consumer, event_id))";
}
