//! One keep-alive connection and its visits.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::gate::Gate;
use super::{Next, Recording, Visitor};
use crate::http::Frame;

/// Longer than nearly every answer: then one read gets it all.
const BUFFER: usize = 16 * 1024;

pub(super) struct Connection {
    stream: TcpStream,
    visitor: Box<dyn Visitor>,
    request: Vec<u8>,
    received: Vec<u8>,
}

impl Connection {
    /// Must be called within a runtime.
    pub(super) fn new(stream: std::net::TcpStream, visitor: Box<dyn Visitor>) -> io::Result<Self> {
        Ok(Self {
            stream: TcpStream::from_std(stream)?,
            visitor,
            request: Vec::with_capacity(512),
            received: Vec::with_capacity(BUFFER),
        })
    }

    /// Makes visits until the gate has no more, or one fails: a server that breaks a connection or answers wrongly has
    /// failed the whole run.
    pub(super) async fn visits(mut self, gate: Arc<Gate>, into: Arc<Mutex<Recording>>) {
        while let Some(due) = gate.next().await {
            let visit = self.visit().await;
            let now = Instant::now();
            gate.finished();
            let mut recording = into.lock().unwrap_or_else(PoisonError::into_inner);
            match visit {
                Ok(calls) => recording.visited(due, now, calls, gate.window()),
                Err(why) => {
                    recording.failed(why);
                    break;
                }
            }
        }
    }

    /// One visit; says how many calls it took.
    async fn visit(&mut self) -> Result<u64, String> {
        self.request.clear();
        let mut next = self.visitor.next(None, &mut self.request)?;
        let mut calls = 0;
        while next == Next::Send {
            let frame = self.call().await.map_err(|error| format!("no answer: {error}"))?;
            calls += 1;
            self.request.clear();
            let answer = frame.answer(&self.received);
            next = self.visitor.next(Some(answer), &mut self.request)?;
        }
        Ok(calls)
    }

    async fn call(&mut self) -> io::Result<Frame> {
        self.stream.write_all(&self.request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(frame) = Frame::find(&self.received)? {
                return match frame.is_all_of(&self.received) {
                    true => Ok(frame),
                    false => Err(io::Error::other("more than was asked for")),
                };
            }
        }
    }
}
