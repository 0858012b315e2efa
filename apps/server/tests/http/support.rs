//! An API of one's own for each test, with a clock that stands still and ids that can be foreseen.

use std::sync::Arc;

use actix_http::Request;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error};
use ordersystem::config::{HttpSettings, Inputs, Settings, resolve};
use ordersystem::http::{Api, Services, configure};
use ordersystem::metrics::Metrics;
use ordersystem_adapter_memory::{
    CounterAdmission, ManualClock, MemoryBroker, MemoryStore, SequentialIds,
};
use ordersystem_application::{Bucket, Call, Outbox, Policy, Ports, Store, UseCases};
use ordersystem_shared_kernel::OrderId;
use tokio_util::sync::CancellationToken;

/// What a test can reach behind the API.
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) clock: ManualClock,
    pub(crate) use_cases: UseCases,
    pub(crate) broker: MemoryBroker,
    /// Cancelled when the server begins to stop.
    pub(crate) draining: CancellationToken,
    pub(crate) settings: Settings,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header; empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status and body on one line.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.status, self.body)
    }
}

impl World {
    /// The three sample products and nothing else.
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let use_cases = use_cases(&store, &clock);
        use_cases.seed_samples().await.unwrap();
        let settings = resolve(&Inputs::default()).unwrap().settings;
        let (broker, draining) = (MemoryBroker::default(), CancellationToken::new());
        Self { store, clock, use_cases, broker, draining, settings }
    }

    /// The same world with other settings.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut HttpSettings)) -> Self {
        change(&mut self.settings.http);
        self
    }

    /// The same world after its counters were lost.
    pub(crate) fn with_new_counters(mut self) -> Self {
        self.use_cases = use_cases(&self.store, &self.clock);
        self
    }

    /// The API, ready to be called.
    pub(crate) async fn client(
        &self,
    ) -> Client<impl Service<Request, Response = ServiceResponse, Error = Error>> {
        self.client_over(Arc::new(self.store.clone())).await
    }

    /// The API with another store to look things up in.
    pub(crate) async fn client_over(
        &self,
        store: Arc<dyn Store>,
    ) -> Client<impl Service<Request, Response = ServiceResponse, Error = Error>> {
        let app = App::new().configure(configure(self.api_over(store)));
        Client { service: init_service(app).await }
    }

    /// The API itself, for a server of one's own.
    pub(crate) fn api(&self) -> Arc<Api> {
        self.api_over(Arc::new(self.store.clone()))
    }

    fn api_over(&self, store: Arc<dyn Store>) -> Arc<Api> {
        let services = Services {
            use_cases: self.use_cases.clone(),
            store,
            reads: Arc::new(self.store.clone()),
            outbox: Arc::new(self.store.clone()),
            probes: Vec::new(),
            broker: Arc::new(self.broker.clone()),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SequentialIds::default()),
            metrics: Metrics::default(),
        };
        Api::new(services, &self.settings, self.draining.clone())
    }

    /// Everything that can be looked at, to see whether it changed.
    pub(crate) async fn everything(&self) -> Vec<String> {
        let client = self.client().await;
        let mut all = Vec::new();
        for uri in ["/api/orders", "/api/orders/1/history", "/api/inventory", "/api/products"] {
            all.push(client.call("GET", uri).await.line());
        }
        all
    }

    /// The trace of every event of an order, in their order.
    pub(crate) async fn traces(&self) -> Vec<Option<String>> {
        let rows = self.store.unpublished(&Bucket::all(), 100).await.unwrap();
        rows.into_iter().map(|row| row.message.trace).collect()
    }

    /// What the consumer of order-events does.
    pub(crate) async fn prepare(&self, order: i64) {
        self.use_cases.start_shipment(OrderId::new(order), Call::default()).await.unwrap();
    }
}

fn use_cases(store: &MemoryStore, clock: &ManualClock) -> UseCases {
    UseCases::new(
        Ports {
            store: Arc::new(store.clone()),
            admission: Arc::new(CounterAdmission::default()),
            gateway: Arc::new(ordersystem_payment::CallbackOnly),
            numbers: Arc::new(store.clone()),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SequentialIds::default()),
        },
        Policy {
            hold: std::time::Duration::from_hours(1),
            courier: "CJ대한통운".to_owned(),
            zone: chrono_tz::Asia::Seoul,
        },
    )
}

/// Calls the API.
pub(crate) struct Client<S> {
    service: S,
}

impl<S, B> Client<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    /// For answers that are not read to their end.
    pub(crate) const fn service(&self) -> &S {
        &self.service
    }

    /// Any request.
    pub(crate) async fn send(&self, request: TestRequest) -> Answer {
        let response = actix_web::test::call_service(&self.service, request.to_request()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body()).await.ok().unwrap();
        Answer { status, headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Without a body.
    pub(crate) async fn call(&self, method: &str, uri: &str) -> Answer {
        self.send(request(method, uri)).await
    }

    /// With a JSON body.
    pub(crate) async fn json(&self, method: &str, uri: &str, body: &str) -> Answer {
        self.send(json(method, uri, body)).await
    }

    /// An order of product 1.
    pub(crate) async fn order(&self, quantity: i64) -> Answer {
        let body = format!(r#"{{"productId":1,"quantity":{quantity}}}"#);
        self.json("POST", "/api/orders", &body).await
    }

    /// Requests the payment and reports its success.
    pub(crate) async fn pay(&self, order: i64) {
        let uri = format!("/api/orders/{order}/payment");
        assert_eq!(self.call("POST", &uri).await.status, 202);
        let uri = format!("{uri}/complete?success=true");
        assert_eq!(self.call("POST", &uri).await.status, 200);
    }
}

/// A request without a body.
pub(crate) fn request(method: &str, uri: &str) -> TestRequest {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    TestRequest::default().method(method).uri(uri)
}

/// A request with a JSON body.
pub(crate) fn json(method: &str, uri: &str, body: &str) -> TestRequest {
    request(method, uri)
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_owned())
}
