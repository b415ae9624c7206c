//! The queue in front of the store: requests hand in deposits, one thread makes groups durable.
//!
//! While one group is being synced the next one gathers, so many requests share one sync and a lone one
//! does not wait for company.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::BytesMut;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::store::{Arrived, Deposit, Outcome, Refusal, Store};

/// Cells in one group at most: 64 MiB.
const GROUP_CELLS: usize = 1_024;
/// Cells' memory that is kept for the next ones: 16 MiB. What the system hands out anew has to be zeroed by it first.
const SPARE_CELLS: usize = 256;

/// Tells the time in microseconds since 1970, UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Told how many cells came in each group. For measurements.
pub type GroupObserver = Box<dyn Fn(usize) + Send>;

/// Where requests hand in their deposits.
#[derive(Clone)]
pub struct Queue {
    jobs: mpsc::UnboundedSender<Job>,
    room: Arc<Semaphore>,
    spare: Spare,
}

/// Memory of cells that are stored.
#[derive(Clone, Default)]
struct Spare(Arc<Mutex<Vec<BytesMut>>>);

impl Spare {
    fn take(&self) -> Option<BytesMut> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Keeps what nobody else holds any more.
    fn keep(&self, deposit: Deposit) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = SPARE_CELLS.saturating_sub(spare.len());
        let cells = deposit.cells.into_iter().take(left);
        spare.extend(cells.filter_map(Arrived::into_memory));
    }
}

/// The thread behind a queue. It ends when every [`Queue`] is gone and what was handed in is stored.
pub struct Committer(JoinHandle<()>);

struct Job {
    deposit: Deposit,
    reply: oneshot::Sender<Outcome>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Committer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(
        store: Arc<Store>,
        clock: Clock,
        observer: Option<GroupObserver>,
    ) -> std::io::Result<(Queue, Self)> {
        let room = Arc::new(Semaphore::new(store.limits().waiting_cells));
        let (jobs, waiting) = mpsc::unbounded_channel();
        let spare = Spare::default();
        let kept = spare.clone();
        let run = move || run(&store, &clock, waiting, &kept, observer.as_ref());
        let thread = thread::Builder::new()
            .name("committer".to_owned())
            .spawn(run)?;
        Ok((Queue { jobs, room, spare }, Self(thread)))
    }

    /// Waits until everything handed in is stored.
    pub fn finish(self) {
        // The thread does not panic; should it ever, there is nothing left to wait for.
        let _ = self.0.join();
    }
}

impl Queue {
    /// Room for one whole cell in memory, if there is any now.
    pub(crate) fn try_room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    /// Waits for room for one whole cell. Whoever waits must have handed in what it holds.
    pub(crate) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// Empty memory for one cell.
    pub(crate) fn memory(&self) -> BytesMut {
        self.spare
            .take()
            .unwrap_or_else(|| BytesMut::with_capacity(wire::CELL_BYTES))
    }

    /// Hands in a deposit; the answer comes once it is on the disk.
    pub fn hand_in(&self, deposit: Deposit) -> Handed {
        self.hand_in_with(deposit, None)
    }

    pub(crate) fn hand_in_with(
        &self,
        deposit: Deposit,
        room: Option<OwnedSemaphorePermit>,
    ) -> Handed {
        let (reply, answer) = oneshot::channel();
        // A closed queue drops the job, and with it the sender: the answer then says so.
        let _ = self.jobs.send(Job {
            deposit,
            reply,
            _room: room,
        });
        Handed(answer)
    }
}

/// A deposit under way.
pub struct Handed(oneshot::Receiver<Outcome>);

impl Handed {
    /// Waits for what became of it.
    pub async fn outcome(self) -> Outcome {
        let gone = Outcome {
            stored: 0,
            refusal: Some(Refusal::Unavailable),
        };
        self.0.await.unwrap_or(gone)
    }
}

fn run(
    store: &Store,
    clock: &Clock,
    mut waiting: mpsc::UnboundedReceiver<Job>,
    spare: &Spare,
    observer: Option<&GroupObserver>,
) {
    while let Some(first) = waiting.blocking_recv() {
        let mut cells = first.deposit.cells.len();
        let mut jobs = vec![first];
        while cells < GROUP_CELLS {
            let Ok(job) = waiting.try_recv() else { break };
            cells += job.deposit.cells.len();
            jobs.push(job);
        }
        let (deposits, replies): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .map(|job| (job.deposit, (job.reply, job._room)))
            .unzip();
        let outcomes = store.commit(&deposits, clock());
        if let Some(observe) = observer {
            observe(cells);
        }
        for ((reply, _room), outcome) in replies.into_iter().zip(outcomes) {
            // A client that went away does not hear it; its cells are stored all the same.
            let _ = reply.send(outcome);
        }
        deposits.into_iter().for_each(|deposit| spare.keep(deposit));
    }
}
