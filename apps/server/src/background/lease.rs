//! Who of several replicas does the work this time.

use std::time::Duration;

use async_trait::async_trait;
use ordersystem_adapter_redis::RedisLease;

/// Spares replicas work that one of them does already. Two may believe that they hold it, and nobody may know: whatever is
/// done under it must stay right when everybody does it.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Takes or renews it for this time; whether the work is ours.
    async fn try_hold(&self, name: &str, ttl: Duration) -> bool;

    /// Leaves the work to the others at once.
    async fn release(&self, name: &str);
}

/// Of a process that knows no other: the work is always its own.
#[derive(Debug, Clone, Copy)]
pub struct Alone;

#[async_trait]
impl Lease for Alone {
    async fn try_hold(&self, _name: &str, _ttl: Duration) -> bool {
        true
    }

    async fn release(&self, _name: &str) {}
}

#[async_trait]
impl Lease for RedisLease {
    async fn try_hold(&self, name: &str, ttl: Duration) -> bool {
        Self::try_hold(self, name, ttl).await
    }

    async fn release(&self, name: &str) {
        Self::release(self, name).await;
    }
}
