//! The constructs of the language: `if`, `while`, `for`, `case`, functions, and leaving them early.

use std::sync::Arc;

use super::Shell;
use super::ast::{Command, Compound, Redirect, Test, Word};
use super::expand::{Expander, Memory, Pause};
use super::frame::Frame;
use super::step::Flow;
use super::{arithmetic, pattern};
use crate::machine::command::test;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;
use crate::machine::kernel::processor::BUILTIN_COST;

impl Shell {
    /// Puts a command on the stack.
    pub fn push_command(&mut self, command: &Command, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        match command {
            Command::Simple(command) => {
                self.frames.push(Frame::Simple {
                    command: Arc::clone(command),
                    memory: Memory::new(),
                    substituted: None,
                });
                Flow::Go
            }
            Command::Compound(node, redirects) if redirects.is_empty() => self.push_compound(node, host, kernel),
            Command::Compound(node, redirects) => {
                let (node, redirects) = (Arc::clone(node), Arc::clone(redirects));
                self.frames.push(Frame::Redirecting { node, redirects, memory: Memory::new() });
                Flow::Go
            }
            Command::Function(function) => {
                Arc::make_mut(&mut self.state.functions).insert(Arc::clone(&function.name), Arc::clone(function));
                self.state.status = 0;
                Flow::Go
            }
        }
    }

    /// Puts a construct on the stack.
    pub fn push_compound(&mut self, node: &Arc<Compound>, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        match &**node {
            Compound::Group(items) => self.frames.push(Frame::List { items: Arc::clone(items), next: 0 }),
            Compound::Subshell(items) => return self.subshell(Arc::clone(items), host, kernel),
            Compound::If(arms, _) => {
                self.frames.push(Frame::If { node: Arc::clone(node), arm: 0 });
                self.frames.extend(arms.first().map(|(items, _)| Frame::List { items: Arc::clone(items), next: 0 }));
            }
            Compound::Loop { condition, .. } => {
                self.frames.push(Frame::Loop { node: Arc::clone(node), in_condition: true, status: 0 });
                self.frames.push(Frame::List { items: Arc::clone(condition), next: 0 });
            }
            Compound::For { .. } => {
                let node = Arc::clone(node);
                self.frames.push(Frame::For { node, values: None, next: 0, memory: Memory::new() });
            }
            Compound::Case { .. } | Compound::Arithmetic(_) | Compound::Test(_) => {
                self.frames.push(Frame::Expanding { node: Arc::clone(node), memory: Memory::new() });
            }
        }
        Flow::Go
    }

    /// The condition of an `if` has been run.
    pub fn if_decided(&mut self, node: &Arc<Compound>, arm: usize) {
        let Compound::If(arms, otherwise) = &**node else { return };
        if self.state.status == 0 {
            self.frames.push(Frame::List { items: Arc::clone(&arms[arm].1), next: 0 });
        } else if let Some((condition, _)) = arms.get(arm + 1) {
            let items = Arc::clone(condition);
            self.frames.push(Frame::If { node: Arc::clone(node), arm: arm + 1 });
            self.frames.push(Frame::List { items, next: 0 });
        } else {
            self.state.status = 0;
            self.frames.extend(otherwise.as_ref().map(|items| Frame::List { items: Arc::clone(items), next: 0 }));
        }
    }

    /// The condition or the body of a loop has been run.
    pub fn loop_goes_on(&mut self, node: Arc<Compound>, in_condition: bool, status: i32) {
        let Compound::Loop { is_until, condition, body } = &*node else { return };
        let (condition, body) = (Arc::clone(condition), Arc::clone(body));
        self.used += BUILTIN_COST / 4;
        if !in_condition {
            let status = self.state.status;
            self.frames.push(Frame::Loop { node, in_condition: true, status });
            self.frames.push(Frame::List { items: condition, next: 0 });
        } else if (self.state.status == 0) != *is_until {
            self.frames.push(Frame::Loop { node, in_condition: false, status });
            self.frames.push(Frame::List { items: body, next: 0 });
        } else {
            self.state.status = status;
        }
    }

