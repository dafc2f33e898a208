//! Commands: those of solutions, wrong answers and the timeline can be read, and name machines that exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::Fault;
use crate::engine::SimTime;
use crate::kubectl::{Defaults, Invocation, Step, Workspace};
use crate::scenario::command::Command;

use super::{Lint, finding};

impl Lint<'_> {
    /// Every command, and every fault.
    pub(super) fn commands(&mut self) {
        let scenario = self.scenario;
        let spec = scenario.spec();
        for (index, solution) in spec.solutions.iter().enumerate() {
            self.script(&format!("/spec/solutions/{index}"), &solution.run);
        }
        for (index, wrong) in spec.wrong.iter().enumerate() {
            self.script(&format!("/spec/wrong/{index}"), &wrong.run);
        }
        for (index, entry) in spec.timeline.iter().enumerate() {
            let at = format!("/spec/timeline/{index}");
            if let Some(fault) = &entry.fault {
                self.fault(&format!("{at}/fault"), fault);
            }
            for (number, line) in entry.run.iter().enumerate() {
                let line = line.trim().strip_prefix("kubectl ").unwrap_or(line);
                self.kubectl(&format!("{at}/run/{number}"), line, scenario.files());
            }
        }
    }

    fn script(&mut self, at: &str, lines: &[String]) {
        if lines.is_empty() {
            self.error(&format!("{at}/run"), "there is no command", None);
        }
        let mut files = self.scenario.files().clone();
        for (number, line) in lines.iter().enumerate() {
            let pointer = format!("{at}/run/{number}");
            match Command::parse(line) {
                Err(message) => self.error(&pointer, message, None),
                Ok(Command::Kubectl(line)) => self.kubectl(&pointer, &line, &files),
                Ok(Command::Write { name, text }) => {
                    files.insert(name, text);
                }
                Ok(Command::Fault(fault)) => self.fault(&pointer, &fault),
                Ok(_) => {}
            }
        }
    }

    /// What can be said of a kubectl line before there is a cluster: whether it gets as far as asking for anything.
    fn kubectl(&mut self, at: &str, line: &str, files: &BTreeMap<String, String>) {
        let files = files.iter().map(|(name, text)| (name.clone(), Arc::from(text.as_str()))).collect();
        let mut invocation = Invocation::new(line, Workspace { files, stdin: None }, Defaults::admin());
        let steps = invocation.start(SimTime::ZERO);
        if !steps.iter().any(|step| matches!(step, Step::Exit { code } if *code != 0)) {
            return;
        }
        let said = steps.iter().filter_map(|step| match step {
            Step::Output { text, .. } => text.lines().next(),
            _ => None,
        });
        let said = said.collect::<Vec<_>>().join(" ");
        self.error(at, format!("kubectl {line}: {said}"), None);
    }

    fn fault(&mut self, at: &str, fault: &Fault) {
        let machines = self.machines();
        let named: Vec<&String> = match fault {
            Fault::NodeDown { node }
            | Fault::NodeUp { node }
            | Fault::Cordon { node }
            | Fault::Uncordon { node }
            | Fault::FillDisk { node }
            | Fault::FreeDisk { node }
            | Fault::SlowDisk { node, .. } => vec![node],
            Fault::StopComponent { node, .. } | Fault::StartComponent { node, .. } => node.iter().collect(),
            Fault::Partition { nodes } => nodes.iter().collect(),
            Fault::KillContainer { .. }
            | Fault::DeletePod { .. }
            | Fault::Heal
            | Fault::RegistryDown
            | Fault::RegistryUp => Vec::new(),
        };
        for name in named {
            if !machines.contains(name) {
                let hint = finding::one_of(name, &machines);
                self.error(at, format!("there is no machine \"{name}\""), hint);
            }
        }
    }
}
