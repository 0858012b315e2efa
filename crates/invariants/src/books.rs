use std::collections::BTreeMap;

use ordersystem_application::{DeadLetter, HistoryEntry, OutboxMessage};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{LedgerEntry, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{OrderId, ProductId, Timestamp};

use crate::{ALL, Finding};

/// All rows of a shop at one moment.
#[derive(Debug, Clone)]
pub struct Books<'a> {
    /// The moment, on the store's clock.
    pub now: Timestamp,
    /// With their lines.
    pub orders: &'a BTreeMap<OrderId, Order>,
    /// In the order of their versions.
    pub history: &'a BTreeMap<OrderId, Vec<HistoryEntry>>,
    /// Holds, whatever became of them.
    pub reservations: &'a BTreeMap<(OrderId, ProductId), Reservation>,
    /// With their attempts and refunds.
    pub payments: &'a BTreeMap<OrderId, Payment>,
    /// By their order.
    pub deliveries: &'a BTreeMap<OrderId, Delivery>,
    /// Of the products whose stock is managed.
    pub levels: &'a BTreeMap<ProductId, StockLevel>,
    /// In the order of their versions.
    pub ledger: &'a BTreeMap<ProductId, Vec<LedgerEntry>>,
    /// By position; published rows may be purged.
    pub outbox: Vec<OutboxEntry<'a>>,
    /// What consumers could not handle.
    pub dead_letters: &'a BTreeMap<i64, DeadLetter>,
}

/// A row of the outbox.
#[derive(Debug, Clone, Copy)]
pub struct OutboxEntry<'a> {
    /// What is published.
    pub message: &'a OutboxMessage,
    /// When the broker had it; none while it waits.
    pub published_at: Option<Timestamp>,
}

impl Books<'_> {
    /// Checks every invariant, in the order of [`ALL`].
    pub fn check(&self) -> Vec<Finding> {
        let check = |invariant: &'static crate::Invariant| {
            let mut broken = (invariant.rule)(self);
            broken.sort_unstable();
            broken.dedup();
            Finding { invariant, broken: count(&broken), first: broken.first().copied() }
        };
        ALL.iter().map(check).collect()
    }
}

fn count(broken: &[i64]) -> u64 {
    u64::try_from(broken.len()).unwrap_or(u64::MAX)
}
