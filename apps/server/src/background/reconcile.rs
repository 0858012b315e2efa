//! Store → counters. The counters are told after every commit; this part repairs what they were not told: lost
//! projections, leaked soft holds, counters that were flushed, and a store that was set back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{Page, Reads, StoreUnavailable, UseCases};
use ordersystem_inventory::{Counters, Fence, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{Aggregate, Clock, ProductId, Version};
use ordersystem_test_seams::FailPoint;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Backoff;
use super::supervisor::Part;
use crate::wiring::Engines;

/// Sets the fast counters to what the store says, page by page. Holds are part of what the store says, so none is
/// forgotten. Also what fills the counters at the start.
#[derive(Clone)]
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
    const PAGE: usize = 500;

    /// Between these two.
    pub fn new(reads: Arc<dyn Reads>, admission: Arc<dyn StockAdmission>) -> Self {
        Self { reads, admission }
    }

    /// Between the store and the counters of these engines.
    pub fn of(engines: &Engines) -> Self {
        Self::new(engines.reads.clone(), engines.admission.clone())
    }

    /// Goes over all products once and says which counters differed. Orders in flight hold units that the store does not
    /// know yet; taking those back is harmless, because counters only hint.
    ///
    /// # Errors
    /// A store that cannot be read; the pages before were set right.
    pub async fn pass(&self) -> Result<Vec<Drift>, StoreUnavailable> {
        self.enter_epoch().await?;
        let (mut drifts, mut ahead) = (Vec::new(), Vec::new());
        let mut after = None;
        loop {
            let page = self.reads.products(Page { after, limit: Self::PAGE }).await?;
            let levels: Vec<_> = page.iter().filter_map(|listed| listed.level).collect();
            drifts.extend(self.compare(&levels).await);
            ahead.extend(self.admission.project(&levels).await);
            match page.last() {
                Some(last) if page.len() >= Self::PAGE => after = Some(last.product.id().get()),
                _ => break,
            }
        }
        if let Some(fence) = self.ahead_of_the_store(&ahead).await? {
            self.begin_epoch_after(fence.epoch).await?;
            drifts.extend(Box::pin(self.pass()).await?);
        }
        Ok(drifts)
    }

    /// Says which counters differ from the store and still do after `flight`, without touching them: orders in flight hold
    /// units for a moment that the store does not know yet.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub async fn lasting_drifts(&self, flight: Duration) -> Result<Vec<Drift>, StoreUnavailable> {
        let suspects = self.drifts().await?;
        if suspects.is_empty() {
            return Ok(suspects);
        }
        sleep(flight).await;
        let drifts = self.drifts().await?;
        let suspected =
            |drift: &Drift| suspects.iter().any(|it| it.level.product == drift.level.product);
        Ok(drifts.into_iter().filter(suspected).collect())
    }

    async fn drifts(&self) -> Result<Vec<Drift>, StoreUnavailable> {
        let mut drifts = Vec::new();
        let mut after = None;
        loop {
            let page = self.reads.products(Page { after, limit: Self::PAGE }).await?;
            let levels: Vec<_> = page.iter().filter_map(|listed| listed.level).collect();
            drifts.extend(self.compare(&levels).await);
            match page.last() {
                Some(last) if page.len() >= Self::PAGE => after = Some(last.product.id().get()),
                _ => return Ok(drifts),
            }
        }
    }

    /// Projects the products that moved lately: cheap enough for every few seconds.
    async fn follow(&self, clock: &dyn Clock, span: Duration) -> Result<Loss, StoreUnavailable> {
        let since = clock.now().before(span);
        let (mut after, mut ahead) = (None, Vec::new());
        loop {
            let page = Page { after, limit: Self::PAGE };
            let levels = self.reads.moved_levels(since, page).await?;
            FailPoint::StockRead.reached();
            ahead.extend(self.admission.project(&levels).await);
            match levels.last() {
                Some(last) if levels.len() >= Self::PAGE => after = Some(last.product.get()),
                _ => break,
            }
        }
        // Usually somebody was faster, and the store knows what the counters know.
        let set_back = self.ahead_of_the_store(&ahead).await?.is_some();
        Ok(if set_back { Loss::Possible } else { Loss::None })
    }

    async fn enter_epoch(&self) -> Result<(), StoreUnavailable> {
        self.admission.enter_epoch(self.reads.stock_epoch().await?);
        Ok(())
    }

    /// What the counters know that the store never said, which only happens when the store was restored to an older point
    /// or lost its last commits. A level is projected after its commit: whatever the counters know now, a store that was
    /// not set back knows when it is read afterwards.
    async fn ahead_of_the_store(
        &self,
        products: &[ProductId],
    ) -> Result<Option<Fence>, StoreUnavailable> {
        let fences = self.admission.fences(products).await;
        let epoch = self.reads.stock_epoch().await?;
        for (product, fence) in products.iter().zip(fences) {
            let Some(known) = fence else { continue };
            let page = Page { after: Some(product.get() - 1), limit: 1 };
            let found = self.reads.products(page).await?;
            let level =
                found.iter().filter_map(|listed| listed.level).find(|it| it.product == *product);
            let version = level.map_or(Version::new(0), |level| level.version);
            if known > (Fence { epoch, version }) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    async fn begin_epoch_after(&self, last: i64) -> Result<(), StoreUnavailable> {
        let mut epoch = self.reads.stock_epoch().await?;
        while epoch <= last {
            epoch = self.reads.raise_stock_epoch(epoch).await?;
        }
        tracing::error!(
            "the counters know newer stock than the database: it was set back; epoch {epoch} begins"
        );
        self.admission.enter_epoch(epoch);
        Ok(())
    }

    async fn compare(&self, levels: &[StockLevel]) -> Vec<Drift> {
        let products: Vec<_> = levels.iter().map(|level| level.product).collect();
        let counters = self.admission.counters(&products).await;
        let pairs = levels.iter().zip(counters);
        pairs.filter_map(|(level, counters)| Drift::of(*level, counters)).collect()
    }
}

/// The part that reconciles: what moved every few seconds, everything every minute and after every loss.
pub struct Reconciler {
    reconcile: Reconcile,
    use_cases: UseCases,
    clock: Arc<dyn Clock>,
}

impl Reconciler {
    const FOLLOW: Duration = Duration::from_secs(5);
    const EVERYTHING: Duration = Duration::from_secs(60);
    /// A restarted engine has lost all counters; a line for each would bury the log.
    const NAMED: usize = 5;

    /// Goes on behind a first pass.
    pub fn new(reconcile: Reconcile, use_cases: UseCases, clock: Arc<dyn Clock>) -> Self {
        Self { reconcile, use_cases, clock }
    }

    /// Whether the counters may have lost something before it was time for the next look.
    async fn wait(&self, pause: Duration) -> Loss {
        match timeout(pause, self.reconcile.admission.wait_for_loss()).await {
            Ok(()) => Loss::Possible,
            Err(_late) => Loss::None,
        }
    }

    async fn turn(&self, everything: Everything) -> Result<(), StoreUnavailable> {
        self.use_cases.repair_leaks().await?;
        if let Everything::NotYet = everything {
            self.reconcile.enter_epoch().await?;
            if let Loss::None = self.reconcile.follow(&*self.clock, Self::EVERYTHING).await? {
                return Ok(());
            }
        }
        self.reconcile.pass().await.map(|drifts| tell(&drifts))
    }
}

enum Loss {
    Possible,
    None,
}

#[derive(Clone, Copy)]
enum Everything {
    Due,
    NotYet,
}

fn tell(drifts: &[Drift]) {
    if !drifts.is_empty() {
        let named: Vec<_> = drifts.iter().take(Reconciler::NAMED).map(Drift::to_string).collect();
        let (count, named) = (drifts.len(), named.join(", "));
        tracing::info!("the counters of {count} products were set right: {named}");
    }
}

#[async_trait]
impl Part for Reconciler {
    fn name(&self) -> String {
        "reconciliation of the counters".to_owned()
    }

    async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut backoff = Backoff::new();
        let (mut last_pass, mut pause) = (Instant::now(), Self::FOLLOW);
        let mut owed = false;
        while let Some(loss) = stop.run_until_cancelled(self.wait(pause)).await {
            owed |= matches!(loss, Loss::Possible) || last_pass.elapsed() >= Self::EVERYTHING;
            let everything = if owed { Everything::Due } else { Everything::NotYet };
            match self.turn(everything).await {
                Ok(()) => {
                    backoff.reset();
                    pause = Self::FOLLOW;
                    if owed {
                        (owed, last_pass) = (false, Instant::now());
                    }
                }
                Err(error) => {
                    pause = backoff.pause();
                    tracing::warn!("the counters have to wait: {error}; next try in {pause:?}");
                }
            }
        }
        Ok(())
    }
}
