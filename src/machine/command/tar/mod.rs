//! `tar`: files into one stream of bytes and back, in the ustar format. `kubectl cp` lives on it.
//!
//! Source: POSIX.1-1988, `ustar Interchange Format`; messages as busybox 1.36 and GNU tar 1.34 word them. **Not modelled.**
//! Compression, sparse files, owners on extraction for users other than root. Programs of the image catalogue have no bytes and
//! are left out.

mod header;

use super::Context;
use crate::machine::fs::view::Found;
use crate::machine::fs::{Directory, Errno, File, Node, path};
use crate::machine::image::executable::Flavour;
use crate::model::time;
use header::Header;

/// Everything is counted in blocks of this many bytes.
const BLOCK: usize = 512;
/// Archives are filled up to this many bytes. Source: `tar -b 20`.
const RECORD: usize = 20 * BLOCK;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tar {
    mode: Mode,
    /// The archive; `-` for standard input or output.
    archive: String,
    folder: Option<String>,
    is_verbose: bool,
    /// `-m`: extracted files are as old as the moment.
    touches: bool,
    operands: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Create,
    Extract,
    List,
}

impl Tar {
    /// Reads a command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut mode = None;
        let (mut archive, mut folder) = ("-".to_owned(), None);
        let (mut is_verbose, mut touches) = (false, false);
        let mut operands = Vec::new();
        let mut rest = arguments.iter();
        let mut is_first = true;
        while let Some(word) = rest.next() {
            let letters = match word.strip_prefix('-') {
                Some(long) if long.starts_with('-') => {
                    match long.trim_start_matches('-') {
                        "" => operands.extend(rest.by_ref().cloned()),
                        // What concerns owners and permissions: root keeps them, others cannot.
                        "no-same-permissions" | "no-same-owner" | "numeric-owner" => {}
                        _ => return Err(format!("podlab does not model {word}")),
                    }
                    continue;
                }
                Some(letters) if !letters.is_empty() => letters,
                _ if is_first => word,
                _ => {
                    operands.push(word.clone());
                    continue;
                }
            };
            is_first = false;
            for letter in letters.chars() {
                match letter {
                    'c' => mode = Some(Mode::Create),
                    'x' => mode = Some(Mode::Extract),
                    't' => mode = Some(Mode::List),
                    'v' => is_verbose = true,
                    'm' => touches = true,
                    'o' | 'p' | 'h' | 'k' => {}
                    'f' => archive = rest.next().cloned().ok_or("option requires an argument -- 'f'")?,
                    'C' => folder = Some(rest.next().cloned().ok_or("option requires an argument -- 'C'")?),
                    other => return Err(format!("podlab does not model -{other}")),
                }
            }
        }
        let mode = mode.ok_or("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options")?;
        Ok(Self { mode, archive, folder, is_verbose, touches, operands })
    }

    /// The file that must be read before anything can be done; `-` for standard input.
    #[must_use]
    pub fn input(&self) -> Option<&str> {
        (self.mode != Mode::Create).then_some(&self.archive)
    }

    /// Does it; `input` is the archive, when there is one to be read.
    pub fn run(&self, input: &[u8], context: &mut Context<'_, '_>) -> i32 {
        let folder = self.folder.as_deref().map_or_else(|| context.cwd().to_string(), |folder| context.path(folder));
        if self.folder.is_some() && !matches!(context.view().map(|view| view.find(&folder).is_ok()), Ok(true)) {
            let name = self.folder.as_deref().unwrap_or_default();
            let text = match context.flavour {
                Flavour::Busybox => format!("can't change directory to '{name}': No such file or directory"),
                Flavour::Gnu => format!("{name}: Cannot open: No such file or directory"),
            };
            context.complain(&text);
            if context.flavour == Flavour::Gnu {
                context.complain("Error is not recoverable: exiting now");
                return 2;
            }
            return 1;
        }
        match self.mode {
            Mode::Create => self.create(&folder, context),
            Mode::Extract | Mode::List => self.extract(input, &folder, context),
        }
    }

    fn create(&self, folder: &str, context: &mut Context<'_, '_>) -> i32 {
        let mut archive = Vec::new();
        let mut status = 0;
        if self.operands.is_empty() {
            context.complain("empty archive");
            return if context.flavour == Flavour::Gnu { 2 } else { 1 };
        }
        for operand in &self.operands {
            if operand.starts_with('/') {
                match context.flavour {
                    Flavour::Busybox => context.complain("removing leading '/' from member names"),
                    Flavour::Gnu => context.complain("Removing leading `/' from member names"),
                }
            }
            let file = path::absolute(folder, operand);
            let member = operand.trim_start_matches('/').trim_end_matches('/');
            let node = match context.view().and_then(|view| node_at(&view, &file)) {
                Ok(node) => node,
                Err(error) => {
                    let text = match context.flavour {
                        Flavour::Busybox => format!("{operand}: {error}"),
                        Flavour::Gnu => format!("{operand}: Cannot stat: {error}"),
                    };
                    context.complain(&text);
                    status = if context.flavour == Flavour::Gnu { 2 } else { 1 };
                    continue;
                }
            };
            let member = if member.is_empty() { "." } else { member };
            self.pack(member, &file, &node, &mut archive, context);
        }
        archive.resize(archive.len() + 2 * BLOCK, 0);
        archive.resize(archive.len().div_ceil(RECORD) * RECORD, 0);
        if status != 0 {
            match context.flavour {
                Flavour::Busybox => context.complain("error exit delayed from previous errors"),
                Flavour::Gnu => context.complain("Exiting with failure status due to previous errors"),
            }
        }
        if self.archive == "-" {
            context.out.extend(archive);
            return status;
        }
        let target = context.path(&self.archive);
        let file = Node::File(File::of(archive, 0o644));
        if let Err(error) = context.view().and_then(|mut view| view.place(&target, file)) {
            context.complain(&format!("can't open '{}': {error}", self.archive));
            return 1;
        }
        status
    }

    /// Puts one node and all below it into the archive. What is mounted inside a folder is found by its path.
    fn pack(&self, member: &str, file: &str, node: &Node, archive: &mut Vec<u8>, context: &mut Context<'_, '_>) {
        let Some(header) = Header::of(member, node) else { return };
        if self.is_verbose {
            context.err.extend(format!("{}\n", header.name).into_bytes());
        }
        archive.extend(header.to_block());
        match node {
            Node::File(file) => {
                let bytes = file.bytes();
                archive.extend_from_slice(&bytes);
                let end = archive.len() - bytes.len() + usize::try_from(file.len()).unwrap_or(bytes.len());
                archive.resize(end.div_ceil(BLOCK) * BLOCK, 0);
            }
            Node::Directory(_) => {
                let names = context.view().and_then(|view| view.list(file)).unwrap_or_default();
                for name in names {
                    let (below, member) =
                        (format!("{}/{name}", file.trim_end_matches('/')), format!("{member}/{name}"));
                    let found = context.view().and_then(|view| node_at(&view, &below));
                    if let Ok(node) = found {
                        self.pack(&member, &below, &node, archive, context);
                    }
                }
            }
            Node::Link(_) => {}
        }
    }

    fn extract(&self, input: &[u8], folder: &str, context: &mut Context<'_, '_>) -> i32 {
        let mut rest = input;
        let mut status = 0;
        while let Some(block) = rest.get(..BLOCK) {
            if block.iter().all(|byte| *byte == 0) {
                return status;
            }
            let Some(header) = Header::from_block(block) else {
                context.complain(match context.flavour {
                    Flavour::Busybox => "invalid tar magic",
                    Flavour::Gnu => "This does not look like a tar archive",
                });
                return if context.flavour == Flavour::Gnu { 2 } else { 1 };
            };
            let size = header.size;
            let Some(bytes) = rest.get(BLOCK..BLOCK + size) else { break };
            rest = rest.get(BLOCK + size.div_ceil(BLOCK) * BLOCK..).unwrap_or_default();
            let is_wanted = self.operands.is_empty()
                || self
                    .operands
                    .iter()
                    .any(|one| header.name.trim_end_matches('/').starts_with(one.trim_end_matches('/')));
            if !is_wanted {
                continue;
            }
            if self.is_verbose || self.mode == Mode::List {
                context.line(&header.name);
            }
            if self.mode == Mode::Extract
                && let Err(error) = self.unpack(&header, bytes, folder, context)
            {
                let text = match context.flavour {
                    Flavour::Busybox => format!("can't open '{}': {error}", header.name),
                    Flavour::Gnu => format!("{}: Cannot open: {error}", header.name),
                };
                context.complain(&text);
                status = if context.flavour == Flavour::Gnu { 2 } else { 1 };
                if context.flavour == Flavour::Busybox {
                    return status;
                }
            }
        }
        if rest.is_empty() && !input.is_empty() {
            return status;
        }
        context.complain(match context.flavour {
            Flavour::Busybox => "short read",
            Flavour::Gnu => "Unexpected EOF in archive",
        });
        if context.flavour == Flavour::Gnu { 2 } else { 1 }
    }

    fn unpack(&self, header: &Header, bytes: &[u8], folder: &str, context: &mut Context<'_, '_>) -> Result<(), Errno> {
        let file = path::absolute(folder, header.name.trim_start_matches('/').trim_end_matches('/'));
        let now = context.kernel.now;
        let user = context.kernel.sandbox.processes.get(&context.host).map_or(0, |process| process.user);
        let mut view = context.view()?;
        let parts = path::parts("/", &file);
        for length in 1..parts.len() {
            let above = format!("/{}", parts[..length].join("/"));
            if view.find(&above).is_err() {
                view.make_directory(&above, 0o755)?;
            }
        }
        match header.kind {
            b'5' => {
                if !matches!(view.find(&file), Ok(Found::Directory(_))) {
                    view.make_directory(&file, header.mode)?;
                }
            }
            b'2' => {
                // What stands in the way is replaced.
                drop(view.remove(&file));
                view.make_link(&file, &header.link)?;
            }
            _ => {
                let modified = if self.touches { now } else { time::sim_time(header.modified) };
                let mut made = File::of(bytes, header.mode);
                made.meta.modified = modified;
                (made.meta.owner, made.meta.group) =
                    if user == 0 { (header.owner, header.group) } else { (user, user) };
                view.place(&file, Node::File(made))?;
            }
        }
        Ok(())
    }
}

/// What is at a path, links not followed.
fn node_at(view: &crate::machine::fs::View<'_>, file: &str) -> Result<Node, Errno> {
    let place = view.resolve_link(file)?;
    match view.at(&place) {
        Some(Found::File(file)) if view.may(file.meta, 4) => Ok(Node::File(file.clone())),
        Some(Found::File(_)) => Err(Errno::Denied),
        Some(Found::Directory(directory)) => Ok(Node::Directory(directory.clone())),
        Some(Found::Link(target)) => Ok(Node::Link(target.into())),
        None if view.list(file).is_ok() => Ok(Node::Directory(Directory::default())),
        None => Err(Errno::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_both_styles() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let tar = Tar::parse(&words("-xmf - -C /tmp")).unwrap();
        assert_eq!((tar.mode, tar.input(), tar.folder.as_deref()), (Mode::Extract, Some("-"), Some("/tmp")));
        let tar = Tar::parse(&words("cf - /etc/hosts")).unwrap();
        assert_eq!((tar.mode, tar.operands.as_slice()), (Mode::Create, &["/etc/hosts".to_owned()][..]));
        assert!(Tar::parse(&words("czf - x")).is_err());
    }
}
