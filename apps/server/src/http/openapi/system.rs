//! What is neither an order nor a product: events, health, documentation.

use super::table::{Answer, Content, Errors, Method, Operation, Sample, sample};

pub(super) const OPERATIONS: &[Operation] =
    &[STREAM_EVENTS, LINKS, HEALTH, LIVENESS, READINESS, INFO, PROMETHEUS, API_DOCS];

const HEALTH_TAG: &str = "health";
const DOCS_TAG: &str = "documentation";
/// What Spring's actuator calls its JSON.
const ACTUATOR: &str = "application/vnd.spring-boot.actuator.v3+json";

const STREAM_EVENTS: Operation = Operation {
    method: Method::Get,
    path: "/api/events/stream",
    id: "streamEvents",
    tag: "events",
    summary: "Follow the published events",
    description: "Server-sent events, one per message of the topics `order-events` and \
        `inventory-events`. `id` is the place to continue from: send it back as `Last-Event-ID`, as \
        browsers do by themselves, and nothing is missed. `data` is one line of JSON (schema \
        `EventRecord`) whose `value` is the published message byte for byte. A comment every 15 \
        seconds keeps the connection alive.",
    parameters: &["LastEventId", "From", "Topic"],
    body: None,
    answers: &[Answer {
        status: "200",
        description: "The stream; it ends when the server stops.",
        headers: &["X-Request-Id"],
        content: Some(Content {
            media_type: "text/event-stream",
            schema: "ServerSentEvent",
            samples: &[sample(
                "created",
                "An order was placed",
                r#"{"id":"o1.1","event":"order-events","data":"{\"topic\":\"order-events\",\"partition\":1,\"offset\":1,\"key\":\"1\",\"headers\":{\"content-type\":\"application/json\",\"ce_specversion\":\"1.0\",\"ce_id\":\"0197674c-8a6e-7c3e-9d1f-2b1d4a1c5e6f\",\"ce_type\":\"order.created.v1\",\"ce_source\":\"/ordersystem/order\",\"ce_time\":\"2025-06-13T05:59:51.092293Z\",\"ce_subject\":\"1\",\"ce_sequence\":\"1\"},\"value\":{\"orderId\":1,\"status\":\"CREATED\",\"timestamp\":\"2025-06-13T05:59:51.092293Z\"}}"}"#,
            )],
        }),
        links: &[],
    }],
    refusals: &["BROKER_UNAVAILABLE"],
    errors: Errors::Read,
};

const LINKS: Operation = Operation {
    method: Method::Get,
    path: "/actuator",
    id: "actuator",
    tag: HEALTH_TAG,
    summary: "What the actuator offers",
    description: "The addresses below, as HAL links.",
    parameters: &[],
    body: None,
    answers: &[actuator(
        "200",
        "The links.",
        "ActuatorLinks",
        &[sample(
            "links",
            "On a server on this machine",
            r#"{"_links":{"self":{"href":"http://localhost:8080/actuator","templated":false},"health":{"href":"http://localhost:8080/actuator/health","templated":false},"health-path":{"href":"http://localhost:8080/actuator/health/{*path}","templated":true},"info":{"href":"http://localhost:8080/actuator/info","templated":false},"prometheus":{"href":"http://localhost:8080/actuator/prometheus","templated":false}}}"#,
        )],
    )],
    refusals: &[],
    errors: Errors::None,
};

const HEALTH: Operation = Operation {
    path: "/actuator/health",
    id: "health",
    summary: "Whether the server is well",
    description: "`UP` as long as the store can be read. Components are named when the setting \
        `ordersystem.management.show-details` is `always`.",
    answers: &[
        actuator(
            "200",
            "All is well.",
            "Health",
            &[
                UP,
                sample(
                    "details",
                    "With components",
                    r#"{"status":"UP","components":{"db":{"status":"UP"},"outbox":{"status":"UP","details":{"pending":0}},"ping":{"status":"UP"}}}"#,
                ),
            ],
        ),
        actuator("503", "The store cannot be read.", "Health", DOWN),
    ],
    ..LINKS
};

const LIVENESS: Operation = Operation {
    path: "/actuator/health/liveness",
    id: "liveness",
    summary: "Whether the process is alive",
    description: "Says nothing about what the process depends on: a restart would not mend that.",
    answers: &[actuator("200", "It is.", "Health", &[UP])],
    ..LINKS
};

const READINESS: Operation = Operation {
    path: "/actuator/health/readiness",
    id: "readiness",
    summary: "Whether requests should be sent here",
    description: "Not while the store cannot be read, and not any more once the server drains.",
    answers: &[
        actuator("200", "They should.", "Health", &[UP]),
        actuator(
            "503",
            "They should go elsewhere.",
            "Health",
            &[
                sample("down", "The store cannot be read", r#"{"status":"DOWN"}"#),
                sample("draining", "The server stops", r#"{"status":"OUT_OF_SERVICE"}"#),
            ],
        ),
    ],
    ..LINKS
};

const INFO: Operation = Operation {
    path: "/actuator/info",
    id: "info",
    summary: "What runs here",
    description: "Name and version of the program, which engines carry it, and since when it runs.",
    answers: &[actuator(
        "200",
        "The facts.",
        "Info",
        &[sample(
            "embedded",
            "The embedded default",
            r#"{"app":{"name":"ordersystem","version":"0.1.0"},"engines":{"orders":"sqlite","stock":"in process","events":"in process"},"startedAt":"2025-06-13T05:59:51.092293Z"}"#,
        )],
    )],
    ..LINKS
};

const PROMETHEUS: Operation = Operation {
    path: "/actuator/prometheus",
    id: "prometheus",
    summary: "What a monitor scrapes",
    description: "Gauges in Prometheus' text format. `ordersystem_invariant_broken` counts what breaks each \
        invariant of the database; every minute one of the replicas with the role scheduler looks.",
    answers: &[Answer {
        status: "200",
        description: "The gauges.",
        headers: &["X-Request-Id"],
        content: Some(Content {
            media_type: "text/plain",
            schema: "Metrics",
            samples: &[sample(
                "healthy",
                "Nothing is broken",
                "# TYPE ordersystem_invariant_broken gauge\nordersystem_invariant_broken{invariant=\"I1\",holds=\"always\"} 0\n",
            )],
        }),
        links: &[],
    }],
    ..LINKS
};

const API_DOCS: Operation = Operation {
    path: "/v3/api-docs",
    id: "openApi",
    tag: DOCS_TAG,
    summary: "This document",
    description: "OpenAPI 3.1 as JSON, the same that `ordersystem openapi` prints.",
    answers: &[Answer::json(
        "200",
        "The document.",
        "OpenApi",
        &[sample(
            "beginning",
            "How it begins",
            r#"{"openapi":"3.1.0","info":{"title":"Order System","version":"0.1.0"}}"#,
        )],
    )],
    ..LINKS
};

const UP: Sample = sample("up", "All is well", r#"{"status":"UP"}"#);
const DOWN: &[Sample] = &[sample("down", "The store is down", r#"{"status":"DOWN"}"#)];

const fn actuator(
    status: &'static str,
    description: &'static str,
    schema: &'static str,
    samples: &'static [Sample],
) -> Answer {
    let content = Some(Content { media_type: ACTUATOR, schema, samples });
    Answer { status, description, headers: &["X-Request-Id"], content, links: &[] }
}
