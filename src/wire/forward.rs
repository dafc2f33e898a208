//! Port-forward: connections of a person's machine, each a pair of SPDY streams in a WebSocket, and what they ask of a Pod.
//!
//! A connection is made into the sandbox at once, as the runtime does; what it then carries must be HTTP/1.1, which is what
//! programs of the catalogue speak. Source: `kubelet/pkg/cri/streaming/portforward/httpstream.go`.

use std::collections::BTreeMap;

use axum::extract::ws::{Message, WebSocket};

use crate::cluster::streams::{Forwarded, HttpResponse};
use crate::cluster::{ForwardedRequest, Input};
use crate::session::CallAnswer;

use super::gate::Call;
use super::http1::{self, Parsed};
use super::spdy::{Frame, Headers, Reader, SpdyError, Writer};

/// Connections at a time over one port-forward. podlab's own bound.
const CONNECTIONS_MAX: usize = 256;

/// One port-forward of a client.
struct Tunnel {
    call: Call,
    reader: Reader,
    writer: Writer,
    /// Error streams whose data stream has not come yet, by the request's id.
    waiting: BTreeMap<String, u32>,
    /// By the number of the data stream.
    connections: BTreeMap<u32, Connection>,
    /// Frames to be sent.
    out: Vec<u8>,
}

/// One connection of the person's machine.
struct Connection {
    error_stream: u32,
    port: u16,
    input: Vec<u8>,
    state: State,
    /// The client will send no more.
    is_ended: bool,
}

/// What a connection waits for.
enum State {
    Connecting,
    Idle,
    /// An answer: without a body, and with the connection closed behind it?
    Answer {
        is_head: bool,
        closes: bool,
    },
}

/// Carries a port-forward until the client leaves.
pub async fn carry(mut socket: WebSocket, call: Call) {
    let mut tunnel = Tunnel {
        call,
        reader: Reader::default(),
        writer: Writer::default(),
        waiting: BTreeMap::new(),
        connections: BTreeMap::new(),
        out: Vec::new(),
    };
    loop {
        let goes_on = tokio::select! {
            told = tunnel.call.next() => match told.map(|told| told.answer) {
                Some(CallAnswer::Forwarded { connection, how }) => {
                    tunnel.on_forwarded(connection, how);
                    true
                }
                Some(CallAnswer::Outcome(Err(_))) | None => false,
                Some(_) => true,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => tunnel.hear(&bytes).is_ok(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                Some(Ok(_)) => true,
            },
        };
        let frames = std::mem::take(&mut tunnel.out);
        if !frames.is_empty() && socket.send(Message::Binary(frames.into())).await.is_err() {
            return;
        }
        if !goes_on {
            // The client may be gone already.
            drop(socket.send(Message::Close(None)).await);
            return;
        }
    }
}

impl Tunnel {
    fn hear(&mut self, bytes: &[u8]) -> Result<(), SpdyError> {
        self.reader.feed(bytes);
        while let Some(frame) = self.reader.take()? {
            match frame {
                Frame::Open { stream, headers, is_ended } => self.open(stream, &headers, is_ended),
                Frame::Data { stream, bytes, is_ended } => self.on_data(stream, &bytes, is_ended),
                Frame::Reset(stream) => drop(self.connections.remove(&stream)),
                Frame::Ping(number) => self.out.extend(Writer::ping(number)),
                Frame::GoAway | Frame::Other => {}
            }
        }
        Ok(())
    }

    /// Two streams with one request id make a connection: first the one for errors, then the one for data.
    fn open(&mut self, stream: u32, headers: &Headers, is_ended: bool) {
        let accepted = self.writer.accept(stream);
        self.out.extend(accepted);
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        let request = header("requestid");
        match header("streamtype").as_str() {
            "error" => drop(self.waiting.insert(request, stream)),
            "data" => {
                let Some(error_stream) = self.waiting.remove(&request) else { return };
                let port = header("port").parse().unwrap_or(0);
                let state = State::Connecting;
                let connection = Connection { error_stream, port, input: Vec::new(), state, is_ended };
                self.connections.insert(stream, connection);
                if self.connections.len() > CONNECTIONS_MAX {
                    return self.close(stream, "too many connections over one port-forward");
                }
                self.submit(stream, port, None);
            }
            _ => {}
        }
    }

    fn submit(&self, connection: u32, port: u16, request: Option<ForwardedRequest>) {
        let input = Input::Forward { call: self.call.number(), connection, port, request };
        self.call.door().act(move |session| session.submit(input));
    }

    fn on_data(&mut self, stream: u32, bytes: &[u8], is_ended: bool) {
        let Some(connection) = self.connections.get_mut(&stream) else { return };
        connection.input.extend_from_slice(bytes);
        connection.is_ended |= is_ended;
        self.go_on(stream);
    }

    /// Sends the next request of a connection, if it is whole and none is under way.
    fn go_on(&mut self, stream: u32) {
        let Some(connection) = self.connections.get_mut(&stream) else { return };
        if !matches!(connection.state, State::Idle) {
            return;
        }
        let port = connection.port;
        match http1::parse(&connection.input) {
            Parsed::Request { request, length, closes } => {
                connection.input.drain(..length);
                connection.state = State::Answer { is_head: request.method == "HEAD", closes };
                self.submit(stream, port, Some(request));
            }
            Parsed::Incomplete if connection.is_ended => self.close(stream, ""),
            Parsed::Incomplete => {}
            Parsed::NotHttp => {
                let text = format!(
                    "podlab: what was sent to port {port} is not HTTP/1.1; other protocols are not modelled over port-forward"
                );
                self.close(stream, &text);
            }
        }
    }

    fn on_forwarded(&mut self, stream: u32, how: Forwarded) {
        let Some(connection) = self.connections.get_mut(&stream) else { return };
        match how {
            Forwarded::Connected => {
                connection.state = State::Idle;
                self.go_on(stream);
            }
            Forwarded::Answered(response) => {
                let State::Answer { is_head, closes } = connection.state else { return };
                connection.state = State::Idle;
                self.answer(stream, &response, is_head, closes);
            }
            Forwarded::Refused(text) => self.close(stream, &text),
            Forwarded::Closed => self.close(stream, ""),
        }
    }

    fn answer(&mut self, stream: u32, response: &HttpResponse, is_head: bool, closes: bool) {
        let bytes = http1::write(response, is_head, closes);
        self.out.extend(Writer::data(stream, &bytes, false));
        if closes {
            self.close(stream, "");
        } else {
            self.go_on(stream);
        }
    }

    /// Ends a connection, with an error if there is one.
    fn close(&mut self, stream: u32, error: &str) {
        let Some(connection) = self.connections.remove(&stream) else { return };
        self.out.extend(Writer::data(connection.error_stream, error.as_bytes(), true));
        self.out.extend(Writer::data(stream, b"", true));
    }
}
