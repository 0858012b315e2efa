use crate::Shell;
use crate::server::{answer, server};

fn event(id: u64, topic: &str, key: u64, value: &str) -> String {
    format!(
        "id: {id}\nevent: {topic}\ndata: {{\"topic\":\"{topic}\",\"partition\":0,\"offset\":{id},\
         \"key\":\"{key}\",\"headers\":{{}},\"value\":{value}}}\n\n"
    )
}

const CREATED: &str =
    r#"{"orderId":1,"status":"CREATED","timestamp":"2025-06-13T05:59:51.092293365Z"}"#;
const RESERVED: &str = r#"{"eventType":"STOCK_RESERVED","orderId":1,"productId":1,"quantity":2}"#;

#[test]
fn tail_prints_topic_key_and_value_byte_for_byte() {
    let events = [event(1, "order-events", 7, CREATED), event(2, "inventory-events", 1, RESERVED)];
    let (url, requests) = server(vec![answer("200 OK", &events.concat())]);
    let ran = Shell::new().run(&format!("events tail --url {url} --max 2")).ended(0);
    assert_eq!(ran.stdout, format!("order-events 7 {CREATED}\ninventory-events 1 {RESERVED}\n"));
    let request = requests.recv().unwrap();
    assert!(request.starts_with("get /api/events/stream http/1.1"), "{request}");
    assert!(!request.contains("last-event-id"), "{request}");
}

#[test]
fn tail_comes_back_with_the_last_id_after_a_cut() {
    let first = format!("retry: 1\n\n{}id: 2\ndata: {{\"top", event(1, "order-events", 7, CREATED));
    let (url, requests) = server(vec![
        answer("200 OK", &first),
        answer("503 Service Unavailable", ""),
        answer("200 OK", &event(2, "order-events", 8, CREATED)),
    ]);
    let ran =
        Shell::new().run(&format!("events tail --url {url} --max 2 --from-beginning")).ended(0);
    assert_eq!(ran.stdout, format!("order-events 7 {CREATED}\norder-events 8 {CREATED}\n"));
    let ids: Vec<_> = requests
        .iter()
        .map(|head| head.lines().find_map(|l| l.strip_prefix("last-event-id: ")).map(str::to_owned))
        .collect();
    assert_eq!(ids, [Some("0".into()), Some("1".into()), Some("1".into())]);
}

#[test]
fn tail_shows_one_topic_when_asked() {
    let events = [event(1, "order-events", 7, CREATED), event(2, "inventory-events", 1, RESERVED)];
    let (url, requests) = server(vec![answer("200 OK", &events.concat())]);
    let ran = Shell::new()
        .run(&format!("events tail --url {url} --max 1 --topic inventory-events"))
        .ended(0);
    let request = requests.recv().unwrap();
    assert!(request.starts_with("get /api/events/stream?topic=inventory-events "), "{request}");
    assert_eq!(ran.stdout, format!("inventory-events 1 {RESERVED}\n"));
}

#[test]
fn tail_shows_messages_of_others_too() {
    let body = "data: {\"topic\":\"order-events\",\"key\":null,\"value\":{\"b\":1,\"a\":2}}\n\n: still here\n\n\
                data: not JSON\n\ndata: {\"topic\":\"order-events\",\"key\":\"주문\",\"value\":\"x\"}\n\n";
    let (url, _requests) = server(vec![answer("200 OK", body)]);
    let ran = Shell::new().run(&format!("events tail --url {url} --max 2")).ended(0);
    assert_eq!(ran.stdout, "order-events null {\"b\":1,\"a\":2}\norder-events 주문 \"x\"\n");
    assert_eq!(ran.stderr, "skipped what is no event: not JSON\n");
}

#[test]
fn tail_without_a_server_says_so() {
    let (url, _requests) = server(vec![answer("404 Not Found", "")]);
    let ran = Shell::new().run(&format!("events tail --url {url}")).ended(69);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("it answered 404"), "{ran:?}");
    // The server is gone after its only answer.
    let ran = Shell::new().run(&format!("events tail --url {url}")).ended(69);
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
}
