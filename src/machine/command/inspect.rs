//! Looking at files: `ls`, `du`, `readlink`, `sha256sum`.

use sha2::{Digest, Sha256};

use super::Context;
use super::basics::BIRTH;
use crate::machine::fs::view::Found;
use crate::machine::fs::{Directory, Errno, Meta};
use crate::machine::image::executable::Flavour;

/// A row of `ls`.
struct Row {
    name: String,
    kind: char,
    meta: Meta,
    size: u64,
    target: String,
}

/// `ls [-a] [-l] [-d] [-1] path…`
pub fn ls(context: &mut Context<'_, '_>) -> i32 {
    let (letters, operands) = context.options();
    let operands = if operands.is_empty() { vec!["."] } else { operands };
    let mut status = 0;
    let many = operands.len() > 1;
    for (index, operand) in operands.iter().enumerate() {
        match rows(context, operand, &letters) {
            Ok((rows, is_folder)) => {
                if many && is_folder {
                    context.say(if index > 0 { "\n" } else { "" });
                    context.line(&format!("{operand}:"));
                }
                if letters.contains('l') && is_folder {
                    context.line("total 0");
                }
                for row in rows {
                    let line = if letters.contains('l') { long(&row) } else { row.name };
                    context.line(&line);
                }
            }
            Err(error) => {
                status = if context.flavour == Flavour::Busybox { 1 } else { 2 };
                let text = match context.flavour {
                    Flavour::Busybox => format!("{operand}: {error}"),
                    Flavour::Gnu => format!("cannot access '{operand}': {error}"),
                };
                context.complain(&text);
            }
        }
    }
    status
}

fn rows(context: &mut Context<'_, '_>, operand: &str, letters: &str) -> Result<(Vec<Row>, bool), Errno> {
    let file = context.path(operand);
    let view = context.view()?;
    if !matches!(view.find(&file)?, Found::Directory(_)) || letters.contains('d') {
        return Ok((vec![row(&view, &file, operand)?], false));
    }
    let names = view.list(&file)?;
    let shown = names.iter().filter(|name| letters.contains('a') || letters.contains('A') || !name.starts_with('.'));
    let rows = shown.map(|name| row(&view, &format!("{file}/{name}"), name)).collect::<Result<Vec<_>, _>>()?;
    Ok((rows, true))
}

fn row(view: &crate::machine::fs::View<'_>, file: &str, name: &str) -> Result<Row, Errno> {
    let place = view.resolve_link(file)?;
    let name = name.to_owned();
    let made = match view.at(&place).map_or_else(|| view.find(file), Ok)? {
        Found::File(file) => Row { name, kind: '-', meta: file.meta, size: file.len(), target: String::new() },
        Found::Directory(folder) => Row { name, kind: 'd', meta: folder.meta, size: 4096, target: String::new() },
        Found::Link(target) => {
            Row { name, kind: 'l', meta: Meta::root(0o777), size: target.len() as u64, target: format!(" -> {target}") }
        }
    };
    Ok(made)
}

fn long(row: &Row) -> String {
    let bit = |shift: u16, letter| if row.meta.mode >> shift & 1 == 1 { letter } else { '-' };
    let bits: String = (0..9).rev().map(|shift| bit(shift, ['x', 'w', 'r'][usize::from(shift % 3)])).collect();
    let owner = |number: u32| if number == 0 { "root".to_owned() } else { number.to_string() };
    let seconds = BIRTH + i64::try_from(row.meta.modified.as_secs()).unwrap_or(0);
    let time = jiff::Timestamp::from_second(seconds).map(|time| time.to_zoned(jiff::tz::TimeZone::UTC));
    let time = time.ok().and_then(|time| jiff::fmt::strtime::format("%b %e %H:%M", &time).ok()).unwrap_or_default();
    let (user, group) = (owner(row.meta.owner), owner(row.meta.group));
    format!("{}{bits}    1 {user:<8} {group:<8} {:>9} {time} {}{}", row.kind, row.size, row.name, row.target)
}

/// `du [-s] [-h] path…`: kibibytes.
pub fn du(context: &mut Context<'_, '_>) -> i32 {
    let (_, operands) = context.options();
    let operands = if operands.is_empty() { vec!["."] } else { operands };
    let mut status = 0;
    for operand in operands {
        let file = context.path(operand);
        let size = context.view().and_then(|view| {
            view.find(&file).map(|found| match found {
                Found::File(file) => file.len(),
                Found::Directory(folder) => Directory::size(folder),
                Found::Link(_) => 0,
            })
        });
        match size {
            Ok(size) => context.line(&format!("{}\t{operand}", size.div_ceil(1024))),
            Err(error) => {
                context.complain(&format!("{operand}: {error}"));
                status = 1;
            }
        }
    }
    status
}

/// `readlink [-f] path`
pub fn readlink(context: &mut Context<'_, '_>) -> i32 {
    let (_, operands) = context.options();
    let Some(operand) = operands.first() else { return 1 };
    let file = context.path(operand);
    let Ok(view) = context.view() else { return 1 };
    let target = view.resolve_link(&file).ok().and_then(|place| match view.at(&place) {
        Some(Found::Link(target)) => Some(target.to_owned()),
        _ => None,
    });
    match target {
        Some(target) => {
            context.line(&target);
            0
        }
        None => 1,
    }
}

/// `sha256sum file…`
pub fn sha256sum(context: &mut Context<'_, '_>) -> i32 {
    let (_, operands) = context.options();
    let mut status = 0;
    for operand in operands {
        let file = context.path(operand);
        match context.view().and_then(|view| view.read(&file)) {
            Ok(bytes) => {
                let digest = Sha256::digest(bytes.as_slice());
                let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
                context.line(&format!("{hex}  {operand}"));
            }
            Err(error) => {
                context.complain(&format!("can't open '{operand}': {error}"));
                status = 1;
            }
        }
    }
    status
}
