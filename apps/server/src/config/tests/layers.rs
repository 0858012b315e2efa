use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use super::super::{CorsOrigins, DatabaseUrl, LogFormat, Origin, ShowDetails};
use super::*;

/// The port that wins, and where it stands.
#[track_caller]
fn check_port(case: Case<'_>, port: u16, origin: &str) {
    let resolved = case.resolved();
    let given = resolved.effective.iter().find(|given| given.row.path == "server.port").unwrap();
    assert_eq!(
        (resolved.settings.server.port, given.origin.to_string()),
        (port, origin.to_owned())
    );
}

#[test]
fn a_higher_layer_wins() {
    let file = "[ordersystem.server]\nport = 1";
    let environment: &[_] = &[("ORDERSYSTEM_SERVER_PORT", "2")];
    check_port(Case::default(), 8080, "default");
    check_port(Case { file, ..Case::default() }, 1, "o.toml:2");
    check_port(Case { file, environment, ..Case::default() }, 2, "ORDERSYSTEM_SERVER_PORT");
    check_port(Case { file, environment, sets: &["server.port=3"] }, 3, "--set");
}

#[test]
fn a_flag_of_its_own_names_itself() {
    let flag = Flag::Named { flag: "--port".into(), path: "server.port", value: "9".into() };
    let resolved = resolve(&Inputs { flags: vec![flag], ..Inputs::default() }).unwrap();
    let flags: Vec<_> = resolved.effective.iter().filter(|g| g.origin != Origin::Default).collect();
    assert_eq!(flags.len(), 1);
    assert_eq!(flags[0].origin.to_string(), "--port");
}

#[test]
fn our_own_variable_wins_over_its_alias_which_is_then_not_even_judged() {
    let url = |pairs: &[(&str, &str)]| environment(pairs).resolved().settings.database.url;
    let own = ("ORDERSYSTEM_DATABASE_URL", "sqlite::memory:");
    assert_eq!(url(&[("DATABASE_URL", "sqlite://a.db")]), DatabaseUrl::SqliteFile("a.db".into()));
    assert_eq!(url(&[("DATABASE_URL", "postgres://db/o"), own]), DatabaseUrl::SqliteMemory);
}

#[test]
fn a_hidden_value_of_our_own_is_judged() {
    let case = Case {
        file: "[ordersystem.server]\nport = \"x\"",
        sets: &["server.port=1"],
        ..Case::default()
    };
    assert_eq!(case.complaints().len(), 1);
}

#[test]
fn names_are_taken_in_every_spelling() {
    let delay = |case: Case<'_>| case.resolved().settings.scheduler.delivery.ship_delay.as_secs();
    assert_eq!(delay(file("[ordersystem.scheduler.delivery]\nship-delay-seconds = 5")), 5);
    assert_eq!(delay(file("[ordersystem.scheduler.delivery]\nship_delay_seconds = 0x10")), 16);
    assert_eq!(delay(file("ordersystem.scheduler.delivery.ship-delay-seconds = \"7\"")), 7);
    assert_eq!(delay(sets(&["scheduler.delivery.ship_delay_seconds=8"])), 8);
    assert_eq!(delay(sets(&["ordersystem.scheduler.delivery.ship-delay-seconds = 9"])), 9);
    for name in [
        "ORDERSYSTEM_SCHEDULER_DELIVERY_SHIP_DELAY_SECONDS",
        "ORDERSYSTEM__SCHEDULER__DELIVERY__SHIP_DELAY_SECONDS",
    ] {
        assert_eq!(delay(environment(&[(name, "5")])), 5);
    }
}

#[test]
fn lists_come_as_arrays_and_with_commas() {
    let origins = |case: Case<'_>| case.resolved().settings.http.cors_allowed_origins;
    let two = CorsOrigins::Listed(vec!["https://a.example".into(), "http://b:3000".into()]);
    let text =
        "[ordersystem.http]\ncors-allowed-origins = [\"https://a.example\", \"http://b:3000\"]";
    assert_eq!(origins(file(text)), two);
    assert_eq!(origins(sets(&["http.cors-allowed-origins=https://a.example, http://b:3000"])), two);
    assert_eq!(origins(Case::default()), CorsOrigins::Any);
}

