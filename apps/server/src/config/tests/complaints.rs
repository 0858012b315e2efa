use super::super::problem::masked;
use super::*;
use crate::config::{DatabaseUrl, Sources, show};

/// One wrong value, set by `--set`, and the words that must follow its name.
#[track_caller]
fn check(pair: &str, complaint: &str) {
    let (name, value) = pair.split_once('=').unwrap();
    let expected = format!("ordersystem.{name} = {value:?} (--set) {complaint}");
    assert_eq!(sets(&[pair]).complaints(), [expected]);
}

#[test]
fn each_wrong_value_is_named_with_what_is_allowed() {
    let port = "is not allowed; give a whole number from 0 to 65535";
    for value in ["abc", "", "-1", "1.5", "65536", "99999999999999999999", "8080 0", "0x50"] {
        check(&format!("server.port={value}"), port);
    }
    for value in ["yes", "1", "TRUE", ""] {
        let pair = format!("scheduler.delivery.enabled={value}");
        check(&pair, "is not allowed; give true or false");
    }
    let year = "is not allowed; give a whole number from 0 to 31536000";
    check("scheduler.delivery.ship-delay-seconds=31536001", year);
    check(
        "inventory.reservation-ttl-seconds=0",
        "is not allowed; give a whole number from 1 to 31536000",
    );
    check("server.role=boss", "is not allowed; give one of all, api, relay, consumer, scheduler");
    check("logging.format=xml", "is not allowed; give one of text, json");
    check("management.show-details=when", "is not allowed; give one of never, always");
    check("delivery.default-courier=", "is not allowed; give a text of 1 to 100 characters");
    check("server.host=not a host", "is not allowed; give an IP address or a host name");
    check(
        "kafka.topics.order-events=주문",
        "is not allowed; give 1 to 245 letters, digits, dots, dashes or underscores",
    );
    check(
        "timezone=Seoul",
        "is not allowed; give a zone of the IANA database such as Asia/Seoul or UTC",
    );
    check(
        "database.url=mysql://db",
        "is not allowed; give sqlite://PATH, sqlite::memory: or \
         postgres://USER:PASSWORD@HOST:PORT/NAME",
    );
    for url in ["http://cache", "redis://", "redis://:6379", "redis://a,b", "redis://a b"] {
        check(
            &format!("redis.url={url}"),
            "is not allowed; give redis://HOST:PORT, several parted by commas for a cluster, or nothing",
        );
    }
    for brokers in ["kafka", "kafka:", "kafka:99999", ":9092", "a:1,", "http://a:1"] {
        check(
            &format!("kafka.bootstrap-servers={brokers}"),
            "is not allowed; give HOST:PORT, several parted by commas, or nothing",
        );
    }
}

#[test]
fn a_misspelt_level_is_not_taken_for_a_target() {
    let allowed = "is not allowed; give one of off, error, warn, info, debug, trace, \
                   optionally followed by ,target=level";
    for value in ["inof", "", "info,", "info,actix_web", "info,actix_web=loud", "=info"] {
        check(&format!("logging.level={value}"), allowed);
    }
    sets(&["logging.level=info,actix_web=warn,ordersystem::http=debug"]).resolved();
}

#[test]
fn an_origin_is_a_scheme_and_a_host() {
    let allowed = "is not allowed; give * or origins such as https://shop.example parted by commas";
    for value in ["", "shop.example", "https://shop.example/", "https://", "*,https://a.example"] {
        check(&format!("http.cors-allowed-origins={value}"), allowed);
    }
}

#[test]
fn engines_are_named_by_the_variables_that_other_programs_know() {
    let settings = environment(&[
        ("DATABASE_URL", "postgres://app:s3cret@db/orders"),
        ("REDIS_URL", "redis://:s3cret@cache:6379"),
        ("KAFKA_BOOTSTRAP_SERVERS", "k1:9092,k2:9092"),
    ]);
    let settings = settings.resolved().settings;
    let shown = format!("{settings:?}");
    assert!(!shown.contains("s3cret"), "no password in any log: {shown}");
    let DatabaseUrl::Postgres(url) = settings.database.url else { panic!("{shown}") };
    assert_eq!(url.expose(), "postgres://app:s3cret@db/orders");
    assert_eq!(settings.redis.url.unwrap().expose(), "redis://:s3cret@cache:6379");
    assert_eq!(settings.kafka.bootstrap_servers.unwrap().expose(), "k1:9092,k2:9092");
    for variable in ["DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS"] {
        // As Compose passes on what nobody set.
        environment(&[(variable, "")]).resolved();
    }
}

