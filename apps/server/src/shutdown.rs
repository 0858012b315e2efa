//! Stopping: the first signal drains, the second ends the process at once.

use std::fmt;
use std::io;
use std::process;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a shell reports of a program that Ctrl-C ended.
pub const EXIT_AT_ONCE: i32 = 130;

/// Who asks us to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// Ctrl-C.
    Interrupt,
    /// An orchestrator, or `kill`.
    Terminate,
}

impl fmt::Display for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StopSignal::Interrupt => "SIGINT",
            StopSignal::Terminate => "SIGTERM",
        })
    }
}

/// Listens for SIGINT and SIGTERM: the first cancels the token, one after that exits with [`EXIT_AT_ONCE`].
///
/// Needs a runtime. The task ends with the runtime or by [`JoinHandle::abort`].
pub fn listen(token: CancellationToken) -> io::Result<JoinHandle<()>> {
    let interrupts = signals(SignalKind::interrupt(), StopSignal::Interrupt)?;
    let terminations = signals(SignalKind::terminate(), StopSignal::Terminate)?;
    let signals = stream::select(interrupts, terminations);
    Ok(tokio::spawn(obey(signals, token, || process::exit(EXIT_AT_ONCE))))
}

fn signals(kind: SignalKind, meaning: StopSignal) -> io::Result<impl Stream<Item = StopSignal>> {
    let mut signal = signal(kind)?;
    Ok(stream::poll_fn(move |context| {
        signal.poll_recv(context).map(|received| received.map(|()| meaning))
    }))
}

/// A token that something else has cancelled makes the first signal the impatient one already.
async fn obey(
    signals: impl Stream<Item = StopSignal>,
    token: CancellationToken,
    exit: impl FnOnce(),
) {
    let mut signals = Box::pin(signals);
    while let Some(signal) = signals.next().await {
        if token.is_cancelled() {
            tracing::warn!("{signal} again: ending at once");
            return exit();
        }
        tracing::info!("{signal}: finishing what is in flight; once more ends at once");
        token.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Whether the token is cancelled and whether the process would have ended.
    async fn after(signals: &[StopSignal]) -> (bool, bool) {
        let token = CancellationToken::new();
        let ended = Cell::new(false);
        obey(stream::iter(signals.to_vec()), token.clone(), || ended.set(true)).await;
        (token.is_cancelled(), ended.get())
    }

    #[tokio::test]
    async fn the_first_signal_drains_and_the_second_ends() {
        use StopSignal::{Interrupt, Terminate};
        assert_eq!(after(&[]).await, (false, false));
        assert_eq!(after(&[Interrupt]).await, (true, false));
        assert_eq!(after(&[Terminate]).await, (true, false));
        assert_eq!(after(&[Terminate, Interrupt]).await, (true, true));
    }

    #[tokio::test]
    async fn a_signal_during_a_stop_for_another_reason_ends_at_once() {
        let token = CancellationToken::new();
        token.cancel();
        let ended = Cell::new(false);
        obey(stream::iter([StopSignal::Interrupt]), token, || ended.set(true)).await;
        assert!(ended.get());
    }
}
