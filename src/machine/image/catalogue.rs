//! The catalogue: every image that exists in the simulated registries, shared by all machines.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::document;
use super::executable::{BUSYBOX_TOOLS, Dialect, Executable, Flavour, GNU_TOOLS, Tool};
use super::reference::Reference;
use super::spec::{FileSpec, ImageSpec};
use crate::machine::cri::ImageInfo;
use crate::machine::fs::{Content, Directory, File, Meta, Node, path};
use crate::machine::signal::Signal;

/// The images that podlab brings along.
const BUILT_IN: &[(&str, &str)] = &[
    ("system.yaml", include_str!("../../../assets/images/system.yaml")),
    ("servers.yaml", include_str!("../../../assets/images/servers.yaml")),
    ("runtimes.yaml", include_str!("../../../assets/images/runtimes.yaml")),
    ("tests.yaml", include_str!("../../../assets/images/tests.yaml")),
    ("lessons.yaml", include_str!("../../../assets/images/lessons.yaml")),
];

/// Where shells look for commands when the image says nothing.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// One image with one tag, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Its full name.
    pub reference: Reference,
    /// What the kubelet is told.
    pub info: ImageInfo,
    /// What it was made from.
    pub spec: Arc<ImageSpec>,
    /// Its files.
    pub root: Directory,
    /// `USER` as a number: named users are numbered as in the Debian images, 1000 when unknown.
    pub user: u32,
}

/// All images of all registries.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    repositories: BTreeMap<String, BTreeMap<String, Arc<Image>>>,
}

impl Catalogue {
    /// The images that podlab brings along.
    ///
    /// # Errors
    /// The file and what is wrong in it; a test reads them all.
    pub fn built_in() -> Result<Self, String> {
        let mut catalogue = Self::default();
        for (name, text) in BUILT_IN {
            let specs = Self::read(text).map_err(|error| format!("{name}: {error}"))?;
            catalogue.overlay(specs).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(catalogue)
    }

    /// The JSON Schema of a catalogue file.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Vec<ImageSpec>)
    }

    /// Reads a catalogue file: a list of [`ImageSpec`].
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn read(text: &str) -> Result<Vec<ImageSpec>, String> {
        let value = document::read(text)?;
        serde_path_to_error::deserialize(value).map_err(|error| format!("{}: {}", error.path(), error.inner()))
    }

    /// Lays images over those that are there; a tag that exists is replaced.
    ///
    /// # Errors
    /// A name that is no image name.
    pub fn overlay(&mut self, specs: Vec<ImageSpec>) -> Result<(), String> {
        for spec in specs {
            let name = Reference::parse(&spec.name).map_err(|error| format!("image `{}`: {error}", spec.name))?;
            let spec = Arc::new(spec);
            let root = root_of(&spec)?;
            let repository = self.repositories.entry(name.name()).or_default();
            let tags = if spec.tags.is_empty() { vec!["latest".to_owned()] } else { spec.tags.clone() };
            for tag in tags {
                let reference = Reference { tag: Some(tag.clone()), digest: None, ..name.clone() };
                repository.insert(tag, Arc::new(image(reference, Arc::clone(&spec), root.clone())));
            }
        }
        Ok(())
    }

    /// The image of this name.
    #[must_use]
    pub fn get(&self, reference: &Reference) -> Option<&Arc<Image>> {
        let repository = self.repositories.get(&reference.name())?;
        match (&reference.digest, &reference.tag) {
            (Some(digest), _) => repository.values().find(|image| image.info.digest.ends_with(digest.as_str())),
            (None, Some(tag)) => repository.get(tag),
            (None, None) => None,
        }
    }

    /// Whether a registry holds a repository of this name.
    #[must_use]
    pub fn has_repository(&self, name: &str) -> bool {
        self.repositories.contains_key(name)
    }

    /// Whether any image lies in this registry.
    #[must_use]
    pub fn has_registry(&self, registry: &str) -> bool {
        self.repositories.keys().any(|name| name.split('/').next() == Some(registry))
    }

    /// The registries that images lie in.
    #[must_use]
    pub fn registries(&self) -> BTreeSet<Arc<str>> {
        self.repositories.keys().filter_map(|name| name.split('/').next()).map(Arc::from).collect()
    }

    /// All images, by name and tag.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Image>> {
        self.repositories.values().flat_map(BTreeMap::values)
    }
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold(String::from("sha256:"), |hex, byte| hex + &format!("{byte:02x}"))
}

fn image(reference: Reference, spec: Arc<ImageSpec>, root: Directory) -> Image {
    let named = reference.to_string();
    let info = ImageInfo {
        id: sha256(&format!("config of {named}")).into(),
        digest: format!("{}@{}", reference.name(), sha256(&format!("manifest of {named}"))).into(),
        reference: named.into(),
        size: spec.size,
        user: spec.user.as_str().into(),
        stop_signal: spec.stop_signal.unwrap_or(Signal::Term),
    };
    let user = user_number(&spec.user);
    Image { reference, info, spec, root, user }
}

