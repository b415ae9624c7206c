//! The worker's end of the line to the workshop, and the source seen through it.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{Arc, Mutex, PoisonError},
};

use crate::talk::{self, Answer, FRAME, Order, Say};

/// How much of the source is asked for at a time.
const CHUNK: usize = 256 << 10;

/// The line; shared by the threads that serve tools.
pub(crate) struct Link {
    stream: Mutex<UnixStream>,
}

impl Link {
    /// Takes over standard input, puts nothing in its place, and reads the order.
    pub(super) fn open() -> io::Result<(Arc<Self>, Order)> {
        let mut stream = UnixStream::from(rustix::stdio::stdin().try_clone_to_owned()?);
        let nothing = std::fs::File::open("/dev/null")?;
        rustix::stdio::dup2_stdin(nothing.as_fd())?;
        let mut payload = Vec::new();
        talk::receive(&mut stream, &mut payload)?;
        let order = serde_json::from_slice(&payload)?;
        Ok((
            Arc::new(Self {
                stream: Mutex::new(stream),
            }),
            order,
        ))
    }

    fn send(&self, say: Say, parts: &[&[u8]]) -> io::Result<()> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        talk::send(&mut *stream, say.byte(), parts)
    }

    pub(super) fn hello(&self) -> io::Result<()> {
        self.send(Say::Hello, &[])
    }

    pub(super) fn answer(&self, answer: &Answer) -> io::Result<()> {
        self.send(Say::Answer, &[&serde_json::to_vec(answer)?])
    }

    /// A range of the source, at most one frame.
    pub(super) fn range(&self, offset: u64, want: usize, into: &mut Vec<u8>) -> io::Result<()> {
        let want = u32::try_from(want.min(FRAME)).unwrap_or(u32::MAX);
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        talk::send(
            &mut *stream,
            Say::Range.byte(),
            &[&offset.to_be_bytes(), &want.to_be_bytes()],
        )?;
        talk::receive(&mut *stream, into).map(|_| ())
    }

    /// Where bytes of output `number` go.
    pub(super) fn writer(self: &Arc<Self>, number: u8) -> OutputWriter {
        OutputWriter {
            link: Arc::clone(self),
            number,
        }
    }
}

/// Hands out bytes of one output.
pub(crate) struct OutputWriter {
    link: Arc<Link>,
    number: u8,
}

impl Write for OutputWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let take = bytes.len().min(FRAME - 1);
        if take > 0 {
            self.link
                .send(Say::Output, &[&[self.number], &bytes[..take]])?;
        }
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The source as `Read + Seek`, with one chunk of read-ahead.
pub(crate) struct Ranged {
    link: Arc<Link>,
    length: u64,
    at: u64,
    chunk_at: u64,
    chunk: Vec<u8>,
}

impl Ranged {
    pub(super) fn new(link: Arc<Link>, length: u64) -> Self {
        Self {
            link,
            length,
            at: 0,
            chunk_at: 0,
            chunk: Vec::new(),
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

impl Read for Ranged {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.length {
            return Ok(0);
        }
        let inside = self
            .at
            .checked_sub(self.chunk_at)
            .filter(|inside| *inside < self.chunk.len() as u64);
        let inside = match inside {
            Some(inside) => usize::try_from(inside).unwrap_or_default(),
            None => {
                self.link.range(self.at, CHUNK, &mut self.chunk)?;
                self.chunk_at = self.at;
                0
            }
        };
        let rest = self.chunk.get(inside..).unwrap_or_default();
        if rest.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let take = buffer.len().min(rest.len());
        buffer[..take].copy_from_slice(&rest[..take]);
        self.at += take as u64;
        Ok(take)
    }
}

impl Seek for Ranged {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.at)
    }
}