    /// A `for` takes its next value.
    pub fn for_goes_on(
        &mut self,
        node: Arc<Compound>,
        values: Option<Vec<String>>,
        next: usize,
        mut memory: Memory,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        let Compound::For { name, words, body } = &*node else { return Flow::Go };
        self.used += BUILTIN_COST / 4;
        let values = match (values, words) {
            (Some(values), _) => values,
            (None, None) => self.state.positional.to_vec(),
            (None, Some(words)) => {
                let found = self.expander(&mut memory, host, kernel).arguments(words);
                match found {
                    Ok(values) => {
                        self.state.status = 0;
                        values
                    }
                    Err(pause) => {
                        let frame = Frame::For { node: Arc::clone(&node), values: None, next: 0, memory };
                        return self.pause(pause, frame, host, kernel);
                    }
                }
            }
        };
        if let Some(value) = values.get(next) {
            self.state.set(name, value);
            let items = Arc::clone(body);
            self.frames.push(Frame::For { node, values: Some(values), next: next + 1, memory });
            self.frames.push(Frame::List { items, next: 0 });
        }
        Flow::Go
    }

    /// An expander for this shell.
    pub fn expander<'a, 'm>(
        &'a mut self,
        memory: &'a mut Memory,
        host: HostPid,
        kernel: &'a mut Kernel<'m>,
    ) -> Expander<'a, 'm> {
        Expander { state: &mut self.state, memory, host, kernel, used: 0 }
    }

    /// Expansion has stopped: the output of other commands is needed, or the shell has to give up.
    pub fn pause(&mut self, pause: Pause, frame: Frame, host: HostPid, kernel: &mut Kernel<'_>) -> Flow {
        match pause {
            Pause::Substitute(items) => {
                self.frames.push(frame);
                self.substitute(items, host, kernel)
            }
            Pause::Fail(text) => {
                self.undo(frame, host, kernel);
                self.complain(&text, host, kernel);
                let code = if self.state.dialect == crate::machine::image::Dialect::Bash { 1 } else { 2 };
                self.exit(code, host, kernel);
                Flow::Go
            }
        }
    }

    /// `case`, `((…))` and `[[…]]`.
    pub fn expanding(
        &mut self,
        node: Arc<Compound>,
        mut memory: Memory,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        self.used += BUILTIN_COST;
        let mut expander = self.expander(&mut memory, host, kernel);
        let outcome = match &*node {
            Compound::Case { .. } => choose(&mut expander, &node),
            Compound::Arithmetic(word) => calculate(&mut expander, word).map(|status| (status, Vec::new())),
            Compound::Test(test) => decide(&mut expander, test).map(|holds| (i32::from(!holds), Vec::new())),
            _ => Ok((0, Vec::new())),
        };
        match outcome {
            Ok((status, bodies)) => {
                self.state.status = status;
                self.frames.extend(bodies.into_iter().rev().map(|items| Frame::List { items, next: 0 }));
                Flow::Go
            }
            Err(pause) => self.pause(pause, Frame::Expanding { node, memory }, host, kernel),
        }
    }

    /// The redirections of a construct: made, and undone after it.
    pub fn redirecting(
        &mut self,
        node: Arc<Compound>,
        redirects: Arc<[Redirect]>,
        mut memory: Memory,
        host: HostPid,
        kernel: &mut Kernel<'_>,
    ) -> Flow {
        let targets = self.expander(&mut memory, host, kernel).targets(&redirects);
        match targets {
            Err(pause) => self.pause(pause, Frame::Redirecting { node, redirects, memory }, host, kernel),
            Ok(targets) => match self.redirect(&targets, host, kernel) {
                Ok(saved) => {
                    self.frames.push(Frame::Restore(saved));
                    self.push_compound(&node, host, kernel)
                }
                Err(text) => {
                    self.complain(&text, host, kernel);
                    self.state.status = self.redirect_status();
                    Flow::Go
                }
            },
        }
    }

