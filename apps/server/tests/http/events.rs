//! The event stream from a client's side.

use std::pin::Pin;
use std::time::Duration;

use actix_http::Request;
use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::test::call_service;
use ordersystem_application::{Bucket, EventBroker, Outbox, Topic};
use tokio::time::timeout;

use crate::support::{World, request};

const STREAM: &str = "/api/events/stream";
const SOON: Duration = Duration::from_secs(10);

/// A stream that is read piece by piece.
struct Stream(Pin<Box<BoxBody>>);

/// One event as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    id: String,
    name: String,
    data: String,
}

impl Stream {
    async fn open<S>(service: &S, uri: &str, last_id: Option<&str>) -> Self
    where
        S: Service<Request, Response = ServiceResponse, Error = Error>,
    {
        let mut request = request("GET", uri);
        if let Some(id) = last_id {
            request = request.insert_header(("last-event-id", id));
        }
        let response = call_service(service, request.to_request()).await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers().get("content-type").unwrap(), "text/event-stream");
        let body = response.into_body();
        assert_eq!(body.size(), BodySize::Stream);
        let mut stream = Self(Box::pin(body));
        assert_eq!(stream.chunk().await.as_deref(), Some("retry: 2000\n\n"));
        stream
    }

    /// None when the stream has ended.
    async fn chunk(&mut self) -> Option<String> {
        let next = std::future::poll_fn(|context| self.0.as_mut().poll_next(context));
        let chunk = timeout(SOON, next).await.unwrap()?;
        Some(String::from_utf8(chunk.unwrap().to_vec()).unwrap())
    }

    async fn events(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::new();
        while events.len() < count {
            let chunk = self.chunk().await.unwrap();
            events.extend(chunk.split_terminator("\n\n").map(event));
        }
        events
    }
}

fn event(block: &str) -> Event {
    let field = |name: &str| {
        let value = block.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap_or_else(|| panic!("no {name} in {block}")).to_owned()
    };
    Event { id: field("id: "), name: field("event: "), data: field("data: ") }
}

/// What the relay does.
async fn publish(world: &World) {
    let rows = world.store.unpublished(&Bucket::all(), 1000).await.unwrap();
    world.broker.publish(&rows).await.unwrap();
    let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
    world.store.mark_published(&positions).await.unwrap();
}

#[actix_web::test]
async fn both_topics_from_the_beginning_byte_for_byte() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    publish(&world).await;
    let mut stream =
        Stream::open(client.service(), &format!("{STREAM}?from=beginning"), None).await;
    let events = stream.events(2).await;
    assert_eq!(events[0].name, "order-events");
    let (head, value) = events[0].data.split_once(r#","value":"#).unwrap();
    assert!(head.starts_with(r#"{"topic":"order-events","partition":"#), "{head}");
    assert!(head.contains(r#","key":"1","headers":{"content-type":"application/json","#), "{head}");
    let rows = world.store.recent(10).await.unwrap();
    assert_eq!(value, format!("{}}}", rows[0].message.payload));
    assert_eq!(events[1].name, "inventory-events");
    assert!(events[1].data.contains(r#""value":{"eventType":"STOCK_RESERVED","#), "{events:?}");
}

#[actix_web::test]
async fn a_client_that_comes_back_misses_nothing_and_gets_nothing_twice() {
    let world = World::new().await;
    let client = world.client().await;
    for _ in 0..5 {
        client.order(1).await;
    }
    publish(&world).await;
    let everything = format!("{STREAM}?from=beginning");
    let all = Stream::open(client.service(), &everything, None).await.events(10).await;
    for seen in 0..10 {
        let mut again = Stream::open(client.service(), &everything, Some(&all[seen].id)).await;
        if seen < 9 {
            assert_eq!(again.events(9 - seen).await, all[seen + 1..]);
        }
        drop(again);
    }
    // What was published while nobody listened comes as well.
    let last = all[9].id.clone();
    client.order(1).await;
    publish(&world).await;
    let missed = Stream::open(client.service(), STREAM, Some(&last)).await.events(2).await;
    assert!(missed[0].data.contains(r#""orderId":6,"status":"CREATED""#), "{missed:?}");
}

#[actix_web::test]
async fn without_a_wish_only_what_is_new() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    publish(&world).await;
    let mut stream = Stream::open(client.service(), STREAM, None).await;
    client.order(1).await;
    publish(&world).await;
    let events = stream.events(2).await;
    assert!(events.iter().all(|event| event.data.contains(r#""orderId":2"#)), "{events:?}");
}

#[actix_web::test]
async fn one_topic_when_asked() {
    let world = World::new().await;
    let client = world.client().await;
    for _ in 0..3 {
        client.order(1).await;
    }
    publish(&world).await;
    for name in ["order-events", "inventory-events"] {
        let uri = format!("{STREAM}?topic={name}&from=beginning");
        let events = Stream::open(client.service(), &uri, None).await.events(3).await;
        assert!(events.len() == 3 && events.iter().all(|event| event.name == name), "{events:?}");
    }
}

#[actix_web::test]
async fn messages_of_others_stay_on_one_line() {
    let world = World::new().await;
    let client = world.client().await;
    let topic = Topic::OrderEvents;
    world.broker.append(topic, None, &[], b"{\n  \"b\": 1,\r\n  \"a\": [1, 2]\n}");
    world.broker.append(topic, Some("x"), &[("h", "line\nbreak")], b"no JSON \xff\n\ndata: trap");
    let uri = format!("{STREAM}?from=beginning");
    let events = Stream::open(client.service(), &uri, None).await.events(2).await;
    assert!(events[0].data.ends_with(r#""key":null,"headers":{},"value":{"b":1,"a":[1,2]}}"#));
    let second = &events[1].data;
    assert!(
        second.ends_with(r#""h":"line\nbreak"},"value":"no JSON �\n\ndata: trap"}"#),
        "{second}"
    );
}

#[actix_web::test]
async fn the_stream_ends_when_the_server_stops() {
    let world = World::new().await;
    let client = world.client().await;
    let mut stream = Stream::open(client.service(), STREAM, None).await;
    world.draining.cancel();
    assert_eq!(stream.chunk().await, None);
}

#[actix_web::test]
async fn the_stream_ends_when_the_broker_is_gone() {
    let world = World::new().await;
    let client = world.client().await;
    let mut stream = Stream::open(client.service(), STREAM, None).await;
    world.broker.fail_next(1);
    assert_eq!(stream.chunk().await, None);

    world.broker.fail_next(1);
    let refused = client.call("GET", STREAM).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "2"));
}

#[actix_web::test]
async fn there_are_only_so_many_places() {
    let world = World::new().await;
    let client = world.client().await;
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(Stream::open(client.service(), STREAM, None).await);
    }
    let refused = client.call("GET", STREAM).await;
    assert_eq!((refused.status, refused.header("x-error-code")), (503, "OVERLOADED"));
    open.pop();
    Stream::open(client.service(), STREAM, None).await;
}

#[actix_web::test]
async fn wrong_wishes_are_refused() {
    let world = World::new().await;
    let client = world.client().await;
    for (query, code) in [
        ("from=now", "INVALID_PARAMETER"),
        ("topic=orders", "INVALID_PARAMETER"),
        ("topics=order-events", "UNKNOWN_PARAMETER"),
    ] {
        let refused = client.call("GET", &format!("{STREAM}?{query}")).await;
        assert_eq!((refused.status, refused.header("x-error-code")), (400, code), "{query}");
    }
}
