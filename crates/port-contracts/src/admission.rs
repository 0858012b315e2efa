//! [`StockAdmission`]: the fast counters. See [`crate::admission_contract!`].

use std::sync::Arc;

use ordersystem_inventory::{Admission, Counters, Fence, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity, Version};
use tokio::task::JoinSet;

use crate::unit::quantity;

type Port = Arc<dyn StockAdmission>;

/// Counters that know nothing leave the answer to the database.
pub async fn knows_nothing_at_first(counters: Port) {
    assert_eq!(counters.admit(&lines(&[(1, 1)])).await, Admission::Unknown);
    assert_eq!(seen(&counters, &[1, 2]).await, [None, None], "one entry per product");
}

/// Available and held units, in the order in which they were asked for.
pub async fn shows_what_was_projected(counters: Port) {
    counters.project(&[level(1, 50, 2, 1), level(2, 30, 30, 1)]).await;
    assert_eq!(seen(&counters, &[2, 9, 1]).await, [Some((0, 30)), None, Some((48, 2))]);
}

/// An admitted line is softly held.
pub async fn holds_what_it_admits(counters: Port) {
    counters.project(&[level(1, 50, 2, 1), level(2, 30, 0, 1)]).await;
    let admission = counters.admit(&lines(&[(1, 3), (2, 5)])).await;
    assert_eq!(admission, Admission::Admitted);
    assert_eq!(seen(&counters, &[1, 2]).await, [Some((45, 5)), Some((25, 5))]);
}

/// The last unit can be had, the one after it cannot.
pub async fn admits_up_to_the_last_unit(counters: Port) {
    counters.project(&[level(1, 5, 0, 1)]).await;
    assert_eq!(counters.admit(&lines(&[(1, 6)])).await, sold_out(1), "more than there is");
    assert_eq!(counters.admit(&lines(&[(1, 5)])).await, Admission::Admitted, "all there is");
    assert_eq!(counters.admit(&lines(&[(1, 1)])).await, sold_out(1), "nothing is left");
    assert_eq!(seen(&counters, &[1]).await, [Some((0, 5))], "refusals hold nothing");
}

/// One short line gives the others back.
pub async fn holds_all_lines_or_none(counters: Port) {
    let levels = [level(1, 10, 0, 1), level(2, 1, 0, 1), level(3, 10, 0, 1)];
    counters.project(&levels).await;
    let admission = counters.admit(&lines(&[(1, 4), (2, 2), (3, 4)])).await;
    assert_eq!(admission, sold_out(2), "the short product is named");
    let untouched = [Some((10, 0)), Some((1, 0)), Some((10, 0))];
    assert_eq!(seen(&counters, &[1, 2, 3]).await, untouched, "nothing is held");
}

/// The database decides about a basket that is known in part, so none of it is held.
pub async fn holds_nothing_when_a_line_is_unknown(counters: Port) {
    counters.project(&[level(1, 10, 0, 1)]).await;
    for basket in [[(1, 4), (9, 1)], [(9, 1), (1, 4)]] {
        assert_eq!(counters.admit(&lines(&basket)).await, Admission::Unknown);
        assert_eq!(seen(&counters, &[1]).await, [Some((10, 0))], "nothing is held");
    }
}

/// What is known to be short is sold out, whatever else the basket holds.
pub async fn refuses_a_short_line_beside_an_unknown_one(counters: Port) {
    counters.project(&[level(1, 1, 0, 1)]).await;
    for basket in [[(1, 2), (9, 1)], [(9, 1), (1, 2)]] {
        assert_eq!(counters.admit(&lines(&basket)).await, sold_out(1));
        assert_eq!(seen(&counters, &[1]).await, [Some((1, 0))], "nothing is held");
    }
}

/// A projection that was overtaken on its way changes nothing.
pub async fn ignores_older_projections(counters: Port) {
    counters.project(&[level(1, 50, 5, 7)]).await;
    counters.project(&[level(1, 50, 4, 6), level(2, 30, 0, 1)]).await;
    assert_eq!(seen(&counters, &[1, 2]).await, [Some((45, 5)), Some((30, 0))]);
    counters.project(&[level(1, 49, 4, 8)]).await;
    assert_eq!(seen(&counters, &[1]).await, [Some((45, 4))], "a newer version counts");
}

