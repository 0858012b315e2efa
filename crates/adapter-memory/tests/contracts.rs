//! Every promise of every port, kept in RAM.

use std::sync::Arc;

use ordersystem_adapter_memory::{CounterAdmission, ManualClock, MemoryBroker, MemoryStore};
use ordersystem_application::EventBroker;
use ordersystem_inventory::StockAdmission;
use ordersystem_port_contracts::World;

async fn world() -> World {
    let clock = ManualClock::default();
    World::new(MemoryStore::new(Arc::new(clock.clone())), clock)
}

async fn counters() -> Arc<dyn StockAdmission> {
    Arc::new(CounterAdmission::default())
}

async fn broker_of_one_process() -> Arc<dyn EventBroker> {
    Arc::new(MemoryBroker::default())
}

ordersystem_port_contracts::store_contract!(world);
ordersystem_port_contracts::admission_contract!(counters);
ordersystem_port_contracts::broker_contract!(broker_of_one_process);
