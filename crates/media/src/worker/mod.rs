//! What runs inside the sandbox: our own code, which puts up the inner walls, reads the order and works the tools.
//!
//! A program that uses a `Workshop` is its own worker: it is run again, inside the sandbox, with one argument. So there is no
//! second program to install, find or mismatch. [`main_if_worker`] must be the first line of `main`.

mod check;
mod colour;
mod documents;
mod exif;
mod link;
mod loopback;
mod pictures;
mod plate;
mod recordings;
mod skeleton;
mod still;
mod tool;
mod variants;
mod walls;

use std::{
    ffi::OsStr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    Kind, Refusal, RefusalCode, mp4,
    talk::{Answer, Facts, Order, Task},
};
use link::{Link, Ranged};

/// The one argument that makes a program a worker.
pub(crate) const ARGUMENT: &str = "fh-media-worker";

static REGISTERED: AtomicBool = AtomicBool::new(false);

/// When this process was started as a worker, does that work and exits; else returns at once. Must be the first line of
/// `main`, before any thread is started: the inner walls hold for threads that come later.
pub fn main_if_worker() {
    REGISTERED.store(true, Ordering::Relaxed);
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() == Some(OsStr::new(ARGUMENT)) && arguments.next().is_none() {
        std::process::exit(i32::from(serve().is_err()));
    }
}

/// The program to run as a worker: this one if it registered, else `fh-media-worker` near it.
pub(crate) fn locate() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    if REGISTERED.load(Ordering::Relaxed) {
        return Some(here);
    }
    let folders = here.ancestors().skip(1).take(2);
    folders
        .map(|folder| folder.join(ARGUMENT))
        .find(|path| path.is_file())
}

/// Why a job ends without its result.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The file is at fault.
    Refused(Refusal),
    /// A tool is missing.
    NoTool(String),
    /// The workshop is gone, or a read of the source failed: nobody is there to answer to.
    Lost,
}

impl Stop {
    pub(crate) fn refuse(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(code, detail))
    }

    pub(crate) fn damaged(detail: impl Into<String>) -> Self {
        Self::refuse(RefusalCode::Damaged, detail)
    }
}

impl From<std::io::Error> for Stop {
    /// What fails here reads or writes the hostile file: `UnexpectedEof` means that it is cut short, a full `/tmp` that it
    /// unpacks to too much.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::FileTooLarge => {
                Self::refuse(RefusalCode::ToolOutput, "the sandbox's memory is full")
            }
            std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset => Self::Lost,
            _ => Self::damaged(error.to_string()),
        }
    }
}

/// What every job has at hand.
pub(crate) struct Bench {
    link: Arc<Link>,
    order: Order,
    /// Where the source answers HTTP range requests, for tools that read large files.
    url: String,
}

impl Bench {
    fn source(&self) -> Ranged {
        Ranged::new(Arc::clone(&self.link), self.order.length)
    }

    /// The whole source as a file in private memory; for kinds that are small.
    fn fetch(&self) -> Result<PathBuf, Stop> {
        if self.order.length > self.order.limits.still_bytes {
            let detail = format!(
                "{} bytes, at most {}",
                self.order.length, self.order.limits.still_bytes
            );
            return Err(Stop::refuse(RefusalCode::TooLarge, detail));
        }
        let path = PathBuf::from("/tmp/in");
        let mut file = std::fs::File::create(&path)?;
        std::io::copy(&mut self.source(), &mut file)?;
        Ok(path)
    }
}

fn serve() -> std::io::Result<()> {
    let (link, order) = Link::open()?;
    let listener = loopback::bind()?;
    walls::put_up(&order, listener.local_addr()?.port())?;
    link.hello()?;
    let url = format!("http://{}/", listener.local_addr()?);
    loopback::serve(listener, Arc::clone(&link), order.length);
    let bench = Bench {
        link: Arc::clone(&link),
        order,
        url,
    };
    let answer = match work(&bench) {
        Ok(facts) => Answer::Done(facts),
        Err(Stop::Refused(refusal)) => Answer::Refused(refusal),
        Err(Stop::NoTool(tool)) => Answer::NoTool(tool),
        Err(Stop::Lost) => return Err(std::io::ErrorKind::BrokenPipe.into()),
    };
    link.answer(&answer)
}

fn work(bench: &Bench) -> Result<Facts, Stop> {
    match &bench.order.task {
        Task::Examine(kind) => match kind {
            Kind::Jpeg | Kind::Png | Kind::Heic => pictures::examine(bench, *kind),
            Kind::Mp4 | Kind::Mov | Kind::Mp3 => recordings::examine(bench, *kind),
            Kind::Pdf => documents::examine(bench),
        },
        Task::Preview(kind) => match kind {
            Kind::Jpeg | Kind::Png | Kind::Heic => pictures::preview(bench, *kind),
            Kind::Mp4 | Kind::Mov | Kind::Mp3 => recordings::preview(bench, *kind),
            Kind::Pdf => documents::preview(bench),
        },
        Task::Scrub(kind, code) => match kind {
            Kind::Jpeg | Kind::Png | Kind::Heic => pictures::scrub(bench, *kind, code.as_ref()),
            Kind::Mp4 | Kind::Mov | Kind::Mp3 => recordings::scrub(bench, *kind, code.as_ref()),
            Kind::Pdf => documents::scrub(bench),
        },
        Task::Vary(kind, shape) => variants::vary(bench, *kind, shape),
        Task::Mux => mp4::rewrite(
            &mut bench.source(),
            bench.order.length,
            &mut bench.link.writer(0),
        ),
        Task::Check(kind) => check::check(bench, *kind),
        Task::Shell(line) => tool::shell(bench, line),
    }
}

/// The worker's own parsers, for [`crate::fuzz`].
pub(crate) fn fuzz(bytes: &[u8]) {
    check::fuzz(bytes);
    documents::fuzz(bytes);
    pictures::fuzz(bytes);
}
