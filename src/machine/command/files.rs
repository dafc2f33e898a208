//! Changing files: `mkdir`, `rmdir`, `rm`, `touch`, `cp`, `mv`, `ln`, `chmod`, `chown`, `mktemp`, `dd`.

use super::Context;
use crate::machine::fs::view::Found;
use crate::machine::fs::{Errno, Node, path};
use crate::machine::image::executable::Flavour;
use crate::machine::image::spec::parse_bytes;

/// Does something to every operand; each failure is told, and the status is 1 if there was one.
fn each(
    context: &mut Context<'_, '_>,
    busybox: &str,
    gnu: &str,
    mut act: impl FnMut(&mut Context<'_, '_>, &str) -> Result<(), Errno>,
) -> i32 {
    let (_, operands) = context.options();
    let mut status = 0;
    for operand in operands {
        let file = context.path(operand);
        if let Err(error) = act(context, &file) {
            let words = if context.flavour == Flavour::Busybox { busybox } else { gnu };
            context.complain(&format!("{}: {error}", words.replace("{}", operand)));
            status = 1;
        }
    }
    status
}

/// `mkdir [-p] path…`
pub fn mkdir(context: &mut Context<'_, '_>) -> i32 {
    let (letters, _) = context.options();
    let makes_parents = letters.contains('p');
    each(context, "can't create directory '{}'", "cannot create directory '{}'", |context, file| {
        let mut view = context.view()?;
        if !makes_parents {
            return view.make_directory(file, 0o755);
        }
        let parts = path::parts("/", file);
        for length in 1..=parts.len() {
            let folder = format!("/{}", parts[..length].join("/"));
            match view.find(&folder) {
                Ok(Found::Directory(_)) => {}
                Ok(_) => return Err(Errno::Exists),
                Err(_) => view.make_directory(&folder, 0o755)?,
            }
        }
        Ok(())
    })
}

/// `rmdir path…`
pub fn rmdir(context: &mut Context<'_, '_>) -> i32 {
    each(context, "'{}'", "failed to remove '{}'", |context, file| {
        let mut view = context.view()?;
        match view.find(file)? {
            Found::Directory(_) if !view.list(file)?.is_empty() => Err(Errno::NotEmpty),
            Found::Directory(_) => view.remove(file).map(|_| ()),
            _ => Err(Errno::NotDirectory),
        }
    })
}

/// `rm [-r] [-f] path…`
pub fn rm(context: &mut Context<'_, '_>) -> i32 {
    let (letters, _) = context.options();
    let (is_deep, is_forced) = (letters.contains(['r', 'R']), letters.contains('f'));
    each(context, "can't remove '{}'", "cannot remove '{}'", |context, file| {
        let mut view = context.view()?;
        let place = view.resolve_link(file)?;
        match view.at(&place) {
            Some(Found::Directory(_)) if !is_deep => Err(Errno::IsDirectory),
            Some(_) => view.remove(file).map(|_| ()),
            None if is_forced => Ok(()),
            None => Err(Errno::NotFound),
        }
    })
}

/// `touch path…`
pub fn touch(context: &mut Context<'_, '_>) -> i32 {
    each(context, "{}", "cannot touch '{}'", |context, file| context.view()?.touch(file))
}

/// Where `cp`, `mv` and `ln` put a file: into a folder under its own name, or at the path itself.
fn destination(context: &mut Context<'_, '_>, source: &str, target: &str) -> String {
    let file = context.path(target);
    let is_folder = context.view().is_ok_and(|view| matches!(view.find(&file), Ok(Found::Directory(_))));
    if is_folder { format!("{file}/{}", path::base_name(source)) } else { file }
}

fn node_at(context: &mut Context<'_, '_>, file: &str) -> Result<Node, Errno> {
    let view = context.view()?;
    Ok(match view.find(file)? {
        Found::File(file) => Node::File(file.clone()),
        Found::Directory(folder) => Node::Directory(folder.clone()),
        Found::Link(target) => Node::Link(target.into()),
    })
}

/// Copies or moves every source; the words in front of a failure.
fn transfer(context: &mut Context<'_, '_>, is_move: bool) -> i32 {
    let (letters, operands) = context.options();
    let Some((target, sources)) = operands.split_last().filter(|(_, sources)| !sources.is_empty()) else {
        context.complain("missing file operand");
        return 1;
    };
    let mut status = 0;
    for source in sources {
        let from = context.path(source);
        let to = destination(context, source, target);
        let result = node_at(context, &from).and_then(|node| match node {
            Node::Directory(_) if !is_move && !letters.contains(['r', 'R', 'a']) => Err(Errno::IsDirectory),
            node => {
                context.view()?.place(&to, node)?;
                if is_move { context.view()?.remove(&from).map(|_| ()) } else { Ok(()) }
            }
        });
        if let Err(error) = result {
            let text = match (error, is_move) {
                (Errno::IsDirectory, false) => format!("omitting directory '{source}'"),
                (Errno::NotFound, true) => format!("can't rename '{source}': {error}"),
                (Errno::NotFound, false) => format!("can't stat '{source}': {error}"),
                (error, _) => format!("can't create '{target}': {error}"),
            };
            context.complain(&text);
            status = 1;
        }
    }
    status
}

/// `cp [-r] source… target`
pub fn cp(context: &mut Context<'_, '_>) -> i32 {
    transfer(context, false)
}

