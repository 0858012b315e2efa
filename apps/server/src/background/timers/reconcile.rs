use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{Page, Reads, StoreUnavailable};
use ordersystem_inventory::{Counters, StockAdmission, StockLevel};
use ordersystem_shared_kernel::Aggregate;

use super::{Job, Turn};

/// Sets the fast counters to what the store says, all products page by page. Holds are part of what the store says, so
/// none is forgotten. Also what fills the counters at the start.
pub struct Reconcile {
    reads: Arc<dyn Reads>,
    admission: Arc<dyn StockAdmission>,
}

/// A product whose counters were not what the store says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// What the store says.
    pub level: StockLevel,
    /// What the counters said; none when they knew nothing.
    pub counters: Option<Counters>,
}

impl Drift {
    fn of(level: StockLevel, counters: Option<Counters>) -> Option<Self> {
        let right = Counters { stock: level.available(), reserved: level.reserved };
        (counters != Some(right)).then_some(Self { level, counters })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (product, available) = (self.level.product, self.level.available());
        let reserved = self.level.reserved;
        match self.counters {
            Some(Counters { stock, reserved: held }) => {
                write!(
                    f,
                    "productId={product} stock {stock}→{available} reserved {held}→{reserved}"
                )
            }
            None => write!(f, "productId={product} stock →{available} reserved →{reserved}"),
        }
    }
}

impl Reconcile {
    const EVERY: Duration = Duration::from_secs(60);
    const PAGE: usize = 500;
    /// A restarted engine has lost all counters; a line for each would bury the log.
    const NAMED: usize = 5;

    /// Between these two.
    pub fn new(reads: Arc<dyn Reads>, admission: Arc<dyn StockAdmission>) -> Self {
        Self { reads, admission }
    }

    /// Goes over all products once and says which counters differed. Orders in flight hold units that the store does not
    /// know yet; taking those back is harmless, because counters only hint.
    ///
    /// # Errors
    /// A store that cannot be read; the pages before were set right.
    pub async fn pass(&self) -> Result<Vec<Drift>, StoreUnavailable> {
        let mut drifts = Vec::new();
        let mut after = None;
        loop {
            let page = self.reads.products(Page { after, limit: Self::PAGE }).await?;
            let levels: Vec<_> = page.iter().filter_map(|listed| listed.level).collect();
            drifts.extend(self.compare(&levels).await);
            self.admission.project(&levels).await;
            match page.last() {
                Some(last) if page.len() >= Self::PAGE => after = Some(last.product.id().get()),
                _ => return Ok(drifts),
            }
        }
    }

    async fn compare(&self, levels: &[StockLevel]) -> Vec<Drift> {
        let products: Vec<_> = levels.iter().map(|level| level.product).collect();
        let counters = self.admission.counters(&products).await;
        let pairs = levels.iter().zip(counters);
        pairs.filter_map(|(level, counters)| Drift::of(*level, counters)).collect()
    }
}

#[async_trait]
impl Job for Reconcile {
    fn name(&self) -> String {
        "reconciliation of the counters".to_owned()
    }

    fn pause(&self) -> Duration {
        Self::EVERY
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let drifts = self.pass().await?;
        if !drifts.is_empty() {
            let named: Vec<_> = drifts.iter().take(Self::NAMED).map(Drift::to_string).collect();
            let (count, named) = (drifts.len(), named.join(", "));
            tracing::info!("the counters of {count} products were set right: {named}");
        }
        Ok(Turn::Done)
    }
}
