//! `POST /v1/cells`: takes cells in as they arrive and answers when they are on the disk.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use tokio::sync::OwnedSemaphorePermit;
use wire::{CELL_BYTES, MAX_CELLS_PER_REQUEST, MAX_UPLOAD_BYTES, Problem, ProblemKind, Stored};

use super::body::{Incoming, Next};
use super::session::Admitted;
use super::{App, answer, kind_of};
use crate::commit::Handed;
use crate::store::{Arrived, Deposit};

/// When nothing comes for this long, the whole cells at hand are stored without waiting for more.
const HAND_IN_AFTER: Duration = Duration::from_millis(5);

/// The handler.
pub(crate) async fn store(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let admitted =
        check_length(&head.headers).and_then(|()| Admitted::from_headers(&app, &head.headers));
    let admitted = match admitted {
        Ok(admitted) => admitted,
        Err(problem) => {
            discard(&app, &head.headers, body).await;
            return answer::problem(&app, &problem);
        }
    };
    match Intake::new(Arc::clone(&app), admitted, body).run().await {
        Ok(stored) => answer::json(Stored { stored }.encode()),
        Err(problem) => answer::problem(&app, &problem),
    }
}

/// A declared length that cannot be right is refused before anything is stored.
fn check_length(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let length = length.and_then(|value| value.parse::<u64>().ok());
    match length {
        Some(length) if length > MAX_UPLOAD_BYTES as u64 => Err(too_large()),
        _ => Ok(()),
    }
}

fn too_large() -> Problem {
    let detail = format!("at most {MAX_CELLS_PER_REQUEST} cells of {CELL_BYTES} bytes");
    Problem::new(ProblemKind::TooLarge).with_detail(detail)
}

/// A client that asked before sending its body waits for the answer; others are still sending.
async fn discard(app: &App, headers: &HeaderMap, body: Body) {
    if !headers.contains_key(header::EXPECT) {
        Incoming::new(body, app.store.limits())
            .discard(MAX_UPLOAD_BYTES)
            .await;
    }
}

/// How a body ended.
enum End {
    Complete,
    Cut,
    Stalled,
    TooLarge,
}

/// One upload. When the client goes away in the middle it is dropped, and hands in what is whole.
struct Intake {
    app: Arc<App>,
    session: Admitted,
    incoming: Incoming,
    /// Bytes of a cell that is not whole yet.
    partial: BytesMut,
    /// Whole cells so far.
    whole: usize,
    /// Whole cells not handed in yet, and the room they take.
    pending: Vec<Arrived>,
    room: Option<OwnedSemaphorePermit>,
    handed: Vec<Handed>,
}

impl Intake {
    fn new(app: Arc<App>, session: Admitted, body: Body) -> Self {
        let incoming = Incoming::new(body, app.store.limits());
        Self {
            app,
            session,
            incoming,
            partial: BytesMut::new(),
            whole: 0,
            pending: Vec::new(),
            room: None,
            handed: Vec::new(),
        }
    }

    async fn run(mut self) -> Result<u32, Problem> {
        let end = self.take_all().await;
        self.hand_in();
        let mut stored: u32 = 0;
        for handed in std::mem::take(&mut self.handed) {
            let outcome = handed.outcome().await;
            stored = stored.saturating_add(outcome.stored);
            if let Some(refusal) = outcome.refusal {
                return Err(Problem::new(kind_of(refusal)).with_stored(stored));
            }
        }
        let kind = match end {
            End::Stalled => ProblemKind::NoProgress,
            End::TooLarge => return Err(too_large().with_stored(stored)),
            End::Complete | End::Cut if self.whole == 0 => ProblemKind::NoCells,
            End::Complete if self.partial.is_empty() => return Ok(stored),
            End::Complete | End::Cut => ProblemKind::CutShort,
        };
        Err(Problem::new(kind).with_stored(stored))
    }

    async fn take_all(&mut self) -> End {
        loop {
            let next = if self.pending.is_empty() {
                self.incoming.next().await
            } else {
                match tokio::time::timeout(HAND_IN_AFTER, self.incoming.next()).await {
                    Ok(next) => next,
                    Err(_) => {
                        self.hand_in();
                        continue;
                    }
                }
            };
            match next {
                Next::Data(data) => {
                    if self.whole * CELL_BYTES + self.partial.len() + data.len() > MAX_UPLOAD_BYTES
                    {
                        return End::TooLarge;
                    }
                    self.take(data).await;
                }
                Next::End => return End::Complete,
                Next::Cut => return End::Cut,
                Next::Stalled => return End::Stalled,
            }
        }
    }

    async fn take(&mut self, mut data: Bytes) {
        while !data.is_empty() {
            if self.partial.capacity() == 0 {
                self.partial = self.app.queue.memory();
            }
            let part = data.split_to(data.len().min(CELL_BYTES - self.partial.len()));
            self.partial.extend_from_slice(&part);
            if self.partial.len() == CELL_BYTES {
                let cell = std::mem::take(&mut self.partial).freeze();
                self.whole += 1;
                self.pending
                    .extend(Arrived::new(cell, &self.session.secret));
                self.find_room().await;
            }
        }
    }

    /// Whole cells in memory are few over all requests: who has to wait hands in first what it holds.
    async fn find_room(&mut self) {
        let room = match self.app.queue.try_room() {
            Some(room) => Some(room),
            None => {
                self.hand_in();
                let room = self.app.queue.room().await;
                self.incoming.excuse();
                room
            }
        };
        match (&mut self.room, room) {
            (Some(have), Some(more)) => have.merge(more),
            (have, more) => *have = more,
        }
    }

    fn hand_in(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let deposit = Deposit {
            token: self.session.token,
            secret: self.session.secret.hash(),
            cells: std::mem::take(&mut self.pending),
        };
        self.handed
            .push(self.app.queue.hand_in_with(deposit, self.room.take()));
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.hand_in();
    }
}