/// `mv source… target`
pub fn mv(context: &mut Context<'_, '_>) -> i32 {
    transfer(context, true)
}

/// `ln -s target name`; hard links are not modelled.
pub fn ln(context: &mut Context<'_, '_>) -> i32 {
    let (letters, operands) = context.options();
    let [target, name] = operands.as_slice() else { return 1 };
    if !letters.contains('s') {
        context.complain("podlab models symbolic links only (ln -s)");
        return 1;
    }
    let file = destination(context, target, name);
    let result = context.view().and_then(|mut view| {
        if letters.contains('f') && view.resolve_link(&file).is_ok_and(|place| view.at(&place).is_some()) {
            view.remove(&file)?;
        }
        view.make_link(&file, target)
    });
    match result {
        Ok(()) => 0,
        Err(error) => {
            context.complain(&format!("{name}: {error}"));
            1
        }
    }
}

/// `chmod mode path…`: octal, or `+x` and the like.
pub fn chmod(context: &mut Context<'_, '_>) -> i32 {
    let operands: Vec<&String> = context.argv[1..].iter().filter(|word| *word != "-R").collect();
    let Some((mode, files)) = operands.split_first() else { return 1 };
    let mut status = 0;
    for operand in files {
        let file = context.path(operand);
        let result =
            context.view().and_then(|mut view| view.set_meta(&file, |meta| meta.mode = changed(meta.mode, mode)));
        if let Err(error) = result {
            context.complain(&format!("{operand}: {error}"));
            status = 1;
        }
    }
    status
}

fn changed(mode: u16, change: &str) -> u16 {
    if let Ok(bits) = u16::from_str_radix(change, 8) {
        return bits;
    }
    let Some(at) = change.find(['+', '-', '=']) else { return mode };
    let who = &change[..at];
    let letters = change[at + 1..].chars();
    let bits = letters
        .map(|letter| match letter {
            'r' => 4,
            'w' => 2,
            'x' => 1,
            _ => 0,
        })
        .sum::<u16>();
    let shifts = [('u', 6), ('g', 3), ('o', 0)];
    let is_meant = |letter: &char| who.is_empty() || who.contains('a') || who.contains(*letter);
    let mask: u16 = shifts.iter().filter(|(letter, _)| is_meant(letter)).map(|(_, shift)| bits << shift).sum();
    if change[at..].starts_with('-') { mode & !mask } else { mode | mask }
}

/// `chown user[:group] path…`
pub fn chown(context: &mut Context<'_, '_>) -> i32 {
    let operands: Vec<&String> = context.argv[1..].iter().filter(|word| *word != "-R").collect();
    let Some((owner, files)) = operands.split_first() else { return 1 };
    let (user, group) = owner.split_once(':').unwrap_or((owner, owner));
    let number = |name: &str| if name == "root" { Some(0) } else { name.parse::<u32>().ok() };
    let mut status = 0;
    for operand in files {
        let file = context.path(operand);
        let result = context.view().and_then(|mut view| {
            if view.user != 0 {
                return Err(Errno::NotPermitted);
            }
            view.set_meta(&file, |meta| {
                meta.owner = number(user).unwrap_or(meta.owner);
                meta.group = number(group).unwrap_or(meta.group);
            })
        });
        if let Err(error) = result {
            context.complain(&format!("{operand}: {error}"));
            status = 1;
        }
    }
    status
}

/// `mktemp [-d]`
pub fn mktemp(context: &mut Context<'_, '_>) -> i32 {
    let (letters, _) = context.options();
    let number = context.kernel.shared.number();
    let file = format!("/tmp/tmp.{:06}", number % 1_000_000);
    let result = context
        .view()
        .and_then(|mut view| if letters.contains('d') { view.make_directory(&file, 0o700) } else { view.touch(&file) });
    match result {
        Ok(()) => {
            context.line(&file);
            0
        }
        Err(error) => {
            context.complain(&format!("{file}: {error}"));
            1
        }
    }
}

/// `dd if=/dev/zero of=file bs=1M count=10`: only zeros are modelled, which is what filling a disk needs.
pub fn dd(context: &mut Context<'_, '_>) -> i32 {
    let value = |name: &str| context.argv[1..].iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let size = value("bs")
        .map_or(Some(512), |text| parse_bytes(&text.replace('M', "Mi").replace('G', "Gi").replace(['k', 'K'], "Ki")));
    let count = value("count").and_then(|count| count.parse::<u64>().ok());
    let (Some("/dev/zero" | "/dev/urandom"), Some(target), Some(size)) = (value("if"), value("of"), size) else {
        context.complain("podlab models dd from /dev/zero into a file only");
        return 1;
    };
    let wanted = count.map_or(u64::MAX, |count| count.saturating_mul(size));
    let file = context.path(target);
    let result = context.view().and_then(|mut view| {
        view.truncate(&file)?;
        view.write_zeros(&file, wanted)
    });
    let (written, error) = match result {
        Ok(written) => (written, (written < wanted).then_some(Errno::NoSpace)),
        Err(error) => (0, Some(error)),
    };
    if let Some(error) = error {
        context.complain(&format!("error writing '{target}': {error}"));
    }
    let records = format!("{}+0 records in\n{}+0 records out\n", written / size.max(1), written / size.max(1));
    context.err.extend_from_slice(records.as_bytes());
    i32::from(error.is_some())
}
