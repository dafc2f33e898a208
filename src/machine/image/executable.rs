//! What a file with an execute bit does when it is run.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::ProgramSpec;

/// The family of a shell; they differ in texts and in when they replace themselves by a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// `sh` of Debian and Ubuntu (measured: dash 0.5.12).
    Dash,
    /// bash (measured: 5.2).
    Bash,
    /// `sh` of busybox and Alpine (measured: 1.35).
    Ash,
}

/// Whose tools an image carries; they differ in texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// One binary with many names.
    Busybox,
    /// GNU coreutils, grep, procps.
    Gnu,
}

/// A Unix tool that podlab models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// `ls`
    pub name: Arc<str>,
    /// Whose.
    pub flavour: Flavour,
}

/// What runs when a file is executed.
#[derive(Clone, Debug, PartialEq)]
pub enum Executable {
    /// A shell.
    Shell(Dialect),
    /// A Unix tool.
    Tool(Tool),
    /// A program of the catalogue.
    Program(Arc<ProgramSpec>),
}

/// Tools of busybox that podlab models; `sh` is named by the image's shell.
pub const BUSYBOX_TOOLS: &[&str] = &[
    "[",
    "base64",
    "basename",
    "cat",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "dirname",
    "du",
    "echo",
    "env",
    "expr",
    "false",
    "grep",
    "head",
    "hostname",
    "id",
    "kill",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "nc",
    "nproc",
    "nslookup",
    "od",
    "printenv",
    "printf",
    "ps",
    "pwd",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sha256sum",
    "sleep",
    "sort",
    "sync",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "wc",
    "wget",
    "which",
    "whoami",
    "yes",
];

/// The same of a slim GNU image.
pub const GNU_TOOLS: &[&str] = &[
    "[",
    "base64",
    "basename",
    "cat",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "dirname",
    "du",
    "echo",
    "env",
    "expr",
    "false",
    "grep",
    "head",
    "hostname",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "nproc",
    "od",
    "printenv",
    "printf",
    "pwd",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sha256sum",
    "sleep",
    "sort",
    "sync",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "wc",
    "which",
    "whoami",
    "yes",
];
