//! What the keys of objects do, on whichever screen an object is chosen.

use crate::model::{Kind, ObjectKey};

use super::confirm::Confirm;
use super::ending::EndingScreen;
use super::inside::InsideScreen;
use super::prompt::Prompt;
use super::scheduler::SchedulerScreen;
use super::text::{Source, TextScreen};
use super::tree::Tree;
use super::why::WhyScreen;
use crate::tui::action::Action;
use crate::tui::ask::Ask;
use crate::tui::look::Look;

/// What an action asks for when `key` is chosen; nothing when it has nothing to do with objects.
#[must_use]
pub fn asks(action: &Action, key: &ObjectKey, look: &Look<'_>) -> Vec<Ask> {
    let is_pod = key.kind == Kind::Pod;
    let open = |screen: Box<dyn super::Screen>| vec![Ask::Open(screen)];
    match action {
        Action::Enter | Action::Describe => open(Box::new(TextScreen::new(Source::Describe(key.clone())))),
        Action::Yaml => open(Box::new(TextScreen::new(Source::Yaml(key.clone())))),
        Action::Logs | Action::PreviousLogs if is_pod => {
            let is_previous = *action == Action::PreviousLogs;
            open(Box::new(TextScreen::new(Source::Logs { pod: key.clone(), is_previous })))
        }
        Action::Edit => vec![Ask::Kubectl(command("edit", key))],
        Action::Delete => {
            let question = look.locale.with("confirm-delete", &[("object", key.to_string().into())]);
            open(Box::new(Confirm::new(question, Ask::Kubectl(command("delete", key)))))
        }
        Action::Shell if is_pod => {
            let line = format!("exec {}{} -- ", key.name, in_namespace(key));
            open(Box::new(Prompt::new(&line)))
        }
        Action::OwnerTree => open(Box::new(Tree::new(key.clone()))),
        Action::Decision if is_pod => open(Box::new(SchedulerScreen::of(key.clone()))),
        Action::Inside if is_pod => open(Box::new(InsideScreen::of(key.clone()))),
        Action::Ending if is_pod => open(Box::new(EndingScreen::of(key.clone()))),
        Action::Why => open(Box::new(WhyScreen::new(key.clone()))),
        Action::Logs | Action::PreviousLogs | Action::Shell | Action::Decision | Action::Inside => {
            vec![Ask::Say(look.text("said-pods-only"))]
        }
        _ => Vec::new(),
    }
}

fn in_namespace(key: &ObjectKey) -> String {
    if key.namespace.is_empty() { String::new() } else { format!(" -n {}", key.namespace) }
}

/// `edit deployments.apps/web -n shop`.
fn command(verb: &str, key: &ObjectKey) -> String {
    format!("{verb} {}/{}{}", key.kind.group_resource(), key.name, in_namespace(key))
}
