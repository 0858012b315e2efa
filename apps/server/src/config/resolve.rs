//! From layers to settings: a pure function over texts.

use serde_json::{Map, Value};

use super::database::DatabaseUrl;
use super::file::FileText;
use super::flags::Flag;
use super::given::{Collected, Given, Origin};
use super::kind::Kind;
use super::problem::{Problem, Problems};
use super::settings::{Role, Settings};
use super::table::TABLE;
use super::{environment, file, flags, hints};

/// Everything from outside that settings are made of.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The settings file, if there is one.
    pub file: Option<FileText>,
    /// The variables of the environment.
    pub environment: Vec<(String, String)>,
    /// What the command line says.
    pub flags: Vec<Flag>,
}

/// Settings that passed, and how they came about.
#[derive(Debug)]
pub struct Resolved {
    /// What the program runs on.
    pub settings: Settings,
    /// The value that won for each row, in the order of the table.
    pub effective: Vec<Given>,
    /// Lines about names of the original system.
    pub hints: Vec<String>,
}

/// Puts the layers over each other (defaults < file < environment < flags) and judges every value.
pub fn resolve(inputs: &Inputs) -> Result<Resolved, Problems> {
    let mut collected = Collected::default();
    if let Some(file) = &inputs.file {
        file::read(file, &mut collected);
    }
    environment::read(&inputs.environment, &mut collected);
    flags::read(&inputs.flags, &mut collected);

    let Collected { given, mut problems } = collected;
    let effective: Vec<Given> = TABLE
        .iter()
        .map(|row| {
            let default = Given { row, raw: row.default.to_owned(), origin: Origin::Default };
            let mine = given.iter().filter(|given| given.row.path == row.path).cloned();
            winner(default, mine.collect(), &mut problems)
        })
        .collect();

    same_topic(&effective, &mut problems);
    let hints = hints::of(&inputs.environment);
    let settings = settings(&effective, &mut problems);
    problems.extend(settings.as_ref().and_then(parts_that_would_not_meet));
    match settings {
        Some(settings) if problems.is_empty() => Ok(Resolved { settings, effective, hints }),
        _ => Err(Problems { problems, hints }),
    }
}

/// The value of the highest layer. Values it hides are judged all the same: they would stop a later start.
fn winner(default: Given, mut given: Vec<Given>, problems: &mut Vec<Problem>) -> Given {
    given.sort_by(|a, b| a.origin.cmp(&b.origin));
    for pair in given.windows(2) {
        if let [first, second] = pair
            && first.origin.same_layer(&second.origin)
            && first.raw != second.raw
        {
            let complaint = format!("is also given another value by {}", second.origin);
            problems.push(
                Problem::new(first.row.name(), complaint)
                    .with_value(&first.shown())
                    .at(&first.origin),
            );
        }
    }
    let last = given.len().saturating_sub(1);
    for (index, value) in given.iter().enumerate() {
        // A hidden alias is the exception: DATABASE_URL may be meant for another program altogether.
        let hidden_alias = index < last && matches!(value.origin, Origin::Alias(_));
        if !hidden_alias && let Err(refusal) = value.row.kind.parse(&value.raw) {
            problems.push(
                Problem::new(value.row.name(), refusal.0)
                    .with_value(&value.shown())
                    .at(&value.origin),
            );
        }
    }
    given.pop().unwrap_or(default)
}

/// Consumers tell the two kinds of events apart by their topic.
fn same_topic(effective: &[Given], problems: &mut Vec<Problem>) {
    let topics: Vec<_> = effective.iter().filter(|g| matches!(g.row.kind, Kind::Topic)).collect();
    for (index, topic) in topics.iter().enumerate() {
        if topics.iter().take(index).any(|other| other.raw.trim() == topic.raw.trim()) {
            let complaint = "is the topic of the other events; give each its own";
            let problem = Problem::new(topic.row.name(), complaint);
            problems.push(problem.with_value(&topic.shown()).at(&topic.origin));
        }
    }
}

/// Parts in several processes meet in the database and on the broker: both must be engines of their own.
fn parts_that_would_not_meet(settings: &Settings) -> Option<Problem> {
    let shared_database = matches!(settings.database.url, DatabaseUrl::Postgres(_));
    let shared_broker = settings.kafka.bootstrap_servers.is_some();
    if settings.server.role == Role::All || (shared_database && shared_broker) {
        return None;
    }
    let complaint = "runs a part of the system, which needs PostgreSQL and Kafka to meet the others: \
        set database.url and kafka.bootstrap-servers, or give all";
    Some(Problem::new("ordersystem.server.role", complaint))
}

/// Builds the typed settings; `None` when a value does not pass, which [`winner`] has complained about.
fn settings(effective: &[Given], problems: &mut Vec<Problem>) -> Option<Settings> {
    let mut root = Map::new();
    for Given { row, raw, .. } in effective {
        insert(&mut root, row.path, row.kind.parse(raw).ok()?);
    }
    match serde_path_to_error::deserialize(Value::Object(root)) {
        Ok(settings) => Some(settings),
        Err(error) => {
            problems.push(Problem::new(error.path().to_string(), error.inner().to_string()));
            None
        }
    }
}

fn insert(into: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            into.insert(path.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = into.entry(section).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
