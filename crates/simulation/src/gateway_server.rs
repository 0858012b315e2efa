//! The company that moves the money: it decides when it likes, and does each thing once per key, however often it is asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use ordersystem_payment::{Charge, ChargeState, GatewayError, RefundOrder};
use ordersystem_shared_kernel::{Bug, Money, OrderId, TransactionId, seeded};
use tokio::time::Instant;

use crate::rng::Rng;
use crate::world::lock;

/// The accounts of all charges.
#[derive(Debug, Default)]
pub(crate) struct GatewayServer {
    accounts: Mutex<BTreeMap<TransactionId, Account>>,
}

/// One charge and what went back of it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) order: OrderId,
    /// What is taken; none when the charge fails.
    taken: Option<Money>,
    decided_at: Instant,
    refunds: BTreeMap<u32, i64>,
    pub(crate) refunded: i64,
}

impl Account {
    /// What becomes of a charge is in its transaction.
    fn of(charge: &Charge) -> Self {
        let mut rng = Rng::new(charge.transaction.get().as_u64_pair().1);
        let amount = charge.amount;
        let less = Money::new(amount.amount() - 1, amount.currency()).ok();
        let taken = match rng.below(100) {
            0..15 => None,
            15..20 => less,
            _ => Some(amount),
        };
        let wait = if rng.percent(30) { rng.between(1, 60) } else { 0 };
        let decided_at = Instant::now() + Duration::from_secs(wait);
        Self { order: charge.order, taken, decided_at, refunds: BTreeMap::new(), refunded: 0 }
    }

    /// What was taken, once that is decided.
    pub(crate) fn captured(&self) -> Option<Money> {
        self.taken.filter(|_| self.decided_at <= Instant::now())
    }

    fn state(&self) -> ChargeState {
        match (self.decided_at <= Instant::now(), self.taken) {
            (false, _) => ChargeState::Waiting,
            (true, Some(amount)) => ChargeState::Captured { amount },
            (true, None) => ChargeState::Failed,
        }
    }
}

impl GatewayServer {
    pub(crate) fn charge(&self, charge: &Charge) -> ChargeState {
        let mut accounts = self.accounts();
        accounts.entry(charge.transaction).or_insert_with(|| Account::of(charge)).state()
    }

    pub(crate) fn look_up(&self, charge: &Charge) -> ChargeState {
        self.accounts().get(&charge.transaction).map_or(ChargeState::Unheard, Account::state)
    }

    pub(crate) fn refund(&self, refund: &RefundOrder) -> Result<(), GatewayError> {
        let mut accounts = self.accounts();
        let refused = || GatewayError::Refused { code: "NOTHING_TO_REFUND".to_owned() };
        let account = accounts.get_mut(&refund.transaction).ok_or_else(refused)?;
        account.captured().ok_or_else(refused)?;
        let is_known = account.refunds.insert(refund.number, refund.amount.amount()).is_some();
        if !is_known || seeded(Bug::RefundPerReplay) {
            account.refunded += refund.amount.amount();
        }
        Ok(())
    }

    /// Every charge that was ever heard of.
    pub(crate) fn books(&self) -> Vec<(TransactionId, Account)> {
        self.accounts().iter().map(|(id, account)| (*id, account.clone())).collect()
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<TransactionId, Account>> {
        lock(&self.accounts)
    }
}
