use ordersystem_order::{IllegalTransition, OrderStatus};
use ordersystem_shared_kernel::Aggregate;

use crate::fixture::{order_in, stamp, verb};

/// Whether the verb that leads to `to` works on an order in `from`; checks everything that must hold either way.
fn attempt(from: OrderStatus, to: OrderStatus) -> bool {
    let Some(verb) = verb(to) else { return false };
    let before = order_in(from);
    let mut order = before.clone();
    match verb(&mut order, stamp(7)) {
        Ok(event) => {
            assert_eq!((event.from, event.status), (Some(from), to));
            assert_eq!((event.id, event.at), (stamp(7).event, stamp(7).at));
            assert_eq!(event.version, before.version().next());
            assert_eq!((order.status(), order.version()), (to, event.version));
            assert_eq!((order.placed_at(), order.updated_at()), (before.placed_at(), event.at));
            assert_eq!(order.lines(), before.lines());
            true
        }
        Err(refusal) => {
            assert_eq!(refusal, IllegalTransition { from, to });
            assert_eq!(order, before, "a refused verb changes nothing");
            false
        }
    }
}

#[test]
fn the_whole_matrix() {
    let mut matrix = String::new();
    for from in OrderStatus::ALL {
        let cells = OrderStatus::ALL.map(|to| if attempt(from, to) { " x" } else { " ." });
        matrix += &format!("{from:<18}{}\n", cells.concat());
    }
    // The columns are the states in the order of the rows.
    insta::assert_snapshot!(matrix, @r"
    CREATED            . x . . . . . x
    PAYMENT_REQUESTED  . . x x . . . x
    PAYMENT_COMPLETED  . . . . x . . x
    PAYMENT_FAILED     . . . . . . . x
    SHIPMENT_PREPARING . . . . . x . x
    SHIPPED            . . . . . . x .
    DELIVERED          . . . . . . . .
    CANCELLED          . . . . . . . .
    ");
}

#[test]
fn the_table_promises_exactly_what_the_verbs_do() {
    for from in OrderStatus::ALL {
        let done = OrderStatus::ALL.into_iter().filter(|to| attempt(from, *to));
        assert_eq!(from.next().collect::<Vec<_>>(), done.collect::<Vec<_>>(), "{from}");
    }
}

#[test]
fn a_refusal_names_both_states() {
    let refusal =
        order_in(OrderStatus::Shipped).cancel(ordersystem_order::Cause::Customer, stamp(1));
    assert_eq!(refusal.unwrap_err().to_string(), "an order cannot go from SHIPPED to CANCELLED");
}

#[test]
fn names_are_read_back_and_nothing_else_is() {
    for status in OrderStatus::ALL {
        assert_eq!(status.to_string().parse(), Ok(status));
    }
    for wrong in ["", "created", "PAID", "CREATED "] {
        assert!(wrong.parse::<OrderStatus>().is_err(), "{wrong:?}");
    }
}
