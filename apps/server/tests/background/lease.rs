use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ordersystem::background::lease::Lease;
use ordersystem::background::supervisor::Background;
use ordersystem::background::timers::{Job, Timer, Turn};
use ordersystem_application::StoreUnavailable;

use crate::shop::{eventually, stop};

/// What one replica holds of a lease that several share.
struct Place {
    replica: usize,
    holder: Arc<Mutex<Option<usize>>>,
}

#[async_trait]
impl Lease for Place {
    async fn try_hold(&self, _name: &str, _ttl: Duration) -> bool {
        *self.holder.lock().unwrap().get_or_insert(self.replica) == self.replica
    }

    async fn release(&self, _name: &str) {
        let mut holder = self.holder.lock().unwrap();
        if *holder == Some(self.replica) {
            *holder = None;
        }
    }
}

/// Counts its turns.
struct Count(Arc<AtomicUsize>);

#[async_trait]
impl Job for Count {
    fn name(&self) -> String {
        "count".to_owned()
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(1)
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Turn::Done)
    }
}

/// The original promised that no two replicas run the scheduler; here the lease spares work, and its end hands over.
#[tokio::test]
async fn a_timer_rests_while_another_replica_holds_its_lease() {
    let holder = Arc::new(Mutex::new(Some(0)));
    let turns = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
    let start = |replica: usize| {
        let place = Place { replica, holder: holder.clone() };
        let timer = Timer::new(Count(turns[replica].clone()), Arc::new(place));
        Background::start(vec![Arc::new(timer)])
    };
    let (first, second) = (start(0), start(1));
    eventually("the holder works", async || turns[0].load(Ordering::SeqCst) > 10).await;
    assert_eq!(turns[1].load(Ordering::SeqCst), 0, "the other rests");
    stop(first).await;
    eventually("the other goes on", async || turns[1].load(Ordering::SeqCst) > 0).await;
    stop(second).await;
}
