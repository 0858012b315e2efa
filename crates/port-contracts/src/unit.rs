//! Builds small units of work. Numbers are plain integers: a test says `place(1, 7, 2)` for two units of product 7.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ordersystem_application::UnitOfWork;
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{
    HoldExtension, MoveKind, Product, ProductDraft, ProductEvent, StockMove, Stocking,
};
use ordersystem_order::{Basket, Cause, IllegalTransition, Offer, Order, OrderEvent, OrderLines};
use ordersystem_payment::{GatewayOutcome, Payment, PaymentEvent, RefundReason};
use ordersystem_shared_kernel::{
    Aggregate, Answer, Change, Currency, DeliveryId, EventId, Fingerprint, Money, OrderId,
    ProductId, Quantity, Receipt, RequestKey, Stamp, Timestamp, TransactionId, Version,
};
use uuid::Uuid;

/// What every product costs.
pub const PRICE: i64 = 10_000;

/// How long holds last unless a test says otherwise.
pub const HOLD: Duration = Duration::from_hours(1);

/// Decides everything at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Units {
    at: Timestamp,
}

/// Units that are decided at `moment`.
pub const fn at(moment: Timestamp) -> Units {
    Units { at: moment }
}

/// A UUID that no other call in this process returns.
pub fn uuid() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u64_pair(1, LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

/// An amount of won.
pub fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).expect("tests use amounts that exist")
}

/// A number of units.
pub fn quantity(units: i64) -> Quantity {
    Quantity::new(units).expect("tests use quantities that exist")
}

/// Lines of (product, quantity), each at [`PRICE`].
pub fn lines(items: &[(i64, i64)]) -> OrderLines {
    let items = items.iter().map(|(product, units)| (ProductId::new(*product), quantity(*units)));
    let basket = Basket::new(items).expect("tests use baskets that exist");
    let offers = basket.items().iter().map(|(product, _)| Offer {
        name: name_of(*product),
        unit_price: won(PRICE),
        version: Version::FIRST,
    });
    basket.priced(offers.collect()).expect("tests use totals that exist")
}

/// The receipt of a consumed event.
pub const fn event_receipt(consumer: &'static str, event: EventId) -> Receipt {
    Receipt::Event { consumer, event }
}

/// The receipt of a request with this idempotency key, which was answered with this text.
pub fn request_receipt(key: &str, answer: &str) -> Receipt {
    Receipt::Request {
        key: request_key(key),
        fingerprint: Fingerprint([7; 32]),
        answer: Answer(answer.as_bytes().to_vec()),
    }
}

/// The key of [`request_receipt`].
pub fn request_key(key: &str) -> RequestKey {
    RequestKey {
        principal: "customer".to_owned(),
        route: "POST /api/orders".to_owned(),
        key: key.to_owned(),
    }
}

/// A unit that does nothing but leave a receipt.
pub fn receipt_only(cause: Receipt) -> UnitOfWork {
    UnitOfWork { cause: Some(cause), ..UnitOfWork::default() }
}

impl Units {
    /// This moment with a new event id.
    pub fn stamp(self) -> Stamp {
        Stamp { at: self.at, event: EventId::new(uuid()) }
    }

    /// A managed product with its first stock.
    pub fn product(self, id: i64, stock: i64) -> UnitOfWork {
        let products = vec![Change::created(self.draft(id, Stocking::Managed))];
        UnitOfWork { products, ..self.adjust(id, stock) }
    }

    /// A product that never runs out.
    pub fn unlimited(self, id: i64) -> UnitOfWork {
        let products = vec![Change::created(self.draft(id, Stocking::Unlimited))];
        UnitOfWork { products, ..UnitOfWork::default() }
    }

    /// An adjustment of stock.
    pub fn adjust(self, product: i64, delta: i64) -> UnitOfWork {
        let kind = MoveKind::Adjust { delta, reason: "a test".to_owned() };
        UnitOfWork { stock: vec![self.movement(product, kind)], ..UnitOfWork::default() }
    }

    /// A new order of one line with its hold.
    pub fn place(self, order: i64, product: i64, units: i64) -> UnitOfWork {
        self.basket(order, &[(product, units)])
    }

    /// A new order of several lines with its holds.
    pub fn basket(self, order: i64, items: &[(i64, i64)]) -> UnitOfWork {
        self.basket_until(order, items, self.at.after(HOLD))
    }

    /// A new order whose holds may be expired at `until`.
    pub fn basket_until(self, order: i64, items: &[(i64, i64)], until: Timestamp) -> UnitOfWork {
        let id = OrderId::new(order);
        let change = Change::created(Order::place(id, lines(items), self.stamp()));
        let reserve = |quantity| MoveKind::Reserve { order: id, quantity, until };
        let stock = self.moves(change.state(), reserve);
        UnitOfWork { orders: vec![change], stock, ..UnitOfWork::default() }
    }

    /// CREATED → PAYMENT_REQUESTED, with the payment.
    pub fn request_payment(self, order: Order) -> UnitOfWork {
        let transaction = TransactionId::new(uuid());
        let amount = order.lines().total();
        let payment = Payment::request(order.id(), amount, transaction, self.stamp());
        let unit = self.step(order, |order, stamp| order.request_payment(stamp));
        UnitOfWork { payments: vec![Change::created(payment)], ..unit }
    }

