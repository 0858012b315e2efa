use ordersystem_inventory::ReservationState::{self, Confirmed, Expired, Held, Released, Returned};
use ordersystem_inventory::{MoveKind, Reservation, StockError};
use ordersystem_shared_kernel::OrderId;

use crate::fixture::{TEA, confirm, expire, give_back, release, reserve, stamp, units};

fn hold(state: ReservationState) -> Reservation {
    let (order, expires_at) = (OrderId::new(1), stamp(3_600).at);
    Reservation { order, product: TEA, quantity: units(2), state, expires_at }
}

/// What every move makes of a hold on two units in this state.
#[track_caller]
fn check(state: ReservationState, allowed: &[(MoveKind, ReservationState)]) {
    let moves = [reserve(1, 2), confirm(1, 2), release(1, 2), expire(1, 2), give_back(1, 2)];
    for kind in moves {
        let next = allowed.iter().find(|(allowed, _)| *allowed == kind).map(|(_, next)| *next);
        let expected = next.map(hold).ok_or(StockError::NotHeld { product: TEA });
        assert_eq!(hold(state).resolve(&kind), expected, "{kind:?} on {state:?}");
    }
}

#[test]
fn a_hold_is_resolved_once_and_only_what_was_sold_comes_back() {
    check(Held, &[(confirm(1, 2), Confirmed), (release(1, 2), Released), (expire(1, 2), Expired)]);
    check(Confirmed, &[(give_back(1, 2), Returned)]);
    check(Released, &[]);
    check(Expired, &[]);
    check(Returned, &[]);
}

#[test]
fn a_hold_is_resolved_as_a_whole() {
    for kind in [confirm(1, 1), release(1, 3), expire(1, 1)] {
        assert_eq!(
            hold(Held).resolve(&kind),
            Err(StockError::NotHeld { product: TEA }),
            "{kind:?}"
        );
    }
    let refused = hold(Confirmed).resolve(&give_back(1, 1));
    assert_eq!(refused, Err(StockError::NotHeld { product: TEA }));
}

#[test]
fn an_open_hold_is_extended_and_never_shortened() {
    for (until, expected) in [(3_601, 3_601), (3_600, 3_600), (1, 3_600)] {
        let extended = hold(Held).extend(stamp(until).at).unwrap();
        assert_eq!(extended, Reservation { expires_at: stamp(expected).at, ..hold(Held) });
    }
    for state in [Confirmed, Released, Expired, Returned] {
        let refused = hold(state).extend(stamp(9_999).at);
        assert_eq!(refused, Err(StockError::NotHeld { product: TEA }), "{state:?}");
    }
}
