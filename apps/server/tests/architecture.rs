//! The rules of the house, read from the manifests and the sources themselves. Who breaks one on purpose changes this
//! file and the architecture section of the README in the same commit.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, Package};

/// Packages of ours, and what else each may depend on (not counting dev-dependencies).
struct Rule {
    /// Without the prefix `ordersystem-`.
    package: &'static str,
    ours: Ours,
    others: Others,
}

enum Others {
    /// Nothing but these.
    Only(&'static [&'static str]),
    /// Whatever no other package has for itself; see [`EXCLUSIVE`].
    Any,
}

/// Groups of our packages that stand in several rows.
type Ours = &'static [&'static [&'static str]];

const KERNEL: Ours = &[&["shared-kernel"]];
const DOMAIN: &[&str] = &["shared-kernel", "order", "payment", "delivery", "inventory"];
const DOMAINS: Ours = &[DOMAIN];
const CORE: Ours = &[DOMAIN, &["application"]];
/// Adapters of engines outside of the process may be made to die between two of their steps.
const ENGINE: Ours = &[DOMAIN, &["application", "test-seams"]];
/// What keeps rows shows them to the checker.
const KEPT: Ours = &[DOMAIN, &["application", "invariants"]];
/// Both.
const DATABASE: Ours = &[DOMAIN, &["application", "invariants", "test-seams"]];
/// The contracts turn the memory adapter's clock by hand.
const TOOLS: Ours = &[DOMAIN, &["application", "adapter-memory"]];
const VOCABULARY: Others = Others::Only(&["async-trait", "chrono", "serde", "thiserror", "uuid"]);

const RULES: &[Rule] = &[
    Rule { package: "shared-kernel", ours: &[], others: VOCABULARY },
    Rule { package: "order", ours: KERNEL, others: VOCABULARY },
    Rule { package: "payment", ours: KERNEL, others: VOCABULARY },
    Rule { package: "delivery", ours: KERNEL, others: VOCABULARY },
    Rule { package: "inventory", ours: KERNEL, others: VOCABULARY },
    Rule {
        package: "application",
        ours: DOMAINS,
        others: Others::Only(&[
            "async-trait",
            "chrono-tz",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tracing",
            "uuid",
        ]),
    },
    Rule { package: "invariants", ours: CORE, others: Others::Only(&[]) },
    Rule { package: "adapter-memory", ours: KEPT, others: Others::Any },
    Rule { package: "adapter-sql", ours: DATABASE, others: Others::Any },
    Rule { package: "adapter-redis", ours: ENGINE, others: Others::Any },
    Rule { package: "adapter-kafka", ours: ENGINE, others: Others::Any },
    Rule { package: "adapter-gateway", ours: ENGINE, others: Others::Any },
    Rule { package: "port-contracts", ours: TOOLS, others: Others::Any },
    Rule { package: "test-engines", ours: &[], others: Others::Any },
    Rule { package: "test-seams", ours: &[], others: Others::Only(&[]) },
    // It speaks HTTP and runs commands, as any user can.
    Rule { package: "loadtest", ours: &[], others: Others::Any },
    Rule { package: "simulation", ours: TOOLS, others: Others::Any },
];

/// What tests need and no program ships.
const FOR_TESTS: &[&str] =
    &["ordersystem-port-contracts", "ordersystem-simulation", "ordersystem-test-engines"];

const PROGRAMS: &[&str] = &["ordersystem", "ordersystem-loadtest"];

/// Dependencies, by how their names begin, and the only packages that have them.
const EXCLUSIVE: &[(&str, &[&str])] = &[
    ("diesel", &["ordersystem-adapter-sql"]),
    ("libsqlite3", &["ordersystem-adapter-sql"]),
    ("redis", &["ordersystem-adapter-redis"]),
    ("deadpool-redis", &["ordersystem-adapter-redis"]),
    ("rdkafka", &["ordersystem-adapter-kafka"]),
    ("actix", &["ordersystem"]),
    ("anyhow", PROGRAMS),
    ("clap", PROGRAMS),
];

const PERMISSIVE: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.ko.md",
    "README.md",
    "apps",
    "crates",
    "deploy",
    "docker-compose.yml",
    "justfile",
    "migrations",
];

