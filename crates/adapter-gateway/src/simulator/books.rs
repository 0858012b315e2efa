use std::collections::{BTreeMap, VecDeque};

use ordersystem_payment::{Charge, ChargeState, GatewayError, RefundOrder};
use ordersystem_shared_kernel::{Money, Timestamp, TransactionId};

use thiserror::Error;

use super::plan::{Plan, Reply, Verdict};

/// Why a call gets no answer, or not the one that was hoped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Trouble {
    /// Nothing comes back.
    #[error("no answer")]
    Silence,
    /// A passing error, said at once.
    #[error("PROVIDER_ERROR")]
    NoService,
    /// Understood and refused for good.
    #[error("refused with {code}")]
    Refused {
        /// The reason in a word.
        code: &'static str,
    },
}

impl From<Trouble> for GatewayError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Silence | Trouble::NoService => Self::Unavailable(trouble.to_string()),
            Trouble::Refused { code } => Self::Refused { code: code.to_owned() },
        }
    }
}

/// One charge in the gateway's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was asked for.
    pub charge: Charge,
    /// When it was heard.
    pub heard_at: Timestamp,
    /// What becomes of it.
    pub plan: Plan,
    /// What was given back, oldest first.
    pub refunds: Vec<GivenBack>,
    announced: bool,
}

/// Money that went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenBack {
    /// The refund's number within its payment.
    pub number: u32,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// A decision that the shop is to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// What was asked for.
    pub charge: Charge,
    /// Captured or failed.
    pub state: ChargeState,
    /// When it was decided.
    pub at: Timestamp,
}

impl Entry {
    /// When it is, or was, decided; `None` is never.
    pub fn decided_at(&self) -> Option<Timestamp> {
        (self.plan.verdict != Verdict::Never).then(|| self.heard_at.after(self.plan.after))
    }

    /// Where it stands at `now`. Refunds do not undo a capture.
    pub fn state(&self, now: Timestamp) -> ChargeState {
        if self.decided_at().is_none_or(|at| now < at) {
            return ChargeState::Waiting;
        }
        match self.plan.verdict {
            Verdict::Capture => ChargeState::Captured { amount: self.charge.amount },
            Verdict::CaptureOther(amount) => ChargeState::Captured { amount },
            Verdict::Fail { .. } => ChargeState::Failed,
            Verdict::Never => ChargeState::Waiting,
        }
    }

    /// What was really taken until `now`.
    pub fn taken(&self, now: Timestamp) -> Money {
        match self.state(now) {
            ChargeState::Captured { amount } => amount,
            _ => Money::zero(self.charge.amount.currency()),
        }
    }

    /// What really went back. Never more than [`Self::taken`].
    pub fn given_back(&self) -> Money {
        let nothing = Money::zero(self.charge.amount.currency());
        self.refunds.iter().fold(nothing, |sum, refund| sum.plus(refund.amount).unwrap_or(sum))
    }

    fn refund(&mut self, order: &RefundOrder, now: Timestamp) -> Result<(), Trouble> {
        if let Some(done) = self.refunds.iter().find(|refund| refund.number == order.number) {
            let same = done.amount == order.amount;
            return if same { Ok(()) } else { Err(refused("INVALID_REQUEST")) };
        }
        let ChargeState::Captured { amount: taken } = self.state(now) else {
            return Err(refused("NOT_CANCELABLE_PAYMENT"));
        };
        if self.given_back() == taken {
            return Err(refused("ALREADY_CANCELED_PAYMENT"));
        }
        let sum = self.given_back().plus(order.amount).ok().map(Money::amount);
        if order.amount.amount() == 0 || sum.is_none_or(|sum| sum > taken.amount()) {
            return Err(refused("NOT_CANCELABLE_AMOUNT"));
        }
        self.refunds.push(GivenBack { number: order.number, amount: order.amount, at: now });
        Ok(())
    }
}

/// All that the gateway remembers. Every moment is an argument, and nothing is left to chance.
#[derive(Debug, Default)]
pub(super) struct Books {
    entries: BTreeMap<TransactionId, Entry>,
    /// Plans for charges that were not heard yet.
    plans: BTreeMap<TransactionId, Plan>,
    /// How the next refunds are answered.
    refund_replies: VecDeque<Reply>,
}

impl Books {
    pub(super) fn plan(&mut self, transaction: TransactionId, plan: Plan) {
        self.plans.insert(transaction, plan);
    }

    pub(super) fn reply_to_refunds(&mut self, replies: impl IntoIterator<Item = Reply>) {
        self.refund_replies.extend(replies);
    }

    pub(super) fn charge(
        &mut self,
        charge: &Charge,
        usual: impl FnOnce() -> Plan,
        now: Timestamp,
    ) -> Result<Entry, Trouble> {
        if let Some(entry) = self.entries.get(&charge.transaction) {
            let same = (entry.charge.order, entry.charge.amount) == (charge.order, charge.amount);
            return if same { Ok(entry.clone()) } else { Err(refused("INVALID_REQUEST")) };
        }
        let plan = self.plans.remove(&charge.transaction).unwrap_or_else(usual);
        if let Err(trouble) = unheard(plan.first) {
            self.plans.insert(charge.transaction, plan.replying(Reply::Given));
            return Err(trouble);
        }
        let entry =
            Entry { charge: *charge, heard_at: now, plan, refunds: Vec::new(), announced: false };
        self.entries.insert(charge.transaction, entry.clone());
        if plan.first == Reply::Lost { Err(Trouble::Silence) } else { Ok(entry) }
    }

    pub(super) fn refund(&mut self, order: &RefundOrder, now: Timestamp) -> Result<(), Trouble> {
        let reply = self.refund_replies.pop_front().unwrap_or(Reply::Given);
        unheard(reply)?;
        let entry = self.entries.get_mut(&order.transaction);
        let entry = entry.filter(|entry| entry.charge.order == order.order);
        let done = entry.ok_or_else(|| refused("NOT_FOUND_PAYMENT"))?.refund(order, now);
        if reply == Reply::Lost { Err(Trouble::Silence) } else { done }
    }

    pub(super) fn entry(&self, transaction: TransactionId) -> Option<Entry> {
        self.entries.get(&transaction).cloned()
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.values().cloned().collect()
    }

    pub(super) fn next_decision(&self) -> Option<Timestamp> {
        let silent = self.entries.values().filter(|entry| !entry.announced);
        silent.filter_map(Entry::decided_at).min()
    }

    pub(super) fn announce(&mut self, now: Timestamp) -> Vec<Announcement> {
        let decided =
            |entry: &Entry| entry.decided_at().filter(|at| !entry.announced && *at <= now);
        let mut due: Vec<_> = self
            .entries
            .values_mut()
            .filter_map(|entry| {
                let at = decided(entry)?;
                entry.announced = true;
                Some(Announcement { charge: entry.charge, state: entry.state(now), at })
            })
            .collect();
        due.sort_by_key(|announcement| (announcement.at, announcement.charge.transaction));
        due
    }
}

const fn refused(code: &'static str) -> Trouble {
    Trouble::Refused { code }
}

/// What a caller notices of a call that was not heard.
fn unheard(reply: Reply) -> Result<(), Trouble> {
    match reply {
        Reply::Given | Reply::Lost => Ok(()),
        Reply::Unheard => Err(Trouble::Silence),
        Reply::NoService => Err(Trouble::NoService),
    }
}
