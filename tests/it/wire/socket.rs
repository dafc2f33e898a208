//! A client that says exactly what it is told to, right or wrong: bytes over TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Served;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection.
pub(super) struct Socket {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

/// An answer, as far as it came.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// 0 when there was none.
    pub(super) code: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Socket {
    pub(super) fn open(served: &Served) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(served.identity.ca.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = ClientConnection::new(Arc::new(config), served.address().ip().into()).unwrap();
        let tcp = TcpStream::connect(served.address()).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream: StreamOwned::new(tls, tcp) }
    }

    /// Sends bytes; whether the other side still takes them.
    pub(super) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    /// Sends a request with the administrator's token, its length told truly.
    pub(super) fn ask(&mut self, served: &Served, method: &str, path: &str, type_: &str, body: &[u8]) -> Reply {
        let token = &served.identity.token;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: {type_}\r\nContent-Length: {length}\r\n\r\n"
        );
        // A refusal may come before everything is sent.
        let _all_taken = self.send(&[head.as_bytes(), body].concat());
        self.reply()
    }

    /// Reads one answer, whose length must be told.
    pub(super) fn reply(&mut self) -> Reply {
        let mut bytes = Vec::new();
        let mut piece = [0; 4096];
        loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let field = |name: &str| {
                    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
                    line[name.len()..].trim().parse::<usize>().ok()
                };
                let length = field("content-length:").unwrap_or(0);
                let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
                if bytes.len() >= end + 4 + length {
                    return Reply { code, head, body: bytes[end + 4..end + 4 + length].to_vec() };
                }
            }
            match self.stream.read(&mut piece) {
                Ok(count @ 1..) => bytes.extend_from_slice(&piece[..count]),
                _ => return Reply::default(),
            }
        }
    }

    /// Reads what there is, until the other side has nothing more to say or closes.
    pub(super) fn rest(&mut self, patience: Duration) -> Vec<u8> {
        self.stream.sock.set_read_timeout(Some(patience)).unwrap();
        let mut all = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = self.stream.read(&mut piece) {
            all.extend_from_slice(&piece[..count]);
        }
        all
    }
}
