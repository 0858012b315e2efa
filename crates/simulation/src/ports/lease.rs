use std::time::Duration;

use async_trait::async_trait;
use ordersystem::background::lease::Lease;

use crate::link::Link;
use crate::plan::Engine;

/// Leases that save work, as `RedisLease` has them: who gets no answer works.
pub(crate) struct SimLease(pub(crate) Link);

#[async_trait]
impl Lease for SimLease {
    async fn try_hold(&self, name: &str, ttl: Duration) -> bool {
        let (link, counters) = (&self.0, &self.0.world.counters);
        let hold = || async { counters.hold(name, link.replica, ttl) };
        link.call(Engine::Counters, "lease.hold", hold).await.unwrap_or(true)
    }

    async fn release(&self, name: &str) {
        let (link, counters) = (&self.0, &self.0.world.counters);
        let release = || async { counters.give_back(name, link.replica) };
        // It runs out by itself.
        let _ = link.call(Engine::Counters, "lease.release", release).await;
    }
}
