//! Progress: which scenarios a learner has solved. One small JSON file, written atomically.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What a learner has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// By scenario name.
    pub scenarios: BTreeMap<String, Record>,
    /// The language chosen, if any.
    pub language: Option<String>,
}

/// What a learner has done with one scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// How many steps were reached in the best attempt.
    pub steps_done: usize,
    /// Whether every goal was reached.
    pub is_solved: bool,
    /// How many hints were taken in the attempt that solved it.
    pub hints: usize,
    /// Simulated seconds of the quickest solution.
    pub best_seconds: Option<u64>,
}

/// A file of progress that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProgressError {
    /// The disk says no.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: std::io::Error,
    },
    /// The file is not ours; it is left as it is.
    #[error("{path}: this is no file of progress ({source}); move it away to begin anew")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl Progress {
    /// Reads a file; one that does not exist is an empty progress.
    ///
    /// # Errors
    /// When it cannot be read or is no file of progress.
    pub fn load(path: &Path) -> Result<Self, ProgressError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(ProgressError::Io { path: path.to_owned(), source }),
        };
        serde_json::from_str(&text).map_err(|source| ProgressError::Format { path: path.to_owned(), source })
    }

    /// Writes the file: first beside it, then in its place.
    ///
    /// # Errors
    /// When it cannot be written; then the old file is untouched.
    pub fn save(&self, path: &Path) -> Result<(), ProgressError> {
        let failed = |source| ProgressError::Io { path: path.to_owned(), source };
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Takes in how far an attempt has come.
    pub fn record(&mut self, name: &str, steps_done: usize, is_solved: bool, hints: usize, seconds: u64) {
        let record = self.scenarios.entry(name.to_owned()).or_default();
        record.steps_done = record.steps_done.max(steps_done);
        if is_solved {
            record.hints = if record.is_solved { record.hints.min(hints) } else { hints };
            record.is_solved = true;
            record.best_seconds = Some(record.best_seconds.map_or(seconds, |best| best.min(seconds)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_survives_the_disk_and_a_broken_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/progress.json");
        let mut progress = Progress::load(&path).unwrap();
        progress.record("pending-cpu", 2, true, 1, 90);
        progress.record("pending-cpu", 1, false, 0, 10);
        progress.save(&path).unwrap();
        let again = Progress::load(&path).unwrap();
        assert_eq!(again.scenarios["pending-cpu"].best_seconds, Some(90));
        assert_eq!(again, progress);
        std::fs::write(&path, "{").unwrap();
        let error = Progress::load(&path).unwrap_err().to_string();
        assert!(error.contains("no file of progress"), "{error}");
    }
}
