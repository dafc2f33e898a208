//! How much of the disk the database takes. The file never shrinks by itself: compaction frees pages inside of it, later
//! writes use them again, and only a defragmentation gives them back.

/// The quota when none is set. Source: `server/storage/quota.go`, `DefaultQuotaBytes`.
pub const QUOTA_DEFAULT: u64 = 2 * 1024 * 1024 * 1024;
/// What a database without keys takes: five pages.
const EMPTY: u64 = 5 * PAGE;
const PAGE: u64 = 4096;
/// What a record takes beside its key and value: revision, versions, lease, page headers.
const RECORD_OVERHEAD: u64 = 64;

/// The size of the database file and what of it is used, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend {
    used: u64,
    file: u64,
    quota: u64,
}

impl Backend {
    pub(super) fn new() -> Self {
        Self { used: 0, file: EMPTY, quota: QUOTA_DEFAULT }
    }

    /// Size of the file: `DB SIZE`.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.file
    }

    /// The part of the file that is used: `IN USE`.
    #[must_use]
    pub fn in_use(&self) -> u64 {
        EMPTY + self.used.div_ceil(PAGE) * PAGE
    }

    /// The size at which the NOSPACE alarm goes off: `QUOTA`.
    #[must_use]
    pub fn quota(&self) -> u64 {
        self.quota
    }

    /// Whether a request of `bytes` still fits the quota.
    #[must_use]
    pub fn has_room_for(&self, bytes: u64) -> bool {
        self.file + bytes < self.quota
    }

    pub(super) fn set_quota(&mut self, bytes: u64) {
        self.quota = bytes;
    }

    pub(super) fn write(&mut self, bytes: u64) {
        self.used += bytes + RECORD_OVERHEAD;
        self.file = self.file.max(self.in_use());
    }

    pub(super) fn free(&mut self, bytes: u64) {
        self.used = self.used.saturating_sub(bytes + RECORD_OVERHEAD);
    }

    /// Gives free pages back to the file system; returns how many bytes.
    pub(super) fn defragment(&mut self) -> u64 {
        let before = self.file;
        self.file = self.in_use();
        before - self.file
    }
}
