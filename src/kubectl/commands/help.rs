//! Help texts, in short.

use super::{Command, all, children, find, groups};

/// What `kubectl` alone says.
pub(super) fn overview() -> String {
    let mut text = "kubectl controls the Kubernetes cluster manager.\n\nCommands:\n".to_owned();
    for command in all().filter(|command| !command.path.contains(' ')) {
        text.push_str(&format!("  {:<15} {}\n", command.path, command.short));
    }
    for group in groups() {
        text.push_str(&format!("  {group:<15} {}\n", children(group).collect::<Vec<_>>().join(", ")));
    }
    text.push_str(
        "\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more about a command.\n",
    );
    text
}

/// The help of a command, or of a group of commands.
pub(super) fn of(path: &str) -> String {
    if path.is_empty() {
        return overview();
    }
    let words: Vec<String> = path.split(' ').map(str::to_owned).collect();
    if let Some((command, depth)) = find(&words)
        && depth == words.len()
    {
        return of_command(command);
    }
    let prefix = format!("{path} ");
    let mut text = "Available Commands:\n".to_owned();
    for command in all().filter(|command| command.path.starts_with(&prefix)) {
        text.push_str(&format!("  {:<15} {}\n", &command.path[prefix.len()..], command.short));
    }
    text.push_str(&format!("\nUsage:\n  kubectl {path} [flags] [options]\n"));
    text
}

/// The help of one command.
pub(super) fn of_command(command: &Command) -> String {
    let mut text = format!("{}.\n", command.short);
    if children(command.path).next().is_some() {
        text.push_str("\nAvailable Commands:\n");
        let prefix = format!("{} ", command.path);
        for child in all().filter(|child| child.path.starts_with(&prefix)) {
            text.push_str(&format!("  {:<20} {}\n", &child.path[prefix.len()..], child.short));
        }
    }
    text.push_str("\nOptions:\n");
    for flag in command.flags {
        let Some(at) = flag.find(['!', ':', '#', '~', '+', '?']) else { continue };
        let letter = if at == 0 { "    ".to_owned() } else { format!("-{}, ", &flag[..at]) };
        let name = flag[at + 1..].split('=').next().unwrap_or_default();
        text.push_str(&format!("    {letter}--{name}\n"));
    }
    text.push_str(&format!("\nUsage:\n  kubectl {} {} [options]\n", command.path, command.usage));
    text
}
