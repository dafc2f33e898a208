//! The listener: TLS on loopback, HTTP/1.1 and HTTP/2, bounded in connections, headers and time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::gate::Door;
use super::handler::{Edge, Peer, handle};
use super::identity::Identity;
use super::users;

/// So many connections at a time; more wait.
const CONNECTIONS_MAX: usize = 2_048;
/// A client that does not finish its handshake or its headers within this is cut off. Source: `http.Server.ReadHeaderTimeout` of the
/// API server is 32 s.
const PATIENCE: Duration = Duration::from_secs(32);
/// Headers may be so long. Source: Go's `DefaultMaxHeaderBytes`, 1 MiB.
const HEADERS_MAX: usize = 1024 * 1024;
/// Requests and watches over one HTTP/2 connection. Source: `apiserver/pkg/server/secure_serving.go`, `MaxConcurrentStreams` 100;
/// k9s opens more, and here they cost little.
const STREAMS_MAX: u32 = 1_000;

/// A server that listens.
pub struct Server {
    address: SocketAddr,
    // Dropping the runtime ends every connection.
    _runtime: Runtime,
}

impl Server {
    /// Listens at `address`, port 0 for any free one, and answers from behind `door`.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn start(address: SocketAddr, identity: &Identity, door: Door) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("podlab-wire")
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let edge = Arc::new(Edge { door, token: identity.token.clone() });
        let acceptor = TlsAcceptor::from(Arc::clone(&identity.tls));
        runtime.spawn(accept(listener, acceptor, edge));
        Ok(Self { address, _runtime: runtime })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, edge: Arc<Edge>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&edge), place))),
            // Out of descriptors, most likely: wait for some to be closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, edge: Arc<Edge>, place: OwnedSemaphorePermit) {
    // Small answers must not wait for more.
    drop(stream.set_nodelay(true));
    let Ok(Ok(stream)) = timeout(PATIENCE, acceptor.accept(stream)).await else { return };
    let peer = Peer(certificate_user(&stream));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        handle(Arc::clone(&edge), request.map(Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADERS_MAX as u32);
    // How a connection ends is the client's business.
    drop(builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await);
    drop(place);
}

fn certificate_user(stream: &TlsStream<TcpStream>) -> Option<Arc<crate::apiserver::User>> {
    let certificates = stream.get_ref().1.peer_certificates()?;
    users::of_certificate(certificates.first()?).map(Arc::new)
}
