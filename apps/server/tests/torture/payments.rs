//! T12: the customer cancels, the gateway reports success, the hold runs out, the gateway repeats itself: in each of the 24
//! orders in which that can happen, one after the other, and all at once.

use std::thread;
use std::time::{Duration, Instant};

use crate::chance::{Chance, seed};
use crate::machine;
use crate::replicas::Replicas;
use crate::support::{World, in_parallel, scaled, wait_until};
use crate::witness::committed;

const CLIENTS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Cancel,
    Success,
    Expire,
    Duplicate,
}

use Event::{Cancel, Duplicate, Expire, Success};

/// Every order of the four.
fn permutations() -> Vec<[Event; 4]> {
    let all = [Cancel, Success, Expire, Duplicate];
    let mut found = Vec::new();
    for place in 0..256 {
        let pick = |digit: usize| all[place / 4_usize.pow(u32::try_from(digit).unwrap()) % 4];
        let permutation = [pick(0), pick(1), pick(2), pick(3)];
        if all.iter().all(|event| permutation.contains(event)) {
            found.push(permutation);
        }
    }
    assert_eq!(found.len(), 24);
    found
}

struct Shop {
    world: World,
    replicas: Replicas,
    product: i64,
}

impl Shop {
    const STOCK: i64 = 1_000_000;

    fn open() -> Self {
        let world = World::full();
        let replicas = Replicas::start(&world, 2, &[]);
        let product = replicas.client(0).0.new_product(Self::STOCK);
        Self { world, replicas, product }
    }

    /// So many orders that wait for the gateway.
    fn requested(&self, count: usize) -> Vec<i64> {
        let orders = std::sync::Mutex::new(Vec::new());
        in_parallel(CLIENTS, count, |index| {
            let (client, _) = self.replicas.client(index);
            let order = client.placed(self.product, 2);
            assert_eq!(client.request_payment(order), 202);
            orders.lock().unwrap().push(order);
        });
        orders.into_inner().unwrap()
    }

    /// Everything but the end of a hold, which is the sweeper's.
    fn happens(&self, event: Event, order: i64, choice: usize) {
        let (client, _) = self.replicas.client(choice);
        let status = match event {
            Cancel => client.cancel(order).0,
            Success | Duplicate => client.settle(order, true),
            Expire => 200,
        };
        assert_eq!(status, 200, "{event:?} of order {order}");
    }

    /// The holds of these orders should have ended a second ago.
    fn run_out(&self, orders: &[i64]) {
        let orders: Vec<_> = orders.iter().map(i64::to_string).collect();
        let sql = format!(
            "UPDATE reservations SET expires_at = now() - interval '1 second'
             WHERE state = 'HELD' AND order_id IN ({})",
            orders.join(",")
        );
        let engines = self.world.engines();
        engines.wait(engines.database().run(&sql));
    }

    fn wait_until_no_hold_is_too_old(&self) {
        let late = "SELECT count(*) FROM reservations WHERE state = 'HELD' AND expires_at < now()";
        wait_until("the sweeper ends what has run out", || self.world.engines().number(late) == 0);
    }

    /// Each order was paid once, has ended, and the money goes back once; the stock is as before.
    fn check(&self, orders: usize) {
        self.wait_until_no_hold_is_too_old();
        let engines = self.world.engines();
        let count = |sql: &str| usize::try_from(engines.number(sql)).unwrap();
        assert_eq!(count("SELECT count(*) FROM orders WHERE status = 'CANCELLED'"), orders);
        let captured = "SELECT count(DISTINCT order_id) FROM payments WHERE outcome = 'CAPTURED'";
        assert_eq!(count(captured), orders);
        assert_eq!(count("SELECT count(*) FROM payments WHERE outcome = 'CAPTURED'"), orders);
        assert_eq!(count("SELECT count(*) FROM refunds"), orders);
        assert_eq!(
            count("SELECT count(DISTINCT order_id) FROM refunds WHERE amount = 2000"),
            orders
        );
        let level = engines.levels().into_iter().find(|(product, ..)| *product == self.product);
        assert_eq!(level, Some((self.product, Self::STOCK, 0)));
        assert_eq!(committed(engines).violations(), []);
        engines.wait_until_everything_is_published();
        engines.check_topics();
        engines.wait_until_counters_are_right();
        self.world.verify();
    }
}

#[test]
fn t12_each_order_of_cancel_success_expiry_and_duplicate_ends_the_same() {
    let _alone = machine::alone();
    let shop = Shop::open();
    let permutations = permutations();
    let each = scaled(50, 1_000);
    let orders = shop.requested(24 * each);
    let event = |index: usize, step: usize| permutations[index % 24][step];
    for step in 0..4 {
        in_parallel(CLIENTS, orders.len(), |index| {
            shop.happens(event(index, step), orders[index], index + step);
        });
        let over = orders.iter().enumerate().filter(|(index, _)| event(*index, step) == Expire);
        shop.run_out(&over.map(|(_, order)| *order).collect::<Vec<_>>());
        shop.wait_until_no_hold_is_too_old();
    }
    shop.check(orders.len());
    println!("24 orders of 4 events × {each}: paid once, refunded once, stock as before");
}

#[test]
fn t12_cancel_success_and_duplicate_race_with_the_sweeper() {
    let _alone = machine::alone();
    let shop = Shop::open();
    let mut chance = Chance::of(seed());
    let (rounds, batch) = (scaled(12, 1_250), 24 * 4);
    for _ in 0..rounds {
        let mut orders = shop.requested(batch);
        chance.shuffle_within(&mut orders, batch);
        shop.run_out(&orders);
        race(&shop, &orders);
    }
    shop.check(rounds * batch);
    println!("{} orders raced: paid once, refunded once, stock as before", rounds * batch);
}

/// The sweeper comes once in a second: somewhere among these events, which are spread over a little more.
fn race(shop: &Shop, orders: &[i64]) {
    let (begin, permutations) = (Instant::now(), permutations());
    in_parallel(CLIENTS, orders.len(), |index| {
        let due =
            begin + Duration::from_millis(u64::try_from(1_200 * index / orders.len()).unwrap());
        while let Some(left) = due.checked_duration_since(Instant::now()) {
            thread::park_timeout(left);
        }
        thread::scope(|scope| {
            for (choice, event) in permutations[index % 24].into_iter().enumerate() {
                scope.spawn(move || shop.happens(event, orders[index], choice));
            }
        });
    });
}
