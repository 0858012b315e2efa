//! The invariants as questions to a database, in words that both understand: each select names the `subject`s that break
//! one. A healthy database answers with no row at any moment, because every commit keeps them.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable};
use ordersystem_invariants::{ALL, Finding, Invariant, LATE};
use ordersystem_shared_kernel::Timestamp;

/// Stands for the moment before which what waits is late.
const LATEST: &str = "{late}";
/// The same for what a sweeper watches that waits for a minute itself.
const VERY_LATE: &str = "{very late}";

/// By the number of the invariant.
const SELECTS: [(&str, &str); 19] = [
    (
        "I1",
        "SELECT p.id AS subject FROM products p
         LEFT JOIN (SELECT product_id, SUM(delta_total) AS units FROM stock_ledger
                    WHERE kind = 'ADJUST' GROUP BY product_id) added ON added.product_id = p.id
         LEFT JOIN (SELECT product_id, SUM(quantity) AS units FROM reservations
                    WHERE state = 'CONFIRMED' GROUP BY product_id) sold ON sold.product_id = p.id
         WHERE p.managed AND COALESCE(added.units, 0) <> p.total_stock + COALESCE(sold.units, 0)",
    ),
    (
        "I2",
        "SELECT p.id AS subject FROM products p
         LEFT JOIN (SELECT product_id, SUM(quantity) AS units FROM reservations
                    WHERE state = 'HELD' GROUP BY product_id) held ON held.product_id = p.id
         WHERE p.managed AND p.reserved_stock <> COALESCE(held.units, 0)",
    ),
    (
        "I3",
        "SELECT id AS subject FROM products
         WHERE NOT (0 <= reserved_stock AND reserved_stock <= total_stock)",
    ),
    (
        "I5",
        "SELECT p.id AS subject FROM products p
         WHERE p.managed AND (p.stock_version, p.total_stock, p.reserved_stock)
            <> (SELECT COUNT(*), COALESCE(SUM(delta_total), 0), COALESCE(SUM(delta_reserved), 0)
                FROM stock_ledger l WHERE l.product_id = p.id)
         UNION ALL
         SELECT product_id AS subject FROM (
           SELECT product_id, version, total_after, reserved_after,
             ROW_NUMBER() OVER w AS place,
             SUM(delta_total) OVER w AS total, SUM(delta_reserved) OVER w AS reserved
           FROM stock_ledger WINDOW w AS (PARTITION BY product_id ORDER BY version)) chain
         WHERE version <> place OR total_after <> total OR reserved_after <> reserved",
    ),
    (
        "I8",
        "SELECT o.id AS subject FROM orders o
         LEFT JOIN (SELECT order_id, COUNT(*) AS steps, MAX(version) AS last FROM order_history
                    GROUP BY order_id) told ON told.order_id = o.id
         LEFT JOIN order_history h ON h.order_id = o.id AND h.version = told.last
         WHERE COALESCE(told.steps, 0) <> o.version OR COALESCE(told.last, 0) <> o.version
            OR h.to_status <> o.status
         UNION ALL
         SELECT h.order_id AS subject FROM order_history h
         LEFT JOIN order_history b ON b.order_id = h.order_id AND b.version = h.version - 1
         LEFT JOIN orders o ON o.id = h.order_id
         WHERE o.id IS NULL OR COALESCE(b.to_status, '') <> COALESCE(h.from_status, '')
            OR COALESCE(h.from_status, '') || '>' || h.to_status NOT IN (
              '>CREATED', 'CREATED>PAYMENT_REQUESTED', 'CREATED>CANCELLED',
              'PAYMENT_REQUESTED>PAYMENT_COMPLETED', 'PAYMENT_REQUESTED>PAYMENT_FAILED',
              'PAYMENT_REQUESTED>CANCELLED', 'PAYMENT_FAILED>CANCELLED',
              'PAYMENT_COMPLETED>SHIPMENT_PREPARING', 'PAYMENT_COMPLETED>CANCELLED',
              'SHIPMENT_PREPARING>SHIPPED', 'SHIPMENT_PREPARING>CANCELLED',
              'SHIPPED>DELIVERED')",
    ),
    (
        "I9",
        "SELECT o.id AS subject FROM order_lines l
         JOIN orders o ON o.id = l.order_id
         LEFT JOIN reservations r ON r.order_id = l.order_id AND r.product_id = l.product_id
         WHERE r.order_id IS NULL OR r.quantity <> l.quantity OR NOT CASE
           WHEN o.status IN ('CREATED', 'PAYMENT_REQUESTED') THEN r.state = 'HELD'
           WHEN o.status = 'CANCELLED' THEN r.state IN ('RELEASED', 'EXPIRED', 'RETURNED')
           WHEN o.status = 'PAYMENT_FAILED' THEN r.state IN ('RELEASED', 'EXPIRED')
           ELSE r.state = 'CONFIRMED' END
         UNION ALL
         SELECT r.order_id AS subject FROM reservations r
         LEFT JOIN order_lines l ON l.order_id = r.order_id AND l.product_id = r.product_id
         WHERE l.order_id IS NULL",
    ),
    (
        "I10",
        "SELECT order_id AS subject FROM (
           SELECT order_id, product_id,
             COUNT(*) FILTER (WHERE kind = 'RESERVE') AS reserved,
             COUNT(*) FILTER (WHERE kind = 'CONFIRM') AS confirmed,
             COUNT(*) FILTER (WHERE kind IN ('RELEASE', 'EXPIRE')) AS released,
             COUNT(*) FILTER (WHERE kind = 'RETURN') AS returned
           FROM stock_ledger WHERE order_id IS NOT NULL GROUP BY order_id, product_id) holds
         WHERE reserved <> 1 OR confirmed + released > 1 OR returned > confirmed",
    ),
    (
        "I11",
        "SELECT x.key AS subject FROM outbox x
         LEFT JOIN order_history h ON h.order_id = x.key AND h.version = x.sequence
         WHERE x.topic = 'order-events' AND (h.event_id IS NULL OR h.event_id <> x.event_id)
         UNION ALL
         SELECT x.key AS subject FROM outbox x
         LEFT JOIN stock_ledger l ON l.product_id = x.key AND l.version = x.sequence
         WHERE x.topic = 'inventory-events' AND (l.event_id IS NULL OR l.event_id <> x.event_id)",
    ),
    (
        "I13",
        "SELECT key AS subject FROM (
           SELECT key, sequence, published_at, LAG(id) OVER w AS before,
             LAG(sequence) OVER w AS earlier, LAG(published_at) OVER w AS earlier_published
           FROM outbox WINDOW w AS (PARTITION BY topic, key ORDER BY id)) line
         WHERE before IS NOT NULL
           AND (sequence <= earlier OR (published_at IS NOT NULL AND earlier_published IS NULL))",
    ),
    (
        "I15",
        "SELECT order_id AS subject FROM payments WHERE outcome = 'CAPTURED'
         GROUP BY order_id HAVING COUNT(*) > 1",
    ),
    (
        "I16",
        "SELECT o.id AS subject FROM orders o
         WHERE o.status IN ('PAYMENT_COMPLETED', 'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED')
           AND NOT EXISTS (SELECT 1 FROM payments p
             WHERE p.order_id = o.id AND p.outcome = 'CAPTURED'
               AND COALESCE(p.reported_amount, p.amount) = o.total
               AND COALESCE(p.reported_currency, p.currency) = o.currency)
         UNION ALL
         SELECT f.order_id AS subject FROM refunds f
         LEFT JOIN payments p ON p.transaction_id = f.transaction_id
           AND p.order_id = f.order_id AND p.outcome = 'CAPTURED'
           AND COALESCE(p.reported_currency, p.currency) = f.currency
         GROUP BY f.order_id
         HAVING SUM(f.amount) > COALESCE(MIN(COALESCE(p.reported_amount, p.amount)), 0)
             OR COUNT(*) <> MAX(f.number)",
    ),
    (
        "I17",
        "SELECT p.order_id AS subject FROM payments p
         LEFT JOIN orders o ON o.id = p.order_id
         LEFT JOIN (SELECT order_id, SUM(amount) AS amount FROM refunds GROUP BY order_id) f
           ON f.order_id = p.order_id
         WHERE o.id IS NULL OR p.outcome = 'CAPTURED' AND NOT CASE
           WHEN o.status = 'CANCELLED'
             THEN COALESCE(f.amount, 0) = COALESCE(p.reported_amount, p.amount)
           ELSE o.status IN ('PAYMENT_COMPLETED', 'SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED') END",
    ),
    (
        "I18",
        "SELECT d.order_id AS subject FROM deliveries d
         LEFT JOIN orders o ON o.id = d.order_id WHERE o.id IS NULL OR d.status <> o.status
         UNION ALL
         SELECT o.id AS subject FROM orders o
         WHERE o.status IN ('SHIPMENT_PREPARING', 'SHIPPED', 'DELIVERED')
           AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.order_id = o.id)",
    ),
    (
        "I19",
        "SELECT order_id AS subject FROM order_history
         GROUP BY order_id, to_status HAVING COUNT(*) > 1",
    ),
    ("I12", "SELECT key AS subject FROM outbox WHERE published_at IS NULL AND at < {late}"),
    (
        "I17r",
        "SELECT order_id AS subject FROM refunds WHERE state <> 'DONE' AND owed_since < {late}",
    ),
    (
        "I20",
        "SELECT order_id AS subject FROM reservations WHERE state = 'HELD' AND expires_at < {late}",
    ),
    ("I23", "SELECT id AS subject FROM dead_letters WHERE state IN ('BURIED', 'REPLAY_REQUESTED')"),
    (
        "I26",
        "SELECT id AS subject FROM orders
         WHERE status = 'PAYMENT_COMPLETED' AND updated_at < {very late}",
    ),
];

