//! Every promise of the port, on one node and on a cluster.

mod single {
    use std::sync::Arc;

    use ordersystem_inventory::StockAdmission;

    use crate::support::{Guarded, port};

    async fn counters() -> Arc<dyn StockAdmission> {
        port(Guarded::single().await)
    }

    ordersystem_port_contracts::admission_contract!(counters);
}

mod cluster {
    use std::sync::Arc;

    use ordersystem_inventory::StockAdmission;

    use crate::support::{Guarded, port};

    async fn counters() -> Arc<dyn StockAdmission> {
        port(Guarded::cluster().await)
    }

    ordersystem_port_contracts::admission_contract!(counters);
}