#[test]
fn a_part_of_the_system_needs_engines_to_meet_the_others() {
    let complaint = "ordersystem.server.role runs a part of the system, which needs PostgreSQL and \
                     Kafka to meet the others: set database.url and kafka.bootstrap-servers, or give all";
    let (database, broker) = ("database.url=postgres://db/shop", "kafka.bootstrap-servers=k:9092");
    for role in ["server.role=api", "server.role=relay", "server.role=consumer"] {
        assert_eq!(sets(&[role]).complaints(), [complaint]);
        assert_eq!(sets(&[role, database]).complaints(), [complaint]);
        assert_eq!(sets(&[role, broker]).complaints(), [complaint]);
        sets(&[role, database, broker]).resolved();
    }
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    let cases = [
        ("server.prot=1", "ordersystem.server.port"),
        ("port=1", "ordersystem.server.port"),
        ("ship_delay_second=1", "ordersystem.scheduler.delivery.ship-delay-seconds"),
        ("delivery.ship-delay-seconds=1", "ordersystem.scheduler.delivery.ship-delay-seconds"),
        ("invetory.reservation-ttl=1", "ordersystem.inventory.reservation-ttl-seconds"),
    ];
    for (pair, meant) in cases {
        let name = pair.split_once('=').unwrap().0;
        let expected = format!("{name} (--set) is not a setting; did you mean {meant}?");
        assert_eq!(sets(&[pair]).complaints(), [expected]);
    }
    assert_eq!(sets(&["quux=1"]).complaints(), ["quux (--set) is not a setting"]);
    assert_eq!(
        sets(&["server.port"]).complaints(),
        ["server.port (--set) has no value; write --set KEY=VALUE"]
    );
}

#[test]
fn unknown_variables_are_refused_unless_kubernetes_made_them() {
    let complaint = |name| environment(&[(name, "1")]).complaints();
    assert_eq!(
        complaint("ORDERSYSTEM_SERVER_PROT"),
        [
            "variable ORDERSYSTEM_SERVER_PROT is not a setting; did you mean ORDERSYSTEM_SERVER_PORT?"
        ]
    );
    assert_eq!(
        complaint("ORDERSYSTEM__SERVER__PROT"),
        [
            "variable ORDERSYSTEM__SERVER__PROT is not a setting; did you mean ORDERSYSTEM_SERVER_PORT?"
        ]
    );
    assert_eq!(
        complaint("ORDERSYSTEM_PORT"),
        ["variable ORDERSYSTEM_PORT is not a setting; did you mean ORDERSYSTEM_SERVER_PORT?"]
    );
    environment(&[
        ("ORDERSYSTEM_PORT", "tcp://10.0.0.7:8080"),
        ("ORDERSYSTEM_PORT_8080_TCP_ADDR", "10.0.0.7"),
        ("ORDERSYSTEM_SERVICE_HOST", "10.0.0.7"),
        ("ORDERSYSTEM_SERVICE_PORT_HTTP", "8080"),
        ("ORDERSYSTEM_CONFIG", "elsewhere.toml"),
        ("PATH", "/bin"),
    ])
    .resolved();
}

