use std::sync::Arc;

use ordersystem::clock::SystemClock;
use ordersystem_adapter_memory::ManualClock;
use ordersystem_adapter_sql::{Database, SqliteConfig, SqliteStore};
use ordersystem_application::{DeadLetterFilter, DeadLetters, Page, Record, Topic};
use ordersystem_shared_kernel::Clock;

use crate::{Ran, Shell};

const ALL: Page = Page { after: None, limit: 100 };

/// A shop whose consumers could not handle four messages: 1 and 2 a year ago, 3 and 4 just now.
async fn shell() -> Shell {
    let shell = Shell::new();
    shell.run("migrate").ended(0);
    let orders = |key: Option<&str>, value: &[u8]| record(Topic::OrderEvents, key, value);
    let long = "it tells of an order that nobody knows, and then it goes on and on";
    let then = Arc::new(ManualClock::default());
    bury(&shell, then.clone(), &orders(Some("1"), b"{\"orderId\":1,\n \"status\":\x1b[31m"), "EOF")
        .await;
    bury(&shell, then, &orders(None, b"\xff\x00not text"), "invalid utf-8\nin it").await;
    bury(&shell, Arc::new(SystemClock), &orders(Some("7"), b"{}"), long).await;
    let stock = record(Topic::InventoryEvents, Some("2"), b"{}");
    bury(&shell, Arc::new(SystemClock), &stock, "missing field").await;
    shell
}

fn record(topic: Topic, key: Option<&str>, value: &[u8]) -> Record {
    let headers = vec![("ce_id".into(), "7".into()), ("x".into(), "a\tb".into())];
    let (key, value) = (key.map(str::to_owned), value.to_owned());
    Record { topic, partition: 2, offset: 17, key, headers, value }
}

/// Each at a place of its own, which is what tells letters apart.
async fn bury(shell: &Shell, clock: Arc<dyn Clock>, record: &Record, error: &str) {
    let config = SqliteConfig::new(shell.path().join("data/ordersystem.db"));
    let store = SqliteStore::open(&config, clock).unwrap();
    let known = store.dead_letters(&DeadLetterFilter::default(), ALL).await.unwrap().len();
    let offset = record.offset + i64::try_from(known).unwrap();
    let record = Record { offset, ..record.clone() };
    store.bury(&record, "ordersystem-group", error).await.unwrap();
    store.close().await;
}

/// The numbers and states that a list shows.
#[track_caller]
fn states(shell: &Shell, flags: &str) -> Vec<String> {
    let ran = shell.run(&format!("dlq list {flags}")).ended(0);
    let short = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    ran.stdout.lines().skip(1).map(short).collect()
}

