//! The OpenAPI document and its Swagger UI, as they are served.

use crate::support::World;

#[actix_web::test]
async fn the_document_is_served_where_spring_serves_it() {
    let world = World::new().await;
    let client = world.client().await;
    let document = client.call("GET", "/v3/api-docs").await;
    assert_eq!((document.status, document.header("content-type")), (200, "application/json"));
    assert_eq!(document.json()["openapi"], "3.1.0");
    assert_eq!(document.body, ordersystem::http::openapi::document().to_json().unwrap());
}

#[actix_web::test]
async fn swagger_ui_comes_from_this_binary_alone() {
    let world = World::new().await;
    let client = world.client().await;
    for path in ["/swagger-ui.html", "/swagger-ui"] {
        let moved = client.call("GET", path).await;
        assert_eq!((moved.status, moved.header("location")), (302, "/swagger-ui/index.html"));
    }
    let index = client.call("GET", "/swagger-ui/index.html").await;
    assert_eq!(index.header("content-type"), "text/html");
    assert!(!index.body.contains("://"), "{}", index.body);
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"] {
        assert!(index.body.contains(file), "{file}");
        assert_eq!(client.call("GET", &format!("/swagger-ui/{file}")).await.status, 200, "{file}");
    }
    let start = client.call("GET", "/swagger-ui/swagger-initializer.js").await;
    assert!(start.body.contains("/v3/api-docs"), "{}", start.body);
    assert!(start.body.contains("\"validatorUrl\": \"none\""), "{}", start.body);
    for missing in ["/swagger-ui/nothing.js", "/swagger-ui/../Cargo.toml"] {
        assert_eq!(client.call("GET", missing).await.status, 404, "{missing}");
    }
}
