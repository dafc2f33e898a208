//! A screen as a picture: SVG, PNG or plain text.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// The size of a cell in pixels.
const CELL: (u32, u32) = (9, 19);
/// From the top of a cell to the base line of its text.
const BASE_LINE: u32 = 14;
/// Pixels around the screen.
const MARGIN: u32 = 12;
/// What "default" means in a picture.
const FOREGROUND: &str = "#d7dae0";
const BACKGROUND: &str = "#0c0c14";
/// The sixteen colours of a terminal.
const SIXTEEN: [&str; 16] = [
    "#0c0c14", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4", "#5c6370", "#ff7b86",
    "#b5e890", "#ffd68a", "#82c4ff", "#dd9bf0", "#7fdbe6", "#ffffff",
];

/// A picture that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The drawing failed.
    #[error("the picture cannot be drawn: {0}")]
    Draw(String),
}

/// The screen as text, a line per row, without blanks at the ends.
#[must_use]
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in 0..buffer.area.height {
        let mut line = String::new();
        for (_, cell) in row_cells(buffer, row) {
            line.push_str(cell.symbol());
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen as SVG. Every character has its own place, so that it looks the same whatever font is found.
#[must_use]
pub fn svg(buffer: &Buffer) -> String {
    let (width, height) = (u32::from(buffer.area.width) * CELL.0, u32::from(buffer.area.height) * CELL.1);
    let (full_width, full_height) = (width + 2 * MARGIN, height + 2 * MARGIN);
    let mut out = String::new();
    // Writing into a String has no way to fail, so the results say nothing.
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{full_width}" height="{full_height}" viewBox="0 0 {full_width} {full_height}">
<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>
<g transform="translate({MARGIN} {MARGIN})" font-family="DejaVu Sans Mono, Menlo, Consolas, WenQuanYi Zen Hei, Noto Sans Mono CJK TC, monospace" font-size="15" xml:space="preserve">"#
    );
    for row in 0..buffer.area.height {
        backgrounds(&mut out, buffer, row);
        characters(&mut out, buffer, row);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The screen as PNG, drawn with the fonts of this computer.
///
/// # Errors
/// When the picture cannot be drawn.
pub fn png(buffer: &Buffer) -> Result<Vec<u8>, PictureError> {
    let mut options = resvg::usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    let tree =
        resvg::usvg::Tree::from_str(&svg(buffer), &options).map_err(|error| PictureError::Draw(error.to_string()))?;
    let size = tree.size().to_int_size();
    let mut pixmap = resvg::tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| PictureError::Draw("the screen has no size".into()))?;
    resvg::render(&tree, resvg::tiny_skia::Transform::identity(), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| PictureError::Draw(error.to_string()))
}

/// The cells of a row that are drawn, with their columns; the second half of a wide character is left out.
fn row_cells(buffer: &Buffer, row: u16) -> impl Iterator<Item = (u16, &Cell)> {
    let mut skip = 0;
    (0..buffer.area.width).filter_map(move |column| {
        let cell = buffer.cell((buffer.area.x + column, buffer.area.y + row))?;
        if skip > 0 {
            skip -= 1;
            return None;
        }
        skip = cell.symbol().width().saturating_sub(1);
        Some((column, cell))
    })
}

fn colours(cell: &Cell) -> (String, Option<String>) {
    let foreground = colour(cell.fg).unwrap_or_else(|| FOREGROUND.to_owned());
    let background = colour(cell.bg);
    if cell.modifier.contains(Modifier::REVERSED) {
        return (background.unwrap_or_else(|| BACKGROUND.to_owned()), Some(foreground));
    }
    (foreground, background)
}

fn backgrounds(out: &mut String, buffer: &Buffer, row: u16) {
    let mut run: Option<(u32, u32, String)> = None;
    let y = u32::from(row) * CELL.1;
    let mut flush = |run: &mut Option<(u32, u32, String)>| {
        if let Some((from, to, colour)) = run.take() {
            let (x, width) = (from * CELL.0, (to - from) * CELL.0);
            let _ = writeln!(out, r#"<rect x="{x}" y="{y}" width="{width}" height="{}" fill="{colour}"/>"#, CELL.1);
        }
    };
    for (column, cell) in row_cells(buffer, row) {
        let (from, to) = (u32::from(column), u32::from(column) + cell.symbol().width().max(1) as u32);
        match (colours(cell).1, &mut run) {
            (Some(colour), Some((_, end, held))) if *held == colour && *end == from => *end = to,
            (Some(colour), _) => {
                flush(&mut run);
                run = Some((from, to, colour));
            }
            (None, _) => flush(&mut run),
        }
    }
    flush(&mut run);
}

fn characters(out: &mut String, buffer: &Buffer, row: u16) {
    let y = u32::from(row) * CELL.1 + BASE_LINE;
    for (column, cell) in row_cells(buffer, row) {
        let symbol = cell.symbol();
        if symbol.trim().is_empty() && !cell.modifier.contains(Modifier::UNDERLINED) {
            continue;
        }
        let mut style = String::new();
        if cell.modifier.contains(Modifier::BOLD) {
            style.push_str(r#" font-weight="bold""#);
        }
        if cell.modifier.contains(Modifier::ITALIC) {
            style.push_str(r#" font-style="italic""#);
        }
        if cell.modifier.contains(Modifier::UNDERLINED) {
            style.push_str(r#" text-decoration="underline""#);
        }
        if cell.modifier.contains(Modifier::DIM) {
            style.push_str(r#" opacity="0.6""#);
        }
        let (x, fill) = (u32::from(column) * CELL.0, colours(cell).0);
        let _ = writeln!(out, r#"<text x="{x}" y="{y}" fill="{fill}"{style}>{}</text>"#, escaped(symbol));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn colour(colour: Color) -> Option<String> {
    let index = match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(indexed(index))
}

/// One of the 256 colours: sixteen named ones, a cube of 6×6×6, 24 greys.
fn indexed(index: u8) -> String {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..16 => SIXTEEN[usize::from(index)].to_owned(),
        16..232 => {
            let cube = usize::from(index - 16);
            format!("#{:02x}{:02x}{:02x}", STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
        }
        _ => {
            let grey = 8 + (index - 232) * 10;
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn wide_characters_take_two_cells_and_markup_is_escaped() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 2));
        buffer.set_string(0, 0, "節點 <&", Style::new().fg(Color::Red).bg(Color::Indexed(237)));
        assert_eq!(text(&buffer), "節點 <&\n\n");
        let picture = svg(&buffer);
        assert!(picture.contains(r##"<text x="18" y="14" fill="#e06c75">點</text>"##), "{picture}");
        assert!(picture.contains("&lt;") && picture.contains("&amp;"));
        assert!(png(&buffer).unwrap().starts_with(b"\x89PNG"));
    }
}
