//! Messages of both topics, by whoever wrote them, and places in the log.

use std::sync::Arc;

use ordersystem::background::consumers::{Handler, OrderEvents, StockEvents};
use ordersystem_adapter_memory::{ManualClock, MemoryStore};
use ordersystem_application::{Position, Record, Topic};
use ordersystem_port_contracts::script::use_cases;
use ordersystem_shared_kernel::Clock;

/// Key, a newline, id, a newline, value: on either topic, as the first byte says. Handled or not, nothing breaks.
pub(crate) fn record(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let topic = if which % 2 == 0 { Topic::OrderEvents } else { Topic::InventoryEvents };
    let mut parts = rest.splitn(3, |byte| *byte == b'\n');
    let mut text = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (key, id) = (Some(text()), text());
    let headers = vec![("ce_id".to_owned(), id.clone()), ("traceparent".to_owned(), id)];
    let value = parts.next().unwrap_or_default().to_vec();
    let record = Record { topic, partition: 0, offset: 1, key, headers, value };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(handled(record));
}

async fn handled(record: Record) {
    let clock = ManualClock::default();
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let use_cases = use_cases(Arc::new(store.clone()), &clock);
    use_cases.seed_samples().await.unwrap();
    let (seen, topic) = (clock.now(), record.topic);
    let records = [record.clone(), record];
    let outcomes = match topic {
        Topic::OrderEvents => {
            OrderEvents::new(use_cases, Arc::new(clock)).handle(&records, seen).await
        }
        Topic::InventoryEvents => {
            StockEvents::new(use_cases, Arc::new(clock)).handle(&records, seen).await
        }
    };
    assert_eq!(outcomes.len(), records.len());
    assert_eq!(store.audit(), Vec::<String>::new());
}

/// What is read as a place prints as the same place.
pub(crate) fn position(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(position) = text.parse::<Position>() {
        assert_eq!(position.to_string().parse(), Ok(position), "{text}");
    }
}