#[test]
fn a_file_is_read_to_its_end_and_each_mistake_has_its_line() {
    let text = r#"
[ordersystem.server]
port = "eighty"
hots = "127.0.0.1"

[ordersystem.scheduler]
delivery = 5

[ordersystem.delivery.default-courier]
name = "x"

[server]
port = 1

[ordersystem]
store = { group_commit_max = 1.5, queue-capacity = [1] }
"#;
    insta::assert_snapshot!(file(text).complaints().join("\n"), @r#"
    ordersystem.delivery.default-courier (o.toml:9) is a value, not a section
    ordersystem.scheduler.delivery (o.toml:7) is a section, not a value
    ordersystem.server.hots (o.toml:4) is not a setting; did you mean ordersystem.server.host?
    server.port (o.toml:13) is not a setting; did you mean ordersystem.server.port?
    ordersystem.server.port = "eighty" (o.toml:3) is not allowed; give a whole number from 0 to 65535
    ordersystem.store.group-commit-max = "1.5" (o.toml:16) is not allowed; give a whole number from 1 to 4096
    ordersystem.store.queue-capacity = "[1]" (o.toml:16) is not allowed; give a whole number from 1 to 1000000
    "#);
}

#[test]
fn a_file_that_is_not_toml_does_not_hide_the_other_layers() {
    let case =
        Case { file: "[ordersystem]\ntimezone = \n", sets: &["server.port=x"], ..Case::default() };
    let complaints = case.complaints();
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    assert!(complaints[0].starts_with("o.toml:2 is not TOML: "), "{complaints:?}");
    assert!(complaints[1].starts_with("ordersystem.server.port = \"x\""), "{complaints:?}");
}

#[test]
fn all_layers_complain_together() {
    let case = Case {
        file: "[ordersystem.server]\nport = 70000",
        environment: &[
            ("ORDERSYSTEM_TIMEZONE", "Mars/Base"),
            ("ORDERSYSTEM_LOGGING_FORMAT", "xml"),
        ],
        sets: &["server.workers=many"],
    };
    assert_eq!(case.complaints().len(), 4);
}

#[test]
fn two_values_in_one_layer_are_a_mistake_and_two_equal_ones_are_not() {
    let both = |a, b| [("ORDERSYSTEM_SERVER_PORT", a), ("ORDERSYSTEM__SERVER__PORT", b)];
    environment(&both("9000", "9000")).resolved();
    let complaints = environment(&both("9000", "9001")).complaints();
    assert_eq!(
        complaints,
        [
            "ordersystem.server.port = \"9000\" (ORDERSYSTEM_SERVER_PORT) is also given another value by \
          ORDERSYSTEM__SERVER__PORT"
        ]
    );
    let twice = file("[ordersystem.server]\nshutdown-seconds = 1\nshutdown_seconds = 2");
    assert_eq!(twice.complaints().len(), 1);
}

#[test]
fn passwords_are_masked() {
    let cases = [
        ("postgres://app:s3cret@db/orders", "postgres://app:******@db/orders"),
        ("postgres://app:s3/c@ret@db/orders", "postgres://app:******@db/orders"),
        ("redis://:s3cret@cache", "redis://:******@cache"),
        ("redis://cache", "redis://cache"),
        ("redis://user@cache", "redis://user@cache"),
        ("postgres://db/o?password=x&a=b", "postgres://db/o?password=******&a=b"),
        ("sqlite://a.db", "sqlite://a.db"),
        ("plain", "plain"),
        ("redis://:a,b@one,redis://:c@two", "redis://:******@two"),
        ("postgres://db/o?password=x@y", "postgres://db/o?password=******@y"),
        ("user:s3cret@host", "user:******@host"),
    ];
    for (value, shown) in cases {
        assert_eq!(masked(value), shown);
    }
}

const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn secrets_are_never_shown() {
    let two = format!("payment.webhook-secret={WEBHOOK_SECRET}, {WEBHOOK_SECRET}");
    let resolved = sets(&[&two, "payment.gateway-secret=test_sk_1"]).resolved();
    assert_eq!(resolved.settings.payment.webhook_secrets.len(), 2);
    assert_eq!(resolved.settings.payment.gateway_secret.expose(), "test_sk_1");
    let shown = show(&resolved.effective, Sources::Shown) + &format!("{:?}", resolved.settings);
    assert!(!shown.contains("MfKQ9r8G") && !shown.contains("test_sk"), "{shown}");

    let wrong = format!("payment.webhook-secret={WEBHOOK_SECRET},whsec_short");
    let complaints = sets(&[&wrong, "payment.gateway-secret=test sk"]).complaints();
    let secret = "is not allowed; give whsec_ and 24 to 64 bytes in Base64, several parted by commas, or nothing";
    let key = "is not allowed; give a text of at most 200 printable ASCII characters, or nothing";
    assert_eq!(
        complaints,
        [
            format!("ordersystem.payment.webhook-secret = \"******\" (--set) {secret}"),
            format!("ordersystem.payment.gateway-secret = \"******\" (--set) {key}"),
        ]
    );
}

#[test]
fn secrets_stand_in_an_array_of_the_file() {
    let text = format!("[ordersystem.payment]\nwebhook-secret = [\"{WEBHOOK_SECRET}\"]");
    assert_eq!(file(&text).resolved().settings.payment.webhook_secrets.len(), 1);
}

#[test]
fn the_address_of_a_gateway_is_one_that_can_be_called() {
    for fine in ["", "http://127.0.0.1:9090", "http://pay.internal/toss/"] {
        sets(&[&format!("payment.gateway-url={fine}")]).resolved();
    }
    for wrong in ["127.0.0.1:9090", "https://api.tosspayments.com", "http://key@pay", "ftp://pay"] {
        let complaints = sets(&[&format!("payment.gateway-url={wrong}")]).complaints();
        assert_eq!(complaints.len(), 1, "{wrong}");
    }
}

#[test]
fn the_two_topics_must_differ() {
    let complaints = sets(&["kafka.topics.inventory-events=order-events"]).complaints();
    assert_eq!(
        complaints,
        [
            "ordersystem.kafka.topics.inventory-events = \"order-events\" (--set) is the topic of the other \
          events; give each its own"
        ]
    );
}
