//! Why a system call failed, in the words of `strerror`.

/// An error number of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Errno {
    /// ENOENT
    #[error("No such file or directory")]
    NotFound,
    /// EEXIST
    #[error("File exists")]
    Exists,
    /// ENOTDIR
    #[error("Not a directory")]
    NotDirectory,
    /// EISDIR
    #[error("Is a directory")]
    IsDirectory,
    /// ENOTEMPTY
    #[error("Directory not empty")]
    NotEmpty,
    /// EROFS
    #[error("Read-only file system")]
    ReadOnly,
    /// ENOSPC
    #[error("No space left on device")]
    NoSpace,
    /// EACCES
    #[error("Permission denied")]
    Denied,
    /// EPERM
    #[error("Operation not permitted")]
    NotPermitted,
    /// EBUSY
    #[error("Device or resource busy")]
    Busy,
    /// ELOOP
    #[error("Too many levels of symbolic links")]
    Loop,
    /// EBADF
    #[error("Bad file descriptor")]
    BadDescriptor,
    /// EPIPE
    #[error("Broken pipe")]
    BrokenPipe,
    /// EINVAL
    #[error("Invalid argument")]
    Invalid,
    /// ESRCH
    #[error("No such process")]
    NoProcess,
    /// EADDRINUSE
    #[error("Address already in use")]
    AddressInUse,
    /// ENOEXEC
    #[error("Exec format error")]
    ExecFormat,
}
