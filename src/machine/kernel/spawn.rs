//! Making processes: finding what a command means, forking, and becoming another program.

use std::sync::Arc;

use super::Kernel;
use super::container::Environment;
use super::descriptor::OpenId;
use super::process::{Body, Ending, HostPid, Life, Namespace, Process, SignalSet, Waiting};
use super::processor::Used;
use crate::engine::{CauseId, VecMap};
use crate::machine::command::Run;
use crate::machine::cri::{ContainerId, ExecId};
use crate::machine::fs::view::Found;
use crate::machine::fs::{Content, Errno, path};
use crate::machine::image::Executable;
use crate::machine::image::catalogue::DEFAULT_PATH;
use crate::machine::program::Program;
use crate::machine::shell::Shell;

/// How deep `#!` lines may point at scripts; Linux allows 4.
const INTERPRETERS_MAX: usize = 4;

/// What a command line turned out to be.
#[derive(Clone, Debug)]
pub struct Command {
    /// What runs.
    pub executable: Arc<Executable>,
    /// Its command line; for a script, with the interpreter in front.
    pub argv: Arc<[String]>,
}

/// A process to be made.
#[derive(Clone, Debug)]
pub struct Spawn {
    /// Its parent; `None` for the first process of a container or an exec.
    pub parent: Option<HostPid>,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its container.
    pub container: Option<ContainerId>,
    /// The exec that it is the first process of.
    pub exec: Option<ExecId>,
    /// Its command line.
    pub argv: Arc<[String]>,
    /// Its variables.
    pub env: Environment,
    /// Its folder.
    pub cwd: Arc<str>,
    /// Its user.
    pub user: u32,
    /// What it holds open, references already counted.
    pub descriptors: VecMap<i32, OpenId>,
    /// What it ignores.
    pub ignored: SignalSet,
    /// Processor time that whoever it comes from has used.
    pub used: Used,
    /// Why.
    pub cause: CauseId,
}

/// A Pod may have so many processes; the next fork fails. podlab's own number (the kubelet's `podPidsLimit` has no default), so
/// that a fork bomb stays a lesson and does not stall the cluster.
const PROCESSES_MAX: usize = 128;

