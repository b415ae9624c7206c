//! Reading bodies from slow lines: as slow as they like, but something has to move.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::Instant;
use wire::{Problem, ProblemKind};

use crate::limits::Limits;

/// What came next.
pub(crate) enum Next {
    /// Some bytes.
    Data(Bytes),
    /// The body is complete.
    End,
    /// The line broke inside the body.
    Cut,
    /// Too little arrived for too long.
    Stalled,
}

/// A body and how long nothing much of it has come.
pub(crate) struct Incoming {
    body: Body,
    stall: Duration,
    progress_bytes: usize,
    since: Instant,
    arrived: usize,
}

impl Incoming {
    pub(crate) fn new(body: Body, limits: &Limits) -> Self {
        Self {
            body,
            stall: limits.stall,
            progress_bytes: limits.progress_bytes,
            since: Instant::now(),
            arrived: 0,
        }
    }

    /// The next bytes. Waiting for them may be given up and begun again at any time.
    pub(crate) async fn next(&mut self) -> Next {
        loop {
            let deadline = self.since + self.stall;
            let Ok(frame) = tokio::time::timeout_at(deadline, self.body.frame()).await else {
                return Next::Stalled;
            };
            match frame {
                None => return Next::End,
                Some(Err(_)) => return Next::Cut,
                Some(Ok(frame)) => {
                    // Trailers carry nothing here.
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    self.arrived += data.len();
                    if self.arrived >= self.progress_bytes {
                        (self.since, self.arrived) = (Instant::now(), 0);
                    }
                    return Next::Data(data);
                }
            }
        }
    }

    /// Says that it was the drop that kept the line waiting.
    pub(crate) fn excuse(&mut self) {
        self.since = Instant::now();
    }

    /// A whole small body.
    pub(crate) async fn collect(mut self, most: usize) -> Result<Bytes, Problem> {
        let mut all = BytesMut::new();
        loop {
            match self.next().await {
                Next::Data(data) if all.len() + data.len() > most => {
                    let detail = format!("at most {most} bytes are allowed here");
                    self.discard(wire::MAX_UPLOAD_BYTES).await;
                    return Err(Problem::new(ProblemKind::TooLarge).with_detail(detail));
                }
                Next::Data(data) => all.extend_from_slice(&data),
                Next::End => return Ok(all.freeze()),
                Next::Cut => return Err(Problem::new(ProblemKind::CutShort)),
                Next::Stalled => return Err(Problem::new(ProblemKind::NoProgress)),
            }
        }
    }

    /// Reads on and throws away, so that the client, still sending, gets to hear the answer. Not for long:
    /// whoever has no business here shall not hold a connection.
    pub(crate) async fn discard(mut self, most: usize) {
        let (mut left, stall) = (most, self.stall);
        let drain = async {
            while let Next::Data(data) = self.next().await {
                match left.checked_sub(data.len()) {
                    Some(less) => left = less,
                    None => return,
                }
            }
        };
        // Out of time and out of data come to the same: the answer is given now.
        let _ = tokio::time::timeout(stall, drain).await;
    }
}
