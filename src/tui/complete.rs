//! Completion at the prompt: what kubectl completes, and the learner's files and the prompt's own words.

use crate::model::Kind;
use crate::session::complete;

use super::look::Look;

/// What the prompt answers by itself.
pub const OWN_WORDS: [&str; 5] = ["ls", "cat", "vi", "clear", "exit"];

/// The word that has been begun, and the words that it may become.
#[must_use]
pub fn offers(before: &str, look: &Look<'_>) -> (String, Vec<String>) {
    let begun = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
    let words: Vec<&str> = before[..before.len() - begun.len()].split_whitespace().collect();
    let lister = |kind: Kind, namespace: &str| {
        let near = look.objects(kind).iter().filter(|object| namespace.is_empty() || object.namespace() == namespace);
        near.map(|object| object.name().to_owned()).collect()
    };
    let namespace = look.cluster().map_or("", |cluster| cluster.namespace());
    let mut offers = match words.last() {
        Some(&"-f" | &"--filename" | &"cat" | &"vi") => files(look),
        _ => complete(before, before.len(), namespace, &lister),
    };
    if words.is_empty() {
        offers.extend(OWN_WORDS.map(str::to_owned));
    }
    offers.retain(|offer| offer.starts_with(&begun));
    offers.sort();
    offers.dedup();
    (begun, offers)
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
