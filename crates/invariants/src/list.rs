use std::fmt;
use std::time::Duration;

use crate::Books;
use crate::rules::{events, holds, money, orders, stock, time};

/// From then on what should have happened meanwhile is late.
pub const LATE: Duration = Duration::from_secs(60);

/// A sentence that is true of the shop.
#[derive(Debug)]
pub struct Invariant {
    /// Its number, which also stands in logs, gauges and closing notes.
    pub id: &'static str,
    /// What must hold.
    pub statement: &'static str,
    /// When.
    pub holds: Holds,
    /// Whose number a finding tells.
    pub subject: Subject,
    /// The numbers of those that break it.
    pub(crate) rule: fn(&Books<'_>) -> Vec<i64>,
}

/// When an invariant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// In every committed state.
    Always,
    /// When every engine answers and nobody has been in the way for [`LATE`].
    AtRest,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An order.
    Order,
    /// A product.
    Product,
    /// A message's key: an order or a product.
    Key,
    /// A dead letter.
    Letter,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "order",
            Self::Product => "product",
            Self::Key => "key",
            Self::Letter => "letter",
        })
    }
}

const fn always(
    id: &'static str,
    statement: &'static str,
    subject: Subject,
    rule: fn(&Books<'_>) -> Vec<i64>,
) -> Invariant {
    Invariant { id, statement, holds: Holds::Always, subject, rule }
}

const fn at_rest(
    id: &'static str,
    statement: &'static str,
    subject: Subject,
    rule: fn(&Books<'_>) -> Vec<i64>,
) -> Invariant {
    Invariant { id, statement, holds: Holds::AtRest, subject, rule }
}

/// All of them, in the order in which they are told.
pub const ALL: [Invariant; 19] = [
    always(
        "I1",
        "units ever added = units in stock + units sold",
        Subject::Product,
        stock::conservation,
    ),
    always("I2", "held units = sum of the open holds", Subject::Product, stock::holds),
    always(
        "I3",
        "nothing is oversold: 0 <= held <= in stock",
        Subject::Product,
        stock::no_oversell,
    ),
    always(
        "I5",
        "the stock ledger is gapless and adds up to the stock",
        Subject::Product,
        stock::ledger,
    ),
    always(
        "I8",
        "each history is gapless, knows allowed transitions only and ends where its order is",
        Subject::Order,
        orders::history,
    ),
    always("I9", "each hold is in the state that its order implies", Subject::Order, holds::agree),
    always(
        "I10",
        "each hold is resolved at most once, and returned only when it was sold",
        Subject::Order,
        holds::resolved_once,
    ),
    always(
        "I11",
        "each event is exactly one step of a history or of a ledger",
        Subject::Key,
        events::are_steps,
    ),
    always(
        "I13",
        "the events of one key wait and are published in their order",
        Subject::Key,
        events::keep_their_order,
    ),
    always("I15", "no order is paid twice", Subject::Order, money::paid_once),
    always(
        "I16",
        "a paid order's total was taken, and never more goes back than was taken",
        Subject::Order,
        money::balances,
    ),
    always(
        "I17",
        "all that was taken for a cancelled order goes back, and nothing was taken for an open one",
        Subject::Order,
        money::owed_back,
    ),
    always("I18", "each delivery agrees with its order", Subject::Order, orders::delivery),
    always("I19", "each transition happens once", Subject::Order, orders::steps_once),
    at_rest("I12", "no event waits for the broker", Subject::Key, time::published),
    at_rest("I17r", "what is owed back goes back", Subject::Order, time::refunded),
    at_rest("I20", "no hold outlives its time", Subject::Order, time::expired),
    at_rest("I23", "no message was given up", Subject::Letter, time::handled),
    at_rest("I26", "no paid order waits for its delivery", Subject::Order, time::prepared),
];
