//! "Did you mean": the known word closest to what was typed.

/// The candidate that takes the fewest edits to reach from `typed`, if it is close enough to be meant.
///
/// Letters, capitals aside, may be wrong, missing, extra or swapped: one in three, and at least one. The first of equals wins.
#[must_use]
pub fn closest<'c>(typed: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let typed = typed.to_lowercase();
    let edits_max = (typed.chars().count() / 3).max(1);
    let ranked = candidates.into_iter().map(|candidate| (edit_distance(&typed, &candidate.to_lowercase()), candidate));
    let best = ranked.min_by_key(|&(edits, _)| edits)?;
    (best.0 <= edits_max).then_some(best.1)
}

/// How many letters must be changed, added, removed or swapped with their neighbour (optimal string alignment).
#[must_use]
pub fn edit_distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before = vec![0; other.len() + 1];
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, rival) in other.iter().enumerate() {
            let swapped = row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *rival;
            let change = above[column] + usize::from(letter != rival);
            let step = change.min(above[column + 1] + 1).min(current[column] + 1);
            current.push(if swapped { step.min(before[column - 1] + 1) } else { step });
        }
        before = std::mem::replace(&mut above, current);
    }
    above[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_forgiven_but_not_guessed() {
        let kinds = ["Deployment", "DaemonSet", "Pod", "Service"];
        assert_eq!(closest("Deploymnet", kinds), Some("Deployment"));
        assert_eq!(closest("daemonset", kinds), Some("DaemonSet"));
        assert_eq!(closest("Pood", kinds), Some("Pod"));
        assert_eq!(closest("Ingress", kinds), None);
        assert_eq!(closest("x", []), None);
        assert_eq!(edit_distance("ca", "abc"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