impl Kernel<'_> {
    /// Finds out what `argv` means to a process of `container`: by path, or by `$PATH`.
    ///
    /// # Errors
    /// [`Errno::NotFound`], [`Errno::Denied`], [`Errno::IsDirectory`], [`Errno::ExecFormat`].
    pub fn find_command(
        &mut self,
        container: ContainerId,
        user: u32,
        cwd: &str,
        search: Option<&str>,
        argv: &[String],
    ) -> Result<Command, Errno> {
        let mut argv = argv.to_vec();
        for _ in 0..INTERPRETERS_MAX {
            let name = argv.first().ok_or(Errno::NotFound)?.clone();
            let file = if name.contains('/') {
                path::absolute(cwd, &name)
            } else {
                self.search_path(container, user, cwd, search.unwrap_or(DEFAULT_PATH), &name)?
            };
            let text = match self.executable_at(container, user, &file)? {
                Content::Executable(executable) => return Ok(Command { executable, argv: argv.into() }),
                Content::Bytes(text, _) => text,
            };
            let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(line).into_owned();
            let interpreter = line.strip_prefix("#!").ok_or(Errno::ExecFormat)?.trim();
            let (program, argument) = interpreter.split_once(' ').unwrap_or((interpreter, ""));
            let mut next = vec![program.to_owned()];
            next.extend(Some(argument.trim().to_owned()).filter(|argument| !argument.is_empty()));
            next.push(if name.contains('/') { name } else { file });
            next.extend_from_slice(&argv[1..]);
            argv = next;
        }
        Err(Errno::Loop)
    }

    fn search_path(
        &mut self,
        container: ContainerId,
        user: u32,
        cwd: &str,
        search: &str,
        name: &str,
    ) -> Result<String, Errno> {
        let mut best = Errno::NotFound;
        for folder in search.split(':') {
            let file = path::absolute(cwd, &format!("{folder}/{name}"));
            match self.executable_at(container, user, &file) {
                Ok(_) => return Ok(file),
                Err(Errno::Denied) => best = Errno::Denied,
                Err(_) => {}
            }
        }
        Err(best)
    }

    fn executable_at(&mut self, container: ContainerId, user: u32, file: &str) -> Result<Content, Errno> {
        let view = self.view(container, user).ok_or(Errno::NotFound)?;
        match view.find(file)? {
            Found::File(file) if view.may(file.meta, 1) => Ok(file.content.clone()),
            Found::File(_) => Err(Errno::Denied),
            Found::Directory(_) => Err(Errno::IsDirectory),
            Found::Link(_) => Err(Errno::NotFound),
        }
    }

    /// `execve` with the variables that the process has.
    ///
    /// # Errors
    /// As [`Kernel::find_command`].
    pub fn become_command(&mut self, host: HostPid, argv: &[String]) -> Result<(), Errno> {
        let env = self.sandbox.processes.get(&host).map(|process| Arc::clone(&process.env)).ok_or(Errno::NoProcess)?;
        self.become_command_with(host, argv, env)
    }

    /// `execve`: a process becomes another command, keeping its number and its descriptors.
    ///
    /// # Errors
    /// As [`Kernel::find_command`].
    pub fn become_command_with(&mut self, host: HostPid, argv: &[String], env: Environment) -> Result<(), Errno> {
        let (command, pid) = self.command_for(host, argv, &env)?;
        let body = self.body_of(&command, &env, pid);
        if let Some(process) = self.sandbox.processes.get_mut(&host) {
            process.argv = command.argv;
            process.env = env;
            process.body = body;
        }
        Ok(())
    }

    /// A child that is another command.
    ///
    /// # Errors
    /// As [`Kernel::find_command`].
    pub fn spawn_command(&mut self, parent: HostPid, argv: &[String], env: Environment) -> Result<HostPid, Errno> {
        let (command, _) = self.command_for(parent, argv, &env)?;
        let child = self.fork(parent, Body::Running).ok_or(Errno::NoProcess)?;
        let pid = self.sandbox.processes.get(&child).map_or(0, |process| process.pid);
        let body = self.body_of(&command, &env, pid);
        if let Some(process) = self.sandbox.processes.get_mut(&child) {
            process.argv = command.argv;
            process.env = env;
            process.body = body;
        }
        Ok(child)
    }

    fn command_for(&mut self, host: HostPid, argv: &[String], env: &Environment) -> Result<(Command, u32), Errno> {
        let process = self.sandbox.processes.get(&host).ok_or(Errno::NoProcess)?;
        let container = process.container.ok_or(Errno::NotFound)?;
        let (user, cwd, pid) = (process.user, Arc::clone(&process.cwd), process.pid);
        let search = env.get("PATH").map(String::as_str);
        Ok((self.find_command(container, user, &cwd, search, argv)?, pid))
    }

    /// The file that a name stands for.
    pub fn which(&mut self, host: HostPid, search: Option<&str>, name: &str) -> Option<String> {
        let process = self.sandbox.processes.get(&host)?;
        let (container, user, cwd) = (process.container?, process.user, Arc::clone(&process.cwd));
        if name.contains('/') {
            let file = path::absolute(&cwd, name);
            return self.executable_at(container, user, &file).is_ok().then_some(file);
        }
        self.search_path(container, user, &cwd, search.unwrap_or(DEFAULT_PATH), name).ok()
    }

    /// What a command does once it runs as a process.
    #[must_use]
    pub fn body_of(&self, command: &Command, env: &Environment, pid: u32) -> Body {
        match &*command.executable {
            Executable::Program(spec) => {
                let own = command.argv.get(1).and_then(|word| spec.subcommands.get(word));
                let spec = own.map_or_else(|| Arc::clone(spec), |own| Arc::new(own.clone()));
                Body::Program(Box::new(Program::new(spec, self.now)))
            }
            Executable::Shell(dialect) => Body::Shell(Box::new(Shell::new(*dialect, &command.argv, env, pid))),
            Executable::Tool(tool) => Body::Tool(Box::new(Run::new(tool.clone()))),
        }
    }

    /// `fork`: a child with the same descriptors, folder and ignored signals.
    pub fn fork(&mut self, parent: HostPid, body: Body) -> Option<HostPid> {
        if self.sandbox.processes.len() >= PROCESSES_MAX {
            return None;
        }
        let process = self.sandbox.processes.get(&parent)?;
        let spawn = Spawn {
            parent: Some(parent),
            namespace: process.namespace,
            container: process.container,
            exec: None,
            argv: Arc::clone(&process.argv),
            env: Arc::clone(&process.env),
            cwd: Arc::clone(&process.cwd),
            user: process.user,
            descriptors: process.descriptors.clone(),
            ignored: process.ignored,
            used: process.used.inherited(),
            cause: process.cause,
        };
        for open in spawn.descriptors.values() {
            self.retain(*open);
        }
        Some(self.spawn(spawn, body))
    }

    /// Takes ended children out of the table, with how they ended.
    pub fn collect_children(&mut self, parent: HostPid) -> Vec<(HostPid, Ending)> {
        let ended = self.sandbox.processes.values().filter(|process| process.parent == Some(parent));
        let ended: Vec<(HostPid, Ending)> = ended
            .filter_map(|process| match process.life {
                Life::Zombie(ending) => Some((process.host, ending)),
                Life::Alive | Life::Stopped => None,
            })
            .collect();
        for (child, _) in &ended {
            self.forget(*child);
        }
        ended
    }

    /// Makes a process and lets it run.
    pub fn spawn(&mut self, spawn: Spawn, body: Body) -> HostPid {
        let host = self.shared.host_pid();
        let last = self.sandbox.last_pids.get_or_insert_with(spawn.namespace, || 0);
        *last += 1;
        let process = Process {
            host,
            pid: *last,
            parent: spawn.parent,
            namespace: spawn.namespace,
            container: spawn.container,
            exec: spawn.exec,
            argv: spawn.argv,
            env: spawn.env,
            cwd: spawn.cwd,
            user: spawn.user,
            descriptors: spawn.descriptors,
            ignored: spawn.ignored,
            life: Life::Alive,
            waiting: Waiting::Time,
            body,
            since: self.now,
            cause: spawn.cause,
            wakes: 0,
            memory: 0,
            used: spawn.used,
            inbox: Vec::new(),
        };
        self.sandbox.processes.insert(host, process);
        self.sandbox.make_ready(host);
        host
    }
}
