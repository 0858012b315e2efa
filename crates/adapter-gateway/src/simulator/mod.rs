mod books;
mod plan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_payment::{Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};
use ordersystem_shared_kernel::{Clock, Timestamp, TransactionId};

use books::Books;
pub use books::{Announcement, Entry, GivenBack, Trouble};
pub use plan::{Plan, Reply, TestCode, UnknownTestCode, Verdict};

/// Chooses the plan of a charge for which none was made.
type Usual = Box<dyn Fn(&Charge) -> Plan + Send + Sync>;

/// A payment company in RAM. It keeps books of what it really took and gave back, against which a shop's database can be
/// checked. The same calls at the same moments always go the same way.
pub struct SimulatedGateway {
    clock: Arc<dyn Clock>,
    usual: Usual,
    desk: Mutex<Desk>,
}

#[derive(Debug)]
struct Desk {
    books: Books,
    service: Service,
}

/// Whether anybody answers at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// As planned.
    Open,
    /// No call is heard.
    Closed,
}

impl SimulatedGateway {
    /// Decides at once, by the amounts of [`Plan::of_amount`].
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::choosing(clock, |charge| Plan::of_amount(charge, Duration::ZERO))
    }

    /// Asks `usual` once for each charge that no [`Self::plan`] was made for.
    pub fn choosing(
        clock: Arc<dyn Clock>,
        usual: impl Fn(&Charge) -> Plan + Send + Sync + 'static,
    ) -> Self {
        let desk = Mutex::new(Desk { books: Books::default(), service: Service::Open });
        Self { clock, usual: Box::new(usual), desk }
    }

    /// Decides beforehand what becomes of a charge; without effect once it was heard.
    pub fn plan(&self, transaction: TransactionId, plan: Plan) {
        self.desk().books.plan(transaction, plan);
    }

    /// How the next refunds are answered, one after another; further ones are done and answered.
    pub fn reply_to_refunds(&self, replies: impl IntoIterator<Item = Reply>) {
        self.desk().books.reply_to_refunds(replies);
    }

    /// Opens or closes for everybody.
    pub fn serve(&self, service: Service) {
        self.desk().service = service;
    }

    /// [`PaymentGateway::charge`], with the whole entry.
    ///
    /// # Errors
    /// As planned; [`Trouble::Refused`] when the transaction stands for another charge.
    pub fn take(&self, charge: &Charge) -> Result<Entry, Trouble> {
        let now = self.clock.now();
        self.open()?.books.charge(charge, || (self.usual)(charge), now)
    }

    /// [`PaymentGateway::look_up`], with the whole entry; `None` was never heard of.
    ///
    /// # Errors
    /// [`Trouble::Silence`] while closed.
    pub fn find(&self, transaction: TransactionId) -> Result<Option<Entry>, Trouble> {
        Ok(self.open()?.books.entry(transaction))
    }

    /// [`PaymentGateway::refund`], with the words of this gateway.
    ///
    /// # Errors
    /// As planned; [`Trouble::Refused`] when there is not so much to give back.
    pub fn give_back(&self, refund: &RefundOrder) -> Result<(), Trouble> {
        let now = self.clock.now();
        self.open()?.books.refund(refund, now)
    }

    /// Every charge that was heard, by transaction.
    pub fn ledger(&self) -> Vec<Entry> {
        self.desk().books.entries()
    }

    /// Decisions made until now that were not returned before, oldest first: what a shop is told by webhook.
    pub fn announce(&self) -> Vec<Announcement> {
        let now = self.clock.now();
        self.desk().books.announce(now)
    }

    /// When there will be something to [`Self::announce`]; a moment in the past is now.
    pub fn next_decision(&self) -> Option<Timestamp> {
        self.desk().books.next_decision()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> Result<MutexGuard<'_, Desk>, Trouble> {
        let desk = self.desk();
        match desk.service {
            Service::Open => Ok(desk),
            Service::Closed => Err(Trouble::Silence),
        }
    }
}

impl fmt::Debug for SimulatedGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedGateway").field("desk", &self.desk()).finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentGateway for SimulatedGateway {
    async fn charge(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        let entry = self.take(charge)?;
        Ok(entry.state(self.clock.now()))
    }

    async fn look_up(&self, charge: &Charge) -> Result<ChargeState, GatewayError> {
        let entry = self.find(charge.transaction)?;
        let now = self.clock.now();
        Ok(entry.map_or(ChargeState::Unheard, |entry| entry.state(now)))
    }

    async fn refund(&self, refund: &RefundOrder) -> Result<(), GatewayError> {
        Ok(self.give_back(refund)?)
    }
}
