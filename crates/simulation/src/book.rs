use std::sync::Mutex;

use ordersystem_shared_kernel::{OrderId, ProductId};

use crate::edge::{Reply, Wish};
use crate::world::{World, lock};

/// What the clients wanted and what they were told: the witness against the database.
#[derive(Debug, Default)]
pub(crate) struct Book {
    operations: Mutex<Vec<Operation>>,
    /// Orders that clients know of.
    pub(crate) orders: Mutex<Vec<OrderId>>,
}

/// One wish, over all its tries.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) has_key: bool,
    pub(crate) wish: Wish,
    /// The first try.
    pub(crate) sent: i64,
    /// When the client knew; none if it gave up.
    pub(crate) answered: Option<i64>,
    pub(crate) reply: Option<Reply>,
}

impl Book {
    /// The number of the operation, which travels with every try.
    pub(crate) fn begin(&self, operation: Operation) -> usize {
        let mut operations = lock(&self.operations);
        operations.push(operation);
        operations.len() - 1
    }

    pub(crate) fn end(&self, number: usize, answered: i64, reply: Reply) {
        if let Some(operation) = lock(&self.operations).get_mut(number) {
            (operation.answered, operation.reply) = (Some(answered), Some(reply));
        }
    }

    pub(crate) fn add(&self, order: OrderId) {
        let mut orders = lock(&self.orders);
        if !orders.contains(&order) {
            orders.push(order);
        }
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        lock(&self.operations).clone()
    }

    /// I24: "sold out" is only said of a product that the database could not sell so much of a moment ago.
    pub(crate) fn check_sold_out(&self, world: &World, wish: &Wish, product: ProductId, sent: i64) {
        let Wish::Place(lines) = wish else { return };
        let wanted: i64 =
            lines.iter().filter(|(id, _)| *id == product).map(|(_, units)| units.get()).sum();
        let from = sent - freshness(world);
        let available = lock(&world.available);
        let levels = available.get(&product).map_or(&[][..], Vec::as_slice);
        // The level that held at `from`, and all that came after it.
        let first = levels.partition_point(|(at, _)| *at <= from).saturating_sub(1);
        let was_short = levels.iter().skip(first).any(|(_, available)| *available < wanted);
        drop(available);
        if !was_short {
            world.broken(format!(
                "I24 product {product}: sold out for {wanted}, which were there all the time"
            ));
        }
    }
}

/// For how long a check of the database is believed, in microseconds: a second after the answer to a read came in.
const fn freshness(world: &World) -> i64 {
    let latency = world.plan.latency;
    let slowest = match latency {
        _ if latency.stuck > 0 => 1_500,
        _ if latency.slow > 0 => 50,
        _ => 10,
    };
    (1_000 + 100 + 4 * slowest) * 1_000
}
