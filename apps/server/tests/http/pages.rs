//! The pages for people.

use ordersystem::http::catalogue;

use crate::support::{World, request};

/// The addresses that a page links, without queries.
fn links(html: &str) -> Vec<&str> {
    let starts = html.split(" href=\"").skip(1);
    let links = starts.filter_map(|rest| rest.split_once('"').map(|(link, _)| link));
    links.map(|link| link.split_once('?').map_or(link, |(path, _)| path)).collect()
}

#[actix_web::test]
async fn the_landing_page_links_only_what_exists() {
    let world = World::new().await;
    let client = world.client().await;
    let landing = client.call("GET", "/").await;
    assert_eq!(landing.status, 200);
    assert_eq!(landing.header("content-type"), "text/html; charset=utf-8");
    let found = links(&landing.body);
    for needed in ["/swagger-ui.html", "/v3/api-docs", "/errors", "/api/orders", "/api/inventory"] {
        assert!(found.contains(&needed), "{needed}");
    }
    for link in found {
        let head = client.call("HEAD", link).await;
        assert!(matches!(head.status, 200 | 302), "{link} {}", head.status);
    }
}

#[actix_web::test]
async fn no_page_needs_anything_from_elsewhere_or_lets_it_in() {
    let world = World::new().await;
    let client = world.client().await;
    for path in ["/", "/errors", "/errors/INSUFFICIENT_STOCK"] {
        let page = client.call("GET", path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
        assert!(links(&page.body).iter().all(|link| link.starts_with('/')), "{path}");
        for inline in ["<script", "<style", " style=", " onclick=", " src="] {
            assert!(!page.body.contains(inline), "{path} {inline}");
        }
    }
}

#[actix_web::test]
async fn the_name_under_which_a_client_came_cannot_become_markup() {
    let world = World::new().await;
    let client = world.client().await;
    let request = request("GET", "/").insert_header(("host", "x\"><b>y"));
    let page = client.send(request).await;
    assert!(!page.body.contains("<b>"), "{}", page.body);
}

#[actix_web::test]
async fn every_code_has_a_page_and_the_list_links_it() {
    let world = World::new().await;
    let client = world.client().await;
    let list = client.call("GET", "/errors").await;
    let linked = links(&list.body);
    for entry in catalogue() {
        let path = format!("/errors/{}", entry.code);
        assert!(linked.contains(&path.as_str()), "{path}");
        let page = client.call("GET", &path).await;
        assert_eq!(page.status, 200, "{path}");
        for part in [entry.code, entry.status.as_str(), "원인", "해결 방법", "What to do"] {
            assert!(page.body.contains(part), "{path} {part}");
        }
    }
    let unknown = client.call("GET", "/errors/NO_SUCH_CODE").await;
    assert_eq!((unknown.status, unknown.header("x-error-code")), (404, "PATH_NOT_FOUND"));
}

#[actix_web::test]
async fn what_a_problem_document_points_to_exists() {
    let world = World::new().await;
    let client = world.client().await;
    let asked =
        request("GET", "/api/orders/7").insert_header(("accept", "application/problem+json"));
    let problem = client.send(asked).await.json();
    assert_eq!(client.call("GET", problem["type"].as_str().unwrap()).await.status, 200);
}

#[actix_web::test]
async fn browsers_get_their_icon() {
    let world = World::new().await;
    let client = world.client().await;
    for path in ["/favicon.ico", "/favicon.svg"] {
        let icon = client.call("GET", path).await;
        assert_eq!((icon.status, icon.header("content-type")), (200, "image/svg+xml"), "{path}");
    }
}
