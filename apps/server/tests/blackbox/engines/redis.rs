//! Rows 1 to 11: Redis hints, the database decides, and Redis is set right afterwards.

use std::time::{Duration, Instant};

use ordersystem_test_engines::proxy::Mode;
use serde_json::Value;

use crate::support::{Client, Engines, Load, Server, World, percentile, wait_until};

/// What a customer may notice of a Redis that is away, on a busy machine.
const NOTICEABLE: Duration = Duration::from_secs(2);

const SHOW_DETAILS: [&str; 2] = ["--set", "management.show-details=always"];

/// Everybody gets an order while `day` goes on, nobody waits for long, and afterwards the counters are right.
fn check_bad_day(args: &[&str], world: &World, day: impl FnOnce(&Server, &Load)) {
    let server = world.start(&[&SHOW_DETAILS[..], args].concat());
    let client = server.client();
    let products = [client.new_product(1_000_000), client.new_product(1_000_000)];
    let mut begin = Instant::now();
    let load = Load::during(&[client], &products, |load| {
        load.wait_for_more(100, 201);
        begin = Instant::now();
        day(&server, load);
        load.wait_for_more(100, 201);
    });
    let attempts = load.since(begin);
    let (p99, slowest) = (percentile(&attempts, 99), percentile(&attempts, 100));
    println!("{} orders, p99 {p99:?}, slowest {slowest:?}", attempts.len());
    assert_eq!(load.statuses().keys().collect::<Vec<_>>(), [&201], "{:?}", load.statuses());
    assert!(slowest < NOTICEABLE, "somebody waited {slowest:?}");
    check_aftermath(world, &load.accepted().into_iter().collect::<Vec<_>>());
}

fn check_aftermath(world: &World, accepted: &[i64]) {
    let engines = world.engines();
    engines.wait_until_counters_are_right();
    let held: i64 = engines.levels().iter().map(|(_, _, reserved)| reserved).sum();
    assert_eq!(held, i64::try_from(accepted.len()).unwrap(), "one unit each");
    world.verify();
}

fn shows(server: &Server, redis: &str) -> bool {
    let (status, health) = server.get("/actuator/health");
    assert_eq!((status, &health["status"]), (200, &Value::from("UP")), "{health}");
    health["components"]["redis"]["status"] == redis
}

#[test]
fn fault_01_redis_refuses() {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_redis();
    check_bad_day(&["--redis-url", &url], &world, |server, load| {
        proxy.set(Mode::Refuse);
        wait_until("health shows the loss", || shows(server, "DOWN"));
        load.wait_for_more(300, 201);
        proxy.set(Mode::Pass);
        wait_until("health shows the return", || shows(server, "UP"));
    });
}

#[test]
fn fault_02_redis_hangs() {
    let world = World::full();
    check_bad_day(&[], &world, |server, load| {
        world.engines().redis().pause();
        wait_until("health shows the loss", || shows(server, "DOWN"));
        load.wait_for_more(300, 201);
        world.engines().redis().resume();
        wait_until("health shows the return", || shows(server, "UP"));
    });
}

#[test]
fn must_not_repeat_d30_redis_dies_for_a_while_and_orders_go_on() {
    let world = World::full();
    check_bad_day(&[], &world, |server, load| {
        world.engines().redis().kill();
        wait_until("health shows the loss", || shows(server, "DOWN"));
        load.wait_for_more(300, 201);
        let (status, stock) = server.get("/api/inventory/1/status");
        assert_eq!((status, &stock["data"]["databaseStock"]), (200, &Value::from(50)));
        world.engines().wait(world.engines().redis().restart());
        wait_until("health shows the return", || shows(server, "UP"));
    });
}

#[test]
fn fault_04_redis_restarts_empty() {
    let world = World::full();
    check_bad_day(&[], &world, |_, load| {
        for _ in 0..3 {
            world.engines().wait(world.engines().redis().restart());
            load.wait_for_more(100, 201);
        }
    });
}

#[test]
fn fault_10_the_replies_of_redis_get_lost() {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_redis();
    check_bad_day(&["--redis-url", &url], &world, |_, load| {
        for _ in 0..3 {
            proxy.set(Mode::DropReplies);
            load.wait_for_more(50, 201);
            proxy.set(Mode::Pass);
            load.wait_for_more(50, 201);
        }
    });
}

#[test]
fn fault_11_redis_is_out_of_memory() {
    let world = World::full();
    let allow = |memory| world.engines().redis().cli(&["CONFIG", "SET", "maxmemory", memory]);
    check_bad_day(&[], &world, |_, load| {
        assert_eq!(allow("1"), "OK");
        load.wait_for_more(300, 201);
        assert_eq!(allow("0"), "OK");
    });
}

