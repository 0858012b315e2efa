//! Money that always has an outcome, whatever the gateway does.

use std::sync::Arc;
use std::time::Duration;

use ordersystem_adapter_memory::CommitFault;
use ordersystem_application::{Call, DueRefund, DueWork};
use ordersystem_order::OrderStatus::{self, *};
use ordersystem_payment::{Callback, ChargeState, GatewayOutcome, RefundReason};
use ordersystem_port_contracts::unit::won;
use ordersystem_shared_kernel::{OrderId, TransactionId};
use uuid::Uuid;

use crate::fixture::Step::{Cancel, Expire, Prepare, RequestPayment, Ship, Succeed};
use crate::fixture::{HOLD, Shop, code};
use crate::gateway::Fate::{self, Lost, Refused, Says, Takes, Unanswered};
use crate::gateway::Gateway;

const MINUTE: Duration = Duration::from_secs(60);

/// A shop with a gateway, and an order of 20,000 won whose payment was requested.
async fn requested() -> (Shop, Gateway, OrderId) {
    let gateway = Gateway::default();
    let shop = Shop::open_with(Arc::new(gateway.clone())).await;
    let id = shop.place().await;
    shop.take(RequestPayment, id).await.unwrap();
    (shop, gateway, id)
}

impl Shop {
    /// What the sweeper of charges does in one turn; how many were due.
    async fn sweep_charges(&self) -> usize {
        let due = self.store.due_charges(100).await.unwrap();
        for order in &due {
            self.use_cases.charge(*order).await.unwrap();
        }
        due.len()
    }

    /// What the sweeper of refunds does in one turn; how many were due.
    async fn sweep_refunds(&self) -> usize {
        let due = self.store.due_refunds(100).await.unwrap();
        for refund in &due {
            self.use_cases.drive_refund(*refund).await.unwrap();
        }
        due.len()
    }

    /// Lets so many minutes pass, and the sweepers look every half.
    async fn wait(&self, minutes: u32) {
        for _ in 0..minutes * 2 {
            self.clock.advance(MINUTE / 2);
            self.sweep_charges().await;
            self.sweep_refunds().await;
        }
    }

    async fn outcome(&self, id: OrderId) -> &'static str {
        self.payment(id).await.unwrap().attempts()[0].outcome.as_str()
    }

    /// (amount, reason, state) of every refund.
    async fn owed(&self, id: OrderId) -> Vec<(i64, &'static str, &'static str)> {
        let told = self.refunds(id).await;
        told.iter().map(|r| (r.amount.amount(), r.reason.as_str(), r.state.as_str())).collect()
    }

    async fn report(&self, id: OrderId, callback: Callback) -> Result<(), &'static str> {
        code(self.use_cases.settle_payment(id, callback, Call::default()).await)
    }

    async fn refund(&self, id: OrderId, amount: i64) -> Result<u32, &'static str> {
        let refund =
            self.use_cases.refund_order(id, amount, "a dent".to_owned(), Call::default()).await;
        code(refund.map(|refund| refund.number))
    }
}

fn other_amount() -> Callback {
    Callback { amount: Some(won(1)), ..GatewayOutcome::Success.into() }
}

/// What becomes of an order whose gateway does this at first and as it should afterwards.
async fn check(fates: &[Fate], status: OrderStatus, outcome: &str, balance: (i64, i64)) {
    let context = format!("{fates:?}");
    let (shop, gateway, id) = requested().await;
    gateway.next(fates);
    shop.sweep_charges().await;
    shop.wait(10).await;
    assert_eq!(shop.status(id).await, status, "{context}");
    assert_eq!(shop.outcome(id).await, outcome, "{context}");
    assert_eq!(gateway.balance(), balance, "{context}");
    assert_eq!(shop.sweep_charges().await + shop.sweep_refunds().await, 0, "{context}: at rest");
    shop.check(&context).await;
}

#[tokio::test]
async fn every_answer_of_a_gateway_ends_in_an_outcome() {
    let captured = (PaymentCompleted, "CAPTURED", (20_000, 0));
    let failed = (Cancelled, "FAILED", (0, 0));
    let waiting = Says(ChargeState::Waiting);
    for (fates, (status, outcome, balance)) in [
        (&[][..], captured),
        (&[Lost][..], captured),
        (&[Lost, Lost, Lost, Lost][..], captured),
        (&[Unanswered][..], captured),
        (&[Unanswered, Lost][..], captured),
        (&[waiting, waiting, waiting][..], captured),
        (&[Says(ChargeState::Unheard)][..], captured),
        (&[Says(ChargeState::Failed)][..], failed),
        (&[waiting, Says(ChargeState::Failed)][..], failed),
        (&[Refused][..], failed),
        (&[Refused, Lost][..], captured),
        (&[Takes(won(7))][..], (Cancelled, "CAPTURED", (7, 7))),
        (&[Takes(won(30_000)), Lost][..], (Cancelled, "CAPTURED", (30_000, 30_000))),
    ] {
        check(fates, status, outcome, balance).await;
    }
}

