//! D32: what the original promised about its engines and did not do. The producer's batches are looked at in `kafka`,
//! the indexes in `database`.

use crate::support::{World, in_parallel};

const EVALSHA: &str = "cmdstat_evalsha:calls=";

fn connections(world: &World) -> usize {
    let clients = world.engines().redis().cli(&["CLIENT", "LIST"]);
    // One is the question itself.
    clients.lines().count() - 1
}

/// A number that Redis tells of itself.
fn figure(world: &World, name: &str) -> u64 {
    let stats = world.engines().redis().cli(&["INFO", "everything"]);
    let value = stats.lines().find_map(|line| line.strip_prefix(name)?.split(',').next());
    value.map_or(0, |value| value.trim().parse().unwrap())
}

#[test]
fn must_not_repeat_d32_redis_gets_scripts_over_a_pool_of_eight() {
    let world = World::full();
    let server = world.start(&[]);
    let client = server.client();
    let product = client.new_product(1_000);
    let before = figure(&world, EVALSHA);
    in_parallel(32, 320, |_| {
        assert_eq!(client.insist_on(product, 1).0, 201);
    });
    assert!(connections(&world) <= 8, "{}", connections(&world));
    assert!(figure(&world, EVALSHA) > before);
    assert_eq!(figure(&world, "cmdstat_eval:calls="), 0, "scripts travel once");
    let redis = world.engines().redis();
    assert_eq!(redis.cli(&["GET", &format!("stock:{product}")]), "680");
    assert_eq!(redis.cli(&["GET", &format!("reserved:{product}")]), "320");
    let ttl: u64 = redis.cli(&["TTL", &format!("stock:{product}")]).parse().unwrap();
    assert!((86_300..=86_400).contains(&ttl), "{ttl}");
}

/// A page of products costs Redis one question, not one for each.
#[test]
fn must_not_repeat_d32_a_list_is_one_round_trip() {
    let world = World::full();
    let server = world.start(&[]);
    let client = server.client();
    let products = 50;
    for _ in 0..products {
        client.new_product(1);
    }
    let before = figure(&world, "total_reads_processed:");
    let list = client.data("/api/inventory?limit=100");
    let reads = figure(&world, "total_reads_processed:") - before;
    assert_eq!(list["items"].as_array().unwrap().len(), 3 + products);
    assert!(reads < 25, "{reads} packets for one list, the heartbeat and whoever asks included");
}
