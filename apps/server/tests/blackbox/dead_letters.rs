use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ordersystem::clock::SystemClock;
use ordersystem_adapter_sql::{Database, SqliteConfig, SqliteStore};
use ordersystem_application::{DeadLetters, Record, Topic};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{Server, World, run, wait_until};

/// Sets messages aside that no consumer can handle, as another process that writes to the same database.
fn bury(database: &Path, letters: i64) {
    Runtime::new().unwrap().block_on(async {
        let store = SqliteStore::open(&SqliteConfig::new(database), Arc::new(SystemClock)).unwrap();
        for offset in 0..letters {
            // Places that the broker of the server does not reach.
            let offset = 1_000_000 + offset;
            let (topic, key, value) = (Topic::OrderEvents, Some("1".to_owned()), b"{".to_vec());
            let record = Record { topic, partition: 0, offset, key, headers: Vec::new(), value };
            store.bury(&record, "ordersystem-group", "EOF while parsing").await.unwrap();
        }
        store.close().await;
    });
}

fn letters(folder: &Path, state: &str) -> Vec<Value> {
    let (code, out, err) = run(folder, &["dlq", "list", "--state", state, "--json"]);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// Calls `command` while orders come in without a pause; none of them may fail.
fn under_load<T>(server: &Server, command: impl FnOnce() -> T) -> T {
    let (client, done) = (server.client(), AtomicBool::new(false));
    let product = client.new_product(1_000_000);
    thread::scope(|scope| {
        let orders = scope.spawn(|| {
            let mut orders = 0;
            while !done.load(Ordering::Relaxed) {
                let (status, _) = client.order(product, 1).unwrap();
                assert_eq!(status, 201);
                orders += 1;
            }
            orders
        });
        let result = command();
        done.store(true, Ordering::Relaxed);
        assert!(orders.join().unwrap() > 0);
        result
    })
}

#[test]
fn a_running_server_publishes_what_another_process_asks_for() {
    let world = World::embedded();
    let server = world.start(&[]);
    let folder = server.folder();
    let ran = under_load(&server, || {
        bury(&folder.join("data/ordersystem.db"), 20);
        run(folder, &["dlq", "replay", "--all", "--yes"])
    });
    let told = "20 dead letters will be published again by the relay\n".to_owned();
    assert_eq!(ran, (0, told, String::new()));
    wait_until("all are published", || letters(folder, "replayed").len() == 20);

    // They are as broken as before, so that each comes back as a letter of its own.
    wait_until("all come back", || letters(folder, "buried").len() == 20);
    let (code, out, err) = run(folder, &["dlq", "show", "21"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("  header    x-replayed-by: "), "{out}");

    let ran = under_load(&server, || run(folder, &["dlq", "discard", "--all", "--yes"]));
    assert_eq!(ran, (0, "20 dead letters discarded\n".to_owned(), String::new()));
    assert_eq!(letters(folder, "discarded").len(), 20);
    wait_until("nothing waits for the broker", || {
        run(folder, &["outbox", "status"]).1.starts_with("pending  0\n")
    });
    world.verify();
    server.stop();
}
