//! The decision that every store makes, on rows in any state that a database could hold.

use ordersystem_application::{Batch, CommitError, ReceiptKey, UnitOfWork};
use ordersystem_inventory::{MoveKind, Reservation, ReservationState, StockLevel, StockMove};
use ordersystem_shared_kernel::{
    Answer, EventId, Fingerprint, OrderId, ProductId, Quantity, Receipt, RequestKey, Stamp,
    Timestamp, Version,
};
use uuid::Uuid;

/// Choices, one byte each; zeros when there are no more.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn one_of(&mut self, most: u8) -> u8 {
        self.0.next().copied().unwrap_or_default() % most
    }

    /// Small numbers and the ends of the world.
    fn number(&mut self) -> i64 {
        match self.one_of(8) {
            0 => i64::MAX,
            1 => i64::MAX - 1,
            2 => Quantity::MAX,
            _ => i64::from(self.one_of(16)),
        }
    }

    fn product(&mut self) -> ProductId {
        ProductId::new(i64::from(self.one_of(4)))
    }

    fn order(&mut self) -> OrderId {
        OrderId::new(i64::from(self.one_of(4)))
    }

    fn quantity(&mut self) -> Quantity {
        Quantity::new(i64::from(self.one_of(4)) + 1).unwrap()
    }
}

/// Some rows, then some units. A refusal changes nothing, an acceptance keeps every level in its bounds.
pub(crate) fn batch(bytes: &[u8]) {
    let mut choices = Choices(bytes.iter());
    let mut batch = rows(&mut choices);
    for _ in 0..=choices.one_of(6) {
        let unit = unit(&mut choices);
        let decided = batch.decide(&unit);
        let again = batch.decide(&unit);
        match decided {
            Ok(accepted) => {
                for level in &accepted.levels {
                    assert!(0 <= level.reserved && level.reserved <= level.total, "{level:?}");
                }
                let moves = unit.stock.len();
                assert!(accepted.booked.ledger.len() <= moves && accepted.messages.len() <= moves);
                let handled = matches!(again, Err(CommitError::AlreadyHandled(_)));
                assert!(handled || unit.cause.is_none(), "{again:?}");
            }
            Err(refused) => assert_eq!(again.err(), Some(refused), "a refusal leaves no trace"),
        }
    }
}

fn rows(choices: &mut Choices<'_>) -> Batch {
    let mut batch = Batch::default();
    for _ in 0..choices.one_of(4) {
        let (product, total) = (choices.product(), choices.number());
        let (reserved, version) = (choices.number().min(total), Version::new(1));
        let level = StockLevel { product, total, reserved, version };
        batch.put_product(product, version, (choices.one_of(4) > 0).then_some(level));
    }
    for _ in 0..choices.one_of(6) {
        let state = ReservationState::ALL[usize::from(choices.one_of(5))];
        let (order, product, quantity) = (choices.order(), choices.product(), choices.quantity());
        let expires_at = Timestamp::from_micros(choices.number());
        batch.put_reservation(Reservation { order, product, quantity, state, expires_at });
    }
    if choices.one_of(2) == 0 {
        batch.put_receipt(ReceiptKey::Event("group", EventId::new(Uuid::nil())), None);
    }
    batch
}

fn unit(choices: &mut Choices<'_>) -> UnitOfWork {
    let cause = match choices.one_of(4) {
        0 => Some(Receipt::Event { consumer: "group", event: EventId::new(Uuid::nil()) }),
        1 => Some(Receipt::Request {
            key: RequestKey {
                principal: "somebody".to_owned(),
                route: "POST /api/orders".to_owned(),
                key: choices.one_of(3).to_string(),
            },
            fingerprint: Fingerprint([choices.one_of(2); 32]),
            answer: Answer(Vec::new()),
        }),
        _ => None,
    };
    let quotes = match choices.one_of(4) {
        0 => vec![(choices.product(), Version::new(choices.number()))],
        _ => Vec::new(),
    };
    let stock = (0..choices.one_of(5)).map(|_| movement(choices)).collect();
    UnitOfWork { cause, quotes, stock, ..UnitOfWork::default() }
}

fn movement(choices: &mut Choices<'_>) -> StockMove {
    let (product, order, quantity) = (choices.product(), choices.order(), choices.quantity());
    let kind = match choices.one_of(8) {
        0..=2 => {
            MoveKind::Reserve { order, quantity, until: Timestamp::from_micros(choices.number()) }
        }
        3 => MoveKind::Confirm { order, quantity },
        4 => MoveKind::Release { order, quantity },
        5 => MoveKind::Expire { order, quantity },
        6 => MoveKind::Return { order, quantity },
        _ => {
            let (delta, sign) = (choices.number(), choices.one_of(2));
            let delta = if sign == 0 { delta } else { -delta };
            MoveKind::Adjust { delta, reason: "counted".to_owned() }
        }
    };
    let stamp = Stamp { at: Timestamp::from_micros(0), event: EventId::new(Uuid::nil()) };
    StockMove { product, kind, stamp }
}
