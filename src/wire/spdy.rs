//! SPDY/3.1, as far as port-forward needs it: frames of streams, and their compressed headers.
//!
//! Sources: the draft `mbelshe-httpbis-spdy-00`; `moby/spdystream`, which kubectl uses, has no flow control, so there is none here.

use std::collections::BTreeMap;

use flate2::{Decompress, FlushDecompress, Status as Inflated};

/// A header block may become so long. podlab's own bound; kubectl's are some hundred bytes.
const HEADERS_MAX: usize = 64 * 1024;
/// A frame may be so long: the length has 24 bits.
const DATA_MAX: usize = 0x00ff_ffff;
const FLAG_FIN: u8 = 1;

/// The beginning of the dictionary of SPDY/3 header blocks: names, each with its length in front, then values.
const NAMES: &[&str] = &[
    "options",
    "head",
    "post",
    "put",
    "delete",
    "trace",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "content-base",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "retry-after",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "method",
    "get",
    "status",
    "200 OK",
    "version",
    "HTTP/1.1",
    "url",
    "public",
    "set-cookie",
    "keep-alive",
    "origin",
];
const VALUES: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-\
Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 \
Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, \
Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,\
text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/// Names and values of a stream.
pub type Headers = BTreeMap<String, String>;

/// What the client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A stream begins.
    Open {
        /// Its number.
        stream: u32,
        /// What it is for.
        headers: Headers,
        /// The client will send nothing on it.
        is_ended: bool,
    },
    /// Bytes on a stream.
    Data {
        /// Its number.
        stream: u32,
        /// What.
        bytes: Vec<u8>,
        /// The client will send no more.
        is_ended: bool,
    },
    /// A stream is broken off.
    Reset(u32),
    /// An answer is wanted with the same number.
    Ping(u32),
    /// No more streams will come.
    GoAway,
    /// Nothing that matters here: settings, windows.
    Other,
}

/// A client that does not speak SPDY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not SPDY/3.1")]
pub struct SpdyError;

/// What has come in and is not a whole frame yet.
pub struct Reader {
    bytes: Vec<u8>,
    inflater: Decompress,
    is_primed: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self { bytes: Vec::new(), inflater: Decompress::new(false), is_primed: false }
    }
}

/// The dictionary. Source: section 2.6.10.1 of the draft.
fn dictionary() -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in NAMES {
        bytes.extend((name.len() as u32).to_be_bytes());
        bytes.extend(name.as_bytes());
    }
    bytes.extend(VALUES.as_bytes());
    bytes
}

impl Reader {
    /// More has come in.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame.
    ///
    /// # Errors
    /// When what came in cannot be a frame.
    pub fn take(&mut self) -> Result<Option<Frame>, SpdyError> {
        let Some(head) = self.bytes.first_chunk::<8>().copied() else { return Ok(None) };
        let length = number(&[0, head[5], head[6], head[7]]) as usize;
        if self.bytes.len() < 8 + length {
            return Ok(None);
        }
        let payload: Vec<u8> = self.bytes.drain(..8 + length).skip(8).collect();
        let is_ended = head[4] & FLAG_FIN != 0;
        let first = number(&head[..4]);
        if first >> 31 == 0 {
            return Ok(Some(Frame::Data { stream: first, bytes: payload, is_ended }));
        }
        let word = |at: usize| payload.get(at..at + 4).map(number).ok_or(SpdyError);
        Ok(Some(match first & 0xffff {
            1 => {
                let stream = word(0)? & 0x7fff_ffff;
                let headers = self.headers(payload.get(10..).ok_or(SpdyError)?)?;
                Frame::Open { stream, headers, is_ended }
            }
            3 => Frame::Reset(word(0)? & 0x7fff_ffff),
            6 => Frame::Ping(word(0)?),
            7 => Frame::GoAway,
            _ if (first >> 16) & 0x7fff == 3 => Frame::Other,
            _ => return Err(SpdyError),
        }))
    }

    /// Opens a compressed header block. All blocks of a connection are one stream of zlib with a dictionary known beforehand;
    /// the dictionary is given to a plain inflater as a stored block in front of it.
    fn headers(&mut self, block: &[u8]) -> Result<Headers, SpdyError> {
        let mut block = block;
        if !self.is_primed {
            self.is_primed = true;
            // Two bytes of zlib, four of the dictionary's sum.
            block = block.get(6..).ok_or(SpdyError)?;
            let words = dictionary();
            let length = words.len() as u16;
            let mut stored = vec![0];
            stored.extend(length.to_le_bytes());
            stored.extend((!length).to_le_bytes());
            stored.extend(words);
            self.inflate(&stored)?;
        }
        let bytes = self.inflate(block)?;
        read_headers(&bytes).ok_or(SpdyError)
    }