    /// PAYMENT_REQUESTED → PAYMENT_COMPLETED: the hold is sold.
    pub fn pay(self, order: Order, payment: Payment) -> UnitOfWork {
        let id = order.id();
        let stock = self.moves(&order, |quantity| MoveKind::Confirm { order: id, quantity });
        let mut settled = Change::of(payment);
        settled.apply_if(|payment| payment.report(&GatewayOutcome::Success.into(), self.stamp()));
        let unit = self.step(order, |order, stamp| order.complete_payment(stamp));
        UnitOfWork { payments: vec![settled], stock, ..unit }
    }

    /// An unpaid order ends; its hold is released.
    pub fn cancel(self, order: Order) -> UnitOfWork {
        let id = order.id();
        let stock = self.moves(&order, |quantity| MoveKind::Release { order: id, quantity });
        UnitOfWork { stock, ..self.cancelled(order, Cause::Customer) }
    }

    /// An unpaid order ends because its hold ran out.
    pub fn expire(self, order: Order) -> UnitOfWork {
        let id = order.id();
        let stock = self.moves(&order, |quantity| MoveKind::Expire { order: id, quantity });
        UnitOfWork { stock, ..self.cancelled(order, Cause::HoldExpired) }
    }

    /// A paid order ends: its units come back and its money is owed.
    pub fn give_back(self, order: Order, payment: Payment) -> UnitOfWork {
        let id = order.id();
        let stock = self.moves(&order, |quantity| MoveKind::Return { order: id, quantity });
        let mut owed = Change::of(payment);
        let event = owed.apply_if(|p| p.give_back(RefundReason::OrderCancelled, self.stamp()));
        event.expect("tests give back what was paid");
        UnitOfWork { stock, payments: vec![owed], ..self.cancelled(order, Cause::Customer) }
    }

    /// A change of a payment alone.
    pub fn money(
        self,
        payment: Payment,
        verb: impl FnOnce(&mut Payment, Stamp) -> Option<PaymentEvent>,
    ) -> UnitOfWork {
        let mut change = Change::of(payment);
        let event = change.apply_if(|payment| verb(payment, self.stamp()));
        event.expect("tests change what can be changed");
        UnitOfWork { payments: vec![change], ..UnitOfWork::default() }
    }

    /// More time for the holds of an order.
    pub fn extend(self, order: &Order, until: Timestamp) -> UnitOfWork {
        let lines = order.lines().as_slice().iter();
        let extension = |product| HoldExtension { order: order.id(), product, until };
        let extensions = lines.map(|line| extension(line.product)).collect();
        UnitOfWork { extensions, ..UnitOfWork::default() }
    }

    /// PAYMENT_COMPLETED → SHIPMENT_PREPARING, with the delivery.
    pub fn prepare(self, order: Order, delivery: i64) -> UnitOfWork {
        let number = DeliveryId::new(delivery);
        let courier = "CJ대한통운".to_owned();
        let delivery = Delivery::prepare(number, order.id(), courier, self.stamp());
        let unit = self.step(order, |order, stamp| order.prepare_shipment(stamp));
        UnitOfWork { deliveries: vec![Change::created(delivery)], ..unit }
    }

    /// SHIPMENT_PREPARING → SHIPPED.
    pub fn ship(self, order: Order, delivery: Delivery) -> UnitOfWork {
        let arrival = self.at.after(Duration::from_hours(24));
        let mut shipped = Change::of(delivery);
        let done = shipped.apply(|delivery| delivery.ship(arrival, self.stamp()));
        done.expect("tests ship what is prepared");
        let unit = self.step(order, |order, stamp| order.ship(Cause::Scheduler, stamp));
        UnitOfWork { deliveries: vec![shipped], ..unit }
    }

    /// SHIPPED → DELIVERED.
    pub fn deliver(self, order: Order, delivery: Delivery) -> UnitOfWork {
        let mut delivered = Change::of(delivery);
        let done = delivered.apply(|delivery| delivery.deliver(self.stamp()));
        done.expect("tests deliver what is shipped");
        let unit = self.step(order, |order, stamp| order.deliver(Cause::Scheduler, stamp));
        UnitOfWork { deliveries: vec![delivered], ..unit }
    }

    /// One move alone.
    pub fn movement(self, product: i64, kind: MoveKind) -> StockMove {
        StockMove { product: ProductId::new(product), kind, stamp: self.stamp() }
    }

    fn draft(self, id: i64, stocking: Stocking) -> (Product, ProductEvent) {
        let id = ProductId::new(id);
        let draft = ProductDraft { name: name_of(id), price: won(PRICE), stocking };
        Product::create(id, draft, self.stamp()).expect("tests name their products")
    }

    fn moves(self, order: &Order, kind: impl Fn(Quantity) -> MoveKind) -> Vec<StockMove> {
        let lines = order.lines().as_slice().iter();
        lines.map(|line| self.movement(line.product.get(), kind(line.quantity))).collect()
    }

    fn cancelled(self, order: Order, cause: Cause) -> UnitOfWork {
        self.step(order, |order, stamp| order.cancel(cause, stamp))
    }

    fn step(
        self,
        order: Order,
        verb: impl FnOnce(&mut Order, Stamp) -> Result<OrderEvent, IllegalTransition>,
    ) -> UnitOfWork {
        let mut change = Change::of(order);
        change.apply(|order| verb(order, self.stamp())).expect("tests take allowed steps");
        UnitOfWork { orders: vec![change], ..UnitOfWork::default() }
    }
}

fn name_of(product: ProductId) -> String {
    format!("상품 {product}")
}
