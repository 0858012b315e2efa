//! The empty handler that loads are compared with.

use crate::support::World;

#[actix_web::test]
async fn an_order_is_parsed_and_answered_and_nothing_happens() {
    let world = World::new().await;
    let client = world.client().await;
    let order = r#"{"productId":1,"quantity":2}"#;
    let answer = client.json("POST", "/null", order).await;
    assert_eq!((answer.status, answer.body.as_str()), (201, order));
    assert_eq!(client.json("POST", "/null", r#"{"productId":"one"}"#).await.status, 400);
    assert_eq!(
        client.call("GET", "/api/orders").await.json()["data"]["items"],
        serde_json::json!([])
    );
}
