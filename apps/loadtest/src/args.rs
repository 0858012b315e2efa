//! The command line.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::scenario::Scenario;
use crate::server::Subject;

/// Measures the order system. A run whose database breaks an invariant afterwards fails.
#[derive(Debug, Parser)]
#[command(name = "loadtest", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures a server that is started for it, in a world of its own for each run
    Run {
        /// The binary `ordersystem`
        #[arg(long, default_value = "target/release/ordersystem")]
        server: PathBuf,
        /// A setting of the server; may be repeated
        #[arg(long = "set", value_name = "KEY=VALUE")]
        settings: Vec<String>,
        /// What to compare with, in the same run
        #[arg(long = "reference", value_delimiter = ',', default_values = ["null", "one-by-one", "pgbench", "redis"])]
        references: Vec<Reference>,
        /// How it is measured.
        #[command(flatten)]
        measure: Measure,
    },
    /// Measures two servers in turns; a side is a binary and settings parted by commas: BINARY,KEY=VALUE or KEY=VALUE
    Compare {
        /// What is there
        before: String,
        /// What is new
        after: String,
        /// The binary of a side that names none
        #[arg(long, default_value = "target/release/ordersystem")]
        server: PathBuf,
        /// How it is measured.
        #[command(flatten)]
        measure: Measure,
    },
    /// Loads a server that runs already; its database is not checked. It gets products and orders that stay
    Url {
        /// http://HOST:PORT
        url: String,
        /// How it is measured.
        #[command(flatten)]
        measure: Measure,
    },
}

/// How it is measured.
#[derive(Debug, Clone, Args)]
pub struct Measure {
    /// Embedded engines, or those of DATABASE_URL, REDIS_URL and KAFKA_BOOTSTRAP_SERVERS, which must serve nothing else
    #[arg(long = "world", value_delimiter = ',', default_value = "embedded")]
    pub worlds: Vec<WorldKind>,
    /// Which scenarios; all when none is named
    #[arg(long = "scenario", value_delimiter = ',')]
    pub scenarios: Vec<Scenario>,
    /// Connections of the client
    #[arg(long, default_value_t = 256)]
    pub connections: usize,
    /// Threads of the client; one is enough for two cores
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Measured seconds of each run
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub seconds: Duration,
    /// Seconds before them that do not count
    #[arg(long, default_value = "2", value_parser = seconds)]
    pub warm_up: Duration,
    /// Runs, in turns with what is compared
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Visits per second of the open loop; `half` of the closed loop's median, or `none`
    #[arg(long, default_value = "half")]
    pub rate: Rate,
    /// Orders that are there before `reads` and `lists`
    #[arg(long, default_value_t = 10_000)]
    pub orders: u64,
    /// Orders behind `relay`, checkouts behind `timers`
    #[arg(long, default_value_t = 20_000)]
    pub heap: u64,
    /// Folder that gets result.json, report.md and its pictures
    #[arg(long, default_value = "target/bench")]
    pub out: PathBuf,
}

impl Measure {
    /// The named scenarios, or all, in the order of the report.
    pub fn chosen(&self) -> Vec<Scenario> {
        let wanted = |scenario: &Scenario| {
            self.scenarios.contains(scenario)
                || (self.scenarios.is_empty() && *scenario != Scenario::Null)
        };
        Scenario::value_variants().iter().copied().filter(wanted).collect()
    }
}

/// What a server stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WorldKind {
    /// A SQLite file, everything else inside of the server.
    Embedded,
    /// PostgreSQL, Redis and Kafka.
    Full,
}

impl WorldKind {
    /// As on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Full => "full",
        }
    }
}

/// What the server's figures are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Reference {
    /// The empty handler of the same server, if it was built with `load-reference`
    Null,
    /// The same server with one order per transaction
    OneByOne,
    /// The same rows by pgbench, one order per transaction and batched
    Pgbench,
    /// The admission script by redis-benchmark
    Redis,
    /// Nothing
    None,
}

/// How fast an open loop's visits arrive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Half of what the closed loop has shown.
    Half,
    /// So many per second.
    PerSecond(f64),
    /// No open loop.
    None,
}

impl std::str::FromStr for Rate {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "half" => Ok(Self::Half),
            "none" => Ok(Self::None),
            number => match number.parse() {
                Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(Self::PerSecond(rate)),
                _ => bail!("a number above zero, half or none"),
            },
        }
    }
}

fn seconds(text: &str) -> anyhow::Result<Duration> {
    let seconds: f64 = text.parse().context("a number of seconds")?;
    if !(0.05..=86_400.0).contains(&seconds) {
        bail!("between 0.05 and 86400 seconds");
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// One side of a comparison.
///
/// # Errors
/// Its binary is not there.
pub fn side(text: &str, default: &std::path::Path) -> anyhow::Result<Subject> {
    let (settings, binaries): (Vec<&str>, Vec<&str>) =
        text.split(',').filter(|part| !part.is_empty()).partition(|part| part.contains('='));
    let binary = match binaries.as_slice() {
        [] => default.to_owned(),
        [one] => PathBuf::from(one),
        _ => bail!("{text} names more than one binary"),
    };
    subject(&binary, settings.into_iter().map(str::to_owned).collect())
}

/// A binary with its settings; it is started in another folder, so its path becomes absolute.
///
/// # Errors
/// It is not there.
pub fn subject(binary: &std::path::Path, settings: Vec<String>) -> anyhow::Result<Subject> {
    let found = binary.canonicalize();
    let binary = found.with_context(|| format!("there is no {}", binary.display()))?;
    Ok(Subject { binary, settings })
}

/// Where `http://HOST:PORT` leads.
///
/// # Errors
/// It is something else, or the host is not known.
pub fn address(url: &str) -> anyhow::Result<SocketAddr> {
    let host = url.strip_prefix("http://").context("a URL begins with http://")?;
    let host = host.trim_end_matches('/');
    let mut addresses = host.to_socket_addrs().with_context(|| format!("{host} is not known"))?;
    addresses.next().with_context(|| format!("{host} has no address"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn rates_are_parsed() {
        assert_eq!("half".parse::<Rate>().unwrap(), Rate::Half);
        assert_eq!("none".parse::<Rate>().unwrap(), Rate::None);
        assert_eq!("1500".parse::<Rate>().unwrap(), Rate::PerSecond(1500.0));
        for wrong in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_are_parsed() {
        assert_eq!(seconds("0.5").unwrap(), Duration::from_millis(500));
        for wrong in ["0", "-1", "NaN", "x"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_side_is_a_binary_and_settings() {
        let this = std::env::current_exe().unwrap();
        let path = this.to_str().unwrap();
        let named = side(&format!("{path},store.writers=4"), Path::new("/nowhere")).unwrap();
        assert_eq!(named.settings, ["store.writers=4"]);
        let default = side("store.writers=1,logging.level=warn", &this).unwrap();
        assert_eq!(default.settings.len(), 2);
        assert!(side("a,b", &this).is_err());
        assert!(side("/nowhere/x", &this).is_err());
    }

    #[test]
    fn all_scenarios_are_all_but_the_reference() {
        let measure = |args: &[&str]| match Cli::parse_from(args).command {
            Command::Run { measure, .. } => measure,
            _ => panic!("{args:?}"),
        };
        let all = measure(&["loadtest", "run"]).chosen();
        assert_eq!(all.len(), 9);
        assert!(!all.contains(&Scenario::Null));
        let some = measure(&["loadtest", "run", "--scenario", "timers,orders-hot"]).chosen();
        assert_eq!(some, [Scenario::OrdersHot, Scenario::Timers]);
    }
}
