use std::collections::BTreeMap;

use ordersystem_delivery::DeliveryStatus;
use ordersystem_inventory::{LedgerKind, ReservationState, StockLevel};
use ordersystem_order::{Order, OrderStatus, TRANSITIONS};
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{Aggregate, Money, OrderId, ProductId};

use super::tables::Tables;

/// The rules that hold in every committed state, whatever happened before.
pub(super) fn broken_rules(tables: &Tables) -> Vec<String> {
    let mut broken = Vec::new();
    for level in tables.levels.values() {
        broken.extend(stock(tables, level));
    }
    for order in tables.orders.values() {
        let rules = [history(tables, order), holds(tables, order), money(tables, order)];
        broken.extend(rules.into_iter().flatten());
        broken.extend(delivery(tables, order));
        broken.extend(resolutions(tables, order.id()));
    }
    broken
}

fn stock(tables: &Tables, level: &StockLevel) -> Vec<String> {
    let product = level.product;
    let ledger = tables.ledger.get(&product).map_or(&[][..], Vec::as_slice);
    let adjusted: i64 =
        ledger.iter().filter(|row| row.kind == LedgerKind::Adjust).map(|row| row.delta_total).sum();
    let sold = units(tables, product, ReservationState::Confirmed);
    let held = units(tables, product, ReservationState::Held);
    let (total, reserved) = (level.total, level.reserved);
    let booked = ledger.iter().map(|row| (row.delta_total, row.delta_reserved));
    let sums = booked.fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    let gapless = ledger.iter().zip(1_i64..).all(|(row, version)| row.version.get() == version);
    let rules = [
        (adjusted == total + sold, "conservation: adjusted units are owned or sold"),
        (reserved == held, "the level's reserved units are the sum of its holds"),
        (0 <= reserved && reserved <= total, "no oversell: 0 ≤ reserved ≤ total"),
        (sums == (total, reserved), "the ledger adds up to the level"),
        (
            gapless && level.version.get() == i64::try_from(ledger.len()).unwrap_or(i64::MAX),
            "the ledger is gapless",
        ),
    ];
    named(&format!("product {product}"), rules)
}

fn units(tables: &Tables, product: ProductId, state: ReservationState) -> i64 {
    let holds = tables.reservations.values();
    holds.filter(|r| r.product == product && r.state == state).map(|r| r.quantity.get()).sum()
}

fn history(tables: &Tables, order: &Order) -> Vec<String> {
    let history = tables.history.get(&order.id()).map_or(&[][..], Vec::as_slice);
    let gapless =
        history.iter().zip(1_i64..).all(|(entry, version)| entry.version.get() == version);
    let chained = history.windows(2).all(|pair| match pair {
        [before, after] => after.from == Some(before.to),
        _ => true,
    });
    let allowed = history.iter().all(|entry| match entry.from {
        None => entry.to == OrderStatus::Created && entry.version.get() == 1,
        Some(from) => TRANSITIONS.contains(&(from, entry.to)),
    });
    let last = history.last();
    let current = last.is_some_and(|l| l.to == order.status() && l.version == order.version());
    let rules = [
        (gapless && chained, "the history is gapless"),
        (allowed, "the history knows allowed transitions only"),
        (current, "the history ends where the order is"),
    ];
    named(&format!("order {}", order.id()), rules)
}

fn holds(tables: &Tables, order: &Order) -> Vec<String> {
    use ReservationState::{Confirmed, Expired, Held, Released, Returned};
    let allowed: &[ReservationState] = match order.status() {
        OrderStatus::Created | OrderStatus::PaymentRequested => &[Held],
        OrderStatus::PaymentFailed => &[Released, Expired],
        OrderStatus::Cancelled => &[Released, Expired, Returned],
        OrderStatus::PaymentCompleted
        | OrderStatus::ShipmentPreparing
        | OrderStatus::Shipped
        | OrderStatus::Delivered => &[Confirmed],
    };
    let agree = tables.reservations_of(order.id()).all(|hold| allowed.contains(&hold.state));
    let lines = order.lines().as_slice();
    let complete = lines.iter().all(|line| {
        let hold = tables.reservations.get(&(order.id(), line.product));
        hold.is_some_and(|hold| hold.quantity == line.quantity)
    });
    let rules = [
        (agree, "every hold agrees with the order's state"),
        (complete, "every line has a hold of its quantity"),
    ];
    named(&format!("order {}", order.id()), rules)
}