    fn inflate(&mut self, input: &[u8]) -> Result<Vec<u8>, SpdyError> {
        let mut output = Vec::with_capacity(4096);
        let begin = self.inflater.total_in();
        loop {
            let taken = (self.inflater.total_in() - begin) as usize;
            let before = output.len();
            let status = self.inflater.decompress_vec(&input[taken..], &mut output, FlushDecompress::Sync);
            let is_stuck = output.len() == before && (self.inflater.total_in() - begin) as usize == taken;
            match status {
                Ok(Inflated::Ok | Inflated::BufError) if output.len() == output.capacity() => {
                    if output.len() > HEADERS_MAX {
                        return Err(SpdyError);
                    }
                    output.reserve(4096);
                }
                Ok(Inflated::StreamEnd) => return Ok(output),
                Ok(_) if is_stuck || (self.inflater.total_in() - begin) as usize == input.len() => return Ok(output),
                Ok(_) => {}
                Err(_) => return Err(SpdyError),
            }
        }
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn read_headers(bytes: &[u8]) -> Option<Headers> {
    let count = number(bytes.get(..4)?);
    let mut rest = &bytes[4..];
    let mut word = || {
        let length = number(rest.get(..4)?) as usize;
        let text = String::from_utf8_lossy(rest.get(4..4 + length)?).into_owned();
        rest = &rest[4 + length..];
        Some(text)
    };
    let mut headers = Headers::new();
    for _ in 0..count {
        let name = word()?;
        headers.insert(name.to_ascii_lowercase(), word()?);
    }
    Some(headers)
}

/// What the server says.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    has_written_headers: bool,
}

impl Writer {
    /// A stream is accepted; no headers are needed. They go into a stored block, which every inflater can read.
    pub fn accept(&mut self, stream: u32) -> Vec<u8> {
        let mut block = Vec::new();
        if !std::mem::replace(&mut self.has_written_headers, true) {
            block.extend([0x78, 0x01]);
        }
        let headers = 0u32.to_be_bytes();
        let length = headers.len() as u16;
        block.push(0);
        block.extend(length.to_le_bytes());
        block.extend((!length).to_le_bytes());
        block.extend(headers);
        // The empty block of a flush: Go's inflater hands nothing out before it.
        block.extend([0, 0, 0, 0xff, 0xff]);
        let mut payload = stream.to_be_bytes().to_vec();
        payload.extend(block);
        control(2, &payload)
    }

    /// Bytes on a stream; `is_ended` when these are the last.
    #[must_use]
    pub fn data(stream: u32, bytes: &[u8], is_ended: bool) -> Vec<u8> {
        let mut frames = Vec::new();
        let pieces: Vec<&[u8]> = if bytes.is_empty() { vec![bytes] } else { bytes.chunks(DATA_MAX).collect() };
        for (index, piece) in pieces.iter().enumerate() {
            let flags = if is_ended && index + 1 == pieces.len() { FLAG_FIN } else { 0 };
            frames.extend(stream.to_be_bytes());
            frames.extend((u32::from(flags) << 24 | piece.len() as u32).to_be_bytes());
            frames.extend_from_slice(piece);
        }
        frames
    }

    /// The answer to a ping.
    #[must_use]
    pub fn ping(number: u32) -> Vec<u8> {
        control(6, &number.to_be_bytes())
    }
}

fn control(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = 0x8003u16.to_be_bytes().to_vec();
    frame.extend(kind.to_be_bytes());
    frame.extend((payload.len() as u32).to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of the dictionary as RFC 1950 counts it; every SPDY/3 implementation has this one.
    #[test]
    fn the_dictionary_is_the_one_that_all_know() {
        let (a, b) = dictionary().iter().fold((1u32, 0u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        assert_eq!(b << 16 | a, 0xe3c6_a7c2);
    }

    #[test]
    fn frames_come_whole_or_wait() {
        let mut reader = Reader::default();
        let bytes = Writer::data(5, b"hello", true);
        reader.feed(&bytes[..9]);
        assert_eq!(reader.take(), Ok(None));
        reader.feed(&bytes[9..]);
        assert_eq!(reader.take(), Ok(Some(Frame::Data { stream: 5, bytes: b"hello".to_vec(), is_ended: true })));
        reader.feed(&Writer::ping(7));
        assert_eq!(reader.take(), Ok(Some(Frame::Ping(7))));
        reader.feed(b"\xff\xff\xff\xff\0\0\0\0");
        assert_eq!(reader.take(), Err(SpdyError));
    }

    #[test]
    fn headers_are_read_as_kubectl_packs_them() {
        // What `zlib` makes of two header blocks with the dictionary, each flushed.
        let blocks = [BLOCK_1, BLOCK_2].map(|text| {
            let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            (0..text.len()).step_by(2).map(digit).collect::<Vec<u8>>()
        });
        let mut reader = Reader::default();
        let first = reader.headers(&blocks[0]).unwrap();
        assert_eq!((first["streamtype"].as_str(), first["port"].as_str()), ("error", "80"));
        let second = reader.headers(&blocks[1]).unwrap();
        assert_eq!((second["streamtype"].as_str(), second["requestid"].as_str()), ("data", "0"));
    }

    const BLOCK_1: &str =
        "78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45a024cc64610024398b209198094adc8c0600000000ffff";
    const BLOCK_2: &str = "c2aa15540a2512d209000000ffff";
}
