//! `order show`: all that the store knows of one order on one screen.

use std::fmt::Display;
use std::io;

use chrono_tz::Tz;
use ordersystem_application::{HistoryEntry, Reads, Store, StoreUnavailable};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Reservation, ReservationState};
use ordersystem_order::Order;
use ordersystem_payment::{Payment, Refund};
use ordersystem_shared_kernel::{Aggregate, OrderId, Timestamp};

use super::database;
use super::time::clock_time;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output::Output;

/// Whether the history is shown too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timeline {
    Hidden,
    Shown,
}

/// Looks the order up in the database of the settings.
pub(super) async fn run(
    id: OrderId,
    timeline: Timeline,
    settings: &Settings,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    match database::look(settings, output).await {
        Ok(store) => show(&*store, id, timeline, settings.timezone, output).await,
        Err(exit) => Ok(exit),
    }
}

/// Prints the order, with times on the clocks of `zone`.
async fn show(
    store: &(impl Store + Reads + ?Sized),
    id: OrderId,
    timeline: Timeline,
    zone: Tz,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    match Dossier::load(store, id).await {
        Ok(Some(dossier)) => {
            output.text(Screen { zone, text: String::new() }.dossier(&dossier, timeline))?;
            Ok(Exit::Ok)
        }
        Ok(None) => {
            output.note(format_args!("there is no order {id}; `GET /api/orders` lists all"));
            Ok(Exit::Finding)
        }
        Err(error) => {
            output.note(format_args!("error: {error}; try `ordersystem doctor`"));
            Ok(Exit::Unavailable)
        }
    }
}

struct Dossier {
    order: Order,
    holds: Vec<Reservation>,
    payment: Option<Payment>,
    delivery: Option<Delivery>,
    history: Vec<HistoryEntry>,
}

impl Dossier {
    async fn load(
        store: &(impl Store + Reads + ?Sized),
        id: OrderId,
    ) -> Result<Option<Self>, StoreUnavailable> {
        let Some(order) = store.order(id).await? else { return Ok(None) };
        Ok(Some(Self {
            order,
            holds: store.reservations(id).await?,
            payment: store.payment(id).await?,
            delivery: store.delivery(id).await?,
            history: store.history(id).await?,
        }))
    }
}

struct Screen {
    zone: Tz,
    text: String,
}

impl Screen {
    fn dossier(mut self, dossier: &Dossier, timeline: Timeline) -> String {
        let order = &dossier.order;
        let placed = self.time(order.placed_at());
        let (id, status, total) = (order.id(), order.status(), order.lines().total());
        self.line(format_args!("Order {id}  {status}  {total}  placed {placed}"));
        for line in order.lines().as_slice() {
            let (quantity, name, product) = (line.quantity, &line.name, line.product);
            self.part(
                "line",
                format_args!("{quantity} × {name} (product {product}), {} each", line.unit_price),
            );
        }
        dossier.holds.iter().for_each(|hold| self.hold(hold));
        dossier.payment.iter().for_each(|payment| self.payment(payment));
        dossier.delivery.iter().for_each(|delivery| self.delivery(delivery));
        if timeline == Timeline::Shown {
            self.line("\nTimeline");
            dossier.history.iter().for_each(|entry| self.entry(entry));
        }
        self.text
    }

    fn hold(&mut self, hold: &Reservation) {
        let (state, quantity, product) = (hold.state.as_str(), hold.quantity, hold.product);
        let until = match hold.state {
            ReservationState::Held => format!(", until {}", self.time(hold.expires_at)),
            _ => String::new(),
        };
        self.part("hold", format_args!("{state}  {quantity} of product {product}{until}"));
    }

    fn payment(&mut self, payment: &Payment) {
        for attempt in payment.attempts() {
            let (state, amount) = (attempt.outcome.as_str(), payment.amount());
            let (asked, transaction) = (self.time(attempt.requested_at), attempt.transaction);
            self.part(
                "payment",
                format_args!("{state}  {amount}, asked {asked}, transaction {transaction}"),
            );
        }
        payment.refunds().iter().for_each(|refund| self.refund(refund));
    }

    fn refund(&mut self, refund: &Refund) {
        let (state, amount, reason) =
            (refund.state.as_str(), refund.amount, refund.reason.as_str());
        let since = self.time(refund.owed_since);
        let refusal = refund.state.refusal().map(|code| format!(", the gateway says {code}"));
        let refusal = refusal.unwrap_or_default();
        self.part(
            "refund",
            format_args!("{state}  {amount}, owed since {since} for {reason}{refusal}"),
        );
    }

    fn delivery(&mut self, delivery: &Delivery) {
        let (status, courier) = (delivery.status(), delivery.courier());
        let tracking = delivery.shipment().map_or(String::new(), |shipment| {
            let arrival = self.time(shipment.estimated_arrival);
            format!(", {}, expected {arrival}", shipment.tracking)
        });
        self.part("delivery", format_args!("{status}  {courier}{tracking}"));
    }

    fn entry(&mut self, entry: &HistoryEntry) {
        let (at, to, cause) = (self.time(entry.at), entry.to, entry.cause.as_str());
        self.line(format_args!("  {at}  {to:<18}  {cause:<15}  event {}", entry.event));
    }

