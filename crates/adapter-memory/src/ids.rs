use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ordersystem_shared_kernel::Ids;
use uuid::Uuid;

/// Identities from a counter: the same run makes the same ids. Clones share the counter.
#[derive(Debug, Clone, Default)]
pub struct SequentialIds {
    last: Arc<AtomicU64>,
}

impl Ids for SequentialIds {
    fn uuid(&self) -> Uuid {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        Uuid::from_u64_pair(0, number)
    }
}
