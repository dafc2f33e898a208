//! `kubectl api-resources` and `kubectl api-versions`.
//!
//! Source: `kubectl/pkg/cmd/apiresources/`.

use std::collections::BTreeSet;

use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::session::Session;
use crate::model::{Kind, KindInfo};
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
    let mut kinds: Vec<&KindInfo> = Kind::all().map(Kind::info).filter(|info| is_wanted(flags, info)).collect();
    match flags.text("sort-by") {
        None | Some("") => kinds.sort_by_key(|info| (info.group, info.plural)),
        Some("name") => kinds.sort_by_key(|info| info.plural),
        Some("kind") => kinds.sort_by_key(|info| info.name),
        Some(_) => return Err(Failure::text_of("--sort-by accepts only name or kind")),
    }
    if output == "name" {
        kinds.iter().for_each(|info| session.line(&info.kind.group_resource()));
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !flags.yes("no-headers") {
        let wide = (output == "wide").then_some(["VERBS", "CATEGORIES"]).into_iter().flatten();
        let headers = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"].into_iter().chain(wide);
        rows.push(headers.map(str::to_owned).collect());
    }
    for info in kinds {
        let mut row = vec![
            info.plural.to_owned(),
            info.short_names.join(","),
            info.kind.api_version(),
            info.kind.is_namespaced().to_string(),
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

fn is_wanted(flags: &Flags, info: &KindInfo) -> bool {
    let group = flags.text("api-group").is_none_or(|group| group == info.group);
    let scope = !flags.has("namespaced") || flags.yes("namespaced") == info.kind.is_namespaced();
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
    let versions: BTreeSet<String> = Kind::all().map(Kind::api_version).collect();
    versions.iter().for_each(|version| session.line(version));
    Ok(())
}
