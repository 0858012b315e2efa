use crate::Shell;
use crate::server::{answer, server};

#[test]
fn healthcheck_is_one_line_and_an_exit_code() {
    let (url, requests) = server(vec![
        answer("200 OK", r#"{"status":"UP"}"#),
        answer("503 Service Unavailable", r#"{"status":"DOWN"}"#),
        answer("200 OK", ""),
    ]);
    let shell = Shell::new();
    let ran = shell.run(&format!("healthcheck {url}")).ended(0);
    assert_eq!(ran.stdout, format!("UP http://{url}/actuator/health\n"));
    let ran = shell.run(&format!("healthcheck http://{url}/")).ended(1);
    assert!(
        ran.stdout.starts_with(&format!("DOWN http://{url}/actuator/health: answered 503")),
        "{ran:?}"
    );
    shell.run(&format!("healthcheck http://{url}/actuator/health/liveness")).ended(0);
    let paths: Vec<_> =
        requests.iter().map(|head| head.split_whitespace().nth(1).unwrap().to_owned()).collect();
    assert_eq!(paths, ["/actuator/health", "/actuator/health", "/actuator/health/liveness"]);

    let ran = shell.run(&format!("healthcheck {url}")).ended(1);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
}

#[test]
fn inventory_status_is_a_table_over_all_pages_and_an_exit_code() {
    let page = |items: &str, next: &str| {
        answer(
            "200 OK",
            &format!(r#"{{"success":true,"data":{{"items":[{items}],"nextCursor":{next}}}}}"#),
        )
    };
    let good = r#"{"productId":1,"databaseStock":50,"redisStock":48,"reservedStock":2}"#;
    let unlimited =
        r#"{"productId":3,"databaseStock":0,"redisStock":null,"reservedStock":0,"unlimited":true}"#;
    let drifted = r#"{"productId":2,"databaseStock":30,"redisStock":31,"reservedStock":0}"#;
    let (url, requests) = server(vec![
        page(good, "\"a+b\""),
        page(unlimited, "null"),
        page(drifted, "null"),
        page(drifted, "null"),
        answer("503 Service Unavailable", ""),
    ]);
    let shell = Shell::new();
    let status = |flags: &str| shell.run(&format!("inventory status --url {url} {flags}"));
    insta::assert_snapshot!(status("").ended(0).stdout, @"
    PRODUCT   DATABASE      REDIS   RESERVED  DIFFERENCE
          1         50         48          2           0
          3          –          –          –           –
    ");
    insta::assert_snapshot!(status("").ended(1).stdout, @"
    PRODUCT   DATABASE      REDIS   RESERVED  DIFFERENCE
          2         30         31          0           1
    ");
    assert_eq!(status("--json").ended(1).stdout, format!("[{drifted}]\n"));
    let ran = status("").ended(69);
    assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{ran:?}");
    let paths: Vec<_> =
        requests.iter().map(|head| head.split_whitespace().nth(1).unwrap().to_owned()).collect();
    assert_eq!(paths[..2], ["/api/inventory", "/api/inventory?cursor=a%2bb"]);
}

#[test]
fn counters_inside_of_a_server_cannot_be_reconciled_from_outside() {
    let ran = Shell::new().run("reconcile").ended(2);
    assert!(ran.stderr.contains("`ordersystem inventory status`"), "{}", ran.stderr);
}