#[test]
fn the_defaults_are_the_contract() {
    let settings = Case::default().resolved().settings;
    assert_eq!(settings.timezone, chrono_tz::Asia::Seoul);
    assert_eq!((settings.server.host.as_str(), settings.server.port), ("0.0.0.0", 8080));
    assert_eq!(settings.server.workers, None);
    assert_eq!(settings.database.url, DatabaseUrl::SqliteFile("data/ordersystem.db".into()));
    assert_eq!(settings.kafka.topics.order_events, "order-events");
    assert_eq!(settings.kafka.topics.inventory_events, "inventory-events");
    assert_eq!(settings.inventory.reservation_ttl, Duration::from_secs(3600));
    assert!(settings.scheduler.delivery.enabled);
    assert_eq!(settings.scheduler.delivery.ship_delay, Duration::from_secs(1800));
    assert_eq!(settings.scheduler.delivery.delivery_delay, Duration::from_secs(7200));
    assert_eq!(settings.delivery.default_courier, "CJ대한통운");
    assert_eq!(settings.http.max_body_bytes, 16 * 1024);
    assert_eq!(settings.http.rate_limit_per_second, None);
    assert_eq!(settings.logging.format, LogFormat::Text);
    assert_eq!(settings.logging.file.as_deref(), Some("logs/application.log".as_ref()));
    assert_eq!(settings.management.show_details, ShowDetails::Never);
}

#[test]
fn values_that_switch_something_off_or_on() {
    let settings = sets(&[
        "logging.file=",
        "http.rate-limit-per-second=5",
        "server.workers=2",
        "scheduler.delivery.enabled=false",
    ]);
    let settings = settings.resolved().settings;
    assert_eq!(settings.logging.file, None);
    assert_eq!(settings.http.rate_limit_per_second, NonZeroU32::new(5));
    assert_eq!(settings.server.workers, NonZeroUsize::new(2));
    assert!(!settings.scheduler.delivery.enabled);
}

#[test]
fn addresses_of_databases() {
    let parse = |text: &str| text.parse::<DatabaseUrl>().ok();
    let at = |path: &str| Some(DatabaseUrl::SqliteFile(path.into()));
    assert_eq!(parse("sqlite://data/a.db"), at("data/a.db"));
    assert_eq!(parse("sqlite:data/a.db"), at("data/a.db"));
    assert_eq!(parse("sqlite:///var/lib/a.db"), at("/var/lib/a.db"));
    assert_eq!(parse("sqlite::memory:"), Some(DatabaseUrl::SqliteMemory));
    for text in ["", "a.db", "sqlite:", "sqlite://", "sqlite://data/", "sqlite://a.db?mode=ro"] {
        assert_eq!(parse(text), None, "{text}");
    }
    for text in ["sqlite:///var/lib/a.db", "sqlite::memory:", "sqlite://a.db"] {
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn names_of_spring_get_a_hint_and_never_fail() {
    let resolved = environment(&[
        ("SPRING_PROFILES_ACTIVE", "prod"),
        ("SPRING_DATASOURCE_URL", "jdbc:h2:mem:x"),
        ("SERVER_PORT", "9090"),
        ("SPRING_JPA_HIBERNATE_DDL_AUTO", ""),
    ])
    .resolved();
    insta::assert_snapshot!(resolved.hints.join("\n"), @"
    SERVER_PORT is a name of Spring and is not read: set ORDERSYSTEM_SERVER_PORT
    SPRING_DATASOURCE_URL is a name of Spring and is not read: set DATABASE_URL (sqlite://PATH) or ORDERSYSTEM_DATABASE_URL
    SPRING_PROFILES_ACTIVE is a name of Spring and is not read: there are no profiles; each part follows its own setting, see `ordersystem config show --sources`
    ");
    assert_eq!(resolved.settings.server.port, 8080);
}
