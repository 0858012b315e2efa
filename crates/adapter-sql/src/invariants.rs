//! The invariants of the design that SQL can see, in words that both databases understand. Each statement counts the rows
//! that break one; a healthy database answers 0 to all of them at any moment, because every commit keeps them.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;

/// An invariant and what the database says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Its number in the design, such as `I1`.
    pub invariant: &'static str,
    /// What must hold.
    pub statement: &'static str,
    /// How many rows break it; 0 is healthy.
    pub broken: i64,
}

pub(crate) struct Invariant {
    id: &'static str,
    statement: &'static str,
    /// Counts the rows that break it, as a [`Count`].
    pub(crate) sql: &'static str,
}

#[derive(QueryableByName)]
pub(crate) struct Count {
    #[diesel(sql_type = BigInt)]
    broken: i64,
}

impl Invariant {
    pub(crate) const fn found(&self, count: Count) -> Finding {
        Finding { invariant: self.id, statement: self.statement, broken: count.broken }
    }
}

/// All of them, in the order of their numbers.
pub(crate) const INVARIANTS: [Invariant; 12] = [
    Invariant {
        id: "I1",
        statement: "units ever added = units in stock + units sold",
        sql: "SELECT COUNT(*) AS broken FROM products p
              LEFT JOIN (SELECT product_id, SUM(delta_total) AS units FROM stock_ledger
                         WHERE kind = 'ADJUST' GROUP BY product_id) added ON added.product_id = p.id
              LEFT JOIN (SELECT product_id, SUM(quantity) AS units FROM reservations
                         WHERE state = 'CONFIRMED' GROUP BY product_id) sold ON sold.product_id = p.id
              WHERE p.managed
                AND COALESCE(added.units, 0) <> p.total_stock + COALESCE(sold.units, 0)",
    },
    Invariant {
        id: "I2",
        statement: "held units = sum of the open holds",
        sql: "SELECT COUNT(*) AS broken FROM products p
              LEFT JOIN (SELECT product_id, SUM(quantity) AS units FROM reservations
                         WHERE state = 'HELD' GROUP BY product_id) held ON held.product_id = p.id
              WHERE p.managed AND p.reserved_stock <> COALESCE(held.units, 0)",
    },
    Invariant {
        id: "I3",
        statement: "nothing is oversold: 0 <= held <= in stock",
        sql: "SELECT COUNT(*) AS broken FROM products
              WHERE NOT (0 <= reserved_stock AND reserved_stock <= total_stock)",
    },
    Invariant {
        id: "I5",
        statement: "the ledger is gapless, chained, and adds up to the level",
        sql: "SELECT COUNT(*) AS broken FROM (
                SELECT p.id FROM products p WHERE p.managed AND (p.stock_version, p.total_stock, p.reserved_stock)
                 <> (SELECT COUNT(*), COALESCE(SUM(delta_total), 0), COALESCE(SUM(delta_reserved), 0)
                     FROM stock_ledger l WHERE l.product_id = p.id)
                UNION ALL
                SELECT product_id FROM (
                  SELECT product_id, version, total_after, reserved_after,
                    ROW_NUMBER() OVER w AS place,
                    SUM(delta_total) OVER w AS total, SUM(delta_reserved) OVER w AS reserved
                  FROM stock_ledger WINDOW w AS (PARTITION BY product_id ORDER BY version)) chain
                WHERE version <> place OR total_after <> total OR reserved_after <> reserved) broken_rows",
    },
    Invariant {
        id: "I8",
        statement: "each order's history is gapless, allowed, and ends in its state",
        sql: "SELECT COUNT(*) AS broken FROM (
                SELECT o.id FROM orders o WHERE (o.version, o.status)
                 <> (SELECT h.version, h.to_status FROM order_history h
                     WHERE h.order_id = o.id ORDER BY h.version DESC LIMIT 1)
                  OR o.version <> (SELECT COUNT(*) FROM order_history h WHERE h.order_id = o.id)
                UNION ALL
                SELECT h.order_id FROM order_history h
                LEFT JOIN order_history b ON b.order_id = h.order_id AND b.version = h.version - 1
                WHERE COALESCE(b.to_status, '') <> COALESCE(h.from_status, '')
                  OR COALESCE(h.from_status, '') || '>' || h.to_status NOT IN (
                    '>CREATED', 'CREATED>PAYMENT_REQUESTED', 'CREATED>CANCELLED',
                    'PAYMENT_REQUESTED>PAYMENT_COMPLETED', 'PAYMENT_REQUESTED>PAYMENT_FAILED',
                    'PAYMENT_REQUESTED>CANCELLED', 'PAYMENT_FAILED>CANCELLED',
                    'PAYMENT_COMPLETED>SHIPMENT_PREPARING', 'PAYMENT_COMPLETED>CANCELLED',
                    'SHIPMENT_PREPARING>SHIPPED', 'SHIPMENT_PREPARING>CANCELLED',
                    'SHIPPED>DELIVERED')) broken_rows",
    },
    Invariant {
        id: "I9",
        statement: "each hold is in the state that its order implies",
        sql: "SELECT COUNT(*) AS broken FROM order_lines l
              JOIN orders o ON o.id = l.order_id
              LEFT JOIN reservations r ON r.order_id = l.order_id AND r.product_id = l.product_id
              WHERE r.order_id IS NULL OR r.quantity <> l.quantity OR NOT CASE
                WHEN o.status IN ('CREATED', 'PAYMENT_REQUESTED') THEN r.state = 'HELD'
                WHEN o.status = 'CANCELLED' THEN r.state IN ('RELEASED', 'EXPIRED', 'RETURNED')
                WHEN o.status = 'PAYMENT_FAILED' THEN r.state IN ('RELEASED', 'EXPIRED')
                ELSE r.state = 'CONFIRMED' END",
    },
    Invariant {
        id: "I10",
        statement: "each hold is resolved at most once, and returned only when it was sold",
        sql: "SELECT COUNT(*) AS broken FROM (
                SELECT order_id, product_id,
                  COUNT(*) FILTER (WHERE kind = 'RESERVE') AS reserved,
                  COUNT(*) FILTER (WHERE kind = 'CONFIRM') AS confirmed,
                  COUNT(*) FILTER (WHERE kind IN ('RELEASE', 'EXPIRE')) AS released,
                  COUNT(*) FILTER (WHERE kind = 'RETURN') AS returned
                FROM stock_ledger WHERE order_id IS NOT NULL GROUP BY order_id, product_id) holds
              WHERE reserved <> 1 OR confirmed + released > 1 OR returned > confirmed",
    },
    Invariant {
        id: "I11",
        statement: "each published order event is exactly one step of a history",
        sql: "SELECT COUNT(*) AS broken FROM outbox x
              LEFT JOIN order_history h ON h.order_id = x.key AND h.version = x.sequence
              WHERE x.topic = 'order-events' AND (h.event_id IS NULL OR h.event_id <> x.event_id)",
    },
    Invariant {
        id: "I15",
        statement: "no order is paid twice",
        sql: "SELECT COUNT(*) AS broken FROM (
                SELECT order_id FROM payments WHERE outcome = 'CAPTURED'
                GROUP BY order_id HAVING COUNT(*) > 1) twice",
    },
    Invariant {
        id: "I16",
        statement: "a paid order's total was taken, and never more goes back than was taken",
        sql: "SELECT COUNT(*) AS broken FROM (
                SELECT o.id FROM orders o
                WHERE o.status IN ('PAYMENT_COMPLETED', 'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED')
                AND NOT EXISTS (SELECT 1 FROM payments p
                    WHERE p.order_id = o.id AND p.outcome = 'CAPTURED'
                    AND COALESCE(p.reported_amount, p.amount) = o.total
                    AND COALESCE(p.reported_currency, p.currency) = o.currency)
                UNION ALL
                SELECT f.order_id FROM refunds f
                LEFT JOIN payments p ON p.transaction_id = f.transaction_id
                    AND p.order_id = f.order_id AND p.outcome = 'CAPTURED'
                    AND COALESCE(p.reported_currency, p.currency) = f.currency
                GROUP BY f.order_id
                HAVING SUM(f.amount) > COALESCE(MIN(COALESCE(p.reported_amount, p.amount)), 0)) broken_rows",
    },
    Invariant {
        id: "I17",
        statement: "all that was taken for a cancelled order goes back, and nothing was taken for an open one",
        sql: "SELECT COUNT(*) AS broken FROM payments p
              JOIN orders o ON o.id = p.order_id
              LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM refunds GROUP BY order_id) f
                ON f.order_id = p.order_id
              WHERE p.outcome = 'CAPTURED' AND NOT CASE
                WHEN o.status = 'CANCELLED'
                THEN COALESCE(f.amount, 0) = COALESCE(p.reported_amount, p.amount)
                ELSE o.status IN ('PAYMENT_COMPLETED', 'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED') END",
    },
    Invariant {
        id: "I18",
        statement: "each delivery agrees with its order",
        sql: "SELECT COUNT(*) AS broken FROM (
                SELECT d.order_id FROM deliveries d JOIN orders o ON o.id = d.order_id
                WHERE d.status <> o.status
                UNION ALL
                SELECT o.id FROM orders o WHERE o.status IN ('SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED')
                AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.order_id = o.id)) broken_rows",
    },
];
