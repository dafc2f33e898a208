//! `kubectl auth whoami`. Source: `kubectl/pkg/cmd/auth/whoami.go`.

use crate::apiserver::Reason;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::Flags;
use crate::kubectl::output::{self, Format};
use crate::kubectl::session::Session;
use crate::model::authentication::SelfSubjectReview;
use crate::model::{Kind, Resource};
use crate::printers::manifest;
use crate::printers::tabwriter::TableWriter;

use super::can_i::review_of;

/// Its flags.
pub const WHOAMI_FLAGS: &[&str] = &["o:output", ":template"];
const FORBIDDEN: &str =
    "the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it";

/// Runs it.
///
/// # Errors
/// The server's refusals.
pub fn whoami(session: &mut Session<'_>, flags: &Flags) -> Result<(), Failure> {
    let format = Format::of(flags)?;
    let answer = match review_of(session, SelfSubjectReview::default().into()) {
        Err(failure) if failure.is(Reason::Forbidden) => return Err(Failure::text_of(FORBIDDEN)),
        answer => answer?,
    };
    if !format.is_human() {
        return output::print(session, &format, Kind::SelfSubjectReview, &manifest::value(&answer));
    }
    let status = SelfSubjectReview::of(&answer).and_then(|review| review.status.clone()).unwrap_or_default();
    let info = status.user_info.unwrap_or_default();
    let texts = |texts: &[String]| format!("[{}]", texts.join(" "));
    let mut rows = vec![("ATTRIBUTE".to_owned(), "VALUE".to_owned())];
    rows.extend(info.username.map(|name| ("Username".to_owned(), name)));
    rows.extend(info.uid.map(|uid| ("UID".to_owned(), uid)));
    rows.extend(info.groups.filter(|groups| !groups.is_empty()).map(|groups| ("Groups".to_owned(), texts(&groups))));
    rows.extend(info.extra.into_iter().flatten().map(|(key, values)| (format!("Extra: {key}"), texts(&values))));
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(key, value)| vec![key, value]).collect();
    session.out(&TableWriter::new().rows(&rows));
    Ok(())
}
