//! Patterns in arguments: the files that they stand for.

use std::sync::Arc;

use super::pattern;
use crate::machine::fs::{View, path};

/// The paths that match a pattern, sorted; hidden files only when the pattern begins with a dot.
#[must_use]
pub fn expand_path(view: &View<'_>, cwd: &str, pattern: &str) -> Vec<String> {
    let is_absolute = pattern.starts_with('/');
    let mut found = vec![if is_absolute { "/".to_owned() } else { String::new() }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for base in found {
            let join = |name: &str| {
                if base.is_empty() || base.ends_with('/') { format!("{base}{name}") } else { format!("{base}/{name}") }
            };
            if !pattern::is_pattern(part) {
                let file = join(&part.replace('\\', ""));
                if view.find(&path::absolute(cwd, &file)).is_ok() {
                    next.push(file);
                }
                continue;
            }
            let names = view.list(&path::absolute(cwd, if base.is_empty() { "." } else { &base })).unwrap_or_default();
            let fits =
                |name: &&Arc<str>| (part.starts_with('.') || !name.starts_with('.')) && pattern::matches(part, name);
            next.extend(names.iter().filter(fits).map(|name| join(name)));
        }
        found = next;
    }
    found
}
