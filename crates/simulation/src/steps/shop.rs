use std::sync::Arc;
use std::time::Duration;

use ordersystem::wiring::World as App;
use ordersystem_application::Bucket;
use ordersystem_shared_kernel::{OrderId, ProductId};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::book::{Book, Operation};
use crate::checks;
use crate::client::order_of;
use crate::edge::{Edge, Reply, Request, Wish};
use crate::link::Link;
use crate::plan::Plan;
use crate::replica::{Replica, engines, settings};
use crate::rng::Rng;
use crate::run::{rest, stock};
use crate::world::World;

/// A world in which nothing goes wrong but what is asked for.
pub(super) struct Shop {
    pub(super) world: Arc<World>,
    /// Of the process that acts.
    pub(super) link: Link,
    pub(super) app: App,
    pub(super) edge: Edge,
    /// The order that the act is about.
    pub(super) order: OrderId,
    book: Arc<Book>,
}

impl Shop {
    pub(super) const PRODUCT: ProductId = ProductId::new(1);

    pub(super) async fn open(plan: Plan, seed: u64) -> Self {
        let world = World::new(plan, Rng::new(seed), 0);
        let link = Link::new(world.clone(), 0);
        if stock(&world).await.is_none() {
            world.broken("the products cannot be put on sale".to_owned());
        }
        let app = App::build(&settings(&world.plan), engines(&link));
        let edge = Edge::new(app.use_cases.clone(), app.engines.store.clone());
        let (book, order) = (Arc::default(), OrderId::new(0));
        Self { world, link, app, edge, order, book }
    }

    /// Asks for something that does not go wrong.
    pub(super) async fn prepare(&mut self, wish: Wish) {
        let operation = self.begin(&wish);
        let reply = self.edge.handle(&request(operation, wish.clone())).await;
        let Reply::Done { body, .. } = &reply else {
            self.world.broken(format!("{wish:?} is not to be had: {reply:?}"));
            return;
        };
        if matches!(wish, Wish::Place(_)) {
            self.order = order_of(body).unwrap_or(self.order);
        }
        self.book.end(operation, self.world.micros(), reply);
    }

    /// Brings everything that waits in the outbox to the broker.
    pub(super) async fn publish(&self) {
        let id = uuid::Uuid::nil();
        let (outbox, broker) = (self.app.engines.outbox.clone(), self.app.engines.broker.clone());
        let relay = ordersystem::background::relay::Relay::new(outbox, broker, id);
        while relay.turn(&Bucket::all()).await.is_ok_and(|rows| rows > 0) {}
    }

    /// Asks for the wish of the act.
    pub(super) async fn ask(&self, wish: Wish) {
        let operation = self.begin(&wish);
        if let reply @ (Reply::Done { .. } | Reply::Refused { .. }) =
            self.edge.handle(&request(operation, wish)).await
        {
            self.book.end(operation, self.world.micros(), reply);
        }
    }

    fn begin(&self, wish: &Wish) -> usize {
        self.book.begin(Operation {
            has_key: true,
            wish: wish.clone(),
            sent: self.world.micros(),
            answered: None,
            reply: None,
        })
    }

    /// A new process starts, the client asks again, and everything comes to rest.
    pub(super) async fn recover(&self, wish: Option<Wish>) {
        let replica = Replica::new(self.world.clone(), 0);
        let mut lives = JoinSet::new();
        lives.spawn(replica.clone().run());
        if let Some(wish) = wish {
            self.ask_again(&replica, &wish).await;
        }
        rest(&self.world).await;
        checks::all(&self.world, &self.book).await;
    }

    /// The last operation once more, under its key, until it is answered.
    async fn ask_again(&self, replica: &Replica, wish: &Wish) {
        let operation = self.book.operations().len().saturating_sub(1);
        for _ in 0..30 {
            sleep(Duration::from_secs(1)).await;
            let Some(answered) = replica.send(request(operation, wish.clone())) else { continue };
            if let Ok(reply @ (Reply::Done { .. } | Reply::Refused { .. })) = answered.await {
                self.book.end(operation, self.world.micros(), reply);
                return;
            }
        }
        self.world.broken(format!("{wish:?} is never answered"));
    }
}

fn request(operation: usize, wish: Wish) -> Request {
    let key = Some(format!("key {operation}"));
    Request { operation, client: 0, key, wish }
}
