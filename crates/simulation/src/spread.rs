use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Does the work for each of the numbers, in so many threads that take the next one when they are done with theirs.
///
/// # Errors
/// The first of the work's, or that it has panicked; the numbers that its thread would have taken go to the others.
pub fn spread(
    jobs: u64,
    numbers: Range<u64>,
    work: impl Fn(u64) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let next = AtomicU64::new(numbers.start);
    let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < numbers.end);
    let run = || std::iter::from_fn(take).try_for_each(&work);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(run)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_panic| Err(io::Error::other("a worker panicked")))
        })
    })
}
