//! Port-forward: connections of a person's machine, and what they ask of a Pod. kubectl sends each as a pair of SPDY streams in a
//! WebSocket, and as many as it likes; client libraries send one for each port, as a pair of channels.
//!
//! A connection is made into the sandbox at once, as the runtime does; what it then carries must be HTTP/1.1, which is what
//! programs of the catalogue speak. Source: `kubelet/pkg/cri/streaming/portforward/{httpstream,websocket}.go`.

use std::collections::BTreeMap;

use axum::extract::ws::{Message, WebSocket};

use crate::cluster::streams::{Forwarded, HttpResponse};
use crate::cluster::{ForwardedRequest, Input};
use crate::session::CallAnswer;

use super::framing::{Framing, Heard};
use super::gate::Call;
use super::http1::{self, Parsed};

/// Connections at a time over one port-forward. podlab's own bound.
const CONNECTIONS_MAX: usize = 256;

/// One port-forward of a client.
struct Tunnel {
    call: Call,
    framing: Framing,
    /// By the number of the data stream.
    connections: BTreeMap<u32, Connection>,
    /// Messages to be sent.
    out: Vec<Vec<u8>>,
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

/// Carries a port-forward until the client leaves, or all that it asked for is closed.
pub async fn carry(mut socket: WebSocket, call: Call, framing: Framing) {
    let mut tunnel = Tunnel { call, framing, connections: BTreeMap::new(), out: Vec::new() };
    tunnel.begin();
    loop {
        for message in std::mem::take(&mut tunnel.out) {
            if socket.send(Message::Binary(message.into())).await.is_err() {
                return;
            }
        }
        if tunnel.framing.ends_with_its_connections() && tunnel.connections.is_empty() {
            break;
        }
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
                Some(Ok(Message::Binary(bytes))) => tunnel.hear(&bytes),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => true,
            },
        };
        if !goes_on {
            break;
        }
    }
    // The client may be gone already.
    drop(socket.send(Message::Close(None)).await);
}

impl Tunnel {
    /// Opens what was asked for with the request itself.
    fn begin(&mut self) {
        let opened = self.framing.greet(&mut self.out);
        for heard in opened {
            self.on_heard(heard);
        }
    }

    /// Says whether the client speaks as it should.
    fn hear(&mut self, bytes: &[u8]) -> bool {
        let Ok(heard) = self.framing.hear(bytes, &mut self.out) else { return false };
        heard.into_iter().for_each(|heard| self.on_heard(heard));
        true
    }

    fn on_heard(&mut self, heard: Heard) {
        match heard {
            Heard::Opened { stream, error_stream, port, is_ended } => self.open(stream, error_stream, port, is_ended),
            Heard::Data { stream, bytes, is_ended } => self.on_data(stream, &bytes, is_ended),
            Heard::Reset(stream) => drop(self.connections.remove(&stream)),
        }
    }

    fn open(&mut self, stream: u32, error_stream: u32, port: u16, is_ended: bool) {
        let connection = Connection { error_stream, port, input: Vec::new(), state: State::Connecting, is_ended };
        self.connections.insert(stream, connection);
        if self.connections.len() > CONNECTIONS_MAX {
            return self.close(stream, "too many connections over one port-forward");
        }
        self.submit(stream, port, None);
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
        self.framing.say(stream, &bytes, false, &mut self.out);
        if closes {
            self.close(stream, "");
        } else {
            self.go_on(stream);
        }
    }

    /// Ends a connection, with an error if there is one.
    fn close(&mut self, stream: u32, error: &str) {
        let Some(connection) = self.connections.remove(&stream) else { return };
        self.framing.say(connection.error_stream, error.as_bytes(), true, &mut self.out);
        self.framing.say(stream, b"", true, &mut self.out);
    }
}
