use ordersystem_order::{Cause, Order, OrderEvent, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, Timestamp, Version};

use crate::fixture::{ORDER, lines, stamp};

/// What is published when an order is placed so many microseconds after 2025-06-13T05:59:51Z.
#[track_caller]
fn check_published(micros: i64, expected: &str) {
    let at = Timestamp::from_micros(1_749_794_391_000_000 + micros);
    let stamp = ordersystem_shared_kernel::Stamp { at, ..stamp(1) };
    let (_, event) = Order::place(ORDER, lines(), stamp);
    assert_eq!(serde_json::to_string(&event).unwrap(), expected);
}

#[test]
fn the_message_is_the_one_of_the_contract() {
    check_published(
        92_293,
        r#"{"orderId":1,"status":"CREATED","timestamp":"2025-06-13T05:59:51.092293Z"}"#,
    );
    check_published(0, r#"{"orderId":1,"status":"CREATED","timestamp":"2025-06-13T05:59:51Z"}"#);
}

#[test]
fn every_state_is_published_under_its_name() {
    let (_, event) = Order::place(ORDER, lines(), stamp(0));
    for status in OrderStatus::ALL {
        let event = OrderEvent { status, ..event.clone() };
        let json = serde_json::to_string(&event).unwrap();
        let expected =
            format!(r#"{{"orderId":1,"status":"{status}","timestamp":"1970-01-01T00:00:00Z"}}"#);
        assert_eq!(json, expected);
    }
}

#[test]
fn the_first_event_has_no_state_before() {
    let (order, event) = Order::place(ORDER, lines(), stamp(3));
    assert_eq!((event.from, event.cause, event.version), (None, Cause::Customer, Version::FIRST));
    assert_eq!((order.placed_at(), order.updated_at()), (event.at, event.at));
    assert_eq!(order.version(), event.version);
}
