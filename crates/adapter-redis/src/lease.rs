use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::from_redis_value;

use crate::link::Link;
use crate::script::{Command, HOLD_LEASE, RELEASE_LEASE};

/// Leases that save work: while one replica holds the name, the others need not do the same. Never needed for correctness,
/// because two may believe they hold it; so when Redis does not answer, everybody does.
#[derive(Clone)]
pub struct RedisLease {
    link: Arc<Link>,
    holder: String,
}

impl RedisLease {
    pub(crate) const fn new(link: Arc<Link>, holder: String) -> Self {
        Self { link, holder }
    }

    /// Takes or renews the lease for this time; whether this holder should do the work.
    pub async fn try_hold(&self, name: &str, ttl: Duration) -> bool {
        let milliseconds = ttl.as_millis().max(1).to_string();
        let arguments = [self.holder.clone(), milliseconds];
        let hold = Command::script(&HOLD_LEASE, &[key(name)], &arguments);
        match self.link.ask(vec![hold]).await.map(|replies| replies.into_iter().next()) {
            Ok(Some(Ok(reply))) => from_redis_value::<i64>(reply).is_ok_and(|held| held == 1),
            Ok(Some(Err(_)) | None) | Err(_) => true,
        }
    }

    /// Gives the lease back if this holder has it; otherwise it runs out by itself.
    pub async fn release(&self, name: &str) {
        let release =
            Command::script(&RELEASE_LEASE, &[key(name)], std::slice::from_ref(&self.holder));
        let _ = self.link.ask(vec![release]).await;
    }
}

fn key(name: &str) -> String {
    format!("lease:{name}")
}
