//! What README.md says about Docker is what `docker-compose.yml` and the scripts under `deploy/` do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot read the files has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
struct Compose {
    services: BTreeMap<String, Service>,
    volumes: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct Service {
    image: String,
    container_name: String,
    build: Option<Build>,
    #[serde(default)]
    profiles: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    ports: Vec<String>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    depends_on: BTreeMap<String, Dependency>,
    healthcheck: Option<HealthCheck>,
}

#[derive(Deserialize)]
struct Build {
    dockerfile: String,
}

#[derive(Deserialize)]
struct Dependency {
    condition: String,
}

#[derive(Deserialize)]
struct HealthCheck {
    test: Vec<String>,
}

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}

fn compose() -> Compose {
    serde_saphyr::from_str(&text("docker-compose.yml")).unwrap()
}

/// `NAME://HOST:PORT,…` by name.
fn listeners(service: &Service, variable: &str) -> BTreeMap<String, String> {
    let named = service.environment[variable].split(',').map(|listener| {
        let (name, address) = listener.split_once("://").unwrap();
        (name.to_owned(), address.to_owned())
    });
    named.collect()
}

fn port(address: &str) -> &str {
    address.rsplit_once(':').unwrap().1
}

#[test]
fn the_lines_of_the_original_meet_their_containers() {
    let compose = compose();
    for name in ["postgres", "redis", "kafka", "kafka-ui"] {
        let service = &compose.services[name];
        assert_eq!(service.container_name, name);
        assert!(service.profiles.is_empty(), "{name} starts without a profile");
        assert!(service.healthcheck.as_ref().is_some_and(|check| !check.test.is_empty()), "{name}");
    }
    // Only this image has `kafka-topics` without `.sh`.
    assert!(compose.services["kafka"].image.starts_with("confluentinc/cp-kafka:"));
}

#[test]
fn every_image_is_pinned() {
    let compose = compose();
    for service in compose.services.values().filter(|service| service.build.is_none()) {
        let (_, tag) = service.image.rsplit_once(':').unwrap();
        let pinned = tag.trim_start_matches('v').split('.').all(|part| part.parse::<u32>().is_ok());
        assert!(pinned && tag.contains('.'), "{}", service.image);
    }
}

#[test]
fn kafka_has_a_listener_for_either_side() {
    let compose = compose();
    let kafka = &compose.services["kafka"];
    let advertised = listeners(kafka, "KAFKA_ADVERTISED_LISTENERS");
    let bound = listeners(kafka, "KAFKA_LISTENERS");
    assert_eq!(advertised["HOST"], "localhost:9092");
    for (name, address) in &advertised {
        assert_eq!(port(&bound[name]), port(address), "{name}");
    }
    assert_eq!(kafka.ports, ["127.0.0.1:9092:9092"]);

    let inside = &advertised["INTERNAL"];
    let ui = &compose.services["kafka-ui"].environment["KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS"];
    let app = &compose.services["app"].environment["KAFKA_BOOTSTRAP_SERVERS"];
    assert_eq!((ui, app), (inside, inside));
}

#[test]
fn the_app_waits_for_its_engines() {
    let compose = compose();
    let app = &compose.services["app"];
    assert_eq!(app.profiles, ["app"]);
    assert!(!text(&app.build.as_ref().unwrap().dockerfile).is_empty());
    for engine in ["postgres", "redis", "kafka"] {
        assert_eq!(app.depends_on[engine].condition, "service_healthy", "{engine}");
    }
}

#[test]
fn named_volumes_are_declared_and_nothing_is_open_to_the_network() {
    let compose = compose();
    for (name, service) in &compose.services {
        for volume in &service.volumes {
            let (volume, _) = volume.split_once(':').unwrap();
            assert!(compose.volumes.contains_key(volume), "{name}: {volume}");
        }
        for port in &service.ports {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
    }
}

#[test]
fn the_variables_of_the_stack_lead_to_the_published_ports() {
    let compose = compose();
    let script = text("deploy/stack.sh");
    let postgres = &compose.services["postgres"].environment;
    let url = format!(
        "DATABASE_URL=postgres://{}:{}@localhost:5432/{}\n",
        postgres["POSTGRES_USER"], postgres["POSTGRES_PASSWORD"], postgres["POSTGRES_DB"],
    );
    assert!(script.contains(&url), "{url}");
    assert!(script.contains("REDIS_URL=redis://localhost:6379\n"));
    assert!(script.contains("KAFKA_BOOTSTRAP_SERVERS=localhost:9092\n"));
    let published = |name: &str| compose.services[name].ports.concat();
    assert_eq!(published("postgres"), "127.0.0.1:5432:5432");
    assert_eq!(published("redis"), "127.0.0.1:6379:6379");
}

#[test]
fn the_readme_names_what_is_there() {
    let compose = compose();
    for page in ["README.md", "README.ko.md"] {
        let page = text(page);
        let used =
            page.lines().filter_map(|line| line.split_once("docker exec ")?.1.split(' ').next());
        let used: Vec<_> = used.collect();
        assert!(used.contains(&"kafka") && used.contains(&"redis"), "{used:?}");
        for container in used {
            assert!(compose.services.contains_key(container), "{container}");
        }
        assert!(page.contains("./deploy/test.sh"));
    }
    assert_eq!(compose.services["kafka-ui"].ports, ["127.0.0.1:8090:8080"]);
    assert_eq!(compose.services["app"].ports, ["127.0.0.1:8080:8080"]);
}

#[test]
fn a_landing_passes_the_test_command_of_the_readme() {
    let commands: Vec<_> = text(".ci/run").lines().map(str::to_owned).collect();
    assert_eq!(commands.last().map(String::as_str), Some("./deploy/test.sh"));
}
