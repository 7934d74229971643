//! Takes connections and speaks HTTP/1.1 or, where a client begins with it, HTTP/2 without encryption.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::RouterIntoService;
use bytes::Bytes;
use futures::future::Either as Which;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tower::Service;

use super::kept::Kept;

/// What a client of HTTP/2 sends first (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Between two looks at a preface that comes in pieces.
const PAUSE: Duration = Duration::from_millis(10);
/// After a failed accept.
const LONG_PAUSE: Duration = Duration::from_millis(500);
/// An HTTP/2 client that does not answer a ping for this long is gone.
const PING: Duration = Duration::from_secs(20);
const STREAMS: u32 = 256;
/// When asked to stop: for answers that are under way.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Answers what is kept itself, and hands everything else to the router.
#[derive(Clone)]
pub(super) struct Front {
    pub kept: Arc<Kept>,
    pub router: Router,
}

impl hyper::service::Service<Request<Incoming>> for Front {
    type Response = Response<Either<Full<Bytes>, Body>>;
    type Error = Infallible;
    type Future = Which<Ready<Result<Self::Response, Infallible>>, Routed>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        match self.kept.answer(&request) {
            Some(answer) => Which::Left(ready(Ok(answer.map(|bytes| Either::Left(Full::new(bytes)))))),
            None => {
                let mut router: RouterIntoService<Body> = self.router.clone().into_service();
                Which::Right(Routed(router.call(request.map(Body::new))))
            }
        }
    }
}

/// The router's answer.
pub(super) struct Routed(<RouterIntoService<Body> as Service<Request<Body>>>::Future);

impl Future for Routed {
    type Output = Result<Response<Either<Full<Bytes>, Body>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.map(|answer| answer.map(Either::Right)))
    }
}

/// Takes connections until `stop` completes, tells `closing`, and lets running answers end.
pub(super) async fn take(
    listener: TcpListener,
    front: Front,
    head_timeout: Duration,
    closing: watch::Sender<bool>,
    stop: impl Future<Output = ()>,
) {
    // Every connection holds a sender: the channel ends with the last of them.
    let (open, mut all_closed) = mpsc::channel::<Infallible>(1);
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let (front, closing, open) = (front.clone(), closing.subscribe(), open.clone());
                tokio::spawn(async move {
                    converse(stream, front, head_timeout, closing).await;
                    drop(open);
                });
            }
            Err(error) => {
                // Too many open files, for one: it passes.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(LONG_PAUSE).await;
            }
        }
    }
    drop((listener, open));
    closing.send_replace(true);
    if tokio::time::timeout(LAST_ANSWERS, all_closed.recv()).await.is_err() {
        tracing::warn!("some answers were still under way");
    }
}

async fn converse(stream: TcpStream, front: Front, head_timeout: Duration, mut closing: watch::Receiver<bool>) {
    // Answers go out whole: there is nothing to wait for.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers may be sent late");
    }
    let mut told = pin!(async move {
        let _ = closing.wait_for(|closing| *closing).await;
    });
    let begun = tokio::select! {
        begun = tokio::time::timeout(head_timeout, is_second(&stream)) => begun,
        () = &mut told => return,
    };
    let Ok(Some(second)) = begun else { return };
    let stream = TokioIo::new(stream);
    let result = if second {
        let mut protocol = http2::Builder::new(TokioExecutor::new());
        protocol.timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING).max_concurrent_streams(STREAMS);
        let mut connection = pin!(protocol.serve_connection(stream, front));
        tokio::select! {
            result = &mut connection => result,
            () = &mut told => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    } else {
        let mut protocol = http1::Builder::new();
        protocol.timer(TokioTimer::new()).header_read_timeout(head_timeout);
        let mut connection = pin!(protocol.serve_connection(stream, front));
        tokio::select! {
            result = &mut connection => result,
            () = &mut told => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Whether the client begins with HTTP/2. `None` when it goes away before that can be told.
async fn is_second(stream: &TcpStream) -> Option<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let seen = stream.peek(&mut first).await.ok().filter(|seen| *seen > 0)?;
        if first[..seen] != PREFACE[..seen] {
            return Some(false);
        }
        if seen == PREFACE.len() {
            return Some(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