/// Until everything is sold, and some more.
fn check_sold_exactly(stock: i64, world: &World, meanwhile: impl Fn(&Engines, i64)) {
    let server = world.start(&[]);
    let client = server.client();
    let product = client.new_product(stock);
    let load = Load::during(&[client], &[product], |load| {
        while load.count(400) < 200 {
            load.wait_for_answers(20);
            meanwhile(world.engines(), product);
        }
    });
    let statuses = load.statuses();
    assert_eq!(statuses.get(&201).copied(), usize::try_from(stock).ok(), "{statuses:?}");
    assert_eq!(statuses.keys().collect::<Vec<_>>(), [&201, &400], "{statuses:?}");
    check_aftermath(world, &load.accepted().into_iter().collect::<Vec<_>>());
}

#[test]
fn fault_03_redis_is_flushed_under_load() {
    check_sold_exactly(500, &World::full(), |engines, _| {
        assert_eq!(engines.redis().cli(&["FLUSHALL"]), "OK");
    });
}

#[test]
fn fault_07_redis_lies_high() {
    check_sold_exactly(500, &World::full(), |engines, product| {
        set(engines, "stock", product, "1000000000");
    });
}

fn set(engines: &Engines, key: &str, product: i64, value: &str) {
    assert_eq!(engines.redis().cli(&["SET", &format!("{key}:{product}"), value]), "OK");
}

fn server_and_client(world: &World) -> (Server, Client) {
    let server = world.start(&[]);
    let client = server.client();
    (server, client)
}

/// What Redis knows of product 1.
struct Copy(Vec<(&'static str, String)>);

impl Copy {
    fn of(engines: &Engines) -> Self {
        let keys = ["stock:1", "reserved:1", "inv:ver:1"];
        Self(keys.map(|key| (key, engines.redis().cli(&["GET", key]))).to_vec())
    }

    /// As after a failover to a replica that was behind.
    fn put_back(&self, engines: &Engines) {
        for (key, value) in &self.0 {
            assert_eq!(engines.redis().cli(&["SET", key, value]), "OK");
        }
    }
}

#[test]
fn fault_05_an_older_redis_knows_too_much_stock() {
    let world = World::full();
    let (_server, client) = server_and_client(&world);
    let older = Copy::of(world.engines());
    let held = client.placed(1, 49);
    older.put_back(world.engines());
    assert_eq!(client.order(1, 2).unwrap().0, 400);
    let last = client.placed(1, 1);
    assert_eq!(client.order(1, 1).unwrap().0, 400);
    older.put_back(world.engines());
    world.engines().wait_until_counters_are_right();
    assert_eq!(client.stock(1), (50, 0, 50));
    assert_eq!((client.status(held), client.status(last)), ("CREATED".into(), "CREATED".into()));
    world.verify();
}

#[test]
fn fault_06_an_older_redis_knows_too_little_stock() {
    let world = World::full();
    let (_server, client) = server_and_client(&world);
    let held = client.placed(1, 50);
    let older = Copy::of(world.engines());
    assert_eq!(client.cancel(held).0, 200);
    older.put_back(world.engines());
    client.placed(1, 50);
    world.engines().wait_until_counters_are_right();
    world.verify();
}

#[test]
fn fault_08_redis_lies_low() {
    let world = World::full();
    let (_server, client) = server_and_client(&world);
    for _ in 0..5 {
        set(world.engines(), "stock", 1, "0");
        client.placed(1, 10);
    }
    assert_eq!(client.order(1, 1).unwrap().0, 400);
    set(world.engines(), "stock", 2, "0");
    set(world.engines(), "reserved", 2, "7");
    world.engines().wait_until_counters_are_right();
    world.verify();
}

#[test]
fn fault_09_redis_holds_garbage() {
    let world = World::full();
    let (_server, client) = server_and_client(&world);
    for value in ["", "many", "-5", "1.5", "9223372036854775807", "99999999999999999999999"] {
        for key in ["stock", "reserved", "inv:ver"] {
            set(world.engines(), key, 1, value);
            check_life_of_an_order(&client);
        }
    }
    for key in ["stock:1", "reserved:1", "inv:ver:1", "inv:epoch"] {
        let list = "redis.call('DEL', KEYS[1]) return redis.call('RPUSH', KEYS[1], 'a', 'list')";
        assert_eq!(world.engines().redis().cli(&["EVAL", list, "1", key]), "2");
        check_life_of_an_order(&client);
    }
    world.engines().wait_until_counters_are_right();
    world.verify();
}

fn check_life_of_an_order(client: &Client) {
    let order = client.placed(1, 2);
    assert_eq!(client.data("/api/inventory/1/status")["databaseStock"], 50);
    assert_eq!(client.cancel(order).0, 200);
}