fn user_number(user: &str) -> u32 {
    match user.split(':').next().unwrap_or_default() {
        "" | "root" => 0,
        "nginx" => 101,
        "postgres" | "redis" => 999,
        "nobody" | "nonroot" => 65_532,
        name => name.parse().unwrap_or(1_000),
    }
}

/// The file tree of an image: the usual folders, its shell and tools, its programs, its own files.
fn root_of(spec: &ImageSpec) -> Result<Directory, String> {
    let mut root = Directory::default();
    let has_system = spec.shell.is_some() || spec.tools.is_some();
    if has_system {
        add_system(&mut root, spec);
    }
    for (name, tool) in tools_of(spec) {
        add(&mut root, &format!("/bin/{name}"), executable(Executable::Tool(tool)))?;
    }
    if let Some(dialect) = spec.shell {
        add(&mut root, "/bin/sh", executable(Executable::Shell(dialect)))?;
        let own_name = match dialect {
            Dialect::Dash => "/bin/dash",
            Dialect::Ash => "/bin/ash",
            Dialect::Bash => "/bin/bash",
        };
        add(&mut root, own_name, executable(Executable::Shell(dialect)))?;
    }
    if spec.bash {
        add(&mut root, "/bin/bash", executable(Executable::Shell(Dialect::Bash)))?;
    }
    for program in &spec.programs {
        add(&mut root, &program.path, executable(Executable::Program(Arc::new(program.clone()))))?;
    }
    for (path, file) in &spec.files {
        add(&mut root, path, Node::File(file_of(file)?))?;
    }
    for path in &spec.directories {
        add(&mut root, path, Node::Directory(Directory::with_mode(0o777)))?;
    }
    Ok(root)
}

fn add(root: &mut Directory, path: &str, node: Node) -> Result<(), String> {
    root.put(&path::parts("/", path), node).map(|_| ()).map_err(|error| format!("{path}: {error}"))
}

fn executable(executable: Executable) -> Node {
    Node::File(File { content: Content::Executable(Arc::new(executable)), meta: Meta::root(0o755) })
}

fn file_of(spec: &FileSpec) -> Result<File, String> {
    match spec {
        FileSpec::Text(text) => Ok(File::of(text.as_bytes(), 0o644)),
        FileSpec::Full(full) => {
            let mode = if full.mode.is_empty() { "644" } else { &full.mode };
            let bits =
                u16::from_str_radix(mode, 8).map_err(|_| format!("`{mode}` is no file mode; write it like \"755\""))?;
            let mut file = File::of(full.text.as_bytes(), bits);
            file.meta.owner = full.owner;
            Ok(file)
        }
    }
}

/// The tools of an image by name.
fn tools_of(spec: &ImageSpec) -> Vec<(&str, Tool)> {
    let flavour = spec.tools.unwrap_or(Flavour::Gnu);
    let usual: &[&str] = match spec.tools {
        Some(Flavour::Busybox) => BUSYBOX_TOOLS,
        Some(Flavour::Gnu) => GNU_TOOLS,
        None => &[],
    };
    let extra = spec.extra_tools.iter().map(|name| (name.as_str(), Flavour::Gnu));
    let all = usual.iter().map(|name| (*name, flavour)).chain(extra);
    all.map(|(name, flavour)| (name, Tool { name: name.into(), flavour })).collect()
}

fn add_system(root: &mut Directory, spec: &ImageSpec) {
    let folders = [
        ("dev", 0o755),
        ("etc", 0o755),
        ("home", 0o755),
        ("proc", 0o555),
        ("root", 0o700),
        ("tmp", 0o1777),
        ("usr", 0o755),
        ("var", 0o755),
    ];
    for (name, mode) in folders {
        let folder = Node::Directory(Directory::with_mode(mode));
        root.put(&[name], folder).unwrap_or_default();
    }
    let shell = if spec.shell == Some(Dialect::Bash) { "/bin/bash" } else { "/bin/sh" };
    let passwd = format!("root:x:0:0:root:/root:{shell}\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n");
    let files: [(&str, String); 2] = [("passwd", passwd), ("group", "root:x:0:\nnogroup:x:65534:\n".into())];
    for (name, text) in files {
        root.put(&["etc", name], Node::File(File::of(text, 0o644))).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_of_the_catalogue_can_be_read_and_has_a_command_to_run() {
        let catalogue = Catalogue::built_in().unwrap();
        for image in catalogue.iter() {
            let spec = &image.spec;
            assert!(!spec.entrypoint.is_empty() || !spec.cmd.is_empty(), "{}", image.reference);
            assert!(spec.size > 0 && !spec.about.is_empty(), "{}", image.reference);
        }
        assert!(serde_json::to_string(&Catalogue::schema()).unwrap().contains("stopSignal"));
    }

    #[test]
    fn mistakes_in_a_catalogue_file_name_their_place() {
        let error = Catalogue::read("- name: x\n  programs:\n  - path: /x\n    listen: [{port: 80, afterr: 1s}]\n")
            .unwrap_err();
        assert!(error.starts_with("[0].programs[0].listen[0].afterr: unknown field `afterr`"), "{error}");
    }
}
