use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{DeliveryCounts, DueRefund, DueWork, StoreUnavailable};
use ordersystem_delivery::DeliveryStatus;
use ordersystem_shared_kernel::{OrderId, Timestamp};

use super::MemoryStore;

#[async_trait]
impl DueWork for MemoryStore {
    async fn expired_holds(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        let (now, tables) = (self.now(), self.read()?);
        let due = tables.agenda.holds.iter().take_while(|(until, _, _)| *until <= now);
        let mut seen = BTreeSet::new();
        Ok(due
            .map(|(_, order, _)| *order)
            .filter(|order| seen.insert(*order))
            .take(limit)
            .collect())
    }

    async fn due_shipments(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        Ok(self.due(&self.read()?.agenda.preparing, delay, limit))
    }

    async fn due_arrivals(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        Ok(self.due(&self.read()?.agenda.shipped, delay, limit))
    }

    async fn unprepared_orders(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        Ok(self.due(&self.read()?.agenda.paid, delay, limit))
    }

    async fn due_charges(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        Ok(self.due(&self.read()?.agenda.charges, Duration::ZERO, limit))
    }

    async fn due_refunds(&self, limit: usize) -> Result<Vec<DueRefund>, StoreUnavailable> {
        Ok(self.due(&self.read()?.agenda.refunds, Duration::ZERO, limit))
    }

    async fn delivery_counts(&self) -> Result<DeliveryCounts, StoreUnavailable> {
        let mut counts = DeliveryCounts::default();
        for delivery in self.read()?.deliveries.values() {
            match delivery.status() {
                DeliveryStatus::ShipmentPreparing => counts.preparing += 1,
                DeliveryStatus::Shipped => counts.shipped += 1,
                DeliveryStatus::Delivered => counts.delivered += 1,
                DeliveryStatus::Cancelled => {}
            }
        }
        Ok(counts)
    }
}

impl MemoryStore {
    fn due<T: Copy>(
        &self,
        index: &BTreeSet<(Timestamp, T)>,
        delay: Duration,
        limit: usize,
    ) -> Vec<T> {
        let now = self.now();
        let due = index.iter().take_while(|(since, _)| since.after(delay) <= now);
        due.map(|(_, what)| *what).take(limit).collect()
    }
}
