use std::collections::BTreeMap;

use ordersystem_application::{OutboxMessage, Topic};
use ordersystem_shared_kernel::{EventId, OrderId, ProductId, Version};

use super::orders::history_of;
use crate::Books;

pub(crate) fn are_steps(books: &Books<'_>) -> Vec<i64> {
    let messages = books.outbox.iter().map(|entry| entry.message);
    let broken = messages.filter(|message| step(books, message) != Some(message.id));
    broken.map(|message| message.key).collect()
}

/// The event of the step that a message tells of.
fn step(books: &Books<'_>, message: &OutboxMessage) -> Option<EventId> {
    let version = Version::new(message.sequence);
    let place = usize::try_from(message.sequence - 1).ok()?;
    match message.topic {
        Topic::OrderEvents => {
            let step = history_of(books, OrderId::new(message.key)).get(place);
            step.filter(|entry| entry.version == version).map(|entry| entry.event)
        }
        Topic::InventoryEvents => {
            let step = books.ledger.get(&ProductId::new(message.key))?.get(place);
            step.filter(|entry| entry.version == version).map(|entry| entry.event)
        }
    }
}

/// What waits behind a later event of its key, or was published after it was overtaken, is out of order.
pub(crate) fn keep_their_order(books: &Books<'_>) -> Vec<i64> {
    let mut last: BTreeMap<(Topic, i64), (i64, bool)> = BTreeMap::new();
    let mut broken = Vec::new();
    for entry in &books.outbox {
        let (sequence, published) = (entry.message.sequence, entry.published_at.is_some());
        let before = last.insert((entry.message.topic, entry.message.key), (sequence, published));
        let in_order = before.is_none_or(|(earlier, earlier_published)| {
            earlier < sequence && (earlier_published || !published)
        });
        if !in_order {
            broken.push(entry.message.key);
        }
    }
    broken
}
