use std::time::Duration;

use clap::{Args, Subcommand};
use ordersystem_application::DeadLetterState;

/// Commands about dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum DlqCommand {
    /// List dead letters, oldest first
    List(DlqListArgs),
    /// Print all that is known of a dead letter
    Show {
        /// Its number
        #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Have the relay of a running server publish them again; asks first with --all
    Replay(SelectionArgs),
    /// Say that nobody needs them; asks first
    Discard(SelectionArgs),
}

/// Which dead letters to list, and how.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DlqListArgs {
    /// Only of this topic
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
    /// Only what was set aside within this time, such as 2h, 30m or 1d
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub since: Option<Duration>,
    /// Only in this state: buried, replay-requested, replayed or discarded
    #[arg(long, value_parser = state)]
    pub state: Option<DeadLetterState>,
    /// So many at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub limit: u16,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which dead letters to change, and whether to go ahead.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SelectionArgs {
    /// Their numbers
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all", value_parser = clap::value_parser!(i64).range(1..))]
    pub ids: Vec<i64>,
    /// All that are buried
    #[arg(long)]
    pub all: bool,
    /// With --all: only of this topic
    #[arg(long, value_name = "NAME", conflicts_with = "ids")]
    pub topic: Option<String>,
    /// With --all: only what was set aside within this time, such as 2h, 30m or 1d
    #[arg(long, value_name = "TIME", value_parser = age, conflicts_with = "ids")]
    pub since: Option<Duration>,
    /// Print what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

fn age(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix(|last: char| last.is_ascii_alphabetic()).and_then(|number| {
        let unit = match text.strip_prefix(number)? {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
        Some(u64::from(number) * unit)
    });
    seconds.map(Duration::from_secs).ok_or_else(|| "give a time such as 2h, 30m or 1d".to_owned())
}

/// As tables print it, or as it is easier to type.
fn state(text: &str) -> Result<DeadLetterState, String> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    let known = DeadLetterState::ALL.into_iter().find(|state| state.as_str() == name);
    known.ok_or_else(|| "give buried, replay-requested, replayed or discarded".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        let hours = |hours: u64| Ok(Duration::from_secs(hours * 3_600));
        assert_eq!(age("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(age("120m"), hours(2));
        assert_eq!(age("2h"), hours(2));
        assert_eq!(age("1d"), hours(24));
        for wrong in ["", "h", "2", "0h", "-1h", "1.5h", "2 h", "2w", "2H", "99999999999d", "2시"]
        {
            assert!(age(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn states_in_either_spelling() {
        for known in DeadLetterState::ALL {
            assert_eq!(state(known.as_str()), Ok(known));
            assert_eq!(state(&known.as_str().to_lowercase().replace('_', "-")), Ok(known));
        }
        assert!(state("lost").is_err());
    }
}