    /// `break` and `continue`: leaves `levels` loops, or goes on with the last of them.
    pub fn leave_loop(&mut self, levels: usize, goes_on: bool, host: HostPid, kernel: &mut Kernel<'_>) {
        self.state.status = 0;
        let is_loop = |frame: &&Frame| matches!(frame, Frame::Loop { .. } | Frame::For { .. });
        let is_wall = |frame: &&Frame| matches!(frame, Frame::Function { .. } | Frame::Trap { .. });
        let depth = self.frames.iter().rev().take_while(|frame| !is_wall(frame)).filter(is_loop).count();
        let mut left = levels.min(depth);
        while left > 0 {
            let Some(frame) = self.frames.pop() else { return };
            if !is_loop(&&frame) {
                self.undo(frame, host, kernel);
                continue;
            }
            left -= 1;
            if left == 0 && goes_on {
                self.frames.push(match frame {
                    Frame::Loop { node, status, .. } => Frame::Loop { node, in_condition: false, status },
                    other => other,
                });
            }
        }
    }

    /// `return`: `false` when there is nothing to return from.
    pub fn leave_function(&mut self, status: i32, host: HostPid, kernel: &mut Kernel<'_>) -> bool {
        let is_end = |frame: &Frame| matches!(frame, Frame::Function { .. } | Frame::Sourced);
        if !self.frames.iter().any(is_end) {
            return false;
        }
        while let Some(frame) = self.frames.pop() {
            let found = is_end(&frame);
            self.undo(frame, host, kernel);
            if found {
                break;
            }
        }
        self.state.status = status;
        true
    }
}

/// The bodies of a `case` that are to be run.
fn choose(expander: &mut Expander<'_, '_>, node: &Compound) -> Result<(i32, Vec<super::ast::List>), Pause> {
    let Compound::Case { word, branches } = node else { return Ok((0, Vec::new())) };
    let subject = expander.text(word)?;
    let mut bodies = Vec::new();
    let mut falls = false;
    for branch in branches {
        let mut fits = falls;
        for pattern in &branch.patterns {
            fits = fits || pattern::matches(&expander.pattern(pattern)?, &subject);
        }
        if fits {
            bodies.extend(branch.body.clone());
            falls = branch.falls_through;
            if !falls {
                break;
            }
        }
    }
    Ok((0, bodies))
}

fn calculate(expander: &mut Expander<'_, '_>, word: &Word) -> Result<i32, Pause> {
    let text = expander.text(word)?;
    let value = arithmetic::evaluate(&text, expander.state).map_err(Pause::Fail)?;
    Ok(i32::from(value == 0))
}

/// `[[ … ]]`
fn decide(expander: &mut Expander<'_, '_>, test: &Test) -> Result<bool, Pause> {
    Ok(match test {
        Test::And(left, right) => decide(expander, left)? && decide(expander, right)?,
        Test::Or(left, right) => decide(expander, left)? || decide(expander, right)?,
        Test::Not(inner) => !decide(expander, inner)?,
        Test::Unary(operator, operand) => {
            let operand = expander.text(operand)?;
            test::unary(operator, &operand, expander.host, expander.kernel).unwrap_or(false)
        }
        Test::Binary(operator, left, right) => {
            let left = expander.text(left)?;
            match operator.as_str() {
                "==" | "=" => pattern::matches(&expander.pattern(right)?, &left),
                "!=" => !pattern::matches(&expander.pattern(right)?, &left),
                "=~" => {
                    let right = expander.text(right)?;
                    regex::Regex::new(&right).is_ok_and(|regex| regex.is_match(&left))
                }
                operator => {
                    let right = expander.text(right)?;
                    test::binary(&left, operator, &right).unwrap_or(false)
                }
            }
        }
    })
}