#[tokio::test]
async fn a_list_is_a_table() {
    let shell = shell().await;
    let ran = shell.run("dlq list --limit 2").ended(0);
    insta::assert_snapshot!(ran.stdout, @r#"
    ID  STATE             BURIED               TOPIC                  KEY  ERROR
     1  BURIED            2025-06-13 14:59:51  order-events             1  EOF
     2  BURIED            2025-06-13 14:59:51  order-events             –  invalid utf-8\nin it
    "#);
    assert_eq!(ran.stderr, "there are more than 2; --limit shows more of them\n");
    assert_eq!(states(&shell, ""), ["1 BURIED", "2 BURIED", "3 BURIED", "4 BURIED"]);
    assert_eq!(states(&shell, "--since 2h"), ["3 BURIED", "4 BURIED"]);
    assert_eq!(states(&shell, "--topic order-events --since 1d"), ["3 BURIED"]);
    let none = shell.run("dlq list --state replayed").ended(0);
    assert_eq!((&*none.stdout, &*none.stderr), ("", "there is no such dead letter\n"));
    assert_eq!(shell.run("dlq list --state replayed --json").ended(0).stdout, "[]\n");
    let long = shell.run("dlq list --since 1d").ended(0).stdout;
    assert!(long.contains("and then it goes on …\n"), "{long}");
}

#[tokio::test]
async fn a_letter_is_shown_byte_for_byte_and_harmless_to_the_terminal() {
    let shell = shell().await;
    insta::assert_snapshot!(shell.run("dlq show 1").ended(0).stdout, @r#"
    Dead letter 1  BURIED
      topic     order-events, partition 2, offset 17
      group     ordersystem-group
      buried    2025-06-13 14:59:51
      changed   2025-06-13 14:59:51
      error     EOF
      key       1
      header    ce_id: 7
      header    x: a\tb

    Value, 29 bytes
    {"orderId":1,
     "status":\u{1b}[31m
    "#);
    insta::assert_snapshot!(shell.run("dlq show 2").ended(0).stdout, @r#"
    Dead letter 2  BURIED
      topic     order-events, partition 2, offset 18
      group     ordersystem-group
      buried    2025-06-13 14:59:51
      changed   2025-06-13 14:59:51
      error     invalid utf-8\nin it
      key       –
      header    ce_id: 7
      header    x: a\tb

    Value, 10 bytes, in hexadecimal
    ff006e6f742074657874
    "#);
    insta::assert_snapshot!(shell.run("dlq show 2 --json").ended(0).stdout, @r#"{"id":2,"state":"BURIED","topic":"order-events","partition":2,"offset":18,"key":null,"group":"ordersystem-group","error":"invalid utf-8\nin it","buriedAt":"2025-06-13T14:59:51.092293+09:00","changedAt":"2025-06-13T14:59:51.092293+09:00","headers":[["ce_id","7"],["x","a\tb"]],"valueHex":"ff006e6f742074657874"}"#);
    insta::assert_snapshot!(shell.run("dlq list --limit 1 --json").ended(0).stdout, @r#"[{"id":1,"state":"BURIED","topic":"order-events","partition":2,"offset":17,"key":"1","group":"ordersystem-group","error":"EOF","buriedAt":"2025-06-13T14:59:51.092293+09:00","changedAt":"2025-06-13T14:59:51.092293+09:00"}]"#);
    let shown = shell.run("dlq show 1 --json --set timezone=UTC").ended(0).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["value"], "{\"orderId\":1,\n \"status\":\u{1b}[31m");
    assert_eq!(shown["buriedAt"], "2025-06-13T05:59:51.092293Z");
    let missing = shell.run("dlq show 9").ended(1);
    assert_eq!(missing.stderr, "there is no dead letter 9; `ordersystem dlq list` lists them\n");
}

#[tokio::test]
async fn a_replay_is_asked_for_by_number() {
    let shell = shell().await;
    let ran = shell.run("dlq replay 4 1 4 --dry-run").ended(0);
    insta::assert_snapshot!(ran.stdout, @"
    2 dead letters would be published again by the relay
      order-events: 1
      inventory-events: 4
    ");
    assert_eq!(states(&shell, "--state buried").len(), 4, "a dry run changes nothing");

    let ran = shell.run("dlq replay 1 4").ended(0);
    assert_eq!(ran.stdout, "2 dead letters will be published again by the relay\n");
    let asked = ["1 REPLAY_REQUESTED", "4 REPLAY_REQUESTED"];
    assert_eq!(states(&shell, "--state replay-requested"), asked);

    let ran = shell.run("dlq replay 1 2 9").ended(1);
    assert_eq!(ran.stdout, "1 dead letter will be published again by the relay\n");
    insta::assert_snapshot!(ran.stderr, @"
    dead letter 1 is REPLAY_REQUESTED and stays so
    there is no dead letter 9; `ordersystem dlq list` lists them
    ");
    let ran = shell.run("dlq discard 1 --yes").ended(1);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.ends_with("there is nothing to do\n"), "{ran:?}");
}

#[tokio::test]
async fn what_is_bulk_or_final_wants_a_yes() {
    let shell = shell().await;
    for command in ["replay --all", "discard --all", "discard 1"] {
        let Ran { stdout, stderr, .. } = shell.run(&format!("dlq {command}")).ended(2);
        assert_eq!(stdout, "");
        assert!(stderr.contains("so nothing was changed; add --yes to go ahead\n"), "{stderr}");
    }
    assert_eq!(states(&shell, "--state buried").len(), 4);

    let dry = shell.run("dlq discard --all --topic order-events --dry-run --yes").ended(0);
    insta::assert_snapshot!(dry.stdout, @"
    3 dead letters would be discarded
      order-events: 1 2 3
    ");
    assert_eq!(states(&shell, "--state buried").len(), 4, "a dry run goes before a yes");
    let ran = shell.run("dlq discard --all --since 1d --topic order-events --yes").ended(0);
    assert_eq!(ran.stdout, "1 dead letter discarded\n");
    let ran = shell.run("dlq replay --all --yes").ended(0);
    assert_eq!(ran.stdout, "3 dead letters will be published again by the relay\n");
    let ran = shell.run("dlq replay --all").ended(0);
    assert_eq!(ran.stderr, "there is nothing to do\n", "what is done is no mistake");
    let requested = "REPLAY_REQUESTED";
    let all = [requested, requested, "DISCARDED", requested];
    let all: Vec<_> = all.iter().zip(1..).map(|(state, id)| format!("{id} {state}")).collect();
    assert_eq!(states(&shell, ""), all);
}

#[tokio::test]
async fn topics_have_the_names_of_the_settings() {
    let shell = shell().await;
    let renamed = "--set kafka.topics.order-events=shop.orders";
    let ran = shell.run(&format!("dlq replay --all --topic shop.orders --dry-run {renamed}"));
    assert_eq!(ran.ended(0).stdout.lines().nth(1), Some("  shop.orders: 1 2 3"));
    assert!(shell.run(&format!("dlq show 1 {renamed}")).stdout.contains("  shop.orders, part"));
    for command in ["list", "replay --all --yes", "discard --all --yes"] {
        let ran = shell.run(&format!("dlq {command} --topic order-events {renamed}")).ended(2);
        assert_eq!(
            ran.stderr,
            "error: there is no topic \"order-events\"; give shop.orders or inventory-events\n"
        );
    }
}

#[test]
fn without_a_database_the_next_step_is_named() {
    let shell = Shell::new();
    for command in ["dlq list", "dlq show 1", "dlq replay --all --yes", "outbox status"] {
        let ran = shell.run(command).ended(69);
        assert!(ran.stderr.contains("run `ordersystem migrate`"), "{ran:?}");
        let ran = shell.run(&format!("{command} --ephemeral")).ended(69);
        assert!(ran.stderr.contains("a database in RAM"), "{ran:?}");
    }
    assert!(!shell.path().join("data").exists(), "to look changes nothing");
}
