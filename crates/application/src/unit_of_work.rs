use std::num::NonZeroUsize;

use ordersystem_delivery::Delivery;
use ordersystem_inventory::{HoldExtension, Product, StockError, StockLevel, StockMove};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{
    Aggregate, Answer, Change, Expected, Fingerprint, OrderId, ProductId, Receipt, Version,
};
use thiserror::Error;

/// One business fact and everything that follows from it, as plain data. A store commits all of it or nothing.
#[derive(Debug, Clone, Default)]
pub struct UnitOfWork {
    /// What set the unit off, when it must not happen twice.
    pub cause: Option<Receipt>,
    /// The W3C `traceparent` of the request, passed on to every event.
    pub trace: Option<String>,
    /// Orders that were placed or changed; their events go to the outbox and to the history.
    pub orders: Vec<Change<Order>>,
    /// Payments that were requested, settled or given back.
    pub payments: Vec<Change<Payment>>,
    /// Deliveries that were prepared or moved on.
    pub deliveries: Vec<Change<Delivery>>,
    /// Products that were created or changed.
    pub products: Vec<Change<Product>>,
    /// Products whose name and price the unit relies on, in the version that was read.
    pub quotes: Vec<(ProductId, Version)>,
    /// What should happen to stock; decided inside the commit. The resulting events go to the outbox.
    pub stock: Vec<StockMove>,
    /// Whose the orders that the unit places are, where that is limited; decided inside the commit.
    pub account: Option<UnpaidAccount>,
    /// Holds that should last longer. No stock moves by that, so no product is locked.
    pub extensions: Vec<HoldExtension>,
}

impl UnitOfWork {
    /// Whether a commit would write nothing at all.
    pub const fn is_empty(&self) -> bool {
        self.cause.is_none()
            && self.orders.is_empty()
            && self.payments.is_empty()
            && self.deliveries.is_empty()
            && self.products.is_empty()
            && self.stock.is_empty()
            && self.extensions.is_empty()
    }

    /// Every product of every order that the unit places.
    pub fn placed(&self) -> impl Iterator<Item = (OrderId, ProductId)> {
        let orders = self.orders.iter().filter(|change| change.expected() == Expected::Absent);
        orders.map(|change| change.state()).flat_map(|order| {
            let lines = order.lines().as_slice().iter();
            lines.map(|line| (order.id(), line.product))
        })
    }
}

/// Somebody who may have so many open orders without paying, and no more: holding stock costs nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpaidAccount {
    /// Who, in whatever way callers are told apart.
    pub client: String,
    /// Orders in all.
    pub most: Option<NonZeroUsize>,
    /// Orders with the same product in them.
    pub most_per_product: Option<NonZeroUsize>,
}

/// What a commit brought about that the caller could not know before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The levels after the unit's stock moves, one per managed product.
    pub levels: Vec<StockLevel>,
}

/// What is remembered of an answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Of the request that was answered.
    pub fingerprint: Fingerprint,
    /// Byte for byte.
    pub answer: Answer,
}

/// Why a unit was not committed. Unless it says otherwise, nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommitError {
    /// An aggregate, a quote or a hold is no longer what the unit was decided on: load and decide again.
    #[error("something has changed since it was loaded")]
    Conflict,
    /// The cause was handled before; for requests with what was answered then.
    #[error("the cause was handled before")]
    AlreadyHandled(Option<StoredAnswer>),
    /// The stock refuses a move.
    #[error("the stock refuses")]
    Stock {
        /// Which rule.
        #[source]
        cause: StockError,
        /// The present levels of all managed products in the unit, so that soft holds can be undone.
        levels: Vec<StockLevel>,
    },
    /// The account has as many unpaid orders as it may have.
    #[error("too many orders are unpaid")]
    TooManyUnpaid,
    /// The queue is full.
    #[error("too much is waiting to be committed")]
    Overloaded,
    /// The database cannot be reached or refuses to work.
    #[error("the store is not available")]
    Unavailable,
    /// The connection broke while the commit was under way: it may or may not have happened.
    #[error("the outcome of the commit is not known")]
    OutcomeUnknown,
}
