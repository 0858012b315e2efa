use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{OrderId, ProductId, Quantity};
use tokio::time::{sleep, timeout};

use crate::book::{Book, Operation};
use crate::edge::{Reply, Request, Wish};
use crate::replica::Replica;
use crate::rng::Rng;
use crate::world::{World, lock};

/// A customer, a gateway and an administrator in one: it wants something, and asks until it knows what became of it.
pub(crate) struct Client {
    pub(crate) number: u64,
    pub(crate) world: Arc<World>,
    pub(crate) replicas: Vec<Arc<Replica>>,
    pub(crate) book: Arc<Book>,
    pub(crate) left: Arc<AtomicU64>,
    pub(crate) rng: Rng,
    pub(crate) mine: Vec<Journey>,
    pub(crate) keys: u64,
}

/// How far one of the client's orders is, as far as the client knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Journey {
    order: OrderId,
    reached: Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Placed,
    Requested,
    Settled,
}

impl Client {
    const TRIES: usize = 12;

    pub(crate) async fn run(mut self) {
        while self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            let wish = self.wish();
            self.fulfil(wish).await;
            let pause = self.rng.millis(0, self.world.plan.think);
            sleep(pause).await;
        }
    }

    async fn fulfil(&mut self, wish: Wish) {
        let key = self.key(&wish);
        let operation = self.book.begin(Operation {
            has_key: key.is_some(),
            wish: wish.clone(),
            sent: self.world.micros(),
            answered: None,
            reply: None,
        });
        let request = Request { operation, client: self.number, key, wish };
        let Some(reply) = self.until_known(&request).await else { return };
        self.world.tell(format_args!("c{} {operation} is told {reply:?}", self.number));
        self.learn(&request.wish, &reply);
        self.book.end(operation, self.world.micros(), reply.clone());
        if request.key.is_some() {
            self.repeat(request, &reply).await;
        }
    }

    /// The answer that stays; none when the client gives up without knowing.
    async fn until_known(&mut self, request: &Request) -> Option<Reply> {
        let blind =
            request.key.is_none() && matches!(request.wish, Wish::Place(_) | Wish::Adjust(..));
        for _ in 0..Self::TRIES {
            match self.attempt(request).await {
                Some(Reply::Again(_)) | None if blind => return None,
                Some(Reply::Again(_)) | None => {
                    let pause = self.rng.millis(50, 2_000);
                    sleep(pause).await;
                }
                Some(reply) => return Some(reply),
            }
        }
        None
    }

    async fn attempt(&mut self, request: &Request) -> Option<Reply> {
        let replica = self.rng.pick(&self.replicas)?.clone();
        let patience = Duration::from_millis(self.rng.between(500, 8_000));
        let (sent, wish) = (self.world.micros(), &request.wish);
        let (client, operation) = (self.number, request.operation);
        self.world.tell(format_args!("c{client} {operation} {wish:?} to r{}", replica.number));
        let reply = timeout(patience, replica.send(request.clone())?).await.ok()?.ok()?;
        if let Reply::Defect(error) = &reply {
            self.world.broken(format!("no 500: {wish:?} is answered with {error}"));
        }
        if let Reply::Refused { sold_out: Some(product), .. } = &reply {
            self.book.check_sold_out(&self.world, wish, *product, sent);
        }
        Some(reply)
    }

    fn learn(&mut self, wish: &Wish, reply: &Reply) {
        let Reply::Done { body, .. } = reply else { return };
        let reached = match wish {
            Wish::RequestPayment(_) => Stop::Requested,
            Wish::Callback(..) => Stop::Settled,
            Wish::Place(_) => {
                if let Some(order) = order_of(body) {
                    self.mine.push(Journey { order, reached: Stop::Placed });
                    self.book.add(order);
                }
                return;
            }
            _ => return,
        };
        let journey = self.mine.iter_mut().find(|journey| Some(journey.order) == wish.order());
        if let Some(journey) = journey {
            journey.reached = reached;
        }
    }

    /// The same again has the same answer; something else under the same key has none.
    async fn repeat(&mut self, mut request: Request, first: &Reply) {
        let Reply::Done { body, .. } = first else { return };
        if self.rng.percent(10)
            && let Some(Reply::Done { body: again, .. }) = self.attempt(&request).await
            && again != *body
        {
            self.world
                .broken(format!("I21 {:?}: another answer to the same request", request.wish));
        }
        if self.rng.percent(5)
            && let Some(other) = other_body(&request.wish)
        {
            request.wish = other;
            if let Some(reply @ Reply::Done { .. }) = self.attempt(&request).await {
                self.world
                    .broken(format!("I21 {:?}: {reply:?} to a key that is taken", request.wish));
            }
        }
    }

    /// Clients count their keys, so that those of different clients look alike.
    fn key(&mut self, wish: &Wish) -> Option<String> {
        let percent = match wish {
            Wish::Sync(_) | Wish::Look(_) => 0,
            Wish::Place(_) => 95,
            Wish::Callback(..) => 40,
            _ => 70,
        };
        self.keys += 1;
        self.rng.percent(percent).then(|| format!("key {}", self.keys))
    }

    /// Where a gateway is asked, nobody else may say what became of the money.
    fn wish(&mut self) -> Wish {
        match self.any_wish() {
            Wish::Callback(order, _) if self.world.plan.has_gateway => Wish::Look(order),
            wish => wish,
        }
    }

    fn any_wish(&mut self) -> Wish {
        match self.rng.below(100) {
            0..30 => self.place(),
            30..90 => self.step(),
            90..93 => Wish::Adjust(self.product(), self.rng.units(-10, 30)),
            93..95 => Wish::Reprice(self.product(), self.rng.units(1, 50_000)),
            95..97 => Wish::Sync(self.product()),
            _ => self.order().map_or_else(|| self.place(), Wish::Look),
        }
    }

    fn place(&mut self) -> Wish {
        let lines = if self.rng.percent(25) { self.rng.between(2, 5) } else { 1 };
        let lines = (0..lines).filter_map(|_| {
            let most = if self.rng.percent(10) { 30 } else { 3 };
            Some((self.product(), Quantity::new(self.rng.units(1, most)).ok()?))
        });
        Wish::Place(lines.collect())
    }

    /// What usually comes next in the life of an order, and sometimes something else.
    fn step(&mut self) -> Wish {
        if self.rng.percent(75)
            && let Some(wish) = self.next_of_mine()
        {
            return wish;
        }
        let Some(order) = self.order() else { return self.place() };
        match self.rng.below(10) {
            0 | 1 => Wish::RequestPayment(order),
            2..5 => Wish::Callback(order, GatewayOutcome::Success),
            5 => Wish::Callback(order, GatewayOutcome::Failure),
            6 | 7 => Wish::Cancel(order),
            8 => Wish::Ship(order),
            _ => Wish::Deliver(order),
        }
    }

    fn next_of_mine(&mut self) -> Option<Wish> {
        let latest: Vec<_> = self.mine.iter().rev().take(4).copied().collect();
        let Journey { order, reached } = *self.rng.pick(&latest)?;
        let fails = self.rng.percent(15);
        Some(match reached {
            Stop::Placed if fails => Wish::Cancel(order),
            Stop::Placed => Wish::RequestPayment(order),
            Stop::Requested if fails => Wish::Callback(order, GatewayOutcome::Failure),
            Stop::Requested => Wish::Callback(order, GatewayOutcome::Success),
            Stop::Settled if fails => Wish::Cancel(order),
            Stop::Settled => Wish::Ship(order),
        })
    }

    /// Mostly one of the client's own, sometimes somebody else's.
    fn order(&mut self) -> Option<OrderId> {
        if self.rng.percent(50) {
            return self.rng.pick(&self.mine).map(|journey| journey.order);
        }
        let known = lock(&self.book.orders);
        let latest: Vec<_> = known.iter().rev().take(20).copied().collect();
        self.rng.pick(&latest).copied()
    }

    fn product(&mut self) -> ProductId {
        if self.rng.percent(self.world.plan.heat) {
            return ProductId::new(1);
        }
        let count = i64::try_from(self.world.plan.products.len()).unwrap_or(1);
        ProductId::new(self.rng.units(1, count))
    }
}

pub(crate) fn order_of(body: &[u8]) -> Option<OrderId> {
    str::from_utf8(body).ok()?.parse().ok()
}

/// Another request to the same route.
fn other_body(wish: &Wish) -> Option<Wish> {
    match wish {
        Wish::Place(lines) => {
            let more = lines.iter().map(|(id, quantity)| (*id, quantity.plus(*quantity)));
            let more = more.map(|(id, quantity)| Some((id, quantity.ok()?)));
            Some(Wish::Place(more.collect::<Option<_>>()?))
        }
        Wish::Adjust(product, delta) => Some(Wish::Adjust(*product, delta + 1)),
        Wish::Ship(order) => Some(Wish::Deliver(*order)),
        _ => None,
    }
}
