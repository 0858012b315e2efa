use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, IsTerminal};

use ordersystem_application::{DeadLetter, DeadLetterState, StoreUnavailable, Topic};

use super::desk::{Desk, Failure, unknown};
use crate::cli::args::SelectionArgs;
use crate::exit::Exit;
use crate::output::Output;

/// What is to become of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Replay,
    Discard,
}

impl Decision {
    fn state(self) -> DeadLetterState {
        match self {
            Self::Replay => DeadLetterState::ReplayRequested,
            Self::Discard => DeadLetterState::Discarded,
        }
    }

    fn would(self) -> &'static str {
        match self {
            Self::Replay => "would be published again by the relay",
            Self::Discard => "would be discarded",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Replay => "will be published again by the relay",
            Self::Discard => "discarded",
        }
    }

    /// What cannot be taken back, and what nobody has listed number by number.
    fn must_ask(self, args: &SelectionArgs) -> bool {
        !args.yes && (self == Self::Discard || args.all)
    }
}

/// Ids of a topic that are printed before someone is asked; a dry run prints all.
const SAMPLE: usize = 10;
/// Letters that change in one transaction, so that a server beside us need not wait long.
const BATCH: usize = 500;

/// Chooses, asks if need be, and changes; finds something when it could not change all that it was told to.
pub(super) async fn run(
    decision: Decision,
    args: &SelectionArgs,
    desk: &Desk<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let Chosen { letters, missed } = if args.all {
        buried(args, desk).await?
    } else {
        named(decision, &args.ids, desk, output).await?
    };
    let outcome = if missed == 0 { Exit::Ok } else { Exit::Finding };
    if letters.is_empty() {
        output.note("there is nothing to do");
        return Ok(outcome);
    }
    if args.dry_run {
        output.text(plan(decision, &letters, usize::MAX, desk))?;
        return Ok(outcome);
    }
    if decision.must_ask(args) {
        let question = plan(decision, &letters, SAMPLE, desk);
        if !agreed(&question, &mut io::stdin().lock(), output)? {
            output.note("nothing was changed");
            return Ok(Exit::Finding);
        }
    }
    let changed = change(decision, &letters, desk).await?;
    output.data(format_args!("{} {}", counted(changed), decision.done()))?;
    if changed < letters.len() {
        output.note("somebody else decided about the others meanwhile");
        return Ok(Exit::Finding);
    }
    Ok(outcome)
}

/// Letters that can come into the state that was decided.
#[derive(Debug, Default)]
struct Chosen {
    letters: Vec<(i64, Topic)>,
    /// How many of the given numbers name no such letter.
    missed: usize,
}

async fn buried(args: &SelectionArgs, desk: &Desk<'_>) -> Result<Chosen, Failure> {
    let buried = Some(DeadLetterState::Buried);
    let filter = desk.filter(args.topic.as_deref(), args.since, buried)?;
    let place = |letter: &DeadLetter| (letter.id, letter.record.topic);
    Ok(Chosen { letters: desk.collect(&filter, usize::MAX, place).await?, missed: 0 })
}

async fn named(
    decision: Decision,
    ids: &[i64],
    desk: &Desk<'_>,
    output: &mut Output<'_>,
) -> Result<Chosen, StoreUnavailable> {
    let mut chosen = Chosen::default();
    for id in ids.iter().copied().collect::<BTreeSet<_>>() {
        let why_not = match desk.letters.dead_letter(id).await? {
            Some(letter) if decision.state().reached_from().contains(&letter.state) => {
                chosen.letters.push((id, letter.record.topic));
                continue;
            }
            Some(letter) => format!("dead letter {id} is {} and stays so", letter.state.as_str()),
            None => unknown(id),
        };
        output.note(why_not);
        chosen.missed += 1;
    }
    Ok(chosen)
}

/// How many letters of which topics, with at most so many ids of each.
fn plan(decision: Decision, letters: &[(i64, Topic)], most: usize, desk: &Desk<'_>) -> String {
    let mut topics = BTreeMap::<Topic, Vec<i64>>::new();
    for (id, topic) in letters {
        topics.entry(*topic).or_default().push(*id);
    }
    let mut text = format!("{} {}\n", counted(letters.len()), decision.would());
    for (topic, ids) in topics {
        let shown: Vec<_> = ids.iter().take(most).map(i64::to_string).collect();
        let more = match ids.len().saturating_sub(most) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let name = desk.settings.kafka.topics.name(topic);
        text.push_str(&format!("  {name}: {}{more}\n", shown.join(" ")));
    }
    text
}

/// Whether the person in front of the terminal agrees; a usage mistake when there is none.
fn agreed(
    plan: &str,
    stdin: &mut io::StdinLock<'_>,
    output: &mut Output<'_>,
) -> Result<bool, Failure> {
    output.note(plan.trim_end());
    if !stdin.is_terminal() {
        let why = "nobody is there to agree, so nothing was changed; add --yes to go ahead";
        return Err(Failure::Usage(why.to_owned()));
    }
    output.note("Go ahead? [y/N]");
    Ok(says_yes(stdin)?)
}

fn says_yes(input: &mut impl BufRead) -> io::Result<bool> {
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

async fn change(
    decision: Decision,
    letters: &[(i64, Topic)],
    desk: &Desk<'_>,
) -> Result<usize, StoreUnavailable> {
    let ids: Vec<_> = letters.iter().map(|(id, _)| *id).collect();
    let mut changed = 0;
    for ids in ids.chunks(BATCH) {
        changed += desk.letters.set_dead_letters(ids, decision.state()).await?;
    }
    Ok(changed)
}

fn counted(letters: usize) -> String {
    match letters {
        1 => "1 dead letter".to_owned(),
        many => format!("{many} dead letters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for (answer, expected) in [
            ("y\n", true),
            ("Yes\n", true),
            (" y \r\n", true),
            ("n\n", false),
            ("\n", false),
            ("", false),
            ("yesterday\n", false),
        ] {
            assert_eq!(says_yes(&mut answer.as_bytes()).unwrap(), expected, "{answer:?}");
        }
    }
}