#[tokio::test]
async fn a_charge_without_an_answer_is_looked_up_before_it_is_repeated() {
    let (shop, gateway, id) = requested().await;
    gateway.next(&[Unanswered]);
    shop.sweep_charges().await;
    assert_eq!((shop.outcome(id).await, shop.status(id).await), ("PENDING", PaymentRequested));
    assert_eq!(shop.sweep_charges().await, 0, "not at once");
    shop.wait(1).await;
    assert_eq!(shop.status(id).await, PaymentCompleted);
    assert_eq!(gateway.calls(), ["charge", "look_up"]);
}

/// What was taken after the order had ended goes back as a whole, once, however often it is told.
#[tokio::test]
async fn a_late_capture_goes_back_once() {
    for end in [Cancel, Expire] {
        let (shop, gateway, id) = requested().await;
        gateway.next(&[Unanswered, Lost, Lost]);
        shop.sweep_charges().await;
        shop.take(end, id).await.unwrap();
        assert_eq!(shop.outcome(id).await, "PENDING", "{end:?}: an ended order is no outcome");
        shop.wait(10).await;
        shop.report(id, GatewayOutcome::Success.into()).await.unwrap();
        shop.wait(1).await;
        assert_eq!(shop.owed(id).await, [(20_000, "LATE_SUCCESS", "DONE")], "{end:?}");
        assert_eq!(gateway.balance(), (20_000, 20_000), "{end:?}");
        assert_eq!(shop.status(id).await, Cancelled);
        shop.check(&format!("{end:?}")).await;
    }
}

/// Nobody asks for the money of an ended order; that nothing was taken is believed when no charge can be under way any more.
#[tokio::test]
async fn an_ended_order_is_looked_up_and_never_charged() {
    let (shop, gateway, id) = requested().await;
    gateway.next(&[Lost]);
    shop.sweep_charges().await;
    shop.take(Cancel, id).await.unwrap();
    shop.wait(9).await;
    assert_eq!(shop.outcome(id).await, "PENDING", "a charge may still be under way");
    shop.wait(4).await;
    assert_eq!(shop.outcome(id).await, "FAILED");
    assert_eq!(gateway.calls().iter().filter(|call| **call == "charge").count(), 1);
    assert_eq!(gateway.balance(), (0, 0));
    shop.check("never charged").await;
}

#[tokio::test]
async fn another_amount_is_refused_and_the_gateway_is_asked() {
    let answer = |amount| Says(ChargeState::Captured { amount: won(amount) });
    for (says, status, owed) in [
        (&[answer(20_000)][..], PaymentCompleted, None),
        (&[answer(1)][..], Cancelled, Some((1, "AMOUNT_MISMATCH", "PENDING"))),
        (&[Says(ChargeState::Failed)][..], Cancelled, None),
        // It knows of nothing: it is asked for the money.
        (&[][..], PaymentCompleted, None),
        (&[Says(ChargeState::Waiting)][..], PaymentRequested, None),
        (&[Lost][..], PaymentRequested, None),
    ] {
        let (shop, gateway, id) = requested().await;
        for _ in 0..2 {
            let refused = shop.report(id, other_amount()).await;
            assert_eq!(refused, Err("PAYMENT_AMOUNT_MISMATCH"), "{says:?}");
            assert_eq!(shop.outcome(id).await, "MISMATCH", "{says:?}");
        }
        assert_eq!(shop.report(id, GatewayOutcome::Failure.into()).await, Ok(()), "not believed");
        assert_eq!(shop.status(id).await, PaymentRequested, "{says:?}: no transition");
        gateway.next(says);
        shop.sweep_charges().await;
        assert_eq!(gateway.calls()[0], "look_up", "{says:?}");
        assert_eq!(shop.status(id).await, status, "{says:?}");
        assert_eq!(shop.owed(id).await, owed.into_iter().collect::<Vec<_>>(), "{says:?}");
        shop.check(&format!("{says:?}")).await;
    }
}

#[tokio::test]
async fn another_amount_for_an_ended_order_goes_back_as_it_was_taken() {
    let (shop, gateway, id) = requested().await;
    shop.take(Cancel, id).await.unwrap();
    assert_eq!(shop.report(id, other_amount()).await, Err("PAYMENT_AMOUNT_MISMATCH"));
    gateway.next(&[Says(ChargeState::Captured { amount: won(7) })]);
    shop.sweep_charges().await;
    assert_eq!(shop.owed(id).await, [(7, "LATE_SUCCESS", "PENDING")]);
    shop.check("another amount, late").await;
}

