//! Requests to the API in this process.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::Request;
use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::rt::{System, SystemRunner};
use actix_web::test::{TestRequest, call_service, init_service};
use ordersystem::config::{Inputs, resolve};
use ordersystem::http::{Services, configure};
use ordersystem_adapter_memory::{ManualClock, MemoryBroker, MemoryStore, SequentialIds};
use ordersystem_port_contracts::script::use_cases;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// After so many requests the shop is closed and another one opened: its lists and its stock would not stay small.
const REQUESTS_PER_SHOP: usize = 2_000;

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

type Call = dyn Fn(Request) -> Pin<Box<dyn Future<Output = Answer>>>;

struct Shop {
    runner: SystemRunner,
    call: Rc<Call>,
    requests: usize,
}

thread_local! {
    /// Never dropped with its thread: by then actix's own thread locals are gone.
    static SHOP: RefCell<ManuallyDrop<Option<Shop>>> =
        const { RefCell::new(ManuallyDrop::new(None)) };
}

impl Shop {
    fn open() -> Self {
        let runner = System::new();
        let call = runner.block_on(async {
            let clock = ManualClock::default();
            let store = MemoryStore::new(Arc::new(clock.clone()));
            let use_cases = use_cases(Arc::new(store.clone()), &clock);
            use_cases.seed_samples().await.unwrap();
            let settings = resolve(&Inputs::default()).unwrap().settings;
            let services = Services {
                use_cases,
                store: Arc::new(store.clone()),
                reads: Arc::new(store.clone()),
                outbox: Arc::new(store),
                broker: Arc::new(MemoryBroker::default()),
                probes: Vec::new(),
                clock: Arc::new(clock),
                ids: Arc::new(SequentialIds::default()),
                metrics: ordersystem::metrics::Metrics::default(),
            };
            let api = ordersystem::http::Api::new(services, &settings, CancellationToken::new());
            let service = Rc::new(init_service(App::new().configure(configure(api))).await);
            let call: Rc<Call> = Rc::new(move |request| {
                let service = service.clone();
                Box::pin(async move {
                    let response = call_service(&*service, request).await;
                    let (status, headers) =
                        (response.status().as_u16(), response.headers().clone());
                    let body = to_bytes(response.into_body()).await.ok().unwrap().to_vec();
                    Answer { status, headers, body }
                })
            });
            call
        });
        Self { runner, call, requests: 0 }
    }
}

