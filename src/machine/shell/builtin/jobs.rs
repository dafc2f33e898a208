//! `wait`.

use super::Outcome;
use crate::machine::shell::Shell;
use crate::machine::shell::frame::Frame;

impl Shell {
    pub(super) fn builtin_wait(&mut self, arguments: &[String]) -> Outcome {
        if arguments.is_empty() {
            return Outcome::Push(vec![Frame::Wait { pids: None }]);
        }
        let number = |word: &String| match word.strip_prefix('%') {
            Some(job) => self.state.jobs.get(job.parse::<usize>().ok()?.checked_sub(1)?).map(|job| job.pid),
            None => word.parse().ok(),
        };
        // `wait -n` waits for whichever ends first; here that is the one that has ended, or the oldest.
        if arguments[0] == "-n" {
            let done = self.state.jobs.iter().find(|job| job.status.is_some()).or(self.state.jobs.first());
            return match done {
                Some(job) => Outcome::Push(vec![Frame::Wait { pids: Some(vec![job.pid]) }]),
                None => Outcome::status(127),
            };
        }
        Outcome::Push(vec![Frame::Wait { pids: Some(arguments.iter().filter_map(number).collect()) }])
    }
}
