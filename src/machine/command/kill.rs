//! `kill`.

use super::Context;
use crate::machine::cri::Sender;
use crate::machine::image::Dialect;
use crate::machine::kernel::process::HostPid;
use crate::machine::signal::Signal;

/// Sends a signal to processes of the same namespace; a negative number means a process and its children.
pub fn kill(context: &mut Context<'_, '_>) -> i32 {
    let mut signal = Some(Some(Signal::Term));
    let mut operands: Vec<&str> = context.argv[1..].iter().map(String::as_str).collect();
    match operands.first().copied() {
        Some("-l") => {
            let names: Vec<&str> = Signal::ALL.iter().map(|signal| signal.short_name()).collect();
            context.line(&names.join(" "));
            return 0;
        }
        Some("-s" | "-n") if operands.len() > 1 => {
            signal = parse(context, operands[1]);
            operands.drain(..2);
        }
        Some("--") => drop(operands.remove(0)),
        Some(word) if word.starts_with('-') && operands.len() > 1 => {
            signal = parse(context, &word[1..]);
            operands.remove(0);
        }
        _ => {}
    }
    let Some(signal) = signal else { return 1 };
    // All are tried; the last failure is the status.
    operands.iter().fold(0, |status, operand| if send(context, operand, signal) { status } else { 1 })
}

/// `0` only asks whether the process is there.
fn parse(context: &mut Context<'_, '_>, word: &str) -> Option<Option<Signal>> {
    if word == "0" {
        return Some(None);
    }
    let parsed = word.parse().ok();
    if parsed.is_none() {
        context.complain(&format!("{word}: invalid signal specification"));
    }
    parsed.map(Some)
}

fn send(context: &mut Context<'_, '_>, operand: &str, signal: Option<Signal>) -> bool {
    let Some(own) = context.kernel.sandbox.processes.get(&context.host) else { return false };
    let (namespace, own_pid, own_host, cause) = (own.namespace, own.pid, own.host, own.cause);
    let Ok(number) = operand.parse::<i64>() else {
        context.complain(&format!("{operand}: arguments must be process or job IDs"));
        return false;
    };
    let Ok(pid) = u32::try_from(number.unsigned_abs()) else { return false };
    let target = context.kernel.sandbox.find(namespace, pid).filter(|process| process.is_alive()).map(|p| p.host);
    let targets: Vec<HostPid> = match (target, number) {
        // `kill 0`: the whole group. Shells without job control put everything they start into their own.
        (_, 0) => context.kernel.group(own_host),
        (Some(target), 1..) => vec![target],
        (Some(target), _) => context.kernel.family(target),
        (None, _) => {
            let text = match (context.shell, context.flavour) {
                (Some(Dialect::Bash), _) => format!("({number}) - No such process"),
                (Some(Dialect::Dash), _) => "No such process\n".to_owned(),
                (Some(Dialect::Ash), _) => format!("can't kill pid {number}: No such process"),
                (None, _) => format!("can't kill pid {number}: No such process"),
            };
            context.complain(&text);
            return false;
        }
    };
    if let Some(signal) = signal {
        for target in targets {
            context.kernel.send_signal(target, signal, Sender::Process(own_pid), cause);
        }
    }
    true
}
