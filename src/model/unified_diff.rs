//! The difference of two texts, as `diff -u` shows it, without the lines that name files.

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Kept,
    Removed,
    Added,
}

/// The hunks that turn `old` into `new`, each line with its line feed; empty when they are the same.
#[must_use]
pub fn unified(old: &[String], new: &[String]) -> String {
    let edits = edits(old, new);
    let mut text = String::new();
    let mut start = 0;
    while let Some(first) = (start..edits.len()).find(|at| edits[*at].0 != Edit::Kept) {
        let from = first.saturating_sub(CONTEXT).max(start);
        let mut last = first;
        while let Some(next) =
            (last + 1..edits.len().min(last + 2 * CONTEXT + 2)).rfind(|at| edits[*at].0 != Edit::Kept)
        {
            last = next;
        }
        let to = (last + CONTEXT + 1).min(edits.len());
        hunk(&edits, from, to, &mut text);
        start = to;
    }
    text
}

fn hunk(edits: &[(Edit, &str)], from: usize, to: usize, text: &mut String) {
    let lines = |range: std::ops::Range<usize>, other: Edit| {
        edits.get(range).unwrap_or_default().iter().filter(|(edit, _)| *edit != other).count()
    };
    let (old_before, new_before) = (lines(0..from, Edit::Added), lines(0..from, Edit::Removed));
    let (old, new) = (lines(from..to, Edit::Added), lines(from..to, Edit::Removed));
    text.push_str(&format!("@@ -{},{old} +{},{new} @@\n", old_before + 1, new_before + 1));
    for (edit, line) in &edits[from..to] {
        text.push(match edit {
            Edit::Kept => ' ',
            Edit::Removed => '-',
            Edit::Added => '+',
        });
        text.push_str(line);
        text.push('\n');
    }
}

/// Every line of both texts once, by their longest common subsequence.
fn edits<'a>(old: &'a [String], new: &'a [String]) -> Vec<(Edit, &'a str)> {
    let prefix = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let rest = (&old[prefix..], &new[prefix..]);
    let suffix = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old_middle, new_middle) = (&rest.0[..rest.0.len() - suffix], &rest.1[..rest.1.len() - suffix]);
    let kept = |lines: &'a [String]| lines.iter().map(|line| (Edit::Kept, line.as_str()));
    let mut edits: Vec<_> = kept(&old[..prefix]).collect();
    middle(old_middle, new_middle, &mut edits);
    edits.extend(kept(&old[old.len() - suffix..]));
    edits
}

fn middle<'a>(old: &'a [String], new: &'a [String], edits: &mut Vec<(Edit, &'a str)>) {
    // common[i][j]: how many lines old[i..] and new[j..] have in common.
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] =
                if old[i] == new[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            edits.push((Edit::Kept, &old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            edits.push((Edit::Removed, &old[i]));
            i += 1;
        } else {
            edits.push((Edit::Added, &new[j]));
            j += 1;
        }
    }
}
