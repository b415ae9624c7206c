//! The ways by name. There is no default among them: without a name nothing leaves, and each allows its own drops only.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use formats::DropUrl;
use ureq::tls::{Certificate, RootCerts};

use crate::road::RoadError;

/// Longest wait for each word of the proxy's greeting. It is a program on this machine or in this house.
const GREETING: Duration = Duration::from_secs(20);
/// RFC 1928: version 5, one method offered, that of RFC 1929 (a name and a password).
const HELLO: [u8; 3] = [5, 1, 2];
/// What a proxy that keeps sessions apart by name answers.
const AGREED: [u8; 2] = [5, 2];

/// The way that was chosen.
#[derive(Debug, Clone)]
pub enum Way {
    /// Tor, by its SOCKS5 port. Names are resolved behind it, never here.
    Tor {
        /// Where the port is.
        proxy: SocketAddr,
        /// Whose certificates count for drops with https.
        trust: Trust,
    },
    /// Plain TLS to a host that looks ordinary. Weaker: whoever watches the line sees who, where, when and how much.
    Tls(Trust),
    /// Drops on this very machine alone: tests, and forwarders that the owner runs.
    Loopback,
}

/// Whose certificates are believed.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// What browsers believe.
    #[default]
    Web,
    /// This certificate, or one that it signed, and no other.
    Pinned(Certificate<'static>),
}

impl Trust {
    /// Pins the first certificate of a PEM file.
    ///
    /// # Errors
    /// [`RoadError::BadPin`] when there is none.
    pub fn pinned(pem: &[u8]) -> Result<Self, RoadError> {
        let certificate = Certificate::from_pem(pem).map_err(|_| RoadError::BadPin)?;
        Ok(Self::Pinned(certificate))
    }

    pub(crate) fn roots(&self) -> RootCerts {
        match self {
            Self::Web => RootCerts::WebPki,
            Self::Pinned(certificate) => {
                RootCerts::new_with_certs(std::slice::from_ref(certificate))
            }
        }
    }
}

impl Way {
    /// Where Tor listens unless it was told otherwise.
    pub const TOR: &str = "127.0.0.1:9050";

    /// Tor, its port given as `ADDRESS:PORT`. `localhost` means 127.0.0.1; other names are refused, because looking them up
    /// would leak.
    ///
    /// # Errors
    /// [`RoadError::BadProxy`].
    pub fn tor(text: &str, trust: Trust) -> Result<Self, RoadError> {
        let literal = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        let proxy = literal.parse().map_err(|_| RoadError::BadProxy)?;
        Ok(Self::Tor { proxy, trust })
    }

    /// Whether this drop may be reached this way at all.
    pub(crate) fn allows(&self, drop: &DropUrl) -> Result<(), RoadError> {
        let onion = drop.host().ends_with(".onion");
        let here = drop
            .host()
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback());
        match self {
            Self::Loopback if here => Ok(()),
            Self::Loopback => Err(RoadError::NotHere(drop.clone())),
            Self::Tls(_) if onion => Err(RoadError::OnlyTor(drop.clone())),
            Self::Tls(_) if drop.is_https() => Ok(()),
            Self::Tor { .. } if onion || here || drop.is_https() => Ok(()),
            Self::Tls(_) | Self::Tor { .. } => Err(RoadError::Clear(drop.clone())),
        }
    }
}

/// Whether a proxy answers as Tor's does: SOCKS5, with a name and a password by which it keeps sessions apart. A proxy that
/// would not ask for them (an SSH tunnel, say) is refused. That it is Tor in truth cannot be known from here.
pub(crate) fn probe(proxy: SocketAddr) -> Result<(), RoadError> {
    let greet = || -> io::Result<[u8; 2]> {
        let mut line = TcpStream::connect_timeout(&proxy, GREETING)?;
        line.set_read_timeout(Some(GREETING))?;
        line.set_write_timeout(Some(GREETING))?;
        line.write_all(&HELLO)?;
        let mut answer = [0; 2];
        line.read_exact(&mut answer)?;
        Ok(answer)
    };
    match greet() {
        Ok(AGREED) => Ok(()),
        _ => Err(RoadError::NoProxy { proxy }),
    }
}
