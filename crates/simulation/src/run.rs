use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use ordersystem::wiring::{Engines, World as App};
use ordersystem_adapter_memory::MemoryStore;
use ordersystem_application::{Call, NewProduct, Page, Reads, UseCases};
use ordersystem_inventory::{ProductDraft, Stocking};
use ordersystem_shared_kernel::{Currency, Money};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::book::Book;
use crate::checks;
use crate::client::Client;
use crate::nemesis::Nemesis;
use crate::panics;
use crate::plan::{Plan, Profile};
use crate::replica::{Replica, settings};
use crate::rng::Rng;
use crate::world::{World, lock};

/// What one seed is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// Decides everything.
    pub seed: u64,
    /// What the clients do in all.
    pub operations: u64,
    /// Lines of the trace that are kept as text.
    pub keep: usize,
}

/// What became of one seed.
#[derive(Debug, Clone)]
pub struct Report {
    /// As it was asked for.
    pub order: Order,
    /// The weather.
    pub profile: Profile,
    /// Of everything that happened, in its order.
    pub hash: u64,
    /// How many things that were.
    pub lines: u64,
    /// How long the world lived.
    pub virtual_time: Duration,
    /// The rules that did not hold; empty when all is well.
    pub broken: Vec<String>,
    /// The last of what happened.
    pub trace: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Order { seed, operations, .. } = self.order;
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "seed {seed} ({:?}), {} broken:", self.profile, self.broken.len())?;
        for rule in &self.broken {
            writeln!(f, "  {rule}")?;
        }
        write!(f, "again: just sim-seed {seed} --operations {operations}")
    }
}

/// After the last fault everything comes to rest within so long.
const REST: Duration = Duration::from_secs(600);

/// Runs one seed from its beginning to its rest.
///
/// # Errors
/// The system gives no runtime.
pub fn run(order: Order) -> io::Result<Report> {
    panics::listen();
    Ok(virtual_time()?.block_on(Box::pin(drive(order))))
}

/// One thread, and time that passes only when everybody waits.
pub(crate) fn virtual_time() -> io::Result<runtime::Runtime> {
    let mut builder = runtime::Builder::new_current_thread();
    builder.enable_time();
    #[cfg(feature = "virtual-time")]
    builder.start_paused(true);
    builder.build()
}

async fn drive(order: Order) -> Report {
    let mut rng = Rng::new(order.seed);
    let plan = Plan::of(&mut rng, order.operations);
    let world = World::new(plan, rng.fork(), order.keep);
    world.tell(format_args!("{:?}", world.plan));
    let book = Arc::new(Book::default());
    match stock(&world).await {
        Some(()) => live(&world, &book, &mut rng).await,
        None => world.broken("the products cannot be put on sale".to_owned()),
    }
    for panic in panics::take() {
        world.broken(format!("a panic: {panic}"));
    }
    let (hash, lines, trace) = world.trace().take();
    let virtual_time = Duration::from_micros(u64::try_from(world.micros()).unwrap_or_default());
    let (profile, broken) = (world.plan.profile, world.take_broken());
    Report { order, profile, hash, lines, virtual_time, broken, trace }
}

async fn live(world: &Arc<World>, book: &Arc<Book>, rng: &mut Rng) {
    let replicas: Vec<_> =
        (0..world.plan.replicas).map(|number| Replica::new(world.clone(), number)).collect();
    let mut lives = JoinSet::new();
    for replica in &replicas {
        lives.spawn(replica.clone().run());
    }
    lock(&world.faults).random = true;
    let mut adversary = JoinSet::new();
    let nemesis =
        Nemesis { world: world.clone(), replicas: replicas.clone(), rng: rng.fork(), deeds: 0 };
    adversary.spawn(nemesis.run());
    let outage = tokio::spawn(Nemesis::outage(world.clone()));
    clients(world, book, &replicas, rng).await;
    // A task that panicked has told so.
    let _ = outage.await;
    adversary.shutdown().await;
    world.heal();
    rest(world).await;
    checks::all(world, book).await;
}

async fn clients(world: &Arc<World>, book: &Arc<Book>, replicas: &[Arc<Replica>], rng: &mut Rng) {
    let left = Arc::new(AtomicU64::new(world.plan.operations));
    let mut clients = JoinSet::new();
    for number in 0..world.plan.clients {
        let client = Client {
            number,
            world: world.clone(),
            replicas: replicas.to_vec(),
            book: book.clone(),
            left: left.clone(),
            rng: rng.fork(),
            mine: Vec::new(),
            keys: 0,
        };
        clients.spawn(client.run());
    }
    while clients.join_next().await.is_some() {}
}

/// Waits until nothing moves any more; what still does after [`REST`] is broken.
pub(crate) async fn rest(world: &World) {
    const LOOK: Duration = Duration::from_secs(5);
    let mut waited = Duration::ZERO;
    loop {
        let unrest = checks::unrest(world).await;
        if unrest.is_empty() {
            world.tell(format_args!("quiet after {waited:?}"));
            return;
        }
        if waited >= REST {
            unrest
                .into_iter()
                .for_each(|what| world.broken(format!("{what} {REST:?} after all faults")));
            return;
        }
        sleep(LOOK).await;
        waited += LOOK;
    }
}

/// Puts the products of the plan on sale, before anything can go wrong.
pub(crate) async fn stock(world: &World) -> Option<()> {
    let cases = bare(world);
    for (number, units) in world.plan.products.iter().enumerate() {
        let stocking = if units.is_some() { Stocking::Managed } else { Stocking::Unlimited };
        let price = Money::new(1_000, Currency::KRW).ok()?;
        let draft = ProductDraft { name: format!("product {number}"), price, stocking };
        let new = NewProduct { draft, stock: units.unwrap_or_default() };
        cases.create_product(new, Call::default()).await.ok()?;
    }
    let page = Page { after: None, limit: usize::MAX };
    for level in world.store.products(page).await.ok()?.iter().filter_map(|listed| listed.level) {
        lock(&world.available).entry(level.product).or_default().push((0, level.available()));
    }
    Some(())
}

/// The use cases right on the store, with counters of their own.
fn bare(world: &World) -> UseCases {
    let store: MemoryStore = world.store.clone();
    let engines = Engines::in_memory(store, Arc::new(world.clock), Arc::new(world.ids.clone()));
    App::build(&settings(&world.plan), engines).use_cases
}
