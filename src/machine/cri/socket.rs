//! Connections into a sandbox, and requests that go out of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::id::SocketId;
use crate::engine::SimTime;

/// An HTTP request into a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The port.
    pub port: u16,
    /// `GET`, `POST`…
    pub method: Arc<str>,
    /// Path and query.
    pub path: Arc<str>,
    /// Names (any case) and values.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    pub body: Vec<u8>,
    /// Who asks.
    pub from: Option<IpAddr>,
}

impl HttpRequest {
    /// A plain `GET`.
    #[must_use]
    pub fn get(port: u16, path: &str) -> Self {
        Self { port, method: "GET".into(), path: path.into(), headers: Vec::new(), body: Vec::new(), from: None }
    }
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// 200, 404…
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Arc<[u8]>,
}

/// How a connection from outside fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketOutcome {
    /// An answer came.
    Answered(HttpResponse),
    /// A TCP connection was accepted.
    Connected,
    /// Nobody listens on the port.
    Refused,
    /// The process died, or closed the connection, before it had answered.
    Reset,
    /// The sandbox has no network any more: packets vanish. The caller's own timeout decides when it gives up.
    Unreachable,
}

/// A connection that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub socket: SocketId,
    /// The port it came in on.
    pub port: u16,
    /// What was asked; empty for a bare TCP connection.
    pub path: Arc<str>,
    /// Since when.
    pub since: SimTime,
    /// Who asks.
    pub from: Option<IpAddr>,
}

/// A request of a process to the world outside its sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A question to a name server; the search list has been applied already.
    Dns {
        /// Whom it asks.
        server: IpAddr,
        /// The full name, without the last dot.
        name: String,
        /// What is asked for.
        record: RecordType,
    },
    /// An HTTP request over a connection of its own.
    Http {
        /// Where to.
        to: SocketAddr,
        /// The request; `from` is not set.
        request: HttpRequest,
    },
    /// A TCP connection that is closed as soon as it stands.
    Tcp {
        /// Where to.
        to: SocketAddr,
    },
}

/// Kinds of DNS records that processes ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Service location.
    Srv,
    /// Name of an address.
    Ptr,
}

/// One record of a DNS answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// The name it belongs to.
    pub name: String,
    /// What it says.
    pub data: DnsData,
}

/// The contents of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsData {
    /// `A` or `AAAA`.
    Address(IpAddr),
    /// `CNAME`.
    Alias(String),
    /// `SRV`: priority, weight, port, target.
    Service(u16, u16, u16, String),
    /// `PTR`.
    Pointer(String),
}

/// How a question to a name server was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsOutcome {
    /// `NOERROR`, perhaps with no records.
    Records(Vec<DnsRecord>),
    /// `NXDOMAIN`, perhaps after aliases.
    NoSuchName(Vec<DnsRecord>),
    /// `SERVFAIL`.
    ServerFailure,
}

/// How a request to the outside fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingResult {
    /// The answer to [`Outgoing::Dns`].
    Dns(DnsOutcome),
    /// The answer to [`Outgoing::Http`].
    Http(HttpResponse),
    /// The connection of [`Outgoing::Tcp`] stands.
    Connected,
    /// `Connection refused`.
    Refused,
    /// `Connection reset by peer`.
    Reset,
    /// `No route to host`.
    NoRoute,
    // A request that nobody answers is not answered: the process's own timeout ends it.
}
