use ordersystem_application::Call;
use ordersystem_payment::GatewayOutcome;

use crate::shop::Shop;

/// CANCELLED was published twice by the seed.
#[tokio::test]
async fn must_not_repeat_d24_every_transition_is_told_once() {
    let shop = Shop::open().await;
    let order = shop.prepared(1).await;
    for _ in 0..2 {
        shop.world.use_cases.cancel_order(order, Call::default()).await.unwrap();
    }
    shop.publish().await;
    let told = shop.told(order).await;
    let expected = [
        "CREATED",
        "STOCK_RESERVED",
        "PAYMENT_REQUESTED",
        "PAYMENT_COMPLETED",
        "STOCK_CONFIRMED",
        "SHIPMENT_PREPARING",
        "CANCELLED",
        "STOCK_RELEASED",
    ];
    assert_eq!(told, expected);
}

/// STOCK_RESERVED had no caller in the seed, nor had STOCK_RELEASED of a failed payment.
#[tokio::test]
async fn must_not_repeat_d25_holds_and_releases_are_told() {
    let shop = Shop::open().await;
    let order = shop.requested(1).await;
    for _ in 0..2 {
        let (failure, call) = (GatewayOutcome::Failure, Call::default());
        shop.world.use_cases.settle_payment(order, failure, call).await.unwrap();
    }
    shop.publish().await;
    let told = shop.told(order).await;
    let expected = [
        "CREATED",
        "STOCK_RESERVED",
        "PAYMENT_REQUESTED",
        "PAYMENT_FAILED",
        "CANCELLED",
        "STOCK_RELEASED",
    ];
    assert_eq!(told, expected);
}