static ROOT: LazyLock<PathBuf> =
    LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap());

/// As resolved for the machine that runs the test; `cargo deny` looks at the other platforms.
static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    let version = output(Command::new(env!("CARGO")).arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let options = ["--locked", "--filter-platform", host].map(str::to_owned);
    MetadataCommand::new().current_dir(&*ROOT).other_options(options).exec().unwrap()
});

fn output(command: &mut Command) -> String {
    let output = command.current_dir(&*ROOT).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn tracked_files() -> Vec<String> {
    let files = output(Command::new("git").args(["ls-files", "-z"]));
    let files = files.split_terminator('\0').map(str::to_owned);
    files.filter(|file| ROOT.join(file).exists()).collect()
}

fn shipped(package: &Package) -> impl Iterator<Item = &Dependency> {
    package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development)
}

/// Everything that is not as it should be, all at once.
#[track_caller]
fn check(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<_> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn complaint(package: &Package, dependency: &Dependency) -> Option<String> {
    let Some(rule) = RULES.iter().find(|rule| name_of(rule) == *package.name) else {
        let app = package.manifest_path.starts_with(ROOT.join("apps"));
        return (!app).then(|| format!("{} is not in the table", package.name));
    };
    let allowed = match dependency.name.strip_prefix("ordersystem-") {
        Some(ours) => rule.ours.iter().any(|group| group.contains(&ours)),
        None => match rule.others {
            Others::Only(names) => names.contains(&dependency.name.as_str()),
            Others::Any => true,
        },
    };
    (!allowed).then(|| format!("{} must not depend on {}", package.name, dependency.name))
}

fn name_of(rule: &Rule) -> String {
    format!("ordersystem-{}", rule.package)
}

#[test]
fn packages_depend_on_what_the_table_allows() {
    let packages = METADATA.workspace_packages();
    check(
        packages.iter().flat_map(|package| shipped(package).filter_map(|d| complaint(package, d))),
    );
}

#[test]
fn some_dependencies_have_one_home() {
    let mut complaints = Vec::new();
    for package in METADATA.workspace_packages() {
        for dependency in shipped(package) {
            let home = EXCLUSIVE.iter().find(|(start, _)| dependency.name.starts_with(start));
            if home.is_some_and(|(_, homes)| !homes.contains(&package.name.as_str())) {
                complaints.push(format!("{} must not name {}", package.name, dependency.name));
            }
        }
    }
    check(complaints);
}

#[test]
fn nothing_ships_what_is_for_tests() {
    check(METADATA.workspace_packages().iter().flat_map(|package| {
        let tools = shipped(package).filter(|d| FOR_TESTS.contains(&d.name.as_str()));
        tools.map(|tool| format!("{} ships {}", package.name, tool.name)).collect::<Vec<_>>()
    }));
}

/// A process that ships cannot be told to die.
#[test]
fn only_tests_arm_the_seams() {
    check(METADATA.workspace_packages().iter().flat_map(|package| {
        let arms = |features: &[String]| features.iter().any(|feature| feature.contains("armed"));
        let by_dependency = shipped(package).any(|dependency| arms(&dependency.features));
        let by_feature = package.features.values().any(|features| arms(features));
        (by_dependency || by_feature).then(|| format!("{} arms the seams", package.name))
    }));
}

#[test]
fn the_application_takes_no_runtime_from_tokio() {
    let packages = METADATA.workspace_packages();
    let application =
        packages.iter().find(|package| *package.name == "ordersystem-application").unwrap();
    let tokio = shipped(application).find(|dependency| dependency.name == "tokio").unwrap();
    assert_eq!(tokio.features, ["sync"]);
}

fn manifest(path: &Utf8Path) -> toml::Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

#[test]
fn every_package_follows_the_lints_of_the_workspace() {
    let packages = METADATA.workspace_packages();
    let lax = packages.iter().filter(|package| {
        let manifest = manifest(&package.manifest_path);
        let workspace = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        workspace != Some(&toml::Value::Boolean(true))
    });
    check(lax.map(|package| format!("{} lacks `[lints] workspace = true`", package.name)));
}

#[test]
fn packages_are_named_after_their_folders() {
    let packages = METADATA.workspace_packages();
    check(packages.iter().filter_map(|package| {
        let folder = package.manifest_path.parent()?.strip_prefix(&*ROOT).ok()?;
        let expected = match folder.as_str() {
            "apps/server" => "ordersystem".to_owned(),
            _ => format!("ordersystem-{}", folder.file_name()?),
        };
        (*package.name != expected).then(|| format!("{folder}: {} is not {expected}", package.name))
    }));
}

/// Whether an SPDX expression without nested parentheses leaves us with permissive licences only.
fn is_permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    expression.split(" AND ").all(|all| {
        let choices = all.trim_matches(['(', ')', ' ']).split(" OR ");
        choices.map(str::trim).any(|licence| PERMISSIVE.contains(&licence))
    })
}

