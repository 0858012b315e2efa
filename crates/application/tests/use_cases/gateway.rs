//! A gateway that keeps books of its own and fails as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use ordersystem_payment::{Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};
use ordersystem_shared_kernel::{Money, TransactionId};

/// What happens to one call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// Nobody answers and nothing happens.
    Lost,
    /// It is done, but nobody answers.
    Unanswered,
    /// The answer, whatever the books say.
    Says(ChargeState),
    /// Not this much: another amount is taken.
    Takes(Money),
    /// A refusal for good.
    Refused,
}

/// Clones share the books. Without a fate each call is done and answered.
#[derive(Clone, Default)]
pub(crate) struct Gateway {
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    fates: VecDeque<Fate>,
    taken: BTreeMap<TransactionId, Money>,
    given_back: BTreeMap<(TransactionId, u32), Money>,
    calls: Vec<&'static str>,
}

impl Gateway {
    /// What happens to the next calls.
    pub(crate) fn next(&self, fates: &[Fate]) {
        self.books().fates.extend(fates);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.books().fates.clear();
    }

    /// Which calls came, in their order.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.books().calls.clone()
    }

    /// What it took, and what of it went back.
    pub(crate) fn balance(&self) -> (i64, i64) {
        let books = self.books();
        let sum = |amounts: Vec<&Money>| amounts.into_iter().map(|money| money.amount()).sum();
        (sum(books.taken.values().collect()), sum(books.given_back.values().collect()))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }
}

impl Books {
    fn call(&mut self, name: &'static str) -> Option<Fate> {
        self.calls.push(name);
        self.fates.pop_front()
    }

    fn known(&self, charge: &Charge) -> ChargeState {
        let taken = self.taken.get(&charge.transaction);
        taken.map_or(ChargeState::Unheard, |amount| ChargeState::Captured { amount: *amount })
    }
}

fn silence() -> GatewayError {
    GatewayError::Unavailable("no answer".to_owned())
}

fn refusal() -> GatewayError {
    GatewayError::Refused { code: "NOT_ALLOWED".to_owned() }
}

#[async_trait]
impl PaymentGateway for Gateway {
    async fn charge(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        let mut books = self.books();
        let fate = books.call("charge");
        let amount = match fate {
            Some(Fate::Lost) => return Err(silence()),
            Some(Fate::Refused) => return Err(refusal()),
            Some(Fate::Says(state)) => return Ok(state),
            Some(Fate::Takes(amount)) => amount,
            Some(Fate::Unanswered) | None => charge.amount,
        };
        books.taken.entry(charge.transaction).or_insert(amount);
        match fate {
            Some(Fate::Unanswered) => Err(silence()),
            _ => Ok(books.known(charge)),
        }
    }

    async fn look_up(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        let mut books = self.books();
        match books.call("look_up") {
            Some(Fate::Lost | Fate::Unanswered) => Err(silence()),
            Some(Fate::Refused) => Err(refusal()),
            Some(Fate::Says(state)) => Ok(state),
            Some(Fate::Takes(_)) | None => Ok(books.known(charge)),
        }
    }

    async fn refund(&self, refund: &RefundOrder) -> Result<(), GatewayError> {
        let mut books = self.books();
        let fate = books.call("refund");
        match fate {
            Some(Fate::Lost) => return Err(silence()),
            Some(Fate::Refused) => return Err(refusal()),
            _ => {}
        }
        let taken = books.taken.get(&refund.transaction).map_or(0, |money| money.amount());
        let key = (refund.transaction, refund.number);
        let earlier = books.given_back.range((key.0, 0)..=(key.0, u32::MAX));
        let earlier: i64 = earlier.filter(|(k, _)| **k != key).map(|(_, m)| m.amount()).sum();
        assert!(earlier + refund.amount.amount() <= taken, "more goes back than was taken");
        books.given_back.insert(key, refund.amount);
        match fate {
            Some(Fate::Unanswered) => Err(silence()),
            _ => Ok(()),
        }
    }
}