/// What a select says: how many subjects, and the first of them.
#[derive(QueryableByName)]
pub(crate) struct Answer {
    #[diesel(sql_type = BigInt)]
    broken: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    first: Option<i64>,
}

/// An invariant as a question.
pub(crate) struct Question {
    invariant: &'static Invariant,
    /// Answered with one [`Answer`].
    pub(crate) sql: String,
}

impl Question {
    pub(crate) fn answered(&self, answer: &Answer) -> Finding {
        let broken = u64::try_from(answer.broken).unwrap_or_default();
        Finding { invariant: self.invariant, broken, first: answer.first }
    }
}

/// Every invariant at this moment; `moment` writes one as the database reads it.
pub(crate) fn questions(now: Timestamp, moment: impl Fn(Timestamp) -> String) -> Vec<Question> {
    let late = moment(now.before(LATE));
    let very_late = moment(now.before(LATE).before(LATE));
    let question = |(invariant, (_, select)): (&'static Invariant, &(&str, &str))| {
        let select = select.replace(LATEST, &late).replace(VERY_LATE, &very_late);
        let sql = format!(
            "SELECT COUNT(DISTINCT subject) AS broken, MIN(subject) AS first FROM ({select}) breaking"
        );
        Question { invariant, sql }
    };
    ALL.iter().zip(&SELECTS).map(question).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_has_its_select() {
        let listed: Vec<_> = ALL.iter().map(|invariant| invariant.id).collect();
        let asked: Vec<_> = SELECTS.iter().map(|(id, _)| *id).collect();
        assert_eq!(asked, listed);
    }
}
