use std::time::Duration;

use super::model::{Committed, Movement, Transition};
use super::{Object, Op, Saw, SoldOut, Violation, in_real_time, sold_out};

const ORDER: Object = Object::Order(7);
const STOCK: Object = Object::Stock(1);

fn op(object: Object, saw: Saw, sent: u64, answered: u64) -> Op {
    Op { object, saw, sent: Duration::from_millis(sent), answered: Duration::from_millis(answered) }
}

/// Order 7 is placed, asked to be paid, and cancelled: one of ten units is held, and given back.
fn committed() -> Committed {
    let mut committed = Committed::default();
    let lives =
        [("", "CREATED"), ("CREATED", "PAYMENT_REQUESTED"), ("PAYMENT_REQUESTED", "CANCELLED")];
    for (version, (from, to)) in (1..).zip(lives) {
        committed.orders.insert((7, version), transition(from, to));
    }
    let stock = [
        movement("ADJUST", None, (10, 0), (10, 0)),
        movement("RESERVE", Some(7), (0, 1), (10, 1)),
        movement("RELEASE", Some(7), (0, -1), (10, 0)),
        movement("ADJUST", None, (-10, 0), (0, 0)),
    ];
    for (version, movement) in (1..).zip(stock) {
        committed.stock.insert((1, version), movement);
    }
    committed
}

fn transition(from: &str, to: &str) -> Transition {
    Transition { from: from.to_owned(), to: to.to_owned(), cause: "CUSTOMER".to_owned() }
}

fn movement(kind: &str, order: Option<i64>, delta: (i64, i64), after: (i64, i64)) -> Movement {
    Movement {
        kind: kind.to_owned(),
        order,
        delta_total: delta.0,
        delta_reserved: delta.1,
        total: after.0,
        reserved: after.1,
    }
}

#[track_caller]
fn check_accepted(ops: &[Op]) {
    assert_eq!(in_real_time(&committed(), ops), []);
}

#[track_caller]
fn check_overtaken(first: Op, second: Op) {
    let found = in_real_time(&committed(), &[second, first]);
    assert_eq!(found, [Violation::Overtaken { first, second }]);
}

#[test]
fn one_after_the_other_is_fine() {
    check_accepted(&[
        op(ORDER, Saw::Wrote(1), 0, 10),
        op(ORDER, Saw::Read(1), 11, 20),
        op(ORDER, Saw::Wrote(2), 21, 30),
        op(ORDER, Saw::Read(2), 31, 40),
        op(ORDER, Saw::Wrote(3), 41, 50),
    ]);
}

#[test]
fn what_overlaps_may_come_in_any_order() {
    check_accepted(&[
        op(ORDER, Saw::Wrote(3), 0, 100),
        op(ORDER, Saw::Wrote(2), 0, 100),
        op(ORDER, Saw::Wrote(1), 0, 100),
        op(ORDER, Saw::Read(3), 99, 120),
        op(ORDER, Saw::Read(1), 99, 120),
    ]);
}

#[test]
fn objects_do_not_know_each_other() {
    check_accepted(&[op(ORDER, Saw::Wrote(3), 0, 10), op(STOCK, Saw::Wrote(2), 11, 20)]);
}

#[test]
fn an_operation_that_was_never_answered_forbids_nothing() {
    let never = Op { answered: Duration::MAX, ..op(ORDER, Saw::Wrote(3), 0, 0) };
    check_accepted(&[never, op(ORDER, Saw::Read(1), 500, 510)]);
}

#[test]
fn refuses_a_read_that_is_older_than_an_acknowledged_write() {
    check_overtaken(op(ORDER, Saw::Wrote(2), 0, 10), op(ORDER, Saw::Read(1), 11, 20));
}

#[test]
fn refuses_reads_that_go_backwards() {
    check_overtaken(op(ORDER, Saw::Read(3), 0, 10), op(ORDER, Saw::Read(2), 11, 20));
}

#[test]
fn refuses_a_write_below_an_acknowledged_one() {
    check_overtaken(op(STOCK, Saw::Wrote(3), 0, 10), op(STOCK, Saw::Wrote(2), 11, 20));
}

#[test]
fn refuses_a_read_of_what_was_written_later() {
    check_overtaken(op(ORDER, Saw::Read(2), 0, 10), op(ORDER, Saw::Wrote(2), 11, 20));
}

#[test]
fn refuses_versions_and_totals_that_never_were() {
    for wrong in [op(ORDER, Saw::Read(4), 0, 1), op(STOCK, Saw::Total(5), 0, 1)] {
        assert_eq!(in_real_time(&committed(), &[wrong]), [Violation::NeverSo(wrong)]);
    }
}

#[test]
fn a_total_is_read_at_a_version_that_had_it() {
    let sold = op(STOCK, Saw::Wrote(4), 20, 30);
    check_accepted(&[op(STOCK, Saw::Total(10), 0, 10), sold, op(STOCK, Saw::Total(0), 31, 40)]);
    let stale = op(STOCK, Saw::Total(10), 31, 40);
    assert_eq!(in_real_time(&committed(), &[sold, stale]), [Violation::NeverSo(stale)]);
}

#[test]
fn sold_out_is_believed_while_it_was_so() {
    let ops = [
        op(STOCK, Saw::Wrote(1), 0, 10),
        op(STOCK, Saw::Wrote(3), 20, 30),
        op(STOCK, Saw::Wrote(4), 5_000, 5_010),
    ];
    let refused = |sent, answered| {
        let [sent, answered] = [sent, answered].map(Duration::from_millis);
        sold_out(&committed(), &ops, &[SoldOut { product: 1, wanted: 1, sent, answered }]).len()
    };
    assert_eq!(refused(4_000, 4_010), 1, "ten were there");
    assert_eq!(refused(4_990, 5_005), 0, "the last went meanwhile");
    assert_eq!(refused(5_020, 5_030), 0, "none was left");
}

fn check_illegal(change: impl FnOnce(&mut Committed)) {
    let mut committed = committed();
    assert_eq!(committed.violations(), []);
    change(&mut committed);
    assert_ne!(committed.violations(), []);
}

#[test]
fn refuses_lives_that_the_contract_does_not_know() {
    check_illegal(|c| drop(c.orders.insert((7, 4), transition("CANCELLED", "SHIPPED"))));
    check_illegal(|c| drop(c.orders.insert((7, 3), transition("CREATED", "CANCELLED"))));
    check_illegal(|c| drop(c.orders.remove(&(7, 2))));
    check_illegal(|c| drop(c.orders.remove(&(7, 1))));
}

#[test]
fn refuses_stock_that_does_not_add_up() {
    let sell = |order| movement("RESERVE", Some(order), (0, 1), (0, 1));
    check_illegal(|c| drop(c.stock.insert((1, 5), sell(8))));
    check_illegal(|c| drop(c.stock.insert((1, 3), movement("RELEASE", Some(7), (0, -1), (11, 0)))));
    check_illegal(|c| drop(c.stock.insert((1, 3), movement("CONFIRM", Some(7), (0, -1), (10, 0)))));
    check_illegal(|c| drop(c.stock.remove(&(1, 2))));
}

#[test]
fn refuses_a_hold_that_is_resolved_twice() {
    check_illegal(|c| {
        c.stock.remove(&(1, 4));
        c.stock.insert((1, 4), movement("RESERVE", Some(8), (0, 1), (10, 1)));
        c.stock.insert((1, 5), movement("EXPIRE", Some(7), (0, -1), (10, 0)));
    });
}
