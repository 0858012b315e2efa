//! Crash at every step: each call that a use case or a background part makes goes wrong once in every way, in a world of its
//! own in which nothing else does.

mod acts;
mod shop;

use std::io;

pub use acts::Act;

use crate::injection::Mode;
use crate::panics;
use crate::plan::Plan;
use crate::run::virtual_time;
use shop::Shop;

/// What became of one call that went wrong.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Whose call.
    pub act: Act,
    /// What decided how long everything took, and every id.
    pub seed: u64,
    /// Which one, from 0, and how it went wrong; none for the run that only counts.
    pub target: Option<(usize, Mode)>,
    /// The calls that were made, in their order.
    pub calls: Vec<&'static str>,
    /// Whether the call was reached at all.
    pub was_hit: bool,
    /// The rules that did not hold afterwards.
    pub broken: Vec<String>,
}

/// Acts once in a fresh world, among the given misfortune, then lets a new process take over until all is quiet.
///
/// # Errors
/// The system gives no runtime.
pub fn step(act: Act, seed: u64, target: Option<(usize, Mode)>) -> io::Result<Outcome> {
    panics::listen();
    Ok(virtual_time()?.block_on(Box::pin(drive(act, seed, target))))
}

async fn drive(act: Act, seed: u64, target: Option<(usize, Mode)>) -> Outcome {
    let plan = Plan { has_gateway: act.has_gateway(), ..Plan::quiet() };
    let mut shop = Shop::open(plan, seed).await;
    act.prepare(&mut shop).await;
    shop.world.injection.arm(target);
    tokio::select! {
        biased;
        () = shop.link.ended() => {}
        () = act.act(&shop) => {}
    }
    let (calls, was_hit) = shop.world.injection.disarm();
    shop.link.kill();
    shop.recover(act.wish(&shop)).await;
    let mut broken = shop.world.take_broken();
    broken.extend(panics::take());
    Outcome { act, seed, target, calls, was_hit, broken }
}

/// How an act goes wrong at each of its calls; the first outcome is the one that counts them.
///
/// # Errors
/// The system gives no runtime.
pub fn steps(act: Act, seed: u64) -> io::Result<Vec<Outcome>> {
    let counted = step(act, seed, None)?;
    let calls = counted.calls.len();
    let mut outcomes = vec![counted];
    for call in 0..calls {
        for mode in Mode::ALL {
            outcomes.push(step(act, seed, Some((call, mode)))?);
        }
    }
    Ok(outcomes)
}
