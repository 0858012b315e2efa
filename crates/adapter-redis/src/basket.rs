use std::collections::HashMap;

use deadpool_redis::redis::from_redis_value;
use ordersystem_inventory::Admission;
use ordersystem_shared_kernel::{ProductId, Quantity};

use crate::config::RedisDown;
use crate::keys::Keys;
use crate::link::{Lane, Reply};
use crate::script::{ADMIT, Command, GIVE_BACK};

pub(crate) type Lines = [(ProductId, Quantity)];
type Answer = Result<Admission, RedisDown>;

/// Holds each basket completely or not at all; one answer per basket.
pub(crate) async fn hold(lane: &mut Lane, baskets: &[&Lines]) -> Vec<Answer> {
    match lane.keys() {
        Keys::Plain => hold_in_one_call(lane, baskets).await,
        Keys::Tagged => hold_by_product(lane, baskets).await,
    }
}

/// What [`ADMIT`] says of one basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Held,
    Unknown,
    /// The line with this index is short.
    Short(usize),
}

struct Verdicts {
    baskets: Vec<Verdict>,
    versions: Vec<Vec<u8>>,
}

/// On one node: all baskets in one script call.
async fn hold_in_one_call(lane: &mut Lane, baskets: &[&Lines]) -> Vec<Answer> {
    let replies = lane.ask(&[admit(Keys::Plain, baskets)]).await;
    let verdicts = replies.and_then(|replies| match replies.into_iter().next() {
        Some(reply) => verdicts(reply),
        None => Err(garbled()),
    });
    match verdicts {
        Ok(Verdicts { baskets: verdicts, .. }) => {
            let pairs = baskets.iter().enumerate();
            pairs.map(|(index, lines)| answer(lines, verdicts.get(index))).collect()
        }
        Err(error) => baskets.iter().map(|_| Err(error.clone())).collect(),
    }
}

fn answer(lines: &Lines, verdict: Option<&Verdict>) -> Answer {
    match verdict {
        Some(Verdict::Held) => Ok(Admission::Admitted),
        Some(Verdict::Unknown) => Ok(Admission::Unknown),
        Some(Verdict::Short(line)) => match lines.get(*line) {
            Some((product, _)) => Ok(Admission::SoldOut(*product)),
            None => Err(garbled()),
        },
        None => Err(garbled()),
    }
}

/// One basket's line, on its way to the node of its product.
#[derive(Clone, Copy)]
struct Part {
    basket: usize,
    line: usize,
    units: Quantity,
}

/// In a cluster: one script call per product at once, then what was held of baskets that cannot be held completely is
/// given back.
async fn hold_by_product(lane: &mut Lane, baskets: &[&Lines]) -> Vec<Answer> {
    let products = by_product(baskets);
    let calls = products.iter().map(|(product, parts)| {
        let lines: Vec<_> = parts.iter().map(|part| [(*product, part.units)]).collect();
        let lines: Vec<&Lines> = lines.iter().map(<[_; 1]>::as_slice).collect();
        admit(Keys::Tagged, &lines)
    });
    let replies = match lane.ask(&calls.collect::<Vec<_>>()).await {
        Ok(replies) => replies,
        Err(error) => return baskets.iter().map(|_| Err(error.clone())).collect(),
    };
    let verdicts: Vec<_> = replies.into_iter().map(verdicts).collect();
    let answers = joined(baskets, &products, &verdicts);
    let surplus = surplus(&products, &verdicts, &answers);
    if !surplus.is_empty() {
        // What cannot be given back now is repaired by the next projection.
        let _ = lane.ask(&surplus).await;
    }
    answers
}

fn by_product(baskets: &[&Lines]) -> Vec<(ProductId, Vec<Part>)> {
    let mut places = HashMap::new();
    let mut products: Vec<(ProductId, Vec<Part>)> = Vec::new();
    for (basket, lines) in baskets.iter().enumerate() {
        for (line, (product, units)) in lines.iter().enumerate() {
            let place = *places.entry(*product).or_insert_with(|| {
                products.push((*product, Vec::new()));
                products.len() - 1
            });
            if let Some((_, parts)) = products.get_mut(place) {
                parts.push(Part { basket, line, units: *units });
            }
        }
    }
    products
}

