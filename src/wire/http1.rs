//! HTTP/1.1 as bytes, for connections through a forwarded port: requests read, answers written.
//!
//! Source: RFC 9112. **Not modelled.** Trailers, upgrades.

use axum::http::StatusCode;

use crate::cluster::ForwardedRequest;
use crate::cluster::streams::HttpResponse;

/// The head of a request may be so long. Source: nginx' `large_client_header_buffers`, 4 of 8 KiB.
const HEAD_MAX: usize = 32 * 1024;
/// And its body. podlab's own bound.
const BODY_MAX: usize = 8 << 20;

/// What came in so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A whole request.
    Request {
        /// The request.
        request: ForwardedRequest,
        /// How many bytes it took.
        length: usize,
        /// The connection ends with the answer.
        closes: bool,
    },
    /// More must come.
    Incomplete,
    /// It is none.
    NotHttp,
}

/// Reads a request.
#[must_use]
pub fn parse(bytes: &[u8]) -> Parsed {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if looks_like_http(bytes) { Parsed::Incomplete } else { Parsed::NotHttp };
    };
    let Ok(head) = std::str::from_utf8(&bytes[..end]) else { return Parsed::NotHttp };
    let mut lines = head.split("\r\n");
    let words: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, path, version @ ("HTTP/1.1" | "HTTP/1.0")] = words.as_slice() else { return Parsed::NotHttp };
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str()).to_ascii_lowercase()
    };
    let connection = header("connection");
    let closes = connection == "close" || (*version == "HTTP/1.0" && connection != "keep-alive");
    let start = end + 4;
    let body = match header("transfer-encoding").as_str() {
        "chunked" => chunked(&bytes[start..]),
        _ => match header("content-length").parse::<usize>().unwrap_or(0) {
            length if length > BODY_MAX => return Parsed::NotHttp,
            length => bytes.get(start..start + length).map(|body| (body.to_vec(), length)),
        },
    };
    let Some((body, length)) = body else { return Parsed::Incomplete };
    // A path that names the host as proxies are asked is a path all the same.
    let request = ForwardedRequest { method: (*method).to_owned(), path: (*path).to_owned(), headers, body };
    Parsed::Request { request, length: start + length, closes }
}

/// Whether the beginning of a line may still become the first line of a request.
fn looks_like_http(bytes: &[u8]) -> bool {
    if bytes.len() > HEAD_MAX {
        return false;
    }
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.len() < bytes.len() {
        return first.ends_with(b" HTTP/1.1\r") || first.ends_with(b" HTTP/1.0\r");
    }
    let method = first.split(|byte| *byte == b' ').next().unwrap_or_default();
    method.len() <= 20 && method.iter().all(u8::is_ascii_uppercase)
}

/// The chunks of a body put together, and how many bytes they took; `None` until the last has come.
fn chunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let line = bytes[at..].windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&bytes[at..at + line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok().filter(|size| *size <= BODY_MAX)?;
        let start = at + line + 2;
        let chunk = bytes.get(start..start + size + 2)?;
        body.extend_from_slice(&chunk[..size]);
        at = start + size + 2;
        if size == 0 {
            return Some((body, at));
        }
    }
}

/// Writes an answer.
#[must_use]
pub fn write(response: &HttpResponse, is_head: bool, closes: bool) -> Vec<u8> {
    let reason =
        StatusCode::from_u16(response.status).ok().and_then(|code| code.canonical_reason()).unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", response.status);
    for (name, value) in &response.headers {
        if !["content-length", "connection", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str()) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    head += &format!("Content-Length: {}\r\n", response.body.len());
    head += if closes { "Connection: close\r\n\r\n" } else { "Connection: keep-alive\r\n\r\n" };
    let mut bytes = head.into_bytes();
    if !is_head {
        bytes.extend_from_slice(&response.body);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_from_other_protocols() {
        let Parsed::Request { request, length, closes } =
            parse(b"POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET")
        else {
            panic!("no request")
        };
        assert_eq!(
            (request.method.as_str(), request.path.as_str(), request.body.as_slice()),
            ("POST", "/a?b", &b"hi"[..])
        );
        assert_eq!((length, closes), (52, false));
        assert_eq!(parse(b"GET / HTTP/1.1\r\nHost"), Parsed::Incomplete);
        assert_eq!(parse(b"GE"), Parsed::Incomplete);
        assert_eq!(parse(b"PING\r\n"), Parsed::NotHttp);
        assert_eq!(parse(b"*1\r\n$4\r\nPING\r\n"), Parsed::NotHttp);
        assert_eq!(chunked(b"3\r\nabc\r\n0\r\n\r\n").unwrap().0, b"abc");
    }

    #[test]
    fn an_answer_is_written_with_its_length() {
        let response =
            HttpResponse { status: 404, headers: vec![("Server".into(), "x".into())], body: b"no".as_slice().into() };
        let text = String::from_utf8(write(&response, false, true)).unwrap();
        assert_eq!(text, "HTTP/1.1 404 Not Found\r\nServer: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    }
}
