//! Completion of kubectl lines: verbs, kinds, names, namespaces, flags, files.

use crate::model::Kind;
use crate::session::VERBS;

use super::look::Look;

/// Flags that are worth offering, with what follows them.
const FLAGS: [&str; 20] = [
    "--all", "--all-namespaces", "--container=", "--filename=", "--follow", "--force", "--grace-period=", "--help",
    "--ignore-daemonsets", "--image=", "--namespace=", "--output=", "--previous", "--replicas=", "--selector=",
    "--show-labels", "--sort-by=", "--tail=", "--watch", "--wait=false",
];
/// What `-o` takes.
const OUTPUTS: [&str; 7] = ["custom-columns=", "json", "jsonpath=", "name", "wide", "yaml", "go-template="];

/// The word that has been begun, and the words that it may become.
#[must_use]
pub fn offers(before: &str, look: &Look<'_>) -> (String, Vec<String>) {
    let before = before.strip_prefix("kubectl ").unwrap_or(before);
    let begun = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
    let words: Vec<&str> = before[..before.len() - begun.len()].split_whitespace().collect();
    let mut offers = candidates(&words, &begun, look);
    offers.retain(|offer| offer.starts_with(&begun));
    offers.sort();
    offers.dedup();
    (begun, offers)
}

fn candidates(words: &[&str], begun: &str, look: &Look<'_>) -> Vec<String> {
    let owned = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    match words.last() {
        None => return owned(VERBS).into_iter().chain(owned(&["ls", "cat", "vi", "clear"])).collect(),
        Some(&"-n" | &"--namespace") => return namespaces(look),
        Some(&"-o" | &"--output") => return owned(&OUTPUTS),
        Some(&"-f" | &"--filename" | &"cat" | &"vi") => return files(look),
        _ => {}
    }
    if let Some(rest) = begun.strip_prefix("--") {
        let with_value = |flag: &str, values: Vec<String>| values.into_iter().map(|value| format!("{flag}{value}")).collect();
        return match rest.split_once('=') {
            Some(("namespace", _)) => with_value("--namespace=", namespaces(look)),
            Some(("output", _)) => with_value("--output=", owned(&OUTPUTS)),
            Some(("filename", _)) => with_value("--filename=", files(look)),
            _ => owned(&FLAGS),
        };
    }
    let plain: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    let namespace = namespace_of(words, look);
    match plain.as_slice() {
        ["rollout"] => owned(&["history", "restart", "status", "undo"]),
        ["set"] => owned(&["image", "resources"]),
        ["config"] => owned(&["set-context", "view", "current-context"]),
        ["logs" | "exec", ..] => names(Kind::Pod, &namespace, look),
        ["cordon" | "uncordon" | "drain", ..] => names(Kind::Node, "", look),
        ["taint"] => owned(&["nodes"]),
        ["apply" | "create" | "replace"] => owned(&["-f"]),
        [_, .., last] if Kind::from_word(last).is_some() && plain.len() > 1 => {
            Kind::from_word(last).map(|kind| names(kind, &namespace, look)).unwrap_or_default()
        }
        _ => match begun.split_once('/') {
            Some((word, _)) => {
                let kind = Kind::from_word(word);
                let found = kind.map(|kind| names(kind, &namespace, look)).unwrap_or_default();
                found.into_iter().map(|name| format!("{word}/{name}")).collect()
            }
            None => Kind::all().map(|kind| kind.plural().to_owned()).collect(),
        },
    }
}

fn namespace_of(words: &[&str], look: &Look<'_>) -> String {
    let given = words.windows(2).find(|pair| matches!(pair[0], "-n" | "--namespace")).map(|pair| pair[1].to_owned());
    let joined = words.iter().find_map(|word| word.strip_prefix("--namespace=")).map(str::to_owned);
    given.or(joined).unwrap_or_else(|| look.cluster().map_or_else(String::new, |cluster| cluster.namespace().to_owned()))
}

fn names(kind: Kind, namespace: &str, look: &Look<'_>) -> Vec<String> {
    let objects = look.objects(kind).iter();
    let near = objects.filter(|object| !kind.is_namespaced() || namespace.is_empty() || object.namespace() == namespace);
    near.map(|object| object.name().to_owned()).collect()
}

fn namespaces(look: &Look<'_>) -> Vec<String> {
    names(Kind::Namespace, "", look)
}

fn files(look: &Look<'_>) -> Vec<String> {
    look.session().map(|session| session.files().keys().cloned().collect()).unwrap_or_default()
}

/// What all offers begin with.
#[must_use]
pub fn common(offers: &[String]) -> String {
    let Some(first) = offers.first() else { return String::new() };
    let shared = |end: &usize| offers.iter().all(|offer| offer.get(..*end) == first.get(..*end));
    let end = (0..=first.len()).rev().filter(|end| first.is_char_boundary(*end)).find(shared).unwrap_or(0);
    first[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_offers_share_is_completed() {
        let offers = ["persistentvolumes".to_owned(), "persistentvolumeclaims".to_owned()];
        assert_eq!(common(&offers), "persistentvolume");
        assert_eq!(common(&[]), "");
    }
}