#[tokio::test]
async fn a_callback_names_an_attempt_or_means_the_present_one() {
    let (shop, _, id) = requested().await;
    let transaction = Some(TransactionId::new(Uuid::from_u128(77)));
    let stranger = Callback { transaction, ..GatewayOutcome::Success.into() };
    assert_eq!(shop.report(id, stranger).await, Err("PAYMENT_TRANSACTION_UNKNOWN"));
    let transaction = Some(shop.payment(id).await.unwrap().attempts()[0].transaction);
    let named = Callback { transaction, amount: Some(won(20_000)), ..stranger };
    assert_eq!(shop.report(id, named).await, Ok(()));
    assert_eq!(shop.status(id).await, PaymentCompleted);
}

#[tokio::test]
async fn a_failed_payment_that_succeeds_after_all_goes_back() {
    let (shop, gateway, id) = requested().await;
    gateway.next(&[Unanswered]);
    shop.sweep_charges().await;
    shop.report(id, GatewayOutcome::Failure.into()).await.unwrap();
    assert_eq!(shop.status(id).await, Cancelled);
    shop.report(id, GatewayOutcome::Success.into()).await.unwrap();
    shop.wait(1).await;
    assert_eq!(shop.owed(id).await, [(20_000, "LATE_SUCCESS", "DONE")]);
    assert_eq!(gateway.balance(), (20_000, 20_000));
    shop.check("failed, then taken").await;
}

async fn paid() -> (Shop, Gateway, OrderId) {
    let (shop, gateway, id) = requested().await;
    shop.sweep_charges().await;
    assert_eq!(shop.status(id).await, PaymentCompleted);
    (shop, gateway, id)
}

#[tokio::test]
async fn a_refund_reaches_the_customer_whatever_the_gateway_does() {
    for (fates, state) in [
        (&[][..], "PENDING"),
        (&[Lost, Lost, Lost][..], "PENDING"),
        (&[Unanswered, Unanswered][..], "PENDING"),
        (&[Refused, Refused][..], "REFUSED"),
        (&[Refused, Lost][..], "REFUSED"),
    ] {
        let (shop, gateway, id) = paid().await;
        shop.take(Cancel, id).await.unwrap();
        gateway.next(fates);
        for _ in fates {
            shop.sweep_refunds().await;
            assert_eq!(shop.owed(id).await, [(20_000, "ORDER_CANCELLED", state)], "{fates:?}");
            shop.clock.advance(MINUTE);
        }
        shop.wait(5).await;
        assert_eq!(shop.owed(id).await, [(20_000, "ORDER_CANCELLED", "DONE")], "{fates:?}");
        assert_eq!(gateway.balance(), (20_000, 20_000), "{fates:?}: once");
        shop.check(&format!("{fates:?}")).await;
    }
}

/// I17: within a minute after the provider works again, however long it was away.
#[tokio::test]
async fn a_refund_is_done_within_a_minute_after_an_outage() {
    let (shop, gateway, id) = paid().await;
    shop.take(Cancel, id).await.unwrap();
    gateway.next(&[Lost; 500]);
    shop.wait(60).await;
    gateway.heal();
    shop.wait(1).await;
    assert_eq!(shop.owed(id).await, [(20_000, "ORDER_CANCELLED", "DONE")]);
}

#[tokio::test]
async fn an_operator_gives_back_parts_of_paid_orders_only() {
    let (shop, gateway, id) = requested().await;
    assert_eq!(shop.refund(id, 1).await, Err("ORDER_NOT_PAID"));
    assert_eq!(shop.refund(OrderId::new(7), 1).await, Err("ORDER_NOT_FOUND"));
    shop.sweep_charges().await;
    assert_eq!(shop.refund(id, 20_001).await, Err("REFUND_ABOVE_CAPTURED"));
    assert_eq!(shop.refund(id, 0).await, Err("INVALID_REFUND_AMOUNT"));
    assert_eq!(shop.refund(id, 5_000).await, Ok(1));
    shop.take_all(&[Prepare, Ship], id).await;
    assert_eq!(shop.refund(id, 15_001).await, Err("REFUND_ABOVE_CAPTURED"));
    assert_eq!(shop.refund(id, 1_000).await, Ok(2));
    shop.sweep_refunds().await;
    let done = [(5_000, "OPERATOR", "DONE"), (1_000, "OPERATOR", "DONE")];
    assert_eq!(shop.owed(id).await, done);
    assert_eq!(shop.refunds(id).await[0].reason, RefundReason::Operator { note: "a dent".into() });
    assert_eq!((shop.status(id).await, gateway.balance()), (Shipped, (20_000, 6_000)));
    shop.check("refunded in part").await;
}

