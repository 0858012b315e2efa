//! One conversation, word for word, with a server on the embedded engines and with one on the real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use uuid::Uuid;

use crate::support::{Answer, Client, World, wait_until};

const ENGLISH: (&str, &str) = ("Accept-Language", "en");
const JSON: (&str, &str) = ("Content-Type", "application/json");
const PROBLEM: (&str, &str) = ("Accept", "application/problem+json");

/// Holds the same conversation in both worlds at once and compares every answer.
fn check(args: &[&str], conversation: impl Fn(&World, &mut Guest) + Sync) {
    let (embedded, full) = (World::embedded(), World::full());
    let conversation = &conversation;
    let (embedded, full) = thread::scope(|scope| {
        let heard = |world| scope.spawn(move || heard(world, args, conversation));
        let (embedded, full) = (heard(&embedded), heard(&full));
        (embedded.join().unwrap(), full.join().unwrap())
    });
    assert_eq!(embedded.len(), full.len());
    for (embedded, full) in embedded.iter().zip(&full) {
        assert!(embedded == full, "embedded:\n{embedded}\n\nfull:\n{full}");
    }
}

fn heard(world: &World, args: &[&str], conversation: impl Fn(&World, &mut Guest)) -> Vec<String> {
    let server = world.start(args);
    let here = server.url().trim_start_matches("http://").to_owned();
    let mut guest = Guest { client: server.client(), here, heard: Vec::new() };
    conversation(world, &mut guest);
    guest.heard.push(events(world, server.url(), guest.published()));
    server.stop();
    world.verify();
    guest.heard
}

/// Who asks, and what was answered so far.
struct Guest {
    client: Client,
    /// Host and port of the server, which stand in some answers.
    here: String,
    heard: Vec<String>,
}

impl Guest {
    fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let answer = self.client.send(method, path, headers, body).unwrap();
        let asked = format!("{method} {path} {headers:?} {}", &body[..body.len().min(200)]);
        self.heard.push(format!("{asked}\n{}", written(&answer)).replace(&self.here, "<here>"));
        answer
    }

    fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    fn post(&mut self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[JSON], body)
    }

    fn patch(&mut self, path: &str, body: &str) -> Answer {
        self.ask("PATCH", path, &[JSON], body)
    }

    fn delete(&mut self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], "")
    }

    /// An order of product 1 that is paid.
    fn pay(&mut self, order: i64) {
        self.post(&format!("/api/orders/{order}/payment"), "");
        self.post(&format!("/api/orders/{order}/payment/complete?success=true"), "");
    }

    fn until(&self, order: i64, status: &str) {
        wait_until(&format!("order {order} is {status}"), || self.client.status(order) == status);
    }

    /// Every transition of an order is an event, and so is every movement of stock.
    fn published(&self) -> usize {
        let orders = self.client.data("/api/orders?limit=100")["items"].as_array().unwrap().len();
        let orders = 1..=i64::try_from(orders).unwrap();
        orders.map(|order| self.client.history(order).len()).sum()
    }
}

/// Status, headers and body, without what is another one at any other time.
fn written(answer: &Answer) -> String {
    let length = answer.header("content-length");
    assert!(length.is_empty() || length == answer.body.len().to_string() || answer.body.is_empty());
    // Whether the connection lives on depends on when the rest of a refused body arrives.
    let headers = answer.headers.iter().filter(|(name, _)| name != "connection");
    let mut headers: Vec<_> = headers.map(|(name, value)| header(name, value)).collect();
    headers.sort();
    let (status, headers, body) = (answer.status, headers.join("\n"), masked(&answer.body));
    format!("{status}\n{headers}\n\n{body}")
}

fn header(name: &str, value: &str) -> String {
    match name {
        "date" | "content-length" | "x-request-id" => name.to_owned(),
        // A set: each start writes it down in another order.
        _ if name.starts_with("access-control-") => {
            let words: BTreeSet<_> = value.split(", ").collect();
            format!("{name}: {words:?}")
        }
        _ => format!("{name}: {}", masked(value)),
    }
}

/// Leaves the shape of ids and times, and nothing else of them.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (shape, length) = shape(rest).unwrap_or_else(|| (first.to_string(), first.len_utf8()));
        masked.push_str(&shape);
        rest = &rest[length..];
    }
    masked
}

/// What the text begins with, if that is another one at any other time, and how long it is.
fn shape(text: &str) -> Option<(String, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if text.get(..36).is_some_and(|id| Uuid::try_parse(id).is_ok()) {
        return Some(("<id>".to_owned(), 36));
    }
    if let Some(number) = text.strip_prefix("TRACK-") {
        let order = digits(number);
        let time = digits(number.get(order + 1..)?);
        let kept = text.get(..6 + order + 1)?;
        return Some((format!("{kept}<digits>"), 6 + order + 1 + time));
    }
    let time = text.get(..19)?;
    chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S").ok()?;
    match text.get(19..)?.strip_prefix('.').map(digits) {
        Some(fraction) => Some(("<time with fraction>".to_owned(), 20 + fraction)),
        None => Some(("<time>".to_owned(), 19)),
    }
}

