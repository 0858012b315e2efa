//! Several relays on one outbox.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::Place;
use ordersystem_adapter_sql::PostgresStore;
use ordersystem_application::{Bucket, LEASE, Outbox};
use ordersystem_port_contracts::unit::uuid;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How often a relay renews.
const RENEW: Duration = Duration::from_secs(3);

/// Relays in processes of their own, which have the clock in common.
struct Relays {
    place: Place,
    store: PostgresStore,
    ids: Vec<Uuid>,
}

impl Relays {
    async fn new(number: usize) -> Self {
        let place = Place::new().await;
        let store = place.open().await;
        Self { place, store, ids: std::iter::repeat_with(uuid).take(number).collect() }
    }

    async fn lease(&self, relay: usize) -> BTreeSet<Bucket> {
        let relay = *self.ids.get(relay).unwrap();
        self.store.lease(relay).await.unwrap().into_iter().collect()
    }

    /// What each of these has after a few rounds in which all of them renew.
    async fn settle(&self, relays: &[usize], rounds: u32) -> Vec<BTreeSet<Bucket>> {
        let mut leased = Vec::new();
        for _ in 0..rounds {
            self.place.clock.advance(RENEW);
            leased.clear();
            for relay in relays {
                leased.push(self.lease(*relay).await);
            }
            let sum: usize = leased.iter().map(BTreeSet::len).sum();
            let all: BTreeSet<_> = leased.iter().flatten().collect();
            assert_eq!(sum, all.len(), "no bucket has two relays");
        }
        leased
    }

    async fn fence(&self) -> i64 {
        self.place.database.number("SELECT sum(fence)::bigint FROM relay_leases").await
    }
}

fn sizes(leased: &[BTreeSet<Bucket>]) -> Vec<usize> {
    let mut sizes: Vec<_> = leased.iter().map(BTreeSet::len).collect();
    sizes.sort_unstable();
    sizes
}

#[tokio::test]
async fn a_newcomer_gets_its_share_within_two_leases() {
    let relays = Relays::new(5).await;
    assert_eq!(relays.lease(0).await.len(), 16, "the first has everything");
    assert_eq!(relays.lease(1).await.len(), 0, "nobody takes from one that lives");
    let rounds = u32::try_from(2 * LEASE.as_secs() / RENEW.as_secs()).unwrap();
    for (living, expected) in [
        (vec![0, 1], vec![8, 8]),
        (vec![0, 1, 2], vec![5, 5, 6]),
        (vec![0, 1, 2, 3, 4], vec![3, 3, 3, 3, 4]),
    ] {
        assert_eq!(sizes(&relays.settle(&living, rounds).await), expected);
    }
    let settled = relays.fence().await;
    relays.settle(&[0, 1, 2, 3, 4], 3).await;
    assert_eq!(relays.fence().await, settled, "nothing moves any more");
}

#[tokio::test]
async fn the_buckets_of_a_dead_relay_are_taken_over_after_its_lease() {
    let relays = Relays::new(2).await;
    let before = relays.settle(&[0, 1], 3).await;
    let fence = relays.fence().await;
    relays.place.clock.advance(LEASE - Duration::from_micros(1));
    assert_eq!(relays.lease(0).await, before[0], "its lease is not over yet");
    relays.place.clock.advance(Duration::from_micros(1));
    assert_eq!(relays.lease(0).await.len(), 16, "its lease is over");
    assert_eq!(relays.fence().await, fence + 8, "each new owner raises the fence");
    assert_eq!(relays.lease(1).await.len(), 0, "back from the dead it waits for its share");
    assert_eq!(sizes(&relays.settle(&[0, 1], 2).await), [8, 8]);
}

#[tokio::test]
async fn a_relay_that_ends_leaves_its_buckets_to_the_others_at_once() {
    let relays = Relays::new(2).await;
    relays.settle(&[0, 1], 3).await;
    relays.store.release(relays.ids[1]).await.unwrap();
    assert_eq!(relays.lease(0).await.len(), 16);
    relays.store.release(relays.ids[1]).await.unwrap();
    assert_eq!(relays.lease(0).await.len(), 16, "a second release changes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relays_that_ask_together_share_without_a_collision() {
    let relays = Relays::new(20).await;
    for _ in 0..6 {
        relays.place.clock.advance(RENEW);
        let mut asking = JoinSet::new();
        for id in relays.ids.clone() {
            let store = relays.store.clone();
            asking.spawn(async move { (id, store.lease(id).await.unwrap()) });
        }
        asking.join_all().await;
        let shared = "SELECT count(*) FROM (SELECT owner FROM relay_leases
            WHERE owner IS NOT NULL GROUP BY owner) owners";
        assert!(relays.place.database.number(shared).await >= 1);
    }
    let owners = "SELECT count(DISTINCT owner) FROM relay_leases WHERE owner IS NOT NULL";
    assert_eq!(relays.place.database.number(owners).await, 16, "one bucket for each of sixteen");
}
