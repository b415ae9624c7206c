//! The border to the network: what a road can do, and how it fails. A road that was not chosen does not exist here.

use formats::{Cell, DropUrl};
use wire::{CellHash, MailboxAddress, ProblemKind, SessionSecret, SessionToken};

/// One session at one drop: a token spent for it and a secret that nobody else ever sees.
#[derive(Debug)]
pub struct Session {
    /// Where.
    pub drop: DropUrl,
    /// What lets it store.
    pub token: SessionToken,
    /// What proves that a later request is of the same session.
    pub secret: SessionSecret,
}

/// Why a road failed.
#[derive(Debug, thiserror::Error)]
pub enum RoadError {
    /// The proxy that was chosen does not answer, or not as one that keeps sessions apart. Nothing was sent, and nothing is
    /// sent another way.
    #[error("the proxy at {proxy} does not answer as Tor's does; nothing was sent")]
    NoProxy {
        /// Where it should be.
        proxy: std::net::SocketAddr,
    },
    /// The loopback road reaches drops on this very machine alone.
    #[error("{0} is not on this machine, and the road chosen is loopback")]
    NotHere(DropUrl),
    /// A line that anybody on the way can read.
    #[error("{0} cannot be reached on this road without being read on the way")]
    Clear(DropUrl),
    /// An onion address exists inside Tor alone.
    #[error("{0} is an onion address, and the road chosen is not Tor")]
    OnlyTor(DropUrl),
    /// The certificate to pin is none.
    #[error("the certificate to trust cannot be read")]
    BadPin,
    /// The proxy's address is not an address.
    #[error("the proxy must be given as an address and a port, such as 127.0.0.1:9050")]
    BadProxy,
    /// The host did not prove to be the one whose certificate is believed: another's, an expired one, or somebody in between.
    /// Nothing was sent, and trying again would ask the same host.
    #[error("the host does not show a certificate that is believed; nothing was sent")]
    NotBelieved(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection failed or stood still. Trying again may help.
    #[error("the connection to the drop failed")]
    Line(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The drop said no.
    #[error("the drop refused: {}", kind.title())]
    Refused {
        /// Why.
        kind: ProblemKind,
    },
    /// The drop answered what no drop answers.
    #[error("the answer was not a drop's (status {status})")]
    Strange {
        /// The HTTP status.
        status: u16,
    },
}

impl RoadError {
    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Line(_) => true,
            Self::Refused { kind } => matches!(
                kind,
                ProblemKind::Busy
                    | ProblemKind::Unavailable
                    | ProblemKind::NoProgress
                    | ProblemKind::CutShort
            ),
            Self::Strange { status } => *status >= 500,
            _ => false,
        }
    }
}

/// What the network can do for us.
pub trait Road {
    /// Stores whole cells, at most 64; answers how many from the front are on the drop's disk.
    ///
    /// # Errors
    /// Any [`RoadError`]; some cells may have been stored all the same.
    fn store(&mut self, session: &Session, cells: &[u8]) -> Result<u32, RoadError>;
    /// Asks which of these cells the drop lacks in this session, by position.
    ///
    /// # Errors
    /// Any [`RoadError`].
    fn missing(&mut self, session: &Session, hashes: &[CellHash]) -> Result<Vec<u32>, RoadError>;
    /// Fetches what a mailbox shows: a reply, or noise.
    ///
    /// # Errors
    /// Any [`RoadError`].
    fn mailbox(&mut self, drop: &DropUrl, address: &MailboxAddress) -> Result<Cell, RoadError>;
    /// Fetches the drop's newest checkpoint, as somebody whom nothing links to a session.
    ///
    /// # Errors
    /// Any [`RoadError`].
    fn checkpoint(&mut self, drop: &DropUrl) -> Result<Vec<u8>, RoadError>;
}

/// How waiting is done and the line's pace is measured, so that tests need neither.
pub trait Clock {
    /// Waits this long.
    fn wait(&mut self, time: std::time::Duration);
    /// Time that went by since some fixed moment; never goes back.
    fn elapsed(&mut self) -> std::time::Duration;
}
