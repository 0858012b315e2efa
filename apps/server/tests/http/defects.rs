//! Two defects of the original that are about answers; the others are held against the built binary.

use crate::support::World;

/// `databaseStock`, `redisStock` and `reservedStock` of product 1.
async fn stock(world: &World) -> [i64; 3] {
    let status = world.client().await.call("GET", "/api/inventory/1/status").await.json();
    ["databaseStock", "redisStock", "reservedStock"]
        .map(|key| status["data"][key].as_i64().unwrap())
}

#[actix_web::test]
async fn must_not_repeat_d09_sync_keeps_holds() {
    let world = World::new().await;
    let client = world.client().await;
    assert_eq!(client.order(40).await.status, 201);
    assert_eq!(client.call("POST", "/api/inventory/1/sync").await.status, 200);
    assert_eq!(stock(&world).await, [50, 10, 40]);
    assert_eq!(client.order(40).await.status, 400);
}

#[actix_web::test]
async fn must_not_repeat_d31_refusals_have_their_status_and_one_shape() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(50).await;
    for (body, status) in [
        (r#"{"productId":1,"quantity":1}"#, 400),
        (r#"{"productId":1,"quantity":0}"#, 400),
        (r#"{"productId":1}"#, 400),
        ("{", 400),
        (r#"{"productId":99,"quantity":1}"#, 404),
    ] {
        let refused = client.json("POST", "/api/orders", body).await;
        assert_eq!(refused.status, status, "{body}");
        let keys: Vec<_> = refused.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["success", "error"], "{body}");
    }
}
