//! Several processes on one database, one Redis and one Kafka.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ordersystem_test_engines::proxy::Mode;

use crate::support::{Client, Load, Server, World, in_parallel, scaled, wait_at_most, wait_until};

pub(super) const SOON: [&str; 4] = ["--ship-delay-seconds", "1", "--delivery-delay-seconds", "1"];
pub(super) const WHOLE_LIFE: [&str; 6] = [
    "CREATED",
    "PAYMENT_REQUESTED",
    "PAYMENT_COMPLETED",
    "SHIPMENT_PREPARING",
    "SHIPPED",
    "DELIVERED",
];
/// How long the leases and the place in a consumer group of a process that died are kept for it, on a busy machine.
const TAKEOVER: Duration = Duration::from_secs(25);

fn clients(servers: &[Server]) -> Vec<Client> {
    servers.iter().map(Server::client).collect()
}

#[test]
fn two_replicas_sell_100_units_to_exactly_100_of_5000_customers() {
    let world = World::full();
    let servers = [world.start(&[]), world.start(&[])];
    let clients = clients(&servers);
    let product = clients[0].new_product(100);
    let answers = Mutex::new(BTreeMap::<u16, usize>::new());
    let started = Instant::now();
    in_parallel(64, 5_000, |customer| {
        let (status, _) = clients[customer % 2].insist_on(product, 1);
        *answers.lock().unwrap().entry(status).or_default() += 1;
    });
    println!("5000 orders on two replicas took {:?}", started.elapsed());
    assert_eq!(*answers.lock().unwrap(), BTreeMap::from([(201, 100), (400, 4_900)]));
    world.engines().wait_until_counters_are_right();
    // A replica that has just found Redis slow does without the counter for a moment.
    wait_until("both replicas read the counter", || {
        clients.iter().all(|client| client.stock(product) == (100, 0, 100))
    });
    world.verify();
}

/// Orders that are placed and paid on these servers in turn.
pub(super) fn paid_orders(clients: &[Client], count: usize) -> Vec<i64> {
    let product = clients[0].new_product(1_000_000);
    let orders = Mutex::new(Vec::new());
    in_parallel(16, count, |customer| {
        let placed_on = &clients[customer % clients.len()];
        let paid_on = &clients[(customer + 1) % clients.len()];
        let order = placed_on.placed(product, 1);
        assert_eq!(paid_on.request_payment(order), 202);
        assert_eq!(placed_on.settle(order, true), 200);
        orders.lock().unwrap().push(order);
    });
    orders.into_inner().unwrap()
}

pub(super) fn wait_until_delivered(world: &World, count: usize) {
    let delivered = "SELECT count(*) FROM orders WHERE status = 'DELIVERED'";
    wait_until("all orders are delivered", || {
        usize::try_from(world.engines().number(delivered)).unwrap() == count
    });
}

/// Each order has reached every state once, and says so itself.
fn check_histories(client: &Client, orders: &[i64]) {
    for order in orders {
        assert_eq!(client.history(*order), WHOLE_LIFE, "order {order}");
    }
}

#[test]
fn every_transition_of_many_orders_happens_once_on_two_replicas() {
    let world = World::full();
    let servers = [world.start(&SOON), world.start(&SOON)];
    let clients = clients(&servers);
    let count = scaled(200, 1_000);
    let orders = paid_orders(&clients, count);
    wait_until_delivered(&world, count);
    check_histories(&clients[1], &orders);
    world.engines().wait_until_everything_is_published();
    world.engines().check_topics();
    check_console(&world, &orders);
    world.engines().wait_until_counters_are_right();
    world.verify();
}

/// As everybody would read the topic.
fn check_console(world: &World, orders: &[i64]) {
    let topics = world.engines().topics();
    let messages = topics.read("order-events").len().to_string();
    let name = topics.name("order-events");
    let args = ["--topic", name, "--from-beginning", "--max-messages", &messages];
    let with_keys = ["--formatter-property", "print.key=true"];
    let printed = topics.tool("kafka-console-consumer", &[&args[..], &with_keys].concat());
    for order in orders {
        let start = format!("{order}\t{{\"orderId\":{order},\"status\":\"");
        let lines = printed.lines().filter_map(|line| line.strip_prefix(&start));
        let mut states: Vec<_> = lines.filter_map(|line| line.split('"').next()).collect();
        // What was published twice came again later, and has come already.
        states.dedup();
        assert_eq!(states, WHOLE_LIFE, "order {order}");
    }
}

#[test]
fn each_role_does_its_part_and_orders_need_the_api_only() {
    let world = World::full();
    let role = |role: &str| world.start(&[&SOON[..], &["--role", role]].concat());
    let api = role("api");
    let count = scaled(50, 500);
    let orders = paid_orders(&[api.client()], count);
    assert_eq!(api.client().history(orders[0]), WHOLE_LIFE[..3]);
    assert_eq!(world.engines().unpublished(), i64::try_from(4 * count + count).unwrap());
    let others = ["relay", "consumer", "scheduler"].map(role);
    for server in &others {
        assert_eq!(server.get("/actuator/health").0, 200);
        assert_eq!(server.get("/api/orders").0, 404);
    }
    wait_until_delivered(&world, count);
    check_histories(&api.client(), &orders);
    world.engines().wait_until_everything_is_published();
    world.engines().check_topics();
    others.into_iter().for_each(Server::stop);
    assert_eq!(api.client().order(1, 1).unwrap().0, 201);
    world.engines().wait_until_counters_are_right();
    world.verify();
}