    fn part(&mut self, name: &str, words: impl Display) {
        self.line(format_args!("  {name:<9} {words}"));
    }

    fn line(&mut self, line: impl Display) {
        self.text.push_str(&line.to_string());
        self.text.push('\n');
    }

    fn time(&self, moment: Timestamp) -> String {
        clock_time(moment, self.zone)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use ordersystem_adapter_memory::{CounterAdmission, ManualClock, MemoryStore, SequentialIds};
    use ordersystem_application::{Call, Policy, Ports, UseCases};
    use ordersystem_order::{Basket, Cause};
    use ordersystem_payment::{CallbackOnly, GatewayOutcome};
    use ordersystem_shared_kernel::{ProductId, Quantity};

    use super::*;

    const ZONE: Tz = chrono_tz::Asia::Seoul;

    /// A shop with the sample products, and its clock.
    async fn shop() -> (UseCases, MemoryStore, ManualClock) {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let ports = Ports {
            store: Arc::new(store.clone()),
            admission: Arc::new(CounterAdmission::default()),
            gateway: Arc::new(CallbackOnly),
            numbers: Arc::new(store.clone()),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SequentialIds::default()),
        };
        let hold = Duration::from_secs(3600);
        let policy = Policy { hold, courier: "CJ대한통운".to_owned(), zone: ZONE };
        let shop = UseCases::new(ports, policy);
        shop.seed_samples().await.unwrap();
        (shop, store, clock)
    }

    async fn shown(store: &MemoryStore, id: i64) -> (Exit, String, String) {
        let (mut data, mut told) = (Vec::new(), Vec::new());
        let mut output = Output::new(&mut data, &mut told);
        let exit = show(store, OrderId::new(id), Timeline::Shown, ZONE, &mut output).await.unwrap();
        drop(output);
        (exit, String::from_utf8(data).unwrap(), String::from_utf8(told).unwrap())
    }

    #[tokio::test]
    async fn a_shipped_order_with_its_timeline() {
        let (shop, store, clock) = shop().await;
        let basket = Basket::single(ProductId::new(1), Quantity::new(2).unwrap());
        let id = shop.place_order(basket, Call::default()).await.unwrap().id();
        clock.advance(Duration::from_secs(60));
        shop.request_payment(id, Call::default()).await.unwrap();
        shop.settle_payment(id, GatewayOutcome::Success, Call::default()).await.unwrap();
        shop.start_shipment(id, Call::default()).await.unwrap();
        clock.advance(Duration::from_secs(1800));
        shop.ship(id, Cause::Scheduler, Call::default()).await.unwrap();

        let (exit, screen, told) = shown(&store, id.get()).await;
        assert_eq!((exit, told.as_str()), (Exit::Ok, ""));
        insta::assert_snapshot!(screen, @"
        Order 1  SHIPPED  20000 KRW  placed 2025-06-13 14:59:51
          line      2 × Sample Product A (product 1), 10000 KRW each
          hold      CONFIRMED  2 of product 1
          payment   CAPTURED  20000 KRW, asked 2025-06-13 15:00:51, transaction 00000000-0000-0000-0000-000000000009
          delivery  SHIPPED  CJ대한통운, TRACK-1-1749796251092, expected 2025-06-14 18:00:00

        Timeline
          2025-06-13 14:59:51  CREATED             CUSTOMER         event 00000000-0000-0000-0000-000000000006
          2025-06-13 15:00:51  PAYMENT_REQUESTED   CUSTOMER         event 00000000-0000-0000-0000-00000000000a
          2025-06-13 15:00:51  PAYMENT_COMPLETED   PAYMENT_GATEWAY  event 00000000-0000-0000-0000-00000000000e
          2025-06-13 15:00:51  SHIPMENT_PREPARING  AUTOMATIC        event 00000000-0000-0000-0000-00000000000f
          2025-06-13 15:30:51  SHIPPED             SCHEDULER        event 00000000-0000-0000-0000-000000000012
        ");
    }

    #[tokio::test]
    async fn a_paid_order_that_was_cancelled_owes_money() {
        let (shop, store, _clock) = shop().await;
        let basket = Basket::single(ProductId::new(1), Quantity::new(1).unwrap());
        let id = shop.place_order(basket, Call::default()).await.unwrap().id();
        shop.request_payment(id, Call::default()).await.unwrap();
        shop.settle_payment(id, GatewayOutcome::Success, Call::default()).await.unwrap();
        shop.cancel_order(id, Call::default()).await.unwrap();

        let (_, screen, _) = shown(&store, id.get()).await;
        assert!(
            screen.contains("  refund    PENDING  10000 KRW, owed since 2025-06-13 14:59:51"),
            "{screen}"
        );
        assert!(screen.contains("  hold      RETURNED  1 of product 1"), "{screen}");
    }

    #[tokio::test]
    async fn an_unknown_order_is_a_finding() {
        let (_shop, store, _clock) = shop().await;
        let (exit, screen, told) = shown(&store, 7).await;
        assert_eq!((exit, screen.as_str()), (Exit::Finding, ""));
        assert!(told.starts_with("there is no order 7"), "{told}");
    }
}
