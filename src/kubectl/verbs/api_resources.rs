//! `kubectl api-resources` and `kubectl api-versions`.
//!
//! Source: `kubectl/pkg/cmd/apiresources/`.

use std::collections::BTreeSet;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, KindInfo, Scope};
use crate::printers::tabwriter::TableWriter;

/// Flags of `api-resources`.
pub const FLAGS: &[&str] =
    &[":api-group", "!namespaced", "+verbs", "+categories", "o:output", "!no-headers", ":sort-by", "!cached"];

/// Flags of `api-versions`.
pub const VERSION_FLAGS: &[&str] = &[];

/// What can be done with every kind that podlab serves.
const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// `kubectl api-resources`.
///
/// # Errors
/// In kubectl's words.
pub fn resources(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if let Some(word) = flags.args.first() {
        return Err(Failure::usage("api-resources", &format!("unexpected arguments: [{word}]")));
    }
    let output = flags.text("output").unwrap_or_default();
    if !matches!(output, "" | "wide" | "name") {
        let said = format!("unexpected -o output mode: {output}. We only support '-o name' or '-o wide'");
        return Err(Failure::text_of(said));
    }
    let mut kinds: Vec<Served> = Kind::all().flat_map(served).filter(|served| is_wanted(flags, served)).collect();
    match flags.text("sort-by") {
        None | Some("") => kinds.sort_by_key(|served| (served.group, served.info.plural)),
        Some("name") => kinds.sort_by_key(|served| served.info.plural),
        Some("kind") => kinds.sort_by_key(|served| served.info.name),
        Some(_) => return Err(Failure::text_of("--sort-by accepts only name or kind")),
    }
    if output == "name" {
        kinds.iter().for_each(|served| session.line(&served.group_resource()));
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !flags.yes("no-headers") {
        let wide = (output == "wide").then_some(["VERBS", "CATEGORIES"]).into_iter().flatten();
        let headers = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"].into_iter().chain(wide);
        rows.push(headers.map(str::to_owned).collect());
    }
    for served in kinds {
        let info = served.info;
        let mut row = vec![
            info.plural.to_owned(),
            info.short_names.join(","),
            served.api_version(),
            (info.scope == Scope::Namespaced).to_string(),
            info.name.to_owned(),
        ];
        if output == "wide" {
            row.extend([VERBS.join(","), info.categories.join(",")]);
        }
        rows.push(row);
    }
    session.out(&TableWriter::new().rows(&rows));
    Ok(())
}

/// A kind under one of its groups.
struct Served {
    info: &'static KindInfo,
    group: &'static str,
    version: &'static str,
}

impl Served {
    fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    fn group_resource(&self) -> String {
        let plural = self.info.plural;
        if self.group.is_empty() { plural.to_owned() } else { format!("{plural}.{}", self.group) }
    }
}

/// A kind in each of its groups, in the version that the group prefers.
fn served(kind: Kind) -> Vec<Served> {
    let info = kind.info();
    let mut groups: Vec<Served> = Vec::new();
    for (group, version) in info.served() {
        if groups.iter().all(|known| known.group != group) {
            groups.push(Served { info, group, version });
        }
    }
    groups
}

fn versions_of(kind: Kind) -> impl Iterator<Item = String> {
    kind.info().served().map(|(group, version)| match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    })
}

fn is_wanted(flags: &Flags, served: &Served) -> bool {
    let info = served.info;
    let group = flags.text("api-group").is_none_or(|group| group == served.group);
    let scope = !flags.has("namespaced") || flags.yes("namespaced") == (info.scope == Scope::Namespaced);
    let verbs = flags.list("verbs").iter().all(|verb| VERBS.contains(verb));
    let categories = flags.list("categories").iter().all(|category| info.categories.contains(category));
    group && scope && verbs && categories
}

/// `kubectl api-versions`.
///
/// # Errors
/// In kubectl's words.
pub fn versions(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    if let Some(word) = flags.args.first() {
        return Err(Failure::usage("api-versions", &format!("unexpected arguments: [{word}]")));
    }
    let versions: BTreeSet<String> = Kind::all().flat_map(versions_of).collect();
    versions.iter().for_each(|version| session.line(version));
    Ok(())
}
