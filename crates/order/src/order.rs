use ordersystem_shared_kernel::{Aggregate, Bug, OrderId, Stamp, Timestamp, Version, seeded};

use crate::{Cause, IllegalTransition, OrderEvent, OrderLines, OrderStatus};

/// One customer's order. Its status changes only through the verbs below, each of which returns the event it caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    id: OrderId,
    lines: OrderLines,
    status: OrderStatus,
    version: Version,
    placed_at: Timestamp,
    updated_at: Timestamp,
}

impl Order {
    /// Accepts an order; its stock is held by the same unit of work.
    pub fn place(id: OrderId, lines: OrderLines, stamp: Stamp) -> (Self, OrderEvent) {
        let order = Self {
            id,
            lines,
            status: OrderStatus::Created,
            version: Version::FIRST,
            placed_at: stamp.at,
            updated_at: stamp.at,
        };
        let event = order.event(None, Cause::Customer, stamp);
        (order, event)
    }

    /// Rebuilds an order from what a store kept.
    pub const fn restore(
        id: OrderId,
        lines: OrderLines,
        status: OrderStatus,
        version: Version,
        placed_at: Timestamp,
        updated_at: Timestamp,
    ) -> Self {
        Self { id, lines, status, version, placed_at, updated_at }
    }

    /// The customer wants to pay.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless CREATED.
    pub fn request_payment(&mut self, stamp: Stamp) -> Result<OrderEvent, IllegalTransition> {
        self.transition(OrderStatus::PaymentRequested, Cause::Customer, stamp)
    }

    /// The gateway took the money.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless PAYMENT_REQUESTED.
    pub fn complete_payment(&mut self, stamp: Stamp) -> Result<OrderEvent, IllegalTransition> {
        self.transition(OrderStatus::PaymentCompleted, Cause::PaymentGateway, stamp)
    }

    /// The payment failed for good: the gateway said so, or the hold ran out. Follow with [`Self::cancel`].
    ///
    /// # Errors
    /// [`IllegalTransition`] unless PAYMENT_REQUESTED.
    pub fn fail_payment(
        &mut self,
        cause: Cause,
        stamp: Stamp,
    ) -> Result<OrderEvent, IllegalTransition> {
        self.transition(OrderStatus::PaymentFailed, cause, stamp)
    }

    /// A delivery was created for the paid order.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless PAYMENT_COMPLETED.
    pub fn prepare_shipment(&mut self, stamp: Stamp) -> Result<OrderEvent, IllegalTransition> {
        self.transition(OrderStatus::ShipmentPreparing, Cause::Automatic, stamp)
    }

    /// The carrier has it.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless SHIPMENT_PREPARING.
    pub fn ship(&mut self, cause: Cause, stamp: Stamp) -> Result<OrderEvent, IllegalTransition> {
        self.transition(OrderStatus::Shipped, cause, stamp)
    }

    /// The customer has it.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless SHIPPED.
    pub fn deliver(&mut self, cause: Cause, stamp: Stamp) -> Result<OrderEvent, IllegalTransition> {
        self.transition(OrderStatus::Delivered, cause, stamp)
    }

    /// Ends the order without a sale.
    ///
    /// # Errors
    /// [`IllegalTransition`] once the order is shipped, delivered or cancelled.
    pub fn cancel(&mut self, cause: Cause, stamp: Stamp) -> Result<OrderEvent, IllegalTransition> {
        self.transition(OrderStatus::Cancelled, cause, stamp)
    }

    /// What was ordered, with frozen names and prices.
    pub const fn lines(&self) -> &OrderLines {
        &self.lines
    }

    /// The present state.
    pub const fn status(&self) -> OrderStatus {
        self.status
    }

    /// When the order was accepted.
    pub const fn placed_at(&self) -> Timestamp {
        self.placed_at
    }

    /// When the order last changed.
    pub const fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn transition(
        &mut self,
        to: OrderStatus,
        cause: Cause,
        stamp: Stamp,
    ) -> Result<OrderEvent, IllegalTransition> {
        let from = self.status;
        let returns = (from, to) == (OrderStatus::Shipped, OrderStatus::Cancelled);
        let goes_wrong = returns && seeded(Bug::ReturnAfterShipping);
        if !from.may_become(to) && !goes_wrong {
            return Err(IllegalTransition { from, to });
        }
        self.status = to;
        self.version = self.version.next();
        self.updated_at = stamp.at;
        Ok(self.event(Some(from), cause, stamp))
    }

    const fn event(&self, from: Option<OrderStatus>, cause: Cause, stamp: Stamp) -> OrderEvent {
        OrderEvent {
            id: stamp.event,
            order: self.id,
            version: self.version,
            from,
            status: self.status,
            cause,
            at: stamp.at,
        }
    }
}

impl Aggregate for Order {
    type Id = OrderId;
    type Event = OrderEvent;

    fn id(&self) -> OrderId {
        self.id
    }

    fn version(&self) -> Version {
        self.version
    }
}