fn money(tables: &Tables, order: &Order) -> Vec<String> {
    let payment = tables.payments.get(&order.id());
    let captured = payment.and_then(|payment| payment.captured()?.outcome.reported());
    let refunds = payment.map_or(&[][..], Payment::refunds);
    let refunded: i64 = refunds.iter().map(|refund| refund.amount.amount()).sum();
    let taken = captured.map_or(0, Money::amount);
    let one_currency =
        refunds.iter().all(|r| Some(r.amount.currency()) == captured.map(Money::currency));
    let numbered = refunds.iter().zip(1..).all(|(refund, number)| refund.number == number);
    let (paid, cancelled) = (is_paid(order.status()), order.status() == OrderStatus::Cancelled);
    let rules = [
        (!paid || captured == Some(order.lines().total()), "money: a paid order's total was taken"),
        (paid || cancelled || captured.is_none(), "money: an open order's money was not taken"),
        (refunded <= taken && one_currency, "money: never more goes back than was taken"),
        (
            !cancelled || refunded == taken,
            "money: all that a cancelled order's payment took goes back",
        ),
        (numbered, "the refunds are numbered without a gap"),
    ];
    named(&format!("order {}", order.id()), rules)
}

const fn is_paid(status: OrderStatus) -> bool {
    matches!(
        status,
        OrderStatus::PaymentCompleted
            | OrderStatus::ShipmentPreparing
            | OrderStatus::Shipped
            | OrderStatus::Delivered
    )
}

fn delivery(tables: &Tables, order: &Order) -> Vec<String> {
    let delivery = tables.deliveries.get(&order.id()).map(|delivery| delivery.status());
    let agree = match order.status() {
        OrderStatus::ShipmentPreparing => delivery == Some(DeliveryStatus::ShipmentPreparing),
        OrderStatus::Shipped => delivery == Some(DeliveryStatus::Shipped),
        OrderStatus::Delivered => delivery == Some(DeliveryStatus::Delivered),
        OrderStatus::Cancelled => delivery.is_none_or(|d| d == DeliveryStatus::Cancelled),
        OrderStatus::Created
        | OrderStatus::PaymentRequested
        | OrderStatus::PaymentCompleted
        | OrderStatus::PaymentFailed => delivery.is_none(),
    };
    named(&format!("order {}", order.id()), [(agree, "the delivery agrees with the order")])
}

fn resolutions(tables: &Tables, order: OrderId) -> Vec<String> {
    let mut counts: BTreeMap<(ProductId, LedgerKind), usize> = BTreeMap::new();
    let products = tables.reservations_of(order).map(|hold| hold.product);
    let ledgers = products.filter_map(|product| tables.ledger.get(&product));
    for row in ledgers.flatten().filter(|row| row.order == Some(order)) {
        *counts.entry((row.product, row.kind)).or_default() += 1;
    }
    let once = counts.values().all(|count| *count == 1);
    let has = |product, kind| counts.contains_key(&(product, kind));
    let consistent = counts.keys().all(|(product, kind)| match kind {
        LedgerKind::Release => {
            !has(*product, LedgerKind::Confirm) && !has(*product, LedgerKind::Expire)
        }
        LedgerKind::Expire => !has(*product, LedgerKind::Confirm),
        LedgerKind::Return => has(*product, LedgerKind::Confirm),
        LedgerKind::Reserve | LedgerKind::Confirm | LedgerKind::Adjust => true,
    });
    named(&format!("order {order}"), [(once && consistent, "every hold is resolved at most once")])
}

fn named<const N: usize>(subject: &str, rules: [(bool, &str); N]) -> Vec<String> {
    let broken = rules.into_iter().filter(|(holds, _)| !holds);
    broken.map(|(_, rule)| format!("{subject}: {rule}")).collect()
}
