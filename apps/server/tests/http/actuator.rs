//! What orchestrators and Spring's tools are told.

use ordersystem::config::ShowDetails;
use serde_json::Value;

use crate::support::World;

const SPRING: &str = "application/vnd.spring-boot.actuator.v3+json";

#[actix_web::test]
async fn a_healthy_server_says_exactly_that() {
    let world = World::new().await;
    let client = world.client().await;
    for path in ["/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness"] {
        let answer = client.call("GET", path).await;
        assert_eq!(answer.line(), r#"200 {"status":"UP"}"#, "{path}");
        assert_eq!(answer.header("content-type"), SPRING);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[actix_web::test]
async fn a_store_that_cannot_be_read_is_down_but_the_process_lives() {
    let world = World::new().await;
    let client = world.client().await;
    world.store.faults().fail_reads(1);
    // The second answer is the finding of the first.
    for path in ["/actuator/health", "/actuator/health/readiness"] {
        assert_eq!(client.call("GET", path).await.line(), r#"503 {"status":"DOWN"}"#, "{path}");
    }
    let alive = client.call("GET", "/actuator/health/liveness").await;
    assert_eq!(alive.line(), r#"200 {"status":"UP"}"#);
}

#[actix_web::test]
async fn a_server_that_stops_is_not_ready_any_more() {
    let world = World::new().await;
    let client = world.client().await;
    world.draining.cancel();
    let ready = client.call("GET", "/actuator/health/readiness").await;
    assert_eq!(ready.line(), r#"503 {"status":"OUT_OF_SERVICE"}"#);
    assert_eq!(client.call("GET", "/actuator/health").await.status, 200);
}

#[actix_web::test]
async fn details_name_the_components() {
    let mut world = World::new().await;
    world.settings.management.show_details = ShowDetails::Always;
    let client = world.client().await;
    assert_eq!(
        client.call("GET", "/actuator/health").await.line(),
        concat!(
            r#"200 {"status":"UP","components":{"db":{"status":"UP"},"#,
            r#""outbox":{"status":"UP","details":{"pending":0}},"ping":{"status":"UP"}}}"#
        )
    );

    let client = world.client().await;
    client.order(2).await;
    world.clock.advance(std::time::Duration::from_secs(5));
    let health = client.call("GET", "/actuator/health").await.json();
    let details = &health["components"]["outbox"]["details"];
    assert_eq!(details.to_string(), r#"{"pending":2,"oldestAgeSeconds":5}"#);

    let client = world.client().await;
    world.store.faults().fail_reads(2);
    assert_eq!(
        client.call("GET", "/actuator/health").await.line(),
        concat!(
            r#"503 {"status":"DOWN","components":{"db":{"status":"DOWN"},"#,
            r#""outbox":{"status":"DOWN"},"ping":{"status":"UP"}}}"#
        )
    );
}

#[actix_web::test]
async fn the_links_lead_somewhere() {
    let world = World::new().await;
    let client = world.client().await;
    let index = client.call("GET", "/actuator").await.json();
    let links = index["_links"].as_object().unwrap();
    assert_eq!(links["self"]["href"], "http://localhost:8080/actuator");
    for link in links.values().filter(|link| link["templated"] == Value::Bool(false)) {
        let path = link["href"].as_str().unwrap().strip_prefix("http://localhost:8080").unwrap();
        assert_eq!(client.call("GET", path).await.status, 200, "{path}");
    }
    let info = client.call("GET", "/actuator/info").await.json();
    assert_eq!(info["app"]["name"], "ordersystem");
    assert_eq!(info["engines"]["orders"], "sqlite");
    assert!(info["startedAt"].as_str().unwrap().ends_with('Z'), "{info}");
}

#[actix_web::test]
async fn prometheus_is_shown_the_backlog() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    let answer = client.call("GET", "/actuator/prometheus").await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let page = answer.body;
    assert!(page.contains("# TYPE ordersystem_outbox_pending gauge"), "{page}");
    assert!(page.contains("\nordersystem_outbox_pending 2\n"), "an order and its hold: {page}");
}
