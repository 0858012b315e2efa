//! What the HTTP layer is to a request: idempotency keys, the answer that is stored with the effect, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use ordersystem_application::{
    Call, CallReceipt, DeliveryStepError, Failure, OrderStepError, PlaceOrderError,
    ProductStepError, Store, StoredAnswer, UseCases,
};
use ordersystem_inventory::{Product, ProductChange};
use ordersystem_order::{Basket, Cause, Order};
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{
    Aggregate, Answer, Bug, Coded, Currency, ErrorKind, Fingerprint, Money, OrderId, ProductId,
    Quantity, RequestKey, Version, seeded,
};

use crate::trace::Fnv;
use crate::world::lock;

/// What a client may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    Place(Vec<(ProductId, Quantity)>),
    RequestPayment(OrderId),
    Callback(OrderId, GatewayOutcome),
    Cancel(OrderId),
    Ship(OrderId),
    Deliver(OrderId),
    Adjust(ProductId, i64),
    Reprice(ProductId, i64),
    Sync(ProductId),
    Look(OrderId),
}

impl Wish {
    /// The order that the wish is about, if there is one already.
    pub(crate) const fn order(&self) -> Option<OrderId> {
        match self {
            Self::RequestPayment(order)
            | Self::Callback(order, _)
            | Self::Cancel(order)
            | Self::Ship(order)
            | Self::Deliver(order)
            | Self::Look(order) => Some(*order),
            Self::Place(_) | Self::Adjust(..) | Self::Reprice(..) | Self::Sync(_) => None,
        }
    }

    fn route(&self) -> String {
        match self {
            Self::Place(_) => "POST /api/orders".to_owned(),
            Self::RequestPayment(order) => format!("POST /api/orders/{order}/payment"),
            Self::Callback(order, _) => format!("POST /api/orders/{order}/payment/complete"),
            Self::Cancel(order) => format!("DELETE /api/orders/{order}"),
            Self::Ship(order) | Self::Deliver(order) => {
                format!("PATCH /api/delivery/{order}/status")
            }
            Self::Adjust(product, _) => format!("POST /api/products/{product}/stock"),
            Self::Reprice(product, _) => format!("PATCH /api/products/{product}"),
            Self::Sync(product) => format!("POST /api/inventory/{product}/sync"),
            Self::Look(order) => format!("GET /api/orders/{order}"),
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        // Writing into a hash cannot fail.
        let _ = write!(hash, "{self:?}");
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().zip(hash.0.to_le_bytes()) {
            *place = byte;
        }
        Fingerprint(bytes)
    }
}

/// One try of a client.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Of the operation, over all its tries; travels as the trace.
    pub(crate) operation: usize,
    pub(crate) client: u64,
    pub(crate) key: Option<String>,
    pub(crate) wish: Wish,
}

