//! Tab: the words that may stand where the cursor is.

use crate::model::Kind;

use super::commands;

/// Names of objects, for whoever holds a copy of the cluster.
pub type Lister<'l> = &'l dyn Fn(Kind, &str) -> Vec<String>;

/// Commands whose arguments are names of one kind.
const OF_ONE_KIND: &[(&str, Kind)] = &[
    ("logs", Kind::Pod),
    ("exec", Kind::Pod),
    ("cordon", Kind::Node),
    ("uncordon", Kind::Node),
    ("drain", Kind::Node),
];

/// Commands whose first argument is a kind.
const OF_ANY_KIND: &[&str] =
    &["get", "describe", "delete", "edit", "label", "annotate", "patch", "explain", "expose", "scale", "wait", "taint"];

/// What may stand instead of the word that ends at `cursor` (in bytes), sorted. `lister` gives the names of a kind's objects
/// in a namespace; `namespace` is the one of the current context.
#[must_use]
pub fn complete(line: &str, cursor: usize, namespace: &str, lister: Lister<'_>) -> Vec<String> {
    let mut cursor = cursor.min(line.len());
    while !line.is_char_boundary(cursor) {
        cursor -= 1;
    }
    let typed = &line[..cursor];
    let mut words: Vec<&str> = typed.split_whitespace().collect();
    let current =
        if typed.ends_with(char::is_whitespace) || typed.is_empty() { "" } else { words.pop().unwrap_or_default() };
    if words.first().is_some_and(|first| matches!(*first, "kubectl" | "k")) {
        words.remove(0);
    }
    let mut found = candidates(&words, current, namespace, lister);
    found.retain(|candidate| candidate.starts_with(current));
    found.sort();
    found.dedup();
    found
}

fn candidates(words: &[&str], current: &str, namespace: &str, lister: Lister<'_>) -> Vec<String> {
    let named = |kind: Kind, namespace: &str| lister(kind, if kind.is_namespaced() { namespace } else { "" });
    if matches!(words.last(), Some(&("-n" | "--namespace"))) {
        return named(Kind::Namespace, "");
    }
    if matches!(words.last(), Some(&("-o" | "--output"))) {
        return ["wide", "yaml", "json", "name", "jsonpath=", "custom-columns="].map(str::to_owned).to_vec();
    }
    let namespace = namespace_of(words).unwrap_or(namespace);
    let plain = plain_words(words);
    let Some((first, rest)) = plain.split_first() else { return commands::names().map(str::to_owned).collect() };
    let command = commands::all().filter(|command| starts_with(&plain, command.path)).max_by_key(|it| it.path.len());
    if current.starts_with('-') {
        let flags = command.map(|command| command.flags).unwrap_or_default();
        return flags.iter().chain(super::flags::GLOBAL).filter_map(|flag| flag_name(flag)).collect();
    }
    let group = plain.join(" ");
    let children: Vec<String> = commands::children(&group).map(str::to_owned).collect();
    if !children.is_empty() {
        return children;
    }
    if let Some((_, kind)) = OF_ONE_KIND.iter().find(|(name, _)| name == first) {
        return if rest.is_empty() || *kind == Kind::Node { named(*kind, namespace) } else { Vec::new() };
    }
    if matches!(*first, "rollout" | "set") {
        return of_kinds(&rest[rest.len().min(1)..], current, &[Kind::Deployment], namespace, &named);
    }
    if OF_ANY_KIND.contains(first) {
        let all: Vec<Kind> = Kind::all().collect();
        return of_kinds(rest, current, &all, namespace, &named);
    }
    Vec::new()
}

/// A kind, then names; or `kind/name`.
fn of_kinds(
    rest: &[&str],
    current: &str,
    kinds: &[Kind],
    namespace: &str,
    named: &dyn Fn(Kind, &str) -> Vec<String>,
) -> Vec<String> {
    if let Some((word, _)) = current.split_once('/') {
        let Some(kind) = Kind::from_word(word) else { return Vec::new() };
        return named(kind, namespace).into_iter().map(|name| format!("{word}/{name}")).collect();
    }
    match rest.first() {
        None => kinds.iter().map(|kind| kind.plural().to_owned()).collect(),
        Some(word) => Kind::from_word(word).map(|kind| named(kind, namespace)).unwrap_or_default(),
    }
}

fn namespace_of<'w>(words: &[&'w str]) -> Option<&'w str> {
    let flag = |word: &str| matches!(word, "-n" | "--namespace");
    let pair = words.windows(2).rev().find(|pair| flag(pair[0])).map(|pair| pair[1]);
    pair.or_else(|| words.iter().rev().find_map(|word| word.strip_prefix("--namespace=")))
}

/// The words that are no flags and no values of the commonest flags.
fn plain_words<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut plain = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "-n" | "--namespace" | "-o" | "--output" | "-l" | "--selector" | "-f" | "-c" => {
                words.next();
            }
            word if word.starts_with('-') => {}
            word => plain.push(word),
        }
    }
    plain
}

fn starts_with(words: &[&str], path: &str) -> bool {
    let parts: Vec<&str> = path.split(' ').collect();
    words.starts_with(&parts)
}

fn flag_name(flag: &str) -> Option<String> {
    let at = flag.find(['!', ':', '#', '~', '+', '?'])?;
    Some(format!("--{}", flag[at + 1..].split('=').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> Vec<String> {
        let lister = |kind: Kind, namespace: &str| match (kind, namespace) {
            (Kind::Pod, "default") => vec!["web-1".to_owned(), "db".into()],
            (Kind::Pod, "shop") => vec!["cart".to_owned()],
            (Kind::Namespace, "") => vec!["default".to_owned(), "shop".into()],
            _ => Vec::new(),
        };
        complete(line, line.len(), "default", &lister)
    }

    #[test]
    fn words_come_from_where_they_stand() {
        assert_eq!(completed("kubectl desc"), ["describe"]);
        assert_eq!(completed("get persistentvolumec"), ["persistentvolumeclaims"]);
        assert_eq!(completed("k get pods w"), ["web-1"]);
        assert_eq!(completed("get -n shop pod "), ["cart"]);
        assert_eq!(completed("get pod/w"), ["pod/web-1"]);
        assert_eq!(completed("get pods -n s"), ["shop"]);
        assert_eq!(completed("get pods --all"), ["--all-namespaces", "--allow-missing-template-keys"]);
        assert_eq!(completed("create secret "), ["docker-registry", "generic", "tls"]);
        assert_eq!(completed("get nothing x"), [""; 0]);
        assert_eq!(complete("get pöds", 7, "", &|_, _| Vec::new()), [""; 0]);
    }
}