#[tokio::test]
async fn a_cancellation_owes_what_is_left() {
    for (parts, rest) in [(&[5_000][..], Some(15_000)), (&[5_000, 15_000][..], None)] {
        let (shop, gateway, id) = paid().await;
        for part in parts {
            shop.refund(id, *part).await.unwrap();
        }
        shop.take(Cancel, id).await.unwrap();
        assert_eq!(shop.refund(id, 1).await, Err("ORDER_NOT_PAID"));
        let owed = parts.iter().copied().chain(rest).collect::<Vec<_>>();
        let told: Vec<_> = shop.owed(id).await.into_iter().map(|(amount, ..)| amount).collect();
        assert_eq!(told, owed);
        shop.wait(1).await;
        assert_eq!(gateway.balance(), (20_000, 20_000));
        shop.check("cancelled after a part went back").await;
    }
}

/// Whatever breaks between a call of the gateway and its commit, a repetition ends where it would have ended.
#[tokio::test]
async fn a_crash_around_the_gateway_is_repeated_without_harm() {
    for fault in [CommitFault::LostUnit, CommitFault::LostAnswer, CommitFault::Unavailable] {
        let (shop, gateway, id) = requested().await;
        shop.store.faults().fail_commits(1, fault);
        shop.use_cases.charge(id).await.unwrap_err();
        shop.sweep_charges().await;
        assert_eq!(shop.status(id).await, PaymentCompleted, "{fault:?}");
        shop.take(Cancel, id).await.unwrap();
        shop.store.faults().fail_commits(1, fault);
        let refund = DueRefund { order: id, number: 1 };
        shop.use_cases.drive_refund(refund).await.unwrap_err();
        shop.sweep_refunds().await;
        shop.use_cases.drive_refund(refund).await.unwrap();
        assert_eq!(shop.owed(id).await, [(20_000, "ORDER_CANCELLED", "DONE")], "{fault:?}");
        assert_eq!(gateway.balance(), (20_000, 20_000), "{fault:?}");
        shop.check(&format!("{fault:?}")).await;
    }
}

#[tokio::test]
async fn there_is_nothing_to_ask_about_a_settled_payment() {
    let (shop, gateway, id) = paid().await;
    shop.use_cases.charge(id).await.unwrap();
    shop.use_cases.drive_refund(DueRefund { order: id, number: 1 }).await.unwrap();
    let unpaid = shop.place().await;
    shop.use_cases.charge(unpaid).await.unwrap();
    assert_eq!(gateway.calls(), ["charge"]);
}

/// The customer who asks to pay in the last minute has a full hold time again, once.
#[tokio::test]
async fn a_payment_request_keeps_the_stock_for_a_full_hold_time() {
    let (shop, gateway, _) = requested().await;
    gateway.next(&[Says(ChargeState::Waiting); 9]);
    let id = shop.place().await;
    shop.clock.advance(HOLD - MINUTE);
    shop.take(RequestPayment, id).await.unwrap();
    shop.clock.advance(MINUTE);
    shop.use_cases.expire_hold(id).await.unwrap();
    assert_eq!(shop.status(id).await, PaymentRequested, "found before, extended meanwhile");
    shop.take(RequestPayment, id).await.unwrap();
    shop.clock.advance(HOLD - MINUTE - MINUTE);
    assert!(!shop.due_holds().await.contains(&id));
    shop.clock.advance(MINUTE);
    assert!(shop.due_holds().await.contains(&id), "asking again gives no more time");
    shop.use_cases.expire_hold(id).await.unwrap();
    assert_eq!(shop.status(id).await, Cancelled);
    shop.check("expired after its extension").await;
}

/// A hold that has run out sells its stock all the same while nobody has expired it.
#[tokio::test]
async fn the_payment_path_has_no_clock() {
    let (shop, _, id) = requested().await;
    shop.clock.advance(HOLD * 3);
    shop.sweep_charges().await;
    assert_eq!(shop.status(id).await, PaymentCompleted);
    shop.take(Succeed, id).await.unwrap();
    shop.check("paid late").await;
}

#[tokio::test]
async fn whoever_asks_the_gateway_is_woken() {
    let (shop, _, id) = requested().await;
    shop.use_cases.charge_is_due().await;
    shop.sweep_charges().await;
    shop.take(Cancel, id).await.unwrap();
    shop.use_cases.refund_is_due().await;
}
