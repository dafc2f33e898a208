//! Inputs: everything that comes from outside. They are journalled; a run is its scenario, its seed and these.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::apiserver::Request;

use super::fault::Fault;

/// Something from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Input {
    /// Someone runs kubectl.
    Kubectl {
        /// The number by which its output is known.
        invocation: u64,
        /// The line, with or without `kubectl` in front.
        line: String,
        /// Files in the directory, by name.
        files: Arc<BTreeMap<String, String>>,
        /// What it reads.
        #[serde(default)]
        stdin: Option<String>,
    },
    /// An editor that kubectl opened was closed, with this text.
    Edited {
        /// Which kubectl.
        invocation: u64,
        /// The text; `None` when the edit was given up.
        text: Option<String>,
    },
    /// Ctrl-C to a kubectl that is running.
    Interrupt {
        /// Which kubectl.
        invocation: u64,
    },
    /// Something breaks or is mended.
    Fault(Fault),
    /// A program outside the cluster sends a request to the API.
    Api {
        /// The number by which its answers are known.
        call: u64,
        /// The request.
        request: Box<Request>,
    },
    /// The program outside has closed the connection of a request: a watch or a stream that is wanted no more.
    Hangup {
        /// Which request.
        call: u64,
    },
    /// A program outside says something on the connection of a request: what is typed into a command.
    StreamData {
        /// Which request.
        call: u64,
        /// What is said.
        #[serde(with = "base64_text")]
        bytes: Vec<u8>,
    },
    /// The program outside has nothing more to say on the connection.
    StreamEnd {
        /// Which request.
        call: u64,
    },
    /// The window of a person at a command has another size.
    Resize {
        /// Which request.
        call: u64,
        /// How wide.
        columns: u16,
        /// How high.
        rows: u16,
    },
    /// A connection is made through a forwarded port, or a request sent over it.
    Forward {
        /// The request that has opened the way.
        call: u64,
        /// The number of the connection.
        connection: u32,
        /// The port of the Pod.
        port: u16,
        /// The request; `None` only connects.
        request: Option<ForwardedRequest>,
    },
    /// A declared client begins to send requests.
    StartLoad {
        /// Its number in the scenario.
        load: usize,
    },
    /// Nothing in the cluster, but a mark in the journal: a lesson's step, a prediction, a hint taken.
    Note(String),
}

/// An HTTP request that came over a forwarded port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardedRequest {
    /// `GET`, `POST`…
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    #[serde(with = "base64_text")]
    pub body: Vec<u8>,
}

/// Bytes as text, so that journals stay small and readable.
mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
