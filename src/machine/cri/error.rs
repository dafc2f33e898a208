//! Why a call of the runtime failed, in containerd's words.

/// Why a call of the runtime failed; prints as containerd words it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// There is no such sandbox, container, image.
    #[error("rpc error: code = NotFound desc = an error occurred when try to find {0}: not found")]
    NotFound(String),
    /// The process could not be started; the container has exited with code 128 and reason `StartError`.
    #[error(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {0}"
    )]
    Start(String),
    /// The command of an `exec` could not be started.
    #[error(
        "failed to exec in container: failed to start exec \"{exec}\": OCI runtime exec failed: exec failed: unable to start container process: {reason}"
    )]
    Exec {
        /// The id of the attempt.
        exec: String,
        /// Such as `exec: "bash": executable file not found in $PATH`.
        reason: String,
    },
    /// The container is not running.
    #[error("rpc error: code = Unknown desc = container is in {0} state")]
    WrongState(&'static str),
    /// The image is not on the machine.
    #[error("failed to get image from containerd \"{0}\": image not found")]
    ImageMissing(String),
    /// The image asks for nothing to run, and neither does the Pod.
    #[error("failed to generate container spec: no command specified")]
    NoCommand,
    /// A mount cannot be made.
    #[error("failed to generate container spec: {0}")]
    Mount(String),
    /// The image's name cannot be read: `invalid reference format`.
    #[error("couldn't parse image name \"{image}\": {reason}")]
    InvalidImageName {
        /// The name.
        image: String,
        /// Why not.
        reason: String,
    },
    /// The machine is off.
    #[error(
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused\""
    )]
    Down,
}
