//! Cancel, success, failure and expiry arrive in every order, each also twice: the books always balance.

use ordersystem_order::OrderStatus;
use ordersystem_payment::RefundReason;
use ordersystem_shared_kernel::Aggregate;

use crate::fixture::Shop;
use crate::fixture::Step::{self, Cancel, Expire, Fail, RequestPayment, Succeed};

fn permutations(steps: &[Step]) -> Vec<Vec<Step>> {
    let Some((first, rest)) = steps.split_first() else { return vec![Vec::new()] };
    let insert = |shorter: Vec<Step>| {
        (0..=shorter.len()).map(move |place| {
            let mut longer = shorter.clone();
            longer.insert(place, *first);
            longer
        })
    };
    permutations(rest).into_iter().flat_map(insert).collect()
}

#[tokio::test]
async fn all_24_orders_end_balanced() {
    let orders = permutations(&[Cancel, Succeed, Fail, Expire]);
    assert_eq!(orders.len(), 24);
    for events in orders {
        check(&events).await;
        let twice: Vec<_> = events.iter().flat_map(|event| [*event, *event]).collect();
        check(&twice).await;
        check(&[events.clone(), events].concat()).await;
    }
}

async fn check(events: &[Step]) {
    let shop = Shop::open().await;
    let order = shop.place_all(&[(1, 2), (2, 3), (3, 1)]).await;
    let id = order.id();
    shop.take(RequestPayment, id).await.unwrap();
    for (index, event) in events.iter().enumerate() {
        shop.take(*event, id).await.unwrap();
        shop.check(&format!("after {:?}", &events[..=index])).await;
    }
    assert_eq!(shop.status(id).await, OrderStatus::Cancelled, "{events:?}");
    assert_eq!((shop.stock(1).await, shop.stock(2).await), ((50, 0), (30, 0)), "{events:?}");
    let refunds = shop.refunds(id).await;
    assert_eq!(refunds.len(), 1, "{events:?}: the money was taken once and is owed back once");
    assert_eq!(refunds[0].amount, order.lines().total(), "{events:?}");
    let reason = match events.first() {
        Some(Succeed) => RefundReason::OrderCancelled,
        _ => RefundReason::LateSuccess,
    };
    assert_eq!(refunds[0].reason, reason, "{events:?}");
    let endings =
        shop.transitions().await.iter().filter(|kind| *kind == "order.cancelled.v1").count();
    assert_eq!(endings, 1, "{events:?}: an order ends once");
}
