//! Connections: how many, how slow, and how they end.
//!
//! A line may be as slow as it likes for as long as it likes; one on which nothing moves is closed.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep};
use wire::{Problem, ProblemKind, TokenHash};

use crate::commit::{Clock, Committer, GroupObserver};
use crate::http::{App, router};
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::store::Store;

/// How often ended sessions are looked for.
const SWEEP: Duration = Duration::from_secs(60);
/// Most bytes of a request's head, and of what is read ahead on one connection.
const BUFFER: usize = 64 * 1_024;
/// Most headers of a request.
const HEADERS: usize = 32;

/// Serves a store, to the desks with these tokens, until `stop` is ready, then lets running requests end, within limits.
///
/// # Errors
/// When the committer's thread cannot be started.
pub async fn serve(
    listener: TcpListener,
    store: Arc<Store>,
    desks: impl IntoIterator<Item = TokenHash>,
    clock: Clock,
    observer: Option<GroupObserver>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let desks: Vec<TokenHash> = desks.into_iter().collect();
    store.read_by(desks.clone());
    let (queue, committer) = Committer::start(Arc::clone(&store), Arc::clone(&clock), observer)?;
    let sweeper = tokio::spawn(sweep(Arc::clone(&store), Arc::clone(&clock)));
    let ticker = tokio::spawn(tick(Arc::clone(&store), Arc::clone(&clock)));
    let limits = store.limits().clone();
    let app = App {
        store: Arc::clone(&store),
        queue,
        clock,
        desks,
        under_way: Mutex::new(HashMap::new()),
    };
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    accept(
        &listener,
        &store,
        router(Arc::new(app)),
        &stopped,
        &mut connections,
        stop,
    )
    .await;
    // Nobody waits for the news when every connection is gone already.
    let _ = stopping.send(true);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.stop, all_ended).await.is_err() {
        connections.shutdown().await;
    }
    sweeper.abort();
    ticker.abort();
    // The queue went with the router; uploads still in tasks of their own end with the runtime.
    let finish = tokio::task::spawn_blocking(move || committer.finish());
    if tokio::time::timeout(limits.stop, finish).await.is_err() {
        tracing::info!("stopped with uploads under way");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    store: &Arc<Store>,
    router: Router,
    stopped: &watch::Receiver<bool>,
    connections: &mut JoinSet<()>,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(store.limits().connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => return,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        // The peer's address is dropped here, unread.
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: let some connections end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            connections.spawn(turn_away(stream));
            continue;
        };
        let (router, stopped, store) = (router.clone(), stopped.clone(), Arc::clone(store));
        connections.spawn(async move {
            let gauge = &store.metrics().connections;
            gauge.fetch_add(1, Ordering::Relaxed);
            connection(stream, router, stopped, store.limits()).await;
            gauge.fetch_sub(1, Ordering::Relaxed);
            drop(place);
        });
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    mut stopped: watch::Receiver<bool>,
    limits: &Limits,
) {
    // Without it small answers wait for the other side's acknowledgement; nothing else depends on it.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Moving::new(stream, limits.stall));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .half_close(true)
        .max_buf_size(BUFFER)
        .max_headers(HEADERS)
        .serve_connection(io, TowerToHyperService::new(router));
    let mut serving = std::pin::pin!(serving);
    let stop = async { stopped.wait_for(|stopped| *stopped).await.is_ok() };
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        _ = stop => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    // How connections end says something about clients, so it is not logged.
    let _ = ended;
}

/// Too many connections: says so, briefly, and closes.
async fn turn_away(mut stream: TcpStream) {
    let body = Problem::new(ProblemKind::Unavailable).encode();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {}\r\nContent-Length: {}\r\nRetry-After: 10\r\nConnection: close\r\n\r\n",
        wire::PROBLEM_JSON,
        body.len(),
    );
    let answer = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        stream.shutdown().await
    };
    // Whoever does not take these few bytes is cut off.
    let _ = tokio::time::timeout(Duration::from_secs(1), answer).await;
}

async fn sweep(store: Arc<Store>, clock: Clock) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let (store, now) = (Arc::clone(&store), clock());
        let swept = tokio::task::spawn_blocking(move || store.sweep(now).map_err(|e| (store, e)));
        if let Ok(Err((store, error))) = swept.await {
            tracing::warn!(kind = ?error.kind(), "ended sessions could not be forgotten yet");
            Metrics::add(&store.metrics().disk_failures, 1);
        }
    }
}

/// Signs a checkpoint at each tick, whether or not anything came.
async fn tick(store: Arc<Store>, clock: Clock) {
    loop {
        let (signing, now) = (Arc::clone(&store), clock());
        let signed = tokio::task::spawn_blocking(move || signing.tick(now)).await;
        if let Ok(Err(error)) = signed {
            tracing::warn!(kind = ?error.kind(), "no checkpoint could be signed; the last one stands");
            Metrics::add(&store.metrics().disk_failures, 1);
        }
        let wait = u64::try_from(store.until_next_tick(clock())).unwrap_or(0);
        tokio::time::sleep(Duration::from_micros(wait).max(Duration::from_millis(100))).await;
    }
}

/// A stream whose writes fail when the other side takes nothing for too long.
/// (Reading is watched where bodies and heads are read, which know when the other side is to blame.)
struct Moving {
    stream: TcpStream,
    stall: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Moving {
    fn new(stream: TcpStream, stall: Duration) -> Self {
        Self {
            stream,
            stall,
            waiting: None,
        }
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.waiting = None;
            return poll;
        }
        let deadline = Instant::now() + self.stall;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Moving {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Moving {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.watch(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
