use async_trait::async_trait;

use ordersystem_application::{
    DeadLetters, DueWork, Numbers, Outbox, Reads, Store, StoreUnavailable,
};

use ordersystem_invariants::Finding;

/// Every port of the application on one SQL database, and what operators want of it.
#[async_trait]
pub trait Database: Store + Reads + DueWork + Outbox + DeadLetters + Numbers {
    /// Checks every invariant, each on one snapshot of the database, without changing anything.
    async fn verify(&self) -> Result<Vec<Finding>, StoreUnavailable>;

    /// Finishes what was submitted, then refuses every commit as `Unavailable`; reads still work.
    async fn close(&self);
}
