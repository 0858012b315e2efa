use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;
use ordersystem_order::{
    Cause, IllegalTransition, Order, OrderError, OrderEvent, OrderRepository, OrderService,
    OrderStatus,
};
use ordersystem_shared_kernel::{
    Aggregate, Change, Coded, ErrorKind, Expected, OrderId, RepositoryError, Version,
};

use crate::fixture::{ORDER, lines, stamp};

type Rival = fn(&mut Order) -> Result<OrderEvent, IllegalTransition>;

/// One order in RAM. Before each of the next `rivals` commits somebody else's change comes first.
#[derive(Default)]
struct OneOrder {
    stored: Mutex<Option<Order>>,
    published: Mutex<Vec<OrderEvent>>,
    rivals: Mutex<Vec<Rival>>,
    commits: AtomicUsize,
    always_overtaken: AtomicBool,
}

#[async_trait]
impl OrderRepository for OneOrder {
    async fn order(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        Ok(self.stored.lock().unwrap().clone().filter(|order| order.id() == id))
    }

    async fn commit(&self, change: Change<Order>) -> Result<(), RepositoryError> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let mut stored = self.stored.lock().unwrap();
        let mut published = self.published.lock().unwrap();
        if let Some(rival) = self.rivals.lock().unwrap().pop() {
            published.push(rival(stored.as_mut().unwrap()).unwrap());
        }
        let present = stored.as_ref().map(Aggregate::version);
        let holds = match change.expected() {
            Expected::Absent => present.is_none(),
            Expected::At(version) => present == Some(version),
        };
        if !holds || self.always_overtaken.load(Ordering::Relaxed) {
            return Err(RepositoryError::Conflict);
        }
        published.extend_from_slice(change.events());
        *stored = Some(change.state().clone());
        Ok(())
    }
}

/// A service with a placed order.
fn placed() -> (OrderService, Arc<OneOrder>) {
    let orders = Arc::new(OneOrder::default());
    let service = OrderService::new(orders.clone());
    let order = now(service.place(ORDER, lines(), stamp(1))).unwrap();
    assert_eq!(order.version(), Version::FIRST);
    (service, orders)
}

/// The repository of these tests never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

#[test]
fn load_decide_commit() {
    let (service, orders) = placed();
    let order = now(service.apply(ORDER, |order| order.request_payment(stamp(2)))).unwrap();
    assert_eq!(order.status(), OrderStatus::PaymentRequested);
    assert_eq!(orders.stored.lock().unwrap().as_ref(), Some(&order));
    let versions: Vec<_> = orders.published.lock().unwrap().iter().map(|e| e.version).collect();
    assert_eq!(versions, [Version::new(1), Version::new(2)]);
}

#[test]
fn a_conflict_is_decided_again_on_the_new_state() {
    let (service, orders) = placed();
    orders.rivals.lock().unwrap().push(|order| order.request_payment(stamp(2)));
    let order = now(service.cancel(ORDER, stamp(3))).unwrap();
    assert_eq!((order.status(), order.version()), (OrderStatus::Cancelled, Version::new(3)));
    let from: Vec<_> = orders.published.lock().unwrap().iter().map(|event| event.from).collect();
    assert_eq!(from, [None, Some(OrderStatus::Created), Some(OrderStatus::PaymentRequested)]);
}

#[test]
fn a_conflict_may_end_in_a_refusal() {
    let (service, orders) = placed();
    orders.rivals.lock().unwrap().push(|order| order.cancel(Cause::HoldExpired, stamp(2)));
    let refused = now(service.apply(ORDER, |order| order.request_payment(stamp(3))));
    let (from, to) = (OrderStatus::Cancelled, OrderStatus::PaymentRequested);
    assert_eq!(refused, Err(OrderError::Illegal(IllegalTransition { from, to })));
}

#[test]
fn who_is_always_overtaken_gives_up() {
    let (service, orders) = placed();
    orders.always_overtaken.store(true, Ordering::Relaxed);
    let refused = now(service.cancel(ORDER, stamp(3)));
    assert_eq!(refused, Err(OrderError::Repository(RepositoryError::Conflict)));
}

#[test]
fn what_is_refused_is_not_committed() {
    let (service, orders) = placed();
    let before = orders.commits.load(Ordering::Relaxed);
    let unknown = OrderId::new(7);
    let not_found = now(service.cancel(unknown, stamp(2))).unwrap_err();
    assert_eq!(not_found, OrderError::NotFound(unknown));
    let illegal = now(service.apply(ORDER, |order| order.complete_payment(stamp(2)))).unwrap_err();
    assert_eq!((illegal.code(), illegal.kind()), ("INVALID_STATUS_TRANSITION", ErrorKind::Refused));
    assert_eq!(orders.commits.load(Ordering::Relaxed), before);
}

#[test]
fn an_id_is_taken_once() {
    let (service, _) = placed();
    let again = now(service.place(ORDER, lines(), stamp(2)));
    assert_eq!(again, Err(OrderError::Repository(RepositoryError::Conflict)));
}
