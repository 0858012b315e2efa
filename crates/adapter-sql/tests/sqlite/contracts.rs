//! Every promise of the store's ports, kept in SQLite.

use crate::support::Place;
use ordersystem_adapter_sql::SqliteConfig;
use ordersystem_port_contracts::World;

async fn grouped() -> World {
    let place = Place::new();
    World::new(place.open(), place.clock.clone()).keeping(place)
}

async fn one_by_one() -> World {
    let place = Place::new();
    let config = SqliteConfig { max_batch: 1, ..place.config() };
    World::new(place.open_with(config), place.clock.clone()).keeping(place)
}

mod with_group_commit {
    use super::grouped;

    ordersystem_port_contracts::store_contract!(grouped);
}

mod without_group_commit {
    use super::one_by_one;

    ordersystem_port_contracts::store_contract!(one_by_one);
}