/// What a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// 2xx.
    Done { body: Vec<u8>, replayed: bool },
    /// 4xx that stays, for example "sold out" with the product.
    Refused { code: &'static str, sold_out: Option<ProductId> },
    /// 422: the key belongs to another request.
    KeyReused,
    /// 409 or 503: the same again, later.
    Again(&'static str),
    /// 500.
    Defect(String),
}

/// One replica's HTTP layer.
pub(crate) struct Edge {
    pub(crate) use_cases: UseCases,
    pub(crate) store: Arc<dyn Store>,
    in_flight: Mutex<BTreeSet<RequestKey>>,
}

impl Edge {
    pub(crate) fn new(use_cases: UseCases, store: Arc<dyn Store>) -> Self {
        Self { use_cases, store, in_flight: Mutex::default() }
    }

    pub(crate) async fn handle(&self, request: &Request) -> Reply {
        let Some(key) = key(request) else { return self.run(request, None).await };
        if !lock(&self.in_flight).insert(key.clone()) {
            return Reply::Again("IN_FLIGHT");
        }
        let reply = self.once(request, &key).await;
        lock(&self.in_flight).remove(&key);
        reply
    }

    async fn once(&self, request: &Request, key: &RequestKey) -> Reply {
        match self.store.answer(key).await {
            Err(_down) => Reply::Again("STORE_UNAVAILABLE"),
            Ok(Some(answered)) => replay(&answered, &request.wish),
            Ok(None) => self.run(request, Some(key)).await,
        }
    }

    async fn run(&self, request: &Request, key: Option<&RequestKey>) -> Reply {
        let (cases, wish) = (&self.use_cases, &request.wish);
        let done = |(): &()| Answer(b"done".to_vec());
        match wish {
            Wish::Place(lines) => {
                let Ok(basket) = Basket::new(lines.iter().copied()) else {
                    return Reply::Defect("a basket that cannot be".to_owned());
                };
                let outcome = cases.place_order(basket, call(request, key, &placed)).await;
                reply(outcome, wish, placed)
            }
            Wish::RequestPayment(order) => {
                let call = call(request, key, &done);
                reply(cases.request_payment(*order, call).await, wish, done)
            }
            Wish::Callback(order, outcome) => {
                let call = call(request, key, &done);
                reply(cases.settle_payment(*order, *outcome, call).await, wish, done)
            }
            Wish::Cancel(order) => {
                let call = call(request, key, &done);
                reply(cases.cancel_order(*order, call).await, wish, done)
            }
            Wish::Ship(order) => {
                let call = call(request, key, &done);
                reply(cases.ship(*order, Cause::Administrator, call).await, wish, done)
            }
            Wish::Deliver(order) => {
                let call = call(request, key, &done);
                reply(cases.deliver(*order, Cause::Administrator, call).await, wish, done)
            }
            Wish::Adjust(product, delta) => {
                let (call, reason) = (call(request, key, &done), "counted".to_owned());
                reply(cases.adjust_stock(*product, *delta, reason, call).await, wish, done)
            }
            Wish::Reprice(product, price) => {
                let price = Money::new(*price, Currency::KRW).ok();
                let change = ProductChange { name: None, price };
                let repriced = |product: &Product| Answer(version(product.version()));
                let call = call(request, key, &repriced);
                reply(cases.change_product(*product, change, call).await, wish, repriced)
            }
            Wish::Sync(product) => reply(cases.sync_stock(*product).await, wish, done),
            Wish::Look(order) => match self.store.order(*order).await {
                Ok(Some(order)) => Reply::Done { body: version(order.version()), replayed: false },
                Ok(None) => Reply::Refused { code: "ORDER_NOT_FOUND", sold_out: None },
                Err(_down) => Reply::Again("STORE_UNAVAILABLE"),
            },
        }
    }
}

fn placed(order: &Order) -> Answer {
    Answer(order.id().to_string().into_bytes())
}

fn version(version: Version) -> Vec<u8> {
    version.to_string().into_bytes()
}

fn key(request: &Request) -> Option<RequestKey> {
    let key = request.key.clone()?;
    let principal = match seeded(Bug::KeyWithoutPrincipal) {
        false => format!("client {}", request.client),
        true => "anonymous".to_owned(),
    };
    Some(RequestKey { principal, route: request.wish.route(), key })
}

fn call<'a, T>(
    request: &Request,
    key: Option<&RequestKey>,
    answer: &'a (dyn Fn(&T) -> Answer + Send + Sync),
) -> Call<'a, T> {
    let fingerprint = request.wish.fingerprint();
    let receipt = key.map(|key| CallReceipt::Request { key: key.clone(), fingerprint, answer });
    Call { receipt, trace: Some(request.operation.to_string()), ..Call::default() }
}

fn replay(answered: &StoredAnswer, wish: &Wish) -> Reply {
    if answered.fingerprint != wish.fingerprint() && !seeded(Bug::FingerprintIgnored) {
        return Reply::KeyReused;
    }
    Reply::Done { body: answered.answer.0.clone(), replayed: true }
}

fn reply<T, E: Refusal>(outcome: Result<T, E>, wish: &Wish, body: impl Fn(&T) -> Answer) -> Reply {
    let error = match outcome {
        Ok(outcome) => return Reply::Done { body: body(&outcome).0, replayed: false },
        Err(error) => error,
    };
    if let Some(Failure::Replayed(answered)) = error.failure() {
        return replay(answered, wish);
    }
    match error.kind() {
        ErrorKind::Conflict | ErrorKind::Unavailable => Reply::Again(error.code()),
        ErrorKind::Internal => Reply::Defect(error.to_string()),
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Refused => {
            Reply::Refused { code: error.code(), sold_out: error.sold_out() }
        }
    }
}

/// What the errors of the use cases have in common.
trait Refusal: Coded {
    fn failure(&self) -> Option<&Failure>;

    fn sold_out(&self) -> Option<ProductId> {
        None
    }
}

impl Refusal for PlaceOrderError {
    fn failure(&self) -> Option<&Failure> {
        if let Self::Failure(failure) = self { Some(failure) } else { None }
    }

    fn sold_out(&self) -> Option<ProductId> {
        if let Self::OutOfStock(product) = self { Some(*product) } else { None }
    }
}

macro_rules! refusal {
    ($($error:ident),+) => { $(
        impl Refusal for $error {
            fn failure(&self) -> Option<&Failure> {
                if let Self::Failure(failure) = self { Some(failure) } else { None }
            }
        }
    )+ };
}

refusal!(OrderStepError, DeliveryStepError, ProductStepError);
