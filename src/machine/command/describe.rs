//! Questions about the system: `hostname`, `id`, `whoami`, `uname`, `nproc`, `printenv`, `ps`, `df`.

use super::Context;
use crate::machine::image::executable::Flavour;

/// `hostname [-i]`
pub fn hostname(context: &mut Context<'_, '_>) -> i32 {
    let config = &context.kernel.sandbox.config;
    let text = if context.argv.iter().any(|word| word == "-i" || word == "-I") {
        config.ip.map(|ip| ip.to_string()).unwrap_or_default()
    } else {
        config.hostname.to_string()
    };
    context.line(&text);
    0
}

fn user(context: &Context<'_, '_>) -> u32 {
    context.kernel.sandbox.processes.get(&context.host).map_or(0, |process| process.user)
}

/// The name of a user, from `/etc/passwd`.
fn user_name(context: &mut Context<'_, '_>, number: u32) -> Option<String> {
    let passwd = context.view().ok()?.read("/etc/passwd").ok()?;
    let text = String::from_utf8_lossy(&passwd).into_owned();
    let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = lines.find(|fields| fields.get(2).is_some_and(|id| id.parse() == Ok(number)))?;
    found.first().map(|name| (*name).to_owned())
}

/// `id [-u] [-g] [-n]`
pub fn id(context: &mut Context<'_, '_>) -> i32 {
    let number = user(context);
    let (letters, _) = context.options();
    let named = user_name(context, number).map(|name| format!("({name})")).unwrap_or_default();
    let text = match (letters.contains('u') || letters.contains('g'), letters.contains('n')) {
        (true, true) => named.trim_matches(['(', ')']).to_owned(),
        (true, false) => number.to_string(),
        (false, _) => format!("uid={number}{named} gid={number}{named} groups={number}{named}"),
    };
    context.line(&text);
    0
}

/// `whoami`
pub fn whoami(context: &mut Context<'_, '_>) -> i32 {
    let number = user(context);
    match user_name(context, number) {
        Some(name) => {
            context.line(&name);
            0
        }
        None => {
            context.complain(&format!("unknown uid {number}"));
            1
        }
    }
}

/// `uname [-a] [-n] [-r] [-m]`
pub fn uname(context: &mut Context<'_, '_>) -> i32 {
    let node = context.kernel.sandbox.config.hostname.to_string();
    let (letters, _) = context.options();
    let text = match letters.chars().next() {
        Some('a') => format!("Linux {node} 6.8.0 #1 SMP x86_64 GNU/Linux"),
        Some('n') => node,
        Some('r') => "6.8.0".to_owned(),
        Some('m') => "x86_64".to_owned(),
        _ => "Linux".to_owned(),
    };
    context.line(&text);
    0
}

/// `nproc`: the processors of the machine; a CPU limit does not show here, as on Linux.
pub fn nproc(context: &mut Context<'_, '_>) -> i32 {
    let count = context.kernel.shared.processors.max(1);
    context.line(&count.to_string());
    0
}

/// `printenv [name…]`
pub fn printenv(context: &mut Context<'_, '_>) -> i32 {
    let env = std::sync::Arc::clone(&context.env);
    if context.argv.len() < 2 {
        for (name, value) in env.iter() {
            context.line(&format!("{name}={value}"));
        }
        return 0;
    }
    let mut status = 0;
    for name in &context.argv[1..] {
        match env.get(name) {
            Some(value) => context.line(value),
            None => status = 1,
        }
    }
    status
}

/// `ps`: every process of the namespace, as busybox or as procps with `-ef` shows them.
pub fn ps(context: &mut Context<'_, '_>) -> i32 {
    let Some(own) = context.kernel.sandbox.processes.get(&context.host) else { return 1 };
    let namespace = own.namespace;
    let now = context.kernel.now;
    let mut rows: Vec<(u32, u32, u32, u64, String)> = Vec::new();
    for process in context.kernel.sandbox.processes.values().filter(|process| process.namespace == namespace) {
        let parent = process.parent.and_then(|parent| context.kernel.sandbox.processes.get(&parent));
        let command = if process.is_alive() {
            process.command().to_string()
        } else {
            format!("[{}]", process.argv.first().map_or("", |name| crate::machine::fs::path::base_name(name)))
        };
        let age = now.since(process.since).as_secs();
        rows.push((process.pid, parent.map_or(0, |parent| parent.pid), process.user, age, command));
    }
    rows.sort();
    let is_busybox = context.flavour == Flavour::Busybox;
    context.line(if is_busybox { "PID   USER     TIME  COMMAND" } else { "    PID TTY          TIME CMD" });
    for (pid, _, user, _, command) in rows {
        let name = user_name(context, user).unwrap_or_else(|| user.to_string());
        let line = if is_busybox {
            format!("{pid:>5} {name:<8} {:>2}:{:02} {command}", 0, 0)
        } else {
            format!("{pid:>7} ?        00:00:00 {command}")
        };
        context.line(&line);
    }
    0
}

/// `df [-h]`: the machine's disk, under the container's root.
pub fn df(context: &mut Context<'_, '_>) -> i32 {
    let disk = context.kernel.shared.disk;
    let kib = |bytes: u64| bytes / 1024;
    let percent = if disk.capacity == 0 { 100 } else { (disk.used * 100).div_ceil(disk.capacity) };
    context.line("Filesystem           1K-blocks      Used Available Use% Mounted on");
    let line = format!(
        "{:<20} {:>9} {:>9} {:>9} {percent:>3}% /",
        "overlay",
        kib(disk.capacity),
        kib(disk.used),
        kib(disk.free())
    );
    context.line(&line);
    0
}