#[test]
fn licences_are_read_right() {
    for good in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(Apache-2.0 OR MIT) AND BSD-3-Clause"]
    {
        assert!(is_permissive(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-2.0-only", "(MIT OR Zlib) AND LGPL-3.0", "", "MITX"] {
        assert!(!is_permissive(bad), "{bad}");
    }
}

#[test]
fn every_licence_is_permissive() {
    let licence = |package: &Package| package.license.clone().unwrap_or_default();
    let wrong = METADATA.packages.iter().filter(|package| !is_permissive(&licence(package)));
    check(wrong.map(|package| format!("{}: {:?}", package.name, licence(package))));
}

#[test]
fn everything_comes_from_crates_io() {
    let lock: toml::Table = fs::read_to_string(ROOT.join("Cargo.lock")).unwrap().parse().unwrap();
    let packages = lock.get("package").and_then(toml::Value::as_array).unwrap();
    let sources = packages.iter().filter_map(|package| package.get("source")?.as_str());
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    check(sources.filter(|source| *source != registry).map(str::to_owned));
}

#[test]
fn the_top_level_stays_small() {
    let files = tracked_files();
    let entries: BTreeSet<_> = files.iter().filter_map(|file| file.split('/').next()).collect();
    let strangers =
        entries.into_iter().filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(name));
    check(strangers.map(|name| format!("{name} was not agreed on")));
}

#[test]
fn the_core_opens_with_its_invariants() {
    check(
        CORE.iter().copied().flatten().map(|package| ROOT.join("crates").join(package)).flat_map(
            |folder| {
                let has = |file: &str, text: &str| {
                    let found =
                        fs::read_to_string(folder.join(file)).unwrap_or_default().contains(text);
                    (!found).then(|| format!("{}: {file} lacks {text}", folder.display()))
                };
                let included = has("src/lib.rs", "#![doc = include_str!(\"../README.md\")]");
                [has("README.md", "## Invariants"), included].into_iter().flatten()
            },
        ),
    );
}

/// In two parts, so that this file does not find itself.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("#[", "allow("), "say #[expect(…, reason = …)]"),
    (concat!("#![", "allow("), "say #![expect(…, reason = …)]"),
    (concat!("#[", "ignore"), "a test that does not run proves nothing"),
    (concat!("todo", "!("), "finish it or leave it out"),
    (concat!("unimplemented", "!("), "finish it or leave it out"),
];

fn complaints_about(file: &str) -> Vec<String> {
    let text = fs::read_to_string(ROOT.join(file)).unwrap();
    let limit = if file == "apps/server/src/main.rs" { 60 } else { 499 };
    let lines = text.lines().count();
    let long = (lines > limit).then(|| format!("{file} has {lines} lines, at most {limit}"));
    let forbidden = FORBIDDEN.iter().filter(|(what, _)| text.contains(what));
    let forbidden = forbidden.map(|(what, why)| format!("{file} contains {what}: {why}"));
    long.into_iter().chain(forbidden).collect()
}

#[test]
fn sources_are_short_and_finished() {
    let files = tracked_files();
    check(
        files.iter().filter(|file| file.ends_with(".rs")).flat_map(|file| complaints_about(file)),
    );
}
