//! What `serve` prints when it is ready: what runs, where, and the first thing to try.

use std::time::Duration;

use crate::config::{DatabaseUrl, Settings};

/// The banner of a server that listens on `port`, which is not the one of the settings when they say 0.
pub fn banner(settings: &Settings, port: u16) -> String {
    let url = format!("http://{}:{port}", reachable(&settings.server.host));
    let topics = &settings.kafka.topics;
    let lines = [
        ("Orders", orders(&settings.database.url)),
        ("Stock", counters(settings)),
        (
            "Events",
            format!(
                "{}, topics {} and {}",
                broker(settings),
                topics.order_events,
                topics.inventory_events
            ),
        ),
        ("Payments", payments(settings)),
        ("Deliveries", deliveries(settings)),
        ("API", url.clone()),
        ("Swagger UI", format!("{url}/swagger-ui.html")),
        ("Health", format!("{url}/actuator/health")),
        ("Stream", format!("{url}/api/events/stream")),
        (
            "Products",
            "1 Sample Product A, 2 Sample Product B, 3 Sample Product C (무제한)".to_owned(),
        ),
    ];
    let table: String = lines.iter().map(|(what, how)| format!("  {what:<11} {how}\n")).collect();
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "ordersystem {version}\n\n{table}\n\
         Try it:\n\n  curl -X POST {url}/api/orders -H 'Content-Type: application/json' \
         -d '{{\"productId\":1,\"quantity\":2}}'\n\n"
    )
}

/// The name under which this machine reaches what listens on `host`.
fn reachable(host: &str) -> String {
    match host {
        "0.0.0.0" | "127.0.0.1" | "::" | "::1" => "localhost".to_owned(),
        v6 if v6.contains(':') => format!("[{v6}]"),
        other => other.to_owned(),
    }
}

fn orders(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::SqliteFile(path) => format!("SQLite file {}", path.display()),
        DatabaseUrl::SqliteMemory => "in RAM, forgotten at exit".to_owned(),
        DatabaseUrl::Postgres(url) => format!("PostgreSQL {url}"),
    }
}

fn counters(settings: &Settings) -> String {
    let Some(url) = &settings.redis.url else {
        return "admission counters in this process".to_owned();
    };
    let kind = if settings.redis.cluster { "Redis Cluster" } else { "Redis" };
    format!("admission counters in {kind} {url}")
}

fn broker(settings: &Settings) -> String {
    match &settings.kafka.bootstrap_servers {
        Some(servers) => format!("Kafka {servers}"),
        None => "broker in this process".to_owned(),
    }
}

fn payments(settings: &Settings) -> String {
    let believed = match settings.payment.webhook_secrets.len() {
        0 => "callbacks of anybody are believed",
        _ => "signed callbacks are believed",
    };
    match &settings.payment.gateway_url {
        Some(url) => format!("asked of {url}, {believed}"),
        None => format!("nobody is asked, {believed}"),
    }
}

fn deliveries(settings: &Settings) -> String {
    let timers = &settings.scheduler.delivery;
    if !timers.enabled {
        return "moved by the administrator only".to_owned();
    }
    let (ship, arrive) = (short(timers.ship_delay), short(timers.delivery_delay));
    format!("shipped after {ship}, delivered {arrive} later")
}

/// The largest unit that leaves no remainder.
fn short(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds > 0 && seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flag, Inputs, resolve};

    fn banner_with(sets: &[&str]) -> String {
        let flags = sets.iter().map(|pair| Flag::Set(pair.to_string())).collect();
        let resolved = resolve(&Inputs { flags, ..Inputs::default() }).unwrap();
        let port = resolved.settings.server.port;
        banner(&resolved.settings, if port == 0 { 43_210 } else { port })
    }

    #[test]
    fn by_default() {
        insta::assert_snapshot!(banner_with(&[]), @r#"
        ordersystem 0.1.0

          Orders      SQLite file data/ordersystem.db
          Stock       admission counters in this process
          Events      broker in this process, topics order-events and inventory-events
          Payments    nobody is asked, callbacks of anybody are believed
          Deliveries  shipped after 30 min, delivered 2 h later
          API         http://localhost:8080
          Swagger UI  http://localhost:8080/swagger-ui.html
          Health      http://localhost:8080/actuator/health
          Stream      http://localhost:8080/api/events/stream
          Products    1 Sample Product A, 2 Sample Product B, 3 Sample Product C (무제한)

        Try it:

          curl -X POST http://localhost:8080/api/orders -H 'Content-Type: application/json' -d '{"productId":1,"quantity":2}'
        "#);
    }

    #[test]
    fn for_a_quick_look() {
        let banner = banner_with(&[
            "database.url=sqlite::memory:",
            "server.host=::1",
            "server.port=0",
            "scheduler.delivery.ship-delay-seconds=5",
            "scheduler.delivery.delivery-delay-seconds=90",
        ]);
        insta::assert_snapshot!(banner, @r#"
        ordersystem 0.1.0

          Orders      in RAM, forgotten at exit
          Stock       admission counters in this process
          Events      broker in this process, topics order-events and inventory-events
          Payments    nobody is asked, callbacks of anybody are believed
          Deliveries  shipped after 5 s, delivered 90 s later
          API         http://localhost:43210
          Swagger UI  http://localhost:43210/swagger-ui.html
          Health      http://localhost:43210/actuator/health
          Stream      http://localhost:43210/api/events/stream
          Products    1 Sample Product A, 2 Sample Product B, 3 Sample Product C (무제한)

        Try it:

          curl -X POST http://localhost:43210/api/orders -H 'Content-Type: application/json' -d '{"productId":1,"quantity":2}'
        "#);
    }

    #[test]
    fn on_engines_of_their_own_without_passwords() {
        let banner = banner_with(&[
            "database.url=postgres://shop:s3cret@db:5432/shop",
            "redis.url=redis://:s3cret@cache:6379",
            "kafka.bootstrap-servers=kafka-1:9092,kafka-2:9092",
        ]);
        assert!(banner.contains("PostgreSQL postgres://shop:******@db:5432/shop"), "{banner}");
        assert!(banner.contains("counters in Redis redis://:******@cache:6379"), "{banner}");
        assert!(banner.contains("Kafka kafka-1:9092,kafka-2:9092, topics order-"), "{banner}");
        assert!(!banner.contains("s3cret"), "{banner}");
    }

    #[test]
    fn other_ways_to_run() {
        let manual = banner_with(&["scheduler.delivery.enabled=false", "server.host=fd00::7"]);
        assert!(manual.contains("moved by the administrator only"), "{manual}");
        assert!(manual.contains("curl -X POST http://[fd00::7]:8080/api/orders"), "{manual}");
        let asked = banner_with(&[
            "payment.gateway-url=http://pay:9090",
            "payment.webhook-secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ]);
        let told = "Payments    asked of http://pay:9090, signed callbacks are believed";
        assert!(asked.contains(told), "{asked}");
    }
}
