//! Keeps the background parts running and waits for them at the end.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Backoff;

/// Something that runs until it is told to stop.
#[async_trait]
pub trait Part: Send + Sync {
    /// How the log calls it.
    fn name(&self) -> String;

    /// MUST return soon after `stop` is cancelled, with nothing half done. An error or a panic makes the supervisor
    /// call it again, so it starts from nothing but what is stored.
    async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()>;
}

/// The running parts of one process.
#[derive(Debug)]
pub struct Background {
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Background {
    /// A part that ran that long without failing is healthy again.
    const STEADY: Duration = Duration::from_secs(60);

    /// Spawns every part. Needs a runtime.
    pub fn start(parts: Vec<Arc<dyn Part>>) -> Self {
        let stop = CancellationToken::new();
        let running =
            parts.into_iter().map(|part| supervise(part, stop.clone())).collect::<JoinSet<()>>();
        Self { stop, running }
    }

    /// Lets every part finish its running turn; what has not ended after `patience` is cut off, which is as safe as a
    /// crash.
    pub async fn stop(mut self, patience: Duration) {
        self.stop.cancel();
        let all_ended = async { while self.running.join_next().await.is_some() {} };
        if timeout(patience, all_ended).await.is_err() {
            let left = self.running.len();
            tracing::warn!("{left} background parts did not stop in time and are cut off");
            self.running.shutdown().await;
        }
    }
}

async fn supervise(part: Arc<dyn Part>, stop: CancellationToken) {
    let mut backoff = Backoff::new();
    loop {
        let mut run = Box::pin(AssertUnwindSafe(part.run(&stop)).catch_unwind());
        let ended = match timeout(Background::STEADY, &mut run).await {
            Ok(ended) => ended,
            Err(_) => {
                backoff.reset();
                run.await
            }
        };
        if stop.is_cancelled() {
            return;
        }
        let (name, reason, pause) = (part.name(), reason(ended), backoff.pause());
        tracing::error!("{name} ended ({reason}); it starts again in {pause:?}");
        if stop.run_until_cancelled(sleep(pause)).await.is_none() {
            return;
        }
    }
}

fn reason(ended: Result<anyhow::Result<()>, Box<dyn Any + Send>>) -> String {
    match ended {
        Ok(Ok(())) => "without a reason".to_owned(),
        Ok(Err(error)) => format!("{error:#}"),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            format!("panicked: {}", text.as_deref().unwrap_or("for an unknown reason"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;
    use tokio::sync::Notify;

    use super::*;

    /// Fails, panics and leaves, each in its own way, before it settles.
    #[derive(Default)]
    struct Troubled {
        runs: AtomicUsize,
        settled: Notify,
    }

    #[async_trait]
    impl Part for Troubled {
        fn name(&self) -> String {
            "troubled".to_owned()
        }

        async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()> {
            match self.runs.fetch_add(1, Ordering::SeqCst) {
                0 => bail!("not today"),
                1 => panic!("not tomorrow"),
                2 => Ok(()),
                _ => {
                    self.settled.notify_one();
                    stop.cancelled().await;
                    Ok(())
                }
            }
        }
    }

    struct Stubborn;

    #[async_trait]
    impl Part for Stubborn {
        fn name(&self) -> String {
            "stubborn".to_owned()
        }

        async fn run(&self, _: &CancellationToken) -> anyhow::Result<()> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_part_that_fails_panics_or_leaves_starts_again() {
        let part = Arc::new(Troubled::default());
        let background = Background::start(vec![part.clone()]);
        part.settled.notified().await;
        background.stop(Duration::from_secs(1)).await;
        assert_eq!(part.runs.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn a_part_that_ignores_the_stop_is_cut_off() {
        let background = Background::start(vec![Arc::new(Stubborn)]);
        background.stop(Duration::from_millis(10)).await;
    }

    #[test]
    fn says_why_a_part_ended() {
        assert_eq!(reason(Ok(Ok(()))), "without a reason");
        assert_eq!(reason(Ok(Err(anyhow::anyhow!("no").context("why")))), "why: no");
        assert_eq!(reason(Err(Box::new("static"))), "panicked: static");
        assert_eq!(reason(Err(Box::new("owned".to_owned()))), "panicked: owned");
        assert_eq!(reason(Err(Box::new(1))), "panicked: for an unknown reason");
    }
}
