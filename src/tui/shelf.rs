//! The shelf: the scenarios one can choose from, and how far one has come with each.

use std::path::PathBuf;
use std::sync::Arc;

use crate::scenario::{LoadError, Scenario, catalog};
use crate::session::{Lesson, Progress, ProgressError};

/// Scenarios and progress.
pub struct Shelf {
    /// The scenarios, in the order of tracks and numbers.
    pub scenarios: Vec<Arc<Scenario>>,
    /// What was solved so far.
    pub progress: Progress,
    path: Option<PathBuf>,
}

/// A track: scenarios that belong together.
pub struct Track<'s> {
    /// The value of the label `track`.
    pub name: &'s str,
    /// Places in the shelf.
    pub scenarios: Vec<usize>,
}

impl Shelf {
    /// The shelf with what comes with podlab, and the progress kept at `path`.
    ///
    /// # Errors
    /// When the file of progress cannot be read or is not ours.
    pub fn open(scenarios: Vec<Arc<Scenario>>, path: Option<PathBuf>) -> Result<Self, ProgressError> {
        let progress = path.as_deref().map_or_else(|| Ok(Progress::default()), Progress::load)?;
        Ok(Self { scenarios, progress, path })
    }

    /// The cluster without a story.
    ///
    /// # Errors
    /// When it does not load, which a test rules out.
    pub fn sandbox() -> Result<Arc<Scenario>, LoadError> {
        catalog::sandbox()
    }

    /// The tracks, in the order in which their first scenarios stand.
    #[must_use]
    pub fn tracks(&self) -> Vec<Track<'_>> {
        let mut tracks: Vec<Track<'_>> = Vec::new();
        for (index, scenario) in self.scenarios.iter().enumerate() {
            let name = scenario.label("track").unwrap_or_default();
            match tracks.iter_mut().find(|track| track.name == name) {
                Some(track) => track.scenarios.push(index),
                None => tracks.push(Track { name, scenarios: vec![index] }),
            }
        }
        tracks
    }

    /// Whether a scenario was solved.
    #[must_use]
    pub fn is_solved(&self, name: &str) -> bool {
        self.progress.scenarios.get(name).is_some_and(|record| record.is_solved)
    }

    /// Takes in how far a lesson has come; says whether that is news.
    pub fn record(&mut self, lesson: &Lesson) -> bool {
        let before = self.progress.clone();
        let seconds = lesson.solved_at().map_or(0, |at| at.since(lesson.arrived_at()).as_secs());
        let name = lesson.scenario().name();
        self.progress.record(name, lesson.current(), lesson.is_solved(), lesson.hints_taken(), seconds);
        self.progress != before
    }

    /// Writes the progress to its file, if it has one.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn save(&self) -> Result<(), ProgressError> {
        self.path.as_deref().map_or(Ok(()), |path| self.progress.save(path))
    }
}