/// A soft hold whose order was never committed is gone with the next projection.
pub async fn repairs_leaked_holds_by_an_equal_version(counters: Port) {
    counters.project(&[level(1, 50, 0, 3)]).await;
    assert_eq!(counters.admit(&lines(&[(1, 50)])).await, Admission::Admitted);
    counters.project(&[level(1, 50, 0, 3)]).await;
    assert_eq!(seen(&counters, &[1]).await, [Some((50, 0))], "an equal version overwrites");
}

/// Whoever projects learns that the counters are ahead.
pub async fn names_what_was_overtaken(counters: Port) {
    assert_eq!(counters.project(&[level(1, 50, 5, 7), level(2, 30, 0, 1)]).await, []);
    let overtaken = counters.project(&[level(1, 50, 4, 6), level(2, 30, 1, 2)]).await;
    assert_eq!(overtaken, [ProductId::new(1)]);
    assert_eq!(
        counters.project(&[level(1, 50, 5, 7)]).await,
        [],
        "an equal version is no overtaking"
    );
}

/// What the counters were last set to, so that a store can be found to have been set back.
pub async fn tells_what_it_was_last_set_to(counters: Port) {
    let fences = async || counters.fences(&[ProductId::new(2), ProductId::new(1)]).await;
    assert_eq!(fences().await, [None, None], "one entry per product");
    counters.project(&[level(1, 50, 5, 7)]).await;
    counters.admit(&lines(&[(1, 1)])).await;
    let fence = |epoch, version| Some(Fence { epoch, version: Version::new(version) });
    assert_eq!(fences().await, [None, fence(1, 7)], "a soft hold is no version");
    counters.enter_epoch(3);
    counters.project(&[level(1, 50, 5, 2)]).await;
    assert_eq!(fences().await, [None, fence(3, 2)]);
}

/// A store that was set back counts its versions anew; an epoch that is over changes nothing any more.
pub async fn starts_its_versions_anew_in_a_new_epoch(counters: Port) {
    counters.project(&[level(1, 50, 5, 7)]).await;
    counters.enter_epoch(2);
    assert_eq!(
        counters.project(&[level(1, 40, 0, 3)]).await,
        [],
        "a newer epoch, an older version"
    );
    assert_eq!(seen(&counters, &[1]).await, [Some((40, 0))]);
    counters.enter_epoch(1);
    counters.project(&[level(1, 40, 1, 4)]).await;
    assert_eq!(seen(&counters, &[1]).await, [Some((39, 1))], "epochs only rise");
}

/// 64 customers at once, 40 units.
pub async fn never_admits_more_than_there_is(counters: Port) {
    counters.project(&[level(1, 40, 0, 1), level(2, 1_000, 0, 1)]).await;
    let mut customers = JoinSet::new();
    for _ in 0..64 {
        let counters = counters.clone();
        customers.spawn(async move { counters.admit(&lines(&[(2, 1), (1, 1)])).await });
    }
    let admissions = customers.join_all().await;
    let admitted = admissions.iter().filter(|admission| **admission == Admission::Admitted);
    assert_eq!(admitted.count(), 40, "exactly what is there is admitted");
    let after = [Some((0, 40)), Some((960, 40))];
    assert_eq!(seen(&counters, &[1, 2]).await, after, "refused baskets hold nothing");
}

const fn sold_out(product: i64) -> Admission {
    Admission::SoldOut(ProductId::new(product))
}

const fn level(product: i64, total: i64, reserved: i64, version: i64) -> StockLevel {
    let (product, version) = (ProductId::new(product), Version::new(version));
    StockLevel { product, total, reserved, version }
}

fn lines(items: &[(i64, i64)]) -> Vec<(ProductId, Quantity)> {
    items.iter().map(|(product, units)| (ProductId::new(*product), quantity(*units))).collect()
}

async fn seen(counters: &Port, products: &[i64]) -> Vec<Option<(i64, i64)>> {
    let products: Vec<_> = products.iter().copied().map(ProductId::new).collect();
    let counters = counters.counters(&products).await;
    let pair = |Counters { stock, reserved }| (stock, reserved);
    counters.into_iter().map(|known| known.map(pair)).collect()
}
