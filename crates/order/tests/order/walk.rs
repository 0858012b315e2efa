use ordersystem_order::{Order, OrderEvent, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, Change, Expected, Version};
use proptest::prelude::*;

use crate::fixture::{ORDER, lines, stamp, verb};

/// The verb that leads anywhere but to CREATED.
fn any_verb() -> impl Strategy<Value = OrderStatus> {
    prop::sample::select(&OrderStatus::ALL[1..])
}

/// Plays the verbs on a new order; the events of those that worked, and the order at the end.
fn play(verbs: &[OrderStatus]) -> (Order, Vec<OrderEvent>) {
    let (mut order, first) = Order::place(ORDER, lines(), stamp(0));
    let mut events = vec![first];
    for (moment, to) in (1..).zip(verbs) {
        events.extend(verb(*to).and_then(|verb| verb(&mut order, stamp(moment)).ok()));
    }
    (order, events)
}

proptest! {
    #[test]
    fn any_sequence_of_verbs_leaves_a_gapless_truthful_history(
        verbs in prop::collection::vec(any_verb(), 0..30)
    ) {
        let (order, events) = play(&verbs);
        for (version, event) in (1..).zip(&events) {
            prop_assert_eq!(event.version, Version::new(version));
            prop_assert_eq!(event.order, ORDER);
        }
        for pair in events.windows(2) {
            prop_assert_eq!(pair[1].from, Some(pair[0].status));
            prop_assert!(pair[0].status.may_become(pair[1].status));
            prop_assert!(pair[0].at < pair[1].at);
        }
        let last = &events[events.len() - 1];
        prop_assert_eq!((order.status(), order.version()), (last.status, last.version));
        prop_assert_eq!(order.updated_at(), last.at);
    }

    #[test]
    fn nobody_is_delivered_without_paying_and_nothing_follows_the_end(
        verbs in prop::collection::vec(any_verb(), 0..30)
    ) {
        let (_, events) = play(&verbs);
        let states: Vec<_> = events.iter().map(|event| event.status).collect();
        let has = |status| states.contains(&status);
        if has(OrderStatus::Shipped) {
            prop_assert!(has(OrderStatus::PaymentCompleted) && !has(OrderStatus::Cancelled));
        }
        let end = states.iter().position(|status| status.next().next().is_none());
        prop_assert!(end.is_none_or(|end| end == states.len() - 1));
    }

    #[test]
    fn one_change_may_hold_several_verbs(verbs in prop::collection::vec(any_verb(), 0..30)) {
        let (loaded, _) = Order::place(ORDER, lines(), stamp(0));
        let mut change = Change::of(loaded);
        for (moment, to) in (1..).zip(&verbs) {
            let verb = verb(*to);
            let Some(verb) = verb else { continue };
            let _ = change.apply(|order| verb(order, stamp(moment)));
        }
        let (order, events) = play(&verbs);
        prop_assert_eq!(change.expected(), Expected::At(Version::FIRST));
        prop_assert_eq!(change.state(), &order);
        prop_assert_eq!(change.events(), &events[1..]);
    }
}
