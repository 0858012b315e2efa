use ordersystem_inventory::{MoveKind, StockMove};
use ordersystem_shared_kernel::{Event, Stamp, Timestamp, Version};

use crate::fixture::{TEA, adjust, confirm, expire, give_back, level, release, reserve, stamp};

/// What a move on product 1 publishes.
#[track_caller]
fn check(kind: MoveKind, expected: Option<&str>) {
    let at = Timestamp::from_micros(1_749_794_391_092_293);
    let movement = StockMove { product: TEA, kind, stamp: Stamp { at, ..stamp(7) } };
    let entry = level(10, 5).apply(&movement).unwrap();
    let published = entry.published();
    if let Some(event) = &published {
        assert_eq!((event.id(), event.occurred_at()), (stamp(7).event, at));
        assert_eq!(event.version, Version::new(6), "the order of the messages of one product");
    }
    let json = published.map(|event| serde_json::to_string(&event).unwrap());
    assert_eq!(json.as_deref(), expected);
}

#[test]
fn the_messages_are_the_ones_of_the_contract() {
    check(
        reserve(1, 2),
        Some(
            r#"{"eventType":"STOCK_RESERVED","orderId":1,"productId":1,"quantity":2,"timestamp":"2025-06-13T05:59:51.092293Z"}"#,
        ),
    );
    check(
        confirm(1, 2),
        Some(
            r#"{"eventType":"STOCK_CONFIRMED","orderId":1,"productId":1,"quantity":2,"timestamp":"2025-06-13T05:59:51.092293Z"}"#,
        ),
    );
    for kind in [release(1, 2), expire(1, 2), give_back(1, 2)] {
        check(
            kind,
            Some(
                r#"{"eventType":"STOCK_RELEASED","orderId":1,"productId":1,"quantity":2,"timestamp":"2025-06-13T05:59:51.092293Z"}"#,
            ),
        );
    }
}

#[test]
fn adjustments_are_nobodys_business() {
    check(adjust(3), None);
    check(adjust(-3), None);
}
