//! Products, their stock, and the samples.

use ordersystem_application::{Call, Page, Reads, StockStatus, Store};
use ordersystem_inventory::{Counters, LedgerKind, ProductChange, Stocking};
use ordersystem_port_contracts::unit::won;
use ordersystem_shared_kernel::{Aggregate, ProductId, Version};

use crate::fixture::{Shop, code, product};

const ONE: ProductId = ProductId::new(1);

#[tokio::test]
async fn the_samples_are_those_of_the_contract_and_arrive_once() {
    let shop = Shop::open().await;
    assert_eq!(shop.use_cases.seed_samples().await, Ok(false), "the shop sells something");
    let listed = shop.store.products(Page { after: None, limit: 10 }).await.unwrap();
    let rows: Vec<_> = listed
        .iter()
        .map(|row| (row.product.name(), row.product.price(), row.level.map(|level| level.total)))
        .collect();
    let expected = [
        ("Sample Product A", won(10_000), Some(50)),
        ("Sample Product B", won(20_000), Some(30)),
        ("Sample Product C (무제한)", won(5_000), None),
    ];
    assert_eq!(rows, expected);
    shop.check("the samples").await;
}

#[tokio::test]
async fn stock_is_adjusted_with_a_reason_and_never_below_what_is_held() {
    let shop = Shop::open().await;
    shop.place_all(&[(1, 10)]).await;
    let adjust = |id, delta| {
        shop.use_cases.adjust_stock(
            ProductId::new(id),
            delta,
            "재고 실사".to_owned(),
            Call::default(),
        )
    };
    assert_eq!(code(adjust(1, -41).await), Err("STOCK_BELOW_HELD"));
    assert_eq!(code(adjust(1, i64::MAX).await), Err("STOCK_OVERFLOW"));
    assert_eq!(code(adjust(3, 1).await), Err("STOCK_NOT_MANAGED"));
    assert_eq!(code(adjust(99, 1).await), Err("PRODUCT_NOT_FOUND"));
    assert_eq!(adjust(1, -40).await, Ok(()));
    assert_eq!(shop.stock(1).await, (10, 10));
    let ledger = shop.store.ledger(ONE);
    let last = ledger.last().unwrap();
    assert_eq!((last.kind, last.reason.as_deref()), (LedgerKind::Adjust, Some("재고 실사")));
    shop.check("adjustments").await;
}

#[tokio::test]
async fn a_product_is_created_with_its_first_stock_or_not_at_all() {
    let shop = Shop::open().await;
    let create = |new| shop.use_cases.create_product(new, Call::default());
    let made = create(product("새 상품", 700, Stocking::Managed, 5)).await.unwrap();
    assert_eq!(made.id().get(), 4);
    assert_eq!(shop.stock(4).await, (5, 0));
    shop.place_all(&[(4, 5)]).await;
    for (new, refusal) in [
        (product("", 1, Stocking::Managed, 1), "INVALID_PRODUCT_NAME"),
        (product("x", 1, Stocking::Managed, -1), "STOCK_BELOW_HELD"),
        (product("x", 1, Stocking::Unlimited, 1), "STOCK_NOT_MANAGED"),
    ] {
        assert_eq!(code(create(new).await.map(|_| ())), Err(refusal));
    }
    let listed = shop.store.products(Page { after: None, limit: 10 }).await.unwrap();
    assert_eq!(listed.len(), 4, "refused products are not there");
    create(product("비매품", 0, Stocking::Managed, 0)).await.unwrap();
    create(product("구독", 1, Stocking::Unlimited, 0)).await.unwrap();
    shop.check("new products").await;
}

#[tokio::test]
async fn a_product_is_changed_in_the_version_that_was_seen() {
    let shop = Shop::open().await;
    let change = |price, version: i64| {
        let change = ProductChange { price: Some(won(price)), ..ProductChange::default() };
        let call = Call { expected: Some(Version::new(version)), ..Call::default() };
        shop.use_cases.change_product(ONE, change, call)
    };
    assert_eq!(change(11_000, 1).await.unwrap().version(), Version::new(2));
    assert_eq!(code(change(12_000, 1).await.map(|_| ())), Err("PRECONDITION_FAILED"));
    let (stored, _) = shop.store.product(ONE).await.unwrap().unwrap();
    assert_eq!(stored.price(), won(11_000));
}

#[tokio::test]
async fn the_status_puts_store_and_counters_side_by_side() {
    let shop = Shop::open().await;
    shop.place_all(&[(1, 2)]).await;
    let status = shop.use_cases.stock_status(ONE).await.unwrap();
    let level = shop.level(1).await;
    let counters = Some(Counters { stock: 48, reserved: 2 });
    assert_eq!(status, StockStatus { product: ONE, level: Some(level), counters });
    let unlimited = shop.use_cases.stock_status(ProductId::new(3)).await.unwrap();
    assert_eq!((unlimited.level, unlimited.counters), (None, None));
    assert_eq!(
        code(shop.use_cases.stock_status(ProductId::new(99)).await.map(|_| ())),
        Err("PRODUCT_NOT_FOUND")
    );
}
