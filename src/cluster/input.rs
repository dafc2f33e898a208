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
    /// A declared client begins to send requests.
    StartLoad {
        /// Its number in the scenario.
        load: usize,
    },
    /// Nothing in the cluster, but a mark in the journal: a lesson's step, a prediction, a hint taken.
    Note(String),
}
