use ordersystem_shared_kernel::ProductId;

/// How keys are written: as the contract shows them, or with the product's number as hash tag, so that the three keys of a
/// product lie on one node of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    Plain,
    Tagged,
}

/// `epoch` of the counters; missing = Redis has lost what it knew.
pub(crate) const EPOCH: &str = "inv:epoch";

impl Keys {
    /// Stock, reserved and version of a product.
    pub(crate) fn of(self, product: ProductId) -> [String; 3] {
        match self {
            Self::Plain => ["stock:", "reserved:", "inv:ver:"].map(|key| format!("{key}{product}")),
            Self::Tagged => {
                ["stock:", "reserved:", "inv:ver:"].map(|key| format!("{key}{{{product}}}"))
            }
        }
    }
}
