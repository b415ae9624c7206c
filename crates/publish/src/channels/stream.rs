//! A bare connection to a line's server, for what is not HTTP: by the same rules as every request, so through the SOCKS5
//! port alone where there is one, with certificates checked, and with no name looked up here.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::time::{Duration as Wait, Instant};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, NextTimeout, RustlsConnector, SocksConnector, TcpConnector,
    Transport, TransportAdapter,
};
use ureq::{Agent, Timeout};

use super::Fault;
use super::http::{CONNECT, Literal, STANDSTILL};

/// A connection: bytes in, bytes out, over TLS where the address says so.
pub(crate) type Stream = TransportAdapter<Box<dyn Transport>>;

/// Connects to the server of `base` as `agent` would. Nothing is said yet, so that no failure is a danger.
pub(crate) fn dial(agent: &Agent, base: &str) -> Result<Stream, Fault> {
    let uri: Uri = base
        .parse()
        .map_err(|_| Fault::refused("the server's address cannot be read"))?;
    let mut stream = connect(agent, &uri).map_err(|_| Fault::later("there is no connection"))?;
    stream.set_timeout(standstill());
    Ok(stream)
}

/// Makes a connection secure under way, for a server at an `https` address; its certificate is checked as always.
pub(crate) fn secure(agent: &Agent, base: &str, stream: Stream) -> Result<Stream, Fault> {
    let uri: Uri = base
        .parse()
        .map_err(|_| Fault::refused("the server's address cannot be read"))?;
    let upgraded = with_details(agent, &uri, |details| {
        RustlsConnector::default().connect(details, Some(stream.into_inner()))
    });
    let transport = upgraded
        .ok()
        .flatten()
        .ok_or_else(|| Fault::later("the connection is not secure"))?;
    let mut stream: Stream = TransportAdapter::new(boxed(transport), current_time());
    stream.set_timeout(standstill());
    Ok(stream)
}

fn connect(agent: &Agent, uri: &Uri) -> Result<Stream, ureq::Error> {
    let proxied = agent.config().proxy().is_some();
    let transport: Option<Box<dyn Transport>> = with_details(agent, uri, |details| {
        if proxied {
            let chain = ().chain(SocksConnector::default()).chain(RustlsConnector::default());
            Ok(chain.connect(details, None)?.map(boxed))
        } else {
            let chain = ().chain(TcpConnector::default()).chain(RustlsConnector::default());
            Ok(chain.connect(details, None)?.map(boxed))
        }
    })?;
    let transport = transport.ok_or(ureq::Error::ConnectionFailed)?;
    Ok(TransportAdapter::new(transport, current_time()))
}

fn current_time() -> Arc<dyn Fn() -> Instant + Send + Sync> {
    Arc::new(Instant::now)
}

/// Calls with what connectors want to know of a connection to `uri`.
fn with_details<T>(
    agent: &Agent,
    uri: &Uri,
    call: impl FnOnce(&ConnectionDetails<'_>) -> Result<T, ureq::Error>,
) -> Result<T, ureq::Error> {
    let config = agent.config();
    let proxied = config.proxy().is_some();
    let timeout = NextTimeout {
        after: Wait::Exact(CONNECT),
        reason: Timeout::Connect,
        ..NextTimeout::default()
    };
    let resolver: &dyn Resolver = if proxied {
        &Literal
    } else {
        &DefaultResolver::default()
    };
    // The port looks names up, not we.
    let addrs = if proxied {
        resolver.empty()
    } else {
        resolver.resolve(uri, config, timeout)?
    };
    call(&ConnectionDetails {
        uri,
        addrs,
        config,
        request_level: false,
        resolver,
        now: Instant::now(),
        timeout,
        current_time: current_time(),
        run_connector: Arc::new(|_| Err(ureq::Error::ConnectionFailed)),
        register_shutdown: Arc::new(|_| Ok(())),
    })
}

fn boxed(transport: impl Transport) -> Box<dyn Transport> {
    Box::new(transport)
}

/// Progress, however slow, is never cut off.
fn standstill() -> NextTimeout {
    let wait = |time: Duration| Some(Wait::Exact(time));
    NextTimeout {
        per_read: wait(STANDSTILL),
        per_write: wait(STANDSTILL),
        ..NextTimeout::default()
    }
}
