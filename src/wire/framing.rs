//! How the connections of a port-forward share one WebSocket: as streams of SPDY, or as numbered channels.
//!
//! Sources: `client-go/tools/portforward/tunneling_dialer.go`; `kubelet/pkg/cri/streaming/portforward/websocket.go`, where each port has
//! a channel for data and one for errors, and the first message of each names the port.

use std::collections::BTreeMap;

use super::spdy::{Frame, Headers, Reader, SpdyError, Writer};

/// Messages are no longer than this. Source: `client-go/transport/websocket/roundtripper.go`, `DataBufferSize`.
const MESSAGE_MAX: usize = 32 * 1024;

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A connection.
    Opened {
        /// The number of its data stream.
        stream: u32,
        /// And of that for errors.
        error_stream: u32,
        /// The port of the Pod.
        port: u16,
        /// The client will send nothing on it.
        is_ended: bool,
    },
    /// Bytes on a connection.
    Data {
        /// Which one.
        stream: u32,
        /// What.
        bytes: Vec<u8>,
        /// The client will send no more.
        is_ended: bool,
    },
    /// A connection is broken off.
    Reset(u32),
}

/// How connections are told apart.
pub enum Framing {
    /// SPDY/3.1 in the WebSocket.
    Spdy {
        /// What comes in.
        reader: Box<Reader>,
        /// What goes out.
        writer: Writer,
        /// Error streams whose data stream has not come yet, by the request's id.
        waiting: BTreeMap<String, u32>,
    },
    /// Channels: these ports, in this order.
    Channels(Vec<u16>),
}

impl Framing {
    /// SPDY/3.1, with nothing said yet.
    #[must_use]
    pub fn spdy() -> Self {
        Self::Spdy { reader: Box::default(), writer: Writer::default(), waiting: BTreeMap::new() }
    }

    /// Whether the WebSocket is closed when all connections are.
    #[must_use]
    pub fn ends_with_its_connections(&self) -> bool {
        matches!(self, Self::Channels(_))
    }

    /// Says the first word; what it opens by that.
    pub fn greet(&self, out: &mut Vec<Vec<u8>>) -> Vec<Heard> {
        let Self::Channels(ports) = self else { return Vec::new() };
        let mut opened = Vec::new();
        for (stream, port) in (0u8..).step_by(2).zip(ports) {
            let [low, high] = port.to_le_bytes();
            out.extend([vec![stream, low, high], vec![stream + 1, low, high]]);
            let (stream, error_stream) = (u32::from(stream), u32::from(stream) + 1);
            opened.push(Heard::Opened { stream, error_stream, port: *port, is_ended: false });
        }
        opened
    }

    /// Takes a message of the client; what has to be answered at once goes to `out`.
    ///
    /// # Errors
    /// When it is not in this framing.
    pub fn hear(&mut self, bytes: &[u8], out: &mut Vec<Vec<u8>>) -> Result<Vec<Heard>, SpdyError> {
        match self {
            Self::Channels(_) => Ok(match bytes {
                [channel, bytes @ ..] if channel % 2 == 0 => {
                    vec![Heard::Data { stream: u32::from(*channel), bytes: bytes.to_vec(), is_ended: false }]
                }
                _ => Vec::new(),
            }),
            Self::Spdy { reader, writer, waiting } => {
                let mut heard = Vec::new();
                reader.feed(bytes);
                while let Some(frame) = reader.take()? {
                    match frame {
                        Frame::Open { stream, headers, is_ended } => {
                            out.push(writer.accept(stream));
                            heard.extend(open(waiting, stream, &headers, is_ended));
                        }
                        Frame::Data { stream, bytes, is_ended } => heard.push(Heard::Data { stream, bytes, is_ended }),
                        Frame::Reset(stream) => heard.push(Heard::Reset(stream)),
                        Frame::Ping(number) => out.push(Writer::ping(number)),
                        Frame::GoAway | Frame::Other => {}
                    }
                }
                Ok(heard)
            }
        }
    }

    /// Says something on a stream; `is_ended` when it is the last.
    pub fn say(&self, stream: u32, bytes: &[u8], is_ended: bool, out: &mut Vec<Vec<u8>>) {
        match self {
            Self::Spdy { .. } => out.push(Writer::data(stream, bytes, is_ended)),
            // There is no word for the end of a channel.
            Self::Channels(_) => out.extend(bytes.chunks(MESSAGE_MAX).map(|piece| {
                let channel = u8::try_from(stream).unwrap_or(u8::MAX);
                [&[channel], piece].concat()
            })),
        }
    }
}

/// Two streams with one request id make a connection: first the one for errors, then the one for data.
fn open(waiting: &mut BTreeMap<String, u32>, stream: u32, headers: &Headers, is_ended: bool) -> Option<Heard> {
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    let request = header("requestid");
    match header("streamtype").as_str() {
        "error" => {
            waiting.insert(request, stream);
            None
        }
        "data" => {
            let error_stream = waiting.remove(&request)?;
            Some(Heard::Opened { stream, error_stream, port: header("port").parse().unwrap_or(0), is_ended })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_name_their_port_first() {
        let (mut framing, mut out) = (Framing::Channels(vec![80, 8080]), Vec::new());
        let opened = framing.greet(&mut out);
        assert_eq!(opened[1], Heard::Opened { stream: 2, error_stream: 3, port: 8080, is_ended: false });
        assert_eq!(out, [vec![0, 80, 0], vec![1, 80, 0], vec![2, 0x90, 0x1f], vec![3, 0x90, 0x1f]]);
        let heard = framing.hear(b"\x02GET", &mut out).unwrap();
        assert_eq!(heard, [Heard::Data { stream: 2, bytes: b"GET".to_vec(), is_ended: false }]);
        assert_eq!(framing.hear(b"", &mut out), Ok(vec![]));
    }
}