#[test]
fn when_one_of_two_replicas_is_killed_the_other_takes_over() {
    let world = World::full();
    let (victim, heir) = (world.start(&SOON), world.start(&SOON));
    let clients = [victim.client(), heir.client()];
    let product = clients[1].new_product(1_000_000);
    paid_orders(&clients, 40);
    let mut victim = Some(victim);
    let load = Load::during(&clients, &[product], |load| {
        load.wait_for_more(200, 201);
        victim.take().unwrap().kill();
        load.wait_for_more(200, 201);
    });
    check_takeover(&world, &clients[1]);
    let statuses = load.statuses();
    assert!(statuses[&0] <= 2 * Load::CUSTOMERS, "{statuses:?}");
    assert!(statuses.keys().all(|status| [0, 201].contains(status)), "{statuses:?}");
    for order in load.accepted() {
        assert_eq!(clients[1].status(order), "CREATED", "order {order} got its 201");
    }
    world.engines().wait_until_everything_is_published();
    world.engines().check_topics();
    world.engines().wait_until_counters_are_right();
    world.verify();
}

#[test]
fn fault_35_one_of_two_replicas_cannot_reach_redis() {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_redis();
    let servers = [world.start(&[]), world.start(&["--redis-url", &url])];
    let clients = clients(&servers);
    let product = clients[0].new_product(300);
    proxy.set(Mode::Refuse);
    let load = Load::during(&clients, &[product], |load| load.wait_for_more(200, 400));
    proxy.set(Mode::Pass);
    let statuses = load.statuses();
    assert_eq!((statuses.len(), statuses[&201]), (2, 300), "{statuses:?}");
    world.engines().wait_until_counters_are_right();
    world.verify();
}

/// Its leases are gone when it wakes up, and it may believe otherwise for a moment.
#[test]
fn fault_37_a_replica_sleeps_longer_than_its_leases_live() {
    let world = World::full();
    let (sleeper, heir) = (world.start(&SOON), world.start(&SOON));
    let clients = [heir.client()];
    let product = clients[0].new_product(1_000_000);
    paid_orders(&[sleeper.client(), heir.client()], 40);
    let load = Load::during(&clients, &[product], |load| {
        sleeper.signal("-STOP");
        load.wait_for_more(100, 201);
        check_takeover(&world, &clients[0]);
        sleeper.signal("-CONT");
        load.wait_for_more(100, 201);
    });
    assert_eq!(load.statuses().into_keys().collect::<Vec<_>>(), [201]);
    // It has closed the connections of before by now.
    paid_orders(&[Client::new(sleeper.url())], 12);
    wait_until_delivered(&world, 40 + 12 + 12);
    world.engines().wait_until_everything_is_published();
    world.engines().check_topics();
    world.engines().wait_until_counters_are_right();
    world.verify();
}

/// Who was accepted is told so: no order exists that nobody has heard of.
#[test]
fn fault_38_a_replica_is_told_to_stop_under_load() {
    let world = World::full();
    let (leaver, heir) = (world.start(&[]), world.start(&[]));
    let clients = [leaver.client(), heir.client()];
    let product = clients[1].new_product(1_000_000);
    let mut leaver = Some(leaver);
    let load = Load::during(&clients, &[product], |load| {
        load.wait_for_more(200, 201);
        let started = Instant::now();
        leaver.take().unwrap().stop();
        println!("stopped within {:?}", started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(15));
        load.wait_for_more(200, 201);
    });
    let orders = world.engines().number("SELECT count(*) FROM orders");
    assert_eq!(load.accepted().len(), usize::try_from(orders).unwrap(), "{:?}", load.statuses());
    let published = wait_at_most(Duration::from_secs(5), "leases were given back", || {
        world.engines().unpublished() == 0
    });
    println!("the other relay took over within {published:?}");
    world.engines().check_topics();
    world.verify();
}

/// Events of all keys are published, paid orders of all partitions are shipped and arrive.
fn check_takeover(world: &World, heir: &Client) {
    let newest = world.engines().number("SELECT max(id) FROM outbox");
    let left = format!("SELECT count(*) FROM outbox WHERE published_at IS NULL AND id <= {newest}");
    let published = wait_at_most(TAKEOVER, "the other relay publishes what was left", || {
        world.engines().number(&left) == 0
    });
    let orders = paid_orders(std::slice::from_ref(heir), 12);
    let prepared = wait_at_most(TAKEOVER, "the other consumer gets all partitions", || {
        orders.iter().all(|order| heir.history(*order).len() >= 4)
    });
    let delivered = wait_at_most(TAKEOVER, "the other timers deliver", || {
        orders.iter().all(|order| heir.status(*order) == "DELIVERED")
    });
    println!("taken over: relay {published:?}, consumers +{prepared:?}, timers +{delivered:?}");
}