/// Sends a request; whatever it is, the answer has the shape of the contract.
fn send(request: TestRequest) -> (Answer, Value) {
    let answer = SHOP.with_borrow_mut(|shop| {
        let shop: &mut Option<Shop> = shop;
        if shop.as_ref().is_some_and(|shop| shop.requests >= REQUESTS_PER_SHOP) {
            *shop = None;
        }
        let shop = shop.get_or_insert_with(Shop::open);
        shop.requests += 1;
        shop.runner.block_on((shop.call)(request.to_request()))
    });
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    judge(&answer, &json);
    (answer, json)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

fn judge(answer: &Answer, json: &Value) {
    let Answer { status, headers, .. } = answer;
    assert!(*status < 500, "{status} {json}");
    if *status == 304 {
        return;
    }
    let code = text(headers, "x-error-code");
    if *status < 400 {
        assert_eq!((code, &json["success"]), (None, &Value::Bool(true)), "{status} {json}");
        return;
    }
    let code = code.unwrap_or_else(|| panic!("{status} {json} without a code"));
    if text(headers, "content-type") == Some("application/problem+json") {
        assert_eq!((&json["code"], &json["status"]), (&code.into(), &(*status).into()), "{json}");
    } else {
        assert_eq!(json["success"], false, "{json}");
        assert!(json["error"].as_str().is_some_and(|text| !text.is_empty()), "{json}");
    }
}

fn to(method: Method, path: &str) -> TestRequest {
    TestRequest::default().method(method).uri(path)
}

fn json(method: Method, path: &str, body: &[u8]) -> TestRequest {
    to(method, path).insert_header(("content-type", "application/json")).set_payload(body.to_vec())
}

/// A header, if these bytes can be sent as one.
fn with(request: TestRequest, name: &'static str, value: &[u8]) -> Option<TestRequest> {
    let value = HeaderValue::from_bytes(value).ok()?;
    Some(request.insert_header((HeaderName::from_static(name), value)))
}

fn whole(value: &Value, least: i64, most: i64) -> bool {
    value.as_i64().is_some_and(|number| (least..=most).contains(&number))
}

/// What was accepted is an order, by rules that are written here once more.
pub(crate) fn order_body(bytes: &[u8]) {
    let (answer, _) = send(json(Method::POST, "/api/orders", bytes));
    if answer.status != 201 {
        return;
    }
    let order: Value = serde_json::from_slice(bytes).unwrap();
    let names: Vec<_> = order.as_object().unwrap().keys().map(String::as_str).collect();
    let line = |line: &Value| {
        let fields = line.as_object().map_or(0, serde_json::Map::len);
        fields == 2 && whole(&line["productId"], 1, 3) && whole(&line["quantity"], 1, 10_000)
    };
    match order.get("items") {
        None => assert!(line(&order), "{order}"),
        Some(items) => {
            let items = items.as_array().unwrap();
            assert!(names == ["items"] && (1..=100).contains(&items.len()), "{order}");
            assert!(items.iter().all(line), "{order}");
        }
    }
}

/// The first byte says which of the bodies that administrators send it is.
pub(crate) fn product_body(bytes: &[u8]) {
    let Some((which, body)) = bytes.split_first() else { return };
    let request = match which % 3 {
        0 => json(Method::POST, "/api/products", body),
        1 => json(Method::PATCH, "/api/products/2", body),
        _ => json(Method::POST, "/api/products/2/stock", body),
    };
    let (answer, view) = send(request);
    if answer.status < 300 && which % 3 != 2 {
        let name = view["data"]["name"].as_str().unwrap();
        assert!((1..=200).contains(&name.chars().count()) && !name.contains(char::is_control));
        assert!(whole(&view["data"]["price"], 0, i64::MAX), "{view}");
    }
}

/// The first byte says where the query goes.
pub(crate) fn query(bytes: &[u8]) {
    let Some((which, query)) = bytes.split_first() else { return };
    let (method, path) = match which % 6 {
        0 => (Method::GET, "/api/orders"),
        1 => (Method::GET, "/api/inventory/1/available"),
        2 => (Method::POST, "/api/orders/1/payment/complete"),
        3 => (Method::PATCH, "/api/delivery/1/status"),
        4 => (Method::GET, "/api/products"),
        _ => (Method::GET, "/api/inventory"),
    };
    let Ok(query) = std::str::from_utf8(query) else { return };
    let uri = format!("{path}?{query}");
    if uri.parse::<actix_web::http::Uri>().is_ok() {
        send(to(method, &uri));
    }
}

/// A page token is one of ours, or refused; whatever it says, nothing of another list is shown.
pub(crate) fn cursor(bytes: &[u8]) {
    let token: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    for list in ["orders", "products", "inventory"] {
        let (answer, page) = send(to(Method::GET, &format!("/api/{list}?cursor={token}")));
        match answer.status {
            200 => assert!(page["data"]["items"].is_array(), "{page}"),
            status => assert_eq!(status, 400, "{page}"),
        }
    }
}

/// The same key twice: the first answer again, byte for byte, or refused both times.
pub(crate) fn idempotency_key(bytes: &[u8]) {
    let order = || json(Method::POST, "/api/orders", br#"{"productId":3,"quantity":1}"#);
    let Some(first) = with(order(), "idempotency-key", bytes) else { return };
    let Some(again) = with(order(), "idempotency-key", bytes) else { return };
    let ((first, _), (again, _)) = (send(first), send(again));
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    let replayed = again.headers.get("idempotent-replayed").is_some();
    assert_eq!(replayed, first.status == 201, "{}", first.status);
}

/// `Accept`, a newline, `Accept-Language`.
pub(crate) fn negotiation(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let accept = parts.next().unwrap_or_default();
    let request = with(to(Method::GET, "/api/orders/999"), "accept", accept);
    let language = parts.next().unwrap_or_default();
    let Some(request) = request.and_then(|all| with(all, "accept-language", language)) else {
        return;
    };
    let (answer, _) = send(request);
    assert_eq!(answer.status, 404);
    let language = text(&answer.headers, "content-language");
    assert!(matches!(language, Some("ko" | "en")), "{language:?}");
}

/// `If-None-Match`, a newline, `If-Match`.
pub(crate) fn conditions(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let seen = parts.next().unwrap_or_default();
    if let Some(request) = with(to(Method::GET, "/api/products/1"), "if-none-match", seen) {
        let (answer, _) = send(request);
        assert!(matches!(answer.status, 200 | 304), "{}", answer.status);
    }
    let change = json(Method::PATCH, "/api/products/1", br#"{"price":12000}"#);
    if let Some(request) = with(change, "if-match", parts.next().unwrap_or_default()) {
        let (answer, _) = send(request);
        assert!(matches!(answer.status, 200 | 412), "{}", answer.status);
    }
}
