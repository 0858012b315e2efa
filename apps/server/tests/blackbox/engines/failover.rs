//! Rows 16 to 18: the database server dies, and comes back or is replaced.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ordersystem_test_engines::postgres;
use ordersystem_test_engines::proxy::{Mode, Proxy};
use ordersystem_test_engines::standby::whichever_can_be_written;
use tokio::runtime::Runtime;

use super::database::check_nothing_is_lost_or_half_done;
use crate::support::{Client, Engines, Load, World, percentile, scaled, wait_at_most, wait_until};

/// Who is told to come back is told so within this time.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long after its return a database may still be refused.
const BACK: Duration = Duration::from_secs(5);

/// Orders go on around a death of the server, each answered in time.
fn orders_around(client: &Client, death: impl FnOnce()) -> Load {
    let product = client.new_product(1_000_000);
    let load = Load::during(std::slice::from_ref(client), &[product], |load| {
        load.wait_for_more(100, 201);
        death();
        let (accepted, since) = (load.count(201), Instant::now());
        wait_at_most(BACK, "orders are accepted again", || load.count(201) > accepted);
        println!("orders were accepted {:?} after the return", since.elapsed());
        load.wait_for_more(100, 201);
    });
    let slowest = percentile(&load.attempts(), 100);
    println!("{:?}, slowest {slowest:?}", load.statuses());
    assert!(slowest <= PATIENCE, "somebody waited {slowest:?}");
    assert!(load.statuses().keys().all(|status| [201, 503].contains(status)));
    load
}

#[test]
fn fault_16_the_database_server_is_killed_and_recovers() {
    let cluster = postgres::Server::start();
    let world = World::on(Engines::with_postgres(cluster.url()));
    let server = world.start(&[]);
    for _ in 0..scaled(1, 5) {
        let before = world.engines().number("SELECT count(*) FROM orders");
        let load = orders_around(&server.client(), || {
            cluster.kill();
            cluster.restart();
        });
        assert!(load.accepted().len() >= 200);
        if before == 0 {
            check_nothing_is_lost_or_half_done(&world, &load);
        }
        for order in load.accepted() {
            assert_eq!(server.client().status(order), "CREATED", "order {order} got its 201");
        }
        world.verify();
    }
}

/// A server, a standby that follows it by a way that can be cut, and a world that is wherever can be written.
struct Pair {
    world: World,
    primary: postgres::Server,
    standby: postgres::Server,
    way: Proxy,
    runtime: Runtime,
}

impl Pair {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let primary = postgres::Server::start();
        let way = runtime.block_on(Proxy::to(primary.address()));
        let standby = postgres::Server::standby_of(way.address());
        let places: [SocketAddr; 2] = [primary.address(), standby.address()];
        let world = World::on(Engines::with_postgres(&whichever_can_be_written(&places)));
        Self { world, primary, standby, way, runtime }
    }

    fn fail_over(&self) {
        self.primary.kill();
        self.runtime.block_on(self.standby.promote());
    }
}

#[test]
fn fault_17_a_synchronous_standby_takes_over() {
    let pair = Pair::start();
    pair.runtime.block_on(pair.primary.wait_for_standby());
    let server = pair.world.start(&[]);
    let load = orders_around(&server.client(), || pair.fail_over());
    check_nothing_is_lost_or_half_done(&pair.world, &load);
}

/// The last commits are lost, as they may be when nobody waits for the standby. What is left is true: the shop sells what
/// that truth has, and nobody chokes on events about what is gone.
#[test]
fn fault_18_an_asynchronous_standby_takes_over_without_the_last_commits() {
    let stock = 400;
    let pair = Pair::start();
    let world = &pair.world;
    let role = |role| world.start(&["--role", role]);
    let (api, relay) = (role("api"), role("relay"));
    let client = api.client();
    let product = client.new_product(stock);
    let kept: Vec<i64> = (0..20).map(|_| client.placed(product, 1)).collect();
    pair.runtime.block_on(wait_for_replay(&pair));
    pair.way.set(Mode::Blackhole);
    let lost: Vec<i64> = (0..30).map(|_| client.paid(product, 1)).collect();
    world.engines().wait_until_everything_is_published();
    let epoch = epoch(world);
    pair.fail_over();
    wait_until("the server follows", || client.order(product, 1).is_ok_and(|(it, _)| it == 201));
    assert!(kept.iter().all(|order| client.status(*order) == "CREATED"));
    let gone = lost.iter().filter(|order| client.status(**order) != "PAYMENT_COMPLETED").count();
    assert_eq!(gone, lost.len(), "nobody waited for the standby");
    let others = [role("consumer"), role("scheduler")];
    wait_at_most(Duration::from_secs(15), "a new epoch begins", || epoch < self::epoch(world));
    let load = Load::during(&[api.client()], &[product], |load| load.wait_for_more(50, 400));
    assert_eq!(
        world.engines().number(&format!(
            "SELECT sum(quantity)::int8 FROM order_lines WHERE product_id = {product}"
        )),
        stock,
        "{:?}",
        load.statuses()
    );
    check_parked(world, &others[0]);
    world.engines().wait_until_counters_are_right();
    world.engines().wait_until_everything_is_published();
    world.verify();
    drop(relay);
}

fn epoch(world: &World) -> i64 {
    world.engines().number("SELECT epoch FROM stock_epoch")
}

async fn wait_for_replay(pair: &Pair) {
    let behind = "DO $$ BEGIN FOR turn IN 1..200 LOOP
        EXIT WHEN (SELECT replay_lsn >= pg_current_wal_lsn() FROM pg_stat_replication);
        PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot();
    END LOOP; END $$";
    pair.primary.run(&[behind]).await;
}

/// An event about an order that is gone waits its minute, beside everybody else's, and is set aside then.
fn check_parked(world: &World, consumer: &crate::support::Server) {
    let letters = || world.engines().number("SELECT count(*) FROM dead_letters");
    wait_until("the events are noticed", || {
        consumer.log().contains("has to wait") || letters() > 0
    });
    if scaled(0, 1) == 1 {
        let patience = Duration::from_secs(120);
        let took = wait_at_most(patience, "they are set aside", || letters() > 0);
        println!("events of lost orders were set aside after {took:?}");
    }
    assert_eq!(consumer.get("/actuator/health").0, 200);
}
