use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::pace::Pace;
use super::places::Place;

/// How long a connection without a deadline is left alone: it may get one meanwhile.
const LOOK: Duration = Duration::from_secs(5);

/// A connection that breaks once its client is too slow.
pub(super) struct Guarded<Io> {
    io: Io,
    pace: Rc<Pace>,
    /// When to look at the deadline again. Deadlines move with every request, the alarm follows now and then.
    alarm: Pin<Box<Sleep>>,
    _place: Place,
}

impl<Io> Guarded<Io> {
    pub(super) fn new(io: Io, pace: Pace, place: Place) -> Self {
        let alarm = Box::pin(sleep_until(Instant::now() + LOOK));
        Self { io, pace: Rc::new(pace), alarm, _place: place }
    }

    /// For the requests that come over the connection.
    pub(super) fn pace(&self) -> Rc<Pace> {
        Rc::clone(&self.pace)
    }

    /// Every operation comes by here, and the alarm wakes whoever waits for one.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<Instant> {
        let now = Instant::now();
        loop {
            let deadline = self.pace.deadline();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let look = deadline.unwrap_or(now + LOOK);
            if look < self.alarm.deadline() || self.alarm.is_elapsed() {
                self.alarm.as_mut().reset(look);
            }
            if self.alarm.as_mut().poll(cx).is_pending() {
                return Ok(now);
            }
        }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Guarded<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let now = this.check(cx)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.io).poll_read(cx, buffer);
        if read.is_ready() && buffer.filled().len() > before {
            this.pace.received(now);
        }
        read
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Guarded<Io> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let now = this.check(cx)?;
        let written = Pin::new(&mut this.io).poll_write(cx, bytes);
        match &written {
            Poll::Ready(Ok(count)) => this.pace.sent(*count, now),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                this.pace.held_up(now);
                this.check(cx)?;
            }
        }
        written
    }

    /// Called once everything was written.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.pace.all_sent();
        this.check(cx)?;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check(cx)?;
        Pin::new(&mut this.io).poll_shutdown(cx)
    }
}
