//! Brings decisions to the shop, until it takes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ordersystem_adapter_gateway::webhook::{self, WebhookSecret};
use ordersystem_adapter_gateway::{Announcement, SimulatedGateway};
use ordersystem_payment::ChargeState;
use ordersystem_shared_kernel::Clock;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use ureq::Agent;

use super::FakePgArgs;
use crate::cli::http;
use crate::clock::SystemClock;

/// A shop that was away as long as a deployment takes gets everything; one that is gone does not keep us busy for ever.
const ATTEMPTS: u32 = 30;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Posts at the same time.
const AT_ONCE: usize = 16;

/// How many webhooks went where.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    sent: AtomicU64,
    taken: AtomicU64,
    given_up: AtomicU64,
}

impl Deliveries {
    pub(super) fn counts(&self) -> Value {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        json!({
            "sent": count(&self.sent),
            "taken": count(&self.taken),
            "givenUp": count(&self.given_up),
        })
    }
}

/// Waits for decisions and posts them.
pub(super) struct Courier {
    gateway: Arc<SimulatedGateway>,
    news: Arc<Notify>,
    /// `None` tells nobody.
    route: Option<Arc<Route>>,
    delay: Duration,
    shuffle: Duration,
    duplicates: u8,
    deliveries: Arc<Deliveries>,
}

/// How to reach the shop.
struct Route {
    shop: String,
    secret: Option<WebhookSecret>,
    agent: Agent,
    turns: Semaphore,
}

impl Courier {
    pub(super) fn new(
        args: &FakePgArgs,
        gateway: Arc<SimulatedGateway>,
        news: Arc<Notify>,
    ) -> Self {
        let route = args.webhook_url.as_deref().map(|url| Route {
            shop: http::normalised(url),
            secret: args.webhook_secret.clone(),
            agent: http::agent(),
            turns: Semaphore::new(AT_ONCE),
        });
        Self {
            gateway,
            news,
            route: route.map(Arc::new),
            delay: Duration::from_millis(args.webhook_delay_ms),
            shuffle: Duration::from_millis(args.webhook_shuffle_ms),
            duplicates: args.webhook_duplicates,
            deliveries: Arc::default(),
        }
    }

    pub(super) fn deliveries(&self) -> Arc<Deliveries> {
        self.deliveries.clone()
    }

    /// Returns when told to stop; what was not taken by then is forgotten, as are the books.
    pub(super) async fn run(&self, stop: &CancellationToken) {
        let mut under_way = JoinSet::new();
        loop {
            for announcement in self.gateway.announce() {
                self.send(announcement, &mut under_way);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.news.notified() => {}
                () = self.next_decision() => {}
                Some(_) = under_way.join_next() => {}
            }
        }
    }

    async fn next_decision(&self) {
        match self.gateway.next_decision() {
            Some(at) => sleep(at.since(SystemClock.now())).await,
            None => std::future::pending().await,
        }
    }

    fn send(&self, announcement: Announcement, under_way: &mut JoinSet<()>) {
        let Some(route) = &self.route else { return };
        for copy in 0..=self.duplicates {
            let wait = self.delay + self.shuffled(&announcement, copy);
            let (route, deliveries) = (route.clone(), self.deliveries.clone());
            under_way.spawn(async move {
                sleep(wait).await;
                route.insist(announcement, &deliveries).await;
            });
        }
    }

    /// A part of the longest wait that looks random and is the same each time for the same copy.
    fn shuffled(&self, announcement: &Announcement, copy: u8) -> Duration {
        let (high, low) = announcement.charge.transaction.get().as_u64_pair();
        let seed =
            (high ^ low.rotate_left(17) ^ u64::from(copy)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let part = u32::try_from(seed >> 40).unwrap_or_default();
        self.shuffle * part / (1 << 24)
    }
}

impl Route {
    async fn insist(self: Arc<Self>, announcement: Announcement, deliveries: &Deliveries) {
        let mut pause = FIRST_PAUSE;
        for _ in 0..ATTEMPTS {
            deliveries.sent.fetch_add(1, Ordering::Relaxed);
            if self.clone().post(announcement).await {
                deliveries.taken.fetch_add(1, Ordering::Relaxed);
                return;
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        deliveries.given_up.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the shop took it.
    async fn post(self: Arc<Self>, announcement: Announcement) -> bool {
        let Ok(_turn) = self.turns.acquire().await else { return false };
        let route = self.clone();
        spawn_blocking(move || route.post_now(&announcement)).await.unwrap_or(false)
    }

    fn post_now(&self, announcement: &Announcement) -> bool {
        let charge = &announcement.charge;
        let (success, amount) = match announcement.state {
            ChargeState::Captured { amount } => (true, amount),
            ChargeState::Unheard | ChargeState::Waiting | ChargeState::Failed => {
                (false, charge.amount)
            }
        };
        let body = json!({
            // The query says it too, but only the body is signed.
            "success": success,
            "transactionId": charge.transaction,
            "amount": amount.amount(),
            "currency": amount.currency(),
            "occurredAt": announcement.at,
        });
        let path = format!("/api/orders/{}/payment/complete?success={success}", charge.order);
        // The same at every attempt and in every copy.
        let id = format!("msg_{}", charge.transaction.get().simple());
        self.signed(&path, &id, body.to_string())
    }

    fn signed(&self, path: &str, id: &str, body: String) -> bool {
        let now = SystemClock.now().as_millis() / 1_000;
        let mut request = self
            .agent
            .post(format!("{}{path}", self.shop))
            .header("Content-Type", "application/json")
            .header(webhook::ID, id)
            .header(webhook::TIMESTAMP, now.to_string());
        if let Some(secret) = &self.secret {
            let signature = webhook::sign(secret, id, now, body.as_bytes());
            request = request.header(webhook::SIGNATURE, signature);
        }
        request.send(body).is_ok_and(|answer| answer.status().is_success())
    }
}
