//! The kubeconfig: how kubectl finds the server, trusts it and is known to it. Readable by its owner only, written atomically.

use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::model::yaml;

use super::identity::{ADMIN, Identity};

/// The name of cluster and context.
const CLUSTER: &str = "podlab";

/// The text of a kubeconfig for the server at `server`.
#[must_use]
pub fn text(identity: &Identity, server: &str) -> String {
    let context = format!("{ADMIN}@{CLUSTER}");
    yaml::write(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CLUSTER, "cluster": {
            "server": server, "certificate-authority-data": STANDARD.encode(&identity.ca)}}],
        "users": [{"name": ADMIN, "user": {"token": identity.token}}],
        "contexts": [{"name": context, "context": {"cluster": CLUSTER, "user": ADMIN}}],
        "current-context": context,
    }))
}

/// Writes a kubeconfig; an existing file is replaced at once, never half.
///
/// # Errors
/// When the folder cannot be made or the file not be written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // Temporary files are made for their owner only, mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
