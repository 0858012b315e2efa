use std::sync::Arc;

use ordersystem_application::EventBroker;

use crate::world;

async fn kafka() -> Arc<dyn EventBroker> {
    Arc::new(world::open(&world::config()))
}

ordersystem_port_contracts::broker_contract!(kafka);
