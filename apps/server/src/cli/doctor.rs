//! `doctor`: what the server needs, checked one by one; every failure ends with the next step.

use std::fs::{self, OpenOptions};
use std::io;
use std::net::TcpListener;
use std::path::Path;

use chrono::{DateTime, TimeZone, Utc};
use ordersystem_adapter_kafka::KafkaBroker;
use ordersystem_adapter_redis::Redis;

use super::args::SettingArgs;
use super::database::migration_status;
use super::http;
use super::settings::summary;
use crate::clock;
use crate::config::{self, DatabaseUrl, Settings};
use crate::exit::Exit;
use crate::output::Output;
use crate::wiring::{kafka_config, redis_config};

/// What a check came to.
type Verdict = Result<String, Trouble>;

/// What is wrong and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Trouble {
    what: String,
    next: String,
}

/// Runs every check, prints one line each.
pub(super) async fn run(args: &SettingArgs, output: &mut Output<'_>) -> io::Result<Exit> {
    let resolved = match config::load(args.config.as_deref(), args.flags()) {
        Ok(resolved) => resolved,
        Err(problems) => {
            for problem in &problems.problems {
                report("settings", &Err(trouble(problem, "correct it there")), output)?;
            }
            return Ok(Exit::Config);
        }
    };
    let settings = &resolved.settings;
    let checks = [
        ("settings", Ok(summary(&resolved))),
        ("clock", clock(clock::now(), settings)),
        ("port", port(settings)),
        ("database", database(settings).await),
        ("redis", redis(settings).await),
        ("kafka", kafka(settings).await),
        ("log file", log_file(settings)),
    ];
    let mut exit = Exit::Ok;
    for (name, verdict) in &checks {
        report(name, verdict, output)?;
        if verdict.is_err() {
            exit = Exit::Finding;
        }
    }
    Ok(exit)
}

fn report(name: &str, verdict: &Verdict, output: &mut Output<'_>) -> io::Result<()> {
    match verdict {
        Ok(good) => output.data(format_args!("ok    {name}: {good}")),
        Err(Trouble { what, next }) => {
            output.data(format_args!("FAIL  {name}: {what}; next: {next}"))
        }
    }
}

fn trouble(what: impl ToString, next: impl Into<String>) -> Trouble {
    Trouble { what: what.to_string(), next: next.into() }
}

/// A machine without a battery wakes up in 1970, and every due date with it.
fn clock(now: DateTime<Utc>, settings: &Settings) -> Verdict {
    const THIS_WAS_WRITTEN: i64 = 1_767_225_600;
    let local =
        settings.timezone.from_utc_datetime(&now.naive_utc()).format("%Y-%m-%d %H:%M:%S %Z");
    if now.timestamp() < THIS_WAS_WRITTEN {
        return Err(trouble(
            format!("it shows {local}, which is before this program was written"),
            "set the clock of this machine, e.g. with NTP",
        ));
    }
    Ok(format!("{local} ({})", settings.timezone.name()))
}

fn port(settings: &Settings) -> Verdict {
    let (host, port) = (settings.server.host.as_str(), settings.server.port);
    match TcpListener::bind((host, port)) {
        Ok(_) => Ok(format!("{host}:{port} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => taken(settings),
        Err(error) => Err(trouble(
            format!("{host}:{port} cannot be bound: {error}"),
            "give another address with --host and --port",
        )),
    }
}

/// A port that one of ours has taken is no fault.
fn taken(settings: &Settings) -> Verdict {
    let url = format!("{}/actuator/health", http::local_url(settings));
    let health =
        http::agent().get(&url).call().and_then(|mut answer| answer.body_mut().read_to_string());
    match health {
        Ok(body) if body.starts_with(r#"{"status":""#) => {
            Ok(format!("a server already runs there, {url} answers {body}"))
        }
        _ => Err(trouble(
            format!("{} is taken by another program", settings.server.port),
            "stop that program, or give another port with --port",
        )),
    }
}

async fn database(settings: &Settings) -> Verdict {
    let url = &settings.database.url;
    let good = match url {
        DatabaseUrl::SqliteMemory => return Ok("in RAM, forgotten at exit".to_owned()),
        DatabaseUrl::SqliteFile(path) => writable(path).map_err(|what| {
            trouble(what, "make the folder writable, or give another file with --database-url")
        })?,
        DatabaseUrl::Postgres(url) => format!("{url} answers"),
    };
    let states = migration_status(url).await.unwrap_or_else(|| Ok(Vec::new()));
    let states = states.map_err(|error| trouble(error, remedy(url)))?;
    let pending = states.iter().filter(|state| !state.applied).count();
    Ok(match pending {
        0 => format!("{good}, its schema is up to date"),
        count => format!("{good}, {count} migrations run at the next start"),
    })
}

const fn remedy(url: &DatabaseUrl) -> &'static str {
    match url {
        DatabaseUrl::Postgres(_) => {
            "start PostgreSQL (`just up`), correct DATABASE_URL, or run the newest program"
        }
        DatabaseUrl::SqliteFile(_) | DatabaseUrl::SqliteMemory => {
            "put back a backup, run the newest program, or give another file with --database-url"
        }
    }
}

/// Without Redis orders go on, at the price of a question to the database each.
async fn redis(settings: &Settings) -> Verdict {
    let Some(url) = &settings.redis.url else {
        return Ok("not used, the counters are in the server".to_owned());
    };
    let next = "start Redis (`just up`) or correct REDIS_URL; until then the database answers";
    let opened = Redis::open(&redis_config(url, &settings.redis)).await;
    let redis = opened.map_err(|error| trouble(error, next))?;
    redis.ping().await.map_err(|why| trouble(format!("{url} does not answer: {why}"), next))?;
    Ok(format!("{url} answers"))
}

/// Without Kafka events wait in the outbox.
async fn kafka(settings: &Settings) -> Verdict {
    let Some(servers) = &settings.kafka.bootstrap_servers else {
        return Ok("not used, the broker is in the server".to_owned());
    };
    let next = "start Kafka (`just up`) or correct KAFKA_BOOTSTRAP_SERVERS; until then events wait";
    let broker = KafkaBroker::open(kafka_config(servers, &settings.kafka));
    let broker = broker.map_err(|error| trouble(error, next))?;
    broker.ping().await.map_err(|why| trouble(format!("{servers}: {why}"), next))?;
    Ok(format!("{servers} answers"))
}

fn log_file(settings: &Settings) -> Verdict {
    match &settings.logging.file {
        None => Ok("off".to_owned()),
        Some(path) => writable(path).map_err(|what| {
            trouble(what, "make the folder writable, or set ordersystem.logging.file")
        }),
    }
}

/// Whether the file can be written, or created where it will be; leaves nothing behind.
fn writable(path: &Path) -> Result<String, String> {
    let shown = path.display();
    if path.exists() {
        let opened = OpenOptions::new().append(true).open(path);
        return match opened {
            Ok(_) => Ok(format!("{shown} can be written")),
            Err(error) => Err(format!("{shown} cannot be written: {error}")),
        };
    }
    let here = Path::new(".");
    let parents = path.ancestors().skip(1).map(|p| if p.as_os_str().is_empty() { here } else { p });
    let folder = parents.into_iter().find(|parent| parent.exists()).unwrap_or(here);
    let probe = folder.join(format!(".ordersystem-doctor-{}", std::process::id()));
    match fs::File::create_new(&probe).and_then(|_| fs::remove_file(&probe)) {
        Ok(()) => Ok(format!("{shown} will be created")),
        Err(error) => Err(format!("{shown} cannot be created in {}: {error}", folder.display())),
    }
}
