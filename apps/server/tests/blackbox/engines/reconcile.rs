//! `ordersystem reconcile`: the counters in Redis beside the database, with and without a server.

use crate::support::World;

fn told(world: &World, args: &[&str]) -> (i32, String) {
    let (code, out, _) = world.run(args);
    (code, out)
}

#[test]
fn reconcile_tells_of_drift_and_repairs_it_when_asked() {
    let world = World::full();
    let server = world.start(&[]);
    let client = server.client();
    client.order(1, 3).unwrap();
    world.engines().wait_until_counters_are_right();
    assert_eq!(told(&world, &["reconcile"]), (0, String::new()));
    drop(server);

    world.engines().redis().cli(&["SET", "stock:1", "99"]);
    world.engines().redis().cli(&["DEL", "stock:2"]);
    let drift = "productId=1 stock 99→47 reserved 3→3\nproductId=2 stock →30 reserved →0\n";
    assert_eq!(told(&world, &["reconcile"]), (1, drift.to_owned()));
    assert_eq!(told(&world, &["reconcile"]), (1, drift.to_owned()), "looking changes nothing");
    assert_eq!(told(&world, &["reconcile", "--apply"]), (0, drift.to_owned()));
    assert_eq!(told(&world, &["reconcile"]), (0, String::new()));
    assert_eq!(world.engines().redis().cli(&["GET", "stock:1"]).trim(), "47");
}

#[test]
fn reconcile_says_when_redis_is_down() {
    let world = World::full();
    drop(world.start(&[]));
    world.engines().redis().kill();
    let (code, out, err) = world.run(&["reconcile", "--apply"]);
    assert_eq!((code, out.as_str()), (69, ""), "{err}");
    assert!(err.contains("does not answer") && !err.contains("productId"), "{err}");
}
