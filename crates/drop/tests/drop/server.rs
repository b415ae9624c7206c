//! A real server on a loopback port, on a folder of its own or on a disk of the tests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use drop::Limits;
use drop::disk::Disk;
use drop::store::Store;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wire::{DeskToken, TokenRegistration};
use zeroize::Zeroizing;

use crate::client::{Answer, request};
use crate::forgetful::Forgetful;
use crate::sample::{START, Session, limits};

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<Store>,
    pub(crate) now: Arc<AtomicI64>,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<std::io::Result<()>>>,
}

pub(crate) fn desk() -> DeskToken {
    DeskToken::from_bytes([0xd0; 32])
}

/// Another one that reads the same drop.
pub(crate) fn other_desk() -> DeskToken {
    DeskToken::from_bytes([0xd1; 32])
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(limits())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        Self::on(Forgetful::new(None, 0), limits)
    }

    pub(crate) fn on(disk: Forgetful, limits: Limits) -> Self {
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let (store, _) = Store::open(shared, limits, Zeroizing::new([5; 32]), START).unwrap();
        let store = Arc::new(store);
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let now = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&now);
        let (stop, stopped) = oneshot::channel();
        let serving = runtime.spawn(drop::serve::serve(
            listener,
            Arc::clone(&store),
            [desk(), other_desk()].map(|token| token.hash()),
            Arc::new(move || clock.load(Ordering::Relaxed)),
            None,
            async {
                let _ = stopped.await;
            },
        ));
        Self {
            address,
            store,
            now,
            runtime: Some(runtime),
            stop: Some(stop),
            serving: Some(serving),
        }
    }

    /// Registers sessions the way a desk does.
    pub(crate) fn register(&self, sessions: &[&Session]) {
        let hashes = sessions.iter().map(|session| session.hash()).collect();
        let body = TokenRegistration::new(hashes).unwrap().encode();
        let answer = self.desk("POST", wire::TOKENS, &body);
        assert_eq!(
            (answer.status, answer.text()),
            (200, format!("{{\"registered\":{}}}", sessions.len()))
        );
    }

    /// A request with the desk's token.
    pub(crate) fn desk(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let bearer = desk().bearer();
        request(
            self.address,
            method,
            path,
            &[("authorization", bearer.as_str())],
            body,
        )
    }

    /// A request in a session.
    pub(crate) fn session(&self, session: &Session, path: &str, body: &[u8]) -> Answer {
        let (bearer, secret) = (session.token.bearer(), session.secret.expose_hex());
        let headers = [
            ("authorization", bearer.as_str()),
            ("fh-session", secret.as_str()),
        ];
        request(self.address, "POST", path, &headers, body)
    }

    /// The whole log, the way a desk reads it.
    pub(crate) fn log(&self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut from = 0;
        loop {
            let answer = self.desk("GET", &wire::log_path(from, 3), b"");
            assert_eq!(answer.status, 200);
            let asked = wire::LogQuery { from, limit: 3 };
            let (next, size) = (answer.header("fh-next"), answer.header("fh-size"));
            let position = wire::LogPosition::decode(next, size, asked, answer.body.len()).unwrap();
            all.extend_from_slice(&answer.body);
            if position.next == position.size {
                return all;
            }
            from = position.next;
        }
    }

    /// Stops as on SIGTERM and waits until everything has ended.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        let runtime = self.runtime.take().unwrap();
        runtime
            .block_on(self.serving.take().unwrap())
            .unwrap()
            .unwrap();
        runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