/// The events of each key in their order.
fn events(world: &World, url: &str, count: usize) -> String {
    let topic = world.topic("order-events");
    let count = count.to_string();
    let args =
        ["events", "tail", "--url", url, "--from-beginning", "--topic", topic, "--max", &count];
    let (code, out, err) = world.run(&args);
    assert_eq!(code, 0, "{err}");
    let mut keys: BTreeMap<i64, String> = BTreeMap::new();
    for line in out.lines() {
        let (key, value) = line.strip_prefix(topic).unwrap().trim().split_once(' ').unwrap();
        keys.entry(key.parse().unwrap()).or_default().push_str(&format!("{}\n", masked(value)));
    }
    format!("{keys:#?}")
}

fn orders(_: &World, guest: &mut Guest) {
    guest.get("/api/orders");
    guest.post("/api/orders", r#"{"productId":1,"quantity":2}"#);
    guest.post(
        "/api/orders",
        r#"{"items":[{"productId":2,"quantity":1},{"productId":1,"quantity":3}]}"#,
    );
    guest.post("/api/orders", r#"{"productId":3,"quantity":10000}"#);
    guest.post("/api/orders", r#"{"productId":1,"quantity":51}"#);
    guest.post("/api/orders", r#"{"productId":99,"quantity":1}"#);
    guest.post("/api/orders", r#"{"productId":1,"quantity":0}"#);
    guest.post("/api/orders", r#"{"productId":"one"}"#);
    guest.post("/api/orders", "{");
    guest.ask("POST", "/api/orders", &[JSON, ENGLISH], r#"{"productId":1,"quantity":51}"#);
    guest.ask("POST", "/api/orders", &[JSON, PROBLEM], r#"{"productId":1,"quantity":51}"#);
    guest.ask("POST", "/api/orders", &[JSON, PROBLEM, ENGLISH], r#"{"quantity":-1,"colour":1}"#);
    guest.ask("POST", "/api/orders", &[("Content-Type", "text/plain")], "two of these");
    guest.ask("POST", "/api/orders", &[JSON], &" ".repeat(20_000));
    guest.get("/api/orders/1");
    guest.get("/api/orders/2");
    guest.get("/api/orders/99");
    guest.get("/api/orders/one");
    guest.get("/api/orders/1/history");
    guest.get("/api/orders/99/history");
    guest.ask("PUT", "/api/orders/1", &[JSON], "{}");
    guest.ask("OPTIONS", "/api/orders/1", &[], "");
    guest.ask("HEAD", "/api/orders/1", &[], "");
    guest.get("/api/nowhere");
}

fn lists(_: &World, guest: &mut Guest) {
    let first = guest.get("/api/orders?limit=2");
    let first = first.json()["data"]["nextCursor"].as_str().unwrap().to_owned();
    guest.get(&format!("/api/orders?limit=2&cursor={first}"));
    guest.get(&format!("/api/products?cursor={first}"));
    let products = guest.get("/api/products?limit=1");
    let products = products.json()["data"]["nextCursor"].as_str().unwrap().to_owned();
    guest.get(&format!("/api/products?limit=2&cursor={products}"));
    guest.get("/api/inventory?limit=2");
    guest.get("/api/inventory");
    guest.get("/api/orders?status=CREATED,CANCELLED&productId=2");
    guest.get("/api/orders?createdFrom=2020-01-01T00:00:00Z&createdTo=2021-01-01T00:00:00Z");
    guest.get("/api/orders?limit=0");
    guest.get("/api/orders?cursor=nonsense");
    guest.get("/api/orders?stauts=CREATED");
}

fn products(_: &World, guest: &mut Guest) {
    let made = guest.post("/api/products", r#"{"name":"커피","price":4500,"stock":3}"#);
    let version = made.header("etag").to_owned();
    guest.get("/api/products/4");
    guest.ask("GET", "/api/products/4", &[("If-None-Match", &version)], "");
    guest.ask("PATCH", "/api/products/4", &[JSON, ("If-Match", &version)], r#"{"price":5000}"#);
    guest.ask("PATCH", "/api/products/4", &[JSON, ("If-Match", &version)], r#"{"price":6000}"#);
    guest.patch("/api/products/4", r#"{"price":-1}"#);
    guest.post("/api/products/4/stock", r#"{"delta":-4,"reason":"lost"}"#);
    guest.post("/api/products/4/stock", r#"{"delta":7,"reason":"found"}"#);
    guest.post("/api/products", r#"{"name":""}"#);
    guest.get("/api/products/99");
    guest.get("/api/inventory/4/status");
    guest.get("/api/inventory/3/status");
    guest.get("/api/inventory/99/status");
    guest.get("/api/inventory/4/available?quantity=10");
    guest.get("/api/inventory/4/available?quantity=11");
    guest.get("/api/inventory/4/available?quantity=0");
    guest.post("/api/inventory/4/sync", "");
}

fn repeats(_: &World, guest: &mut Guest) {
    let keyed = [JSON, ("Idempotency-Key", "\"morning-coffee\"")];
    guest.ask("POST", "/api/orders", &keyed, r#"{"productId":4,"quantity":2}"#);
    guest.ask("POST", "/api/orders", &keyed, r#"{"productId":4,"quantity":2}"#);
    guest.ask("POST", "/api/orders", &keyed, r#"{"productId":4,"quantity":3}"#);
    guest.ask("POST", "/api/orders", &[JSON, ("Idempotency-Key", "")], r#"{"productId":4}"#);
    guest.get("/api/inventory/4/status");
}

fn payments(_: &World, guest: &mut Guest) {
    guest.post("/api/orders/1/payment/complete?success=true", "");
    guest.get("/api/orders/1/payment");
    guest.post("/api/orders/1/payment", "");
    guest.post("/api/orders/1/payment", "");
    guest.post("/api/orders/1/payment/complete", "");
    guest.post("/api/orders/1/payment/complete?success=maybe", "");
    guest.post("/api/orders/1/payment/complete?success=true", "");
    guest.until(1, "SHIPMENT_PREPARING");
    guest.post("/api/orders/1/payment/complete?success=false", "");
    guest.get("/api/orders/1/payment");
    guest.post("/api/orders/2/payment", "");
    guest.post("/api/orders/2/payment/complete?success=false", "");
    guest.get("/api/orders/2");
    guest.get("/api/orders/2/payment");
    guest.post("/api/orders/2/payment/complete?success=true", "");
    guest.post("/api/orders/99/payment", "");
    guest.delete("/api/orders/3");
    guest.delete("/api/orders/3");
    guest.delete("/api/orders/99");
    guest.ask("DELETE", "/api/orders/4", &[("If-Match", "\"v9\"")], "");
    guest.get("/api/inventory");
}

fn deliveries(_: &World, guest: &mut Guest) {
    guest.get("/api/delivery/1");
    guest.get("/api/delivery/2");
    guest.patch("/api/delivery/1/status?status=DELIVERED", "");
    guest.patch("/api/delivery/1/status?status=LOST", "");
    guest.patch("/api/delivery/1/status?status=SHIPPED", "");
    guest.patch("/api/delivery/1/status?status=SHIPPED", "");
    guest.get("/api/delivery/1/tracking");
    guest.delete("/api/orders/1");
    guest.ask("DELETE", "/api/orders/1", &[ENGLISH, PROBLEM], "");
    guest.patch("/api/delivery/1/status?status=DELIVERED", "");
    let arrived = guest.get("/api/delivery/1");
    guest.ask("GET", "/api/delivery/1", &[("If-None-Match", arrived.header("etag"))], "");
    guest.get("/api/orders/1/history");
    guest.get("/api/orders");
}

fn surroundings(_: &World, guest: &mut Guest) {
    for path in [
        "/",
        "/actuator",
        "/actuator/health",
        "/actuator/health/liveness",
        "/actuator/health/readiness",
        "/v3/api-docs",
        "/swagger-ui.html",
        "/errors",
        "/errors/INSUFFICIENT_STOCK",
        "/pages.css",
        "/favicon.svg",
        "/api/events/stream?from=the+beginning",
    ] {
        guest.get(path);
    }
    let origin = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "PATCH")];
    guest.ask("OPTIONS", "/api/orders", &origin, "");
}

#[test]
fn every_route_answers_alike_on_either_kind_of_engines() {
    check(&[], |world, guest| {
        for part in [orders, lists, products, repeats, payments, deliveries, surroundings] {
            part(world, guest);
        }
        assert!(guest.heard.len() > 100, "{}", guest.heard.len());
    });
}

#[test]
fn what_time_brings_about_is_alike_on_either_kind_of_engines() {
    let expiry = ["--set", "inventory.reservation-ttl-seconds=2"];
    let delays = ["--ship-delay-seconds", "1", "--delivery-delay-seconds", "1"];
    check(&[&expiry[..], &delays].concat(), |_, guest| {
        guest.post("/api/orders", r#"{"productId":1,"quantity":2}"#);
        guest.pay(1);
        guest.post("/api/orders", r#"{"productId":2,"quantity":30}"#);
        guest.until(1, "DELIVERED");
        guest.until(2, "CANCELLED");
        for path in ["/api/orders/1/history", "/api/orders/2/history", "/api/delivery/1"] {
            guest.get(path);
        }
        for path in ["/api/orders/2/payment", "/api/delivery/2", "/api/inventory"] {
            guest.get(path);
        }
    });
}