type ByProduct<'a> = (&'a [(ProductId, Vec<Part>)], &'a [Result<Verdicts, RedisDown>]);

/// What becomes of each basket: short if a line is (the first counts), else unknown or unanswered if a line is.
fn joined(
    baskets: &[&Lines],
    products: &[(ProductId, Vec<Part>)],
    verdicts: &[Result<Verdicts, RedisDown>],
) -> Vec<Answer> {
    let mut short: Vec<Option<usize>> = vec![None; baskets.len()];
    let mut answers: Vec<Answer> = vec![Ok(Admission::Admitted); baskets.len()];
    for (part, verdict) in parts((products, verdicts)) {
        let (Some(short), Some(answer)) =
            (short.get_mut(part.basket), answers.get_mut(part.basket))
        else {
            continue;
        };
        match verdict {
            Ok(Verdict::Held) => {}
            Ok(Verdict::Short(_)) => {
                *short = Some(short.map_or(part.line, |line| line.min(part.line)));
            }
            Ok(Verdict::Unknown) if answer.is_ok() => *answer = Ok(Admission::Unknown),
            Ok(Verdict::Unknown) => {}
            Err(error) => *answer = Err(error),
        }
    }
    for ((lines, short), place) in baskets.iter().zip(short).zip(&mut answers) {
        if let Some(line) = short {
            *place = answer(lines, Some(&Verdict::Short(line)));
        }
    }
    answers
}

fn parts<'a>(
    (products, verdicts): ByProduct<'a>,
) -> impl Iterator<Item = (Part, Result<Verdict, RedisDown>)> + 'a {
    products.iter().zip(verdicts).flat_map(|((_, parts), verdicts)| {
        parts.iter().enumerate().map(move |(index, part)| {
            let verdict = match verdicts {
                Ok(verdicts) => verdicts.baskets.get(index).copied().ok_or_else(garbled),
                Err(error) => Err(error.clone()),
            };
            (*part, verdict)
        })
    })
}

/// Gives back what baskets hold that were not admitted.
fn surplus(
    products: &[(ProductId, Vec<Part>)],
    verdicts: &[Result<Verdicts, RedisDown>],
    answers: &[Answer],
) -> Vec<Command> {
    let admitted = |part: &Part| matches!(answers.get(part.basket), Some(Ok(Admission::Admitted)));
    let mut commands = Vec::new();
    for (product, verdict) in products.iter().zip(verdicts) {
        let Ok(Verdicts { versions, .. }) = verdict else { continue };
        let one = (std::slice::from_ref(product), std::slice::from_ref(verdict));
        let held = parts(one).filter(|(_, verdict)| *verdict == Ok(Verdict::Held));
        let units: i64 =
            held.filter(|(part, _)| !admitted(part)).map(|(part, _)| part.units.get()).sum();
        if units > 0 {
            let version = versions.first().map(|it| String::from_utf8_lossy(it).into_owned());
            let arguments = [units.to_string(), version.unwrap_or_default()];
            commands.push(Command::script(&GIVE_BACK, &Keys::Tagged.of(product.0), &arguments));
        }
    }
    commands
}

fn admit(keys: Keys, baskets: &[&Lines]) -> Command {
    let mut places = HashMap::new();
    let (mut names, mut arguments) = (Vec::new(), Vec::new());
    for lines in baskets {
        arguments.push(lines.len().to_string());
        for (product, units) in *lines {
            let next = places.len() + 1;
            let place = *places.entry(*product).or_insert_with(|| {
                names.extend(keys.of(*product));
                next
            });
            arguments.extend([place.to_string(), units.get().to_string()]);
        }
    }
    Command::script(&ADMIT, &names, &arguments)
}

fn verdicts(reply: Reply) -> Result<Verdicts, RedisDown> {
    let (codes, versions): (Vec<i64>, Vec<Vec<u8>>) = from_redis_value(reply?)?;
    let verdict = |code: i64| match usize::try_from(code) {
        Ok(0) => Verdict::Held,
        Ok(line) => Verdict::Short(line - 1),
        Err(_) => Verdict::Unknown,
    };
    Ok(Verdicts { baskets: codes.into_iter().map(verdict).collect(), versions })
}

fn garbled() -> RedisDown {
    RedisDown("an answer that no script of ours gives".to_owned())
}
