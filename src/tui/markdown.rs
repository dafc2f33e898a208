//! Markdown for a terminal: stories become lines of styled text, broken where Chinese and English break.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::yaml;

use super::breaking::{Piece, wrap};
use super::markdown_table::MarkdownTable;
use super::theme::{Meaning, Theme};

/// The text as lines of at most `columns`.
#[must_use]
pub fn lines(text: &str, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut writer = Writer::new(columns.max(8), theme);
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES) {
        writer.take(event);
    }
    writer.finish()
}

struct Writer {
    columns: usize,
    theme: Theme,
    out: Vec<Line<'static>>,
    pieces: Vec<Piece>,
    styles: Vec<Style>,
    /// The numbers of the lists that are open; `None` for bullets.
    lists: Vec<Option<u64>>,
    /// What stands before the first line of the next paragraph.
    bullet: Option<String>,
    quotes: usize,
    code: Option<(String, String)>,
    table: Option<MarkdownTable>,
}

impl Writer {
    fn new(columns: usize, theme: Theme) -> Self {
        Self {
            columns,
            theme,
            out: Vec::new(),
            pieces: Vec::new(),
            styles: vec![theme.style(Meaning::Text)],
            lists: Vec::new(),
            bullet: None,
            quotes: 0,
            code: None,
            table: None,
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn push_style(&mut self, change: impl Fn(Style) -> Style) {
        self.styles.push(change(self.style()));
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => {
                    self.join_chinese(&text);
                    self.pieces.push((text.into_string(), self.style()));
                }
            },
            Event::Code(code) => {
                let style = self.theme.style(Meaning::Key);
                self.pieces.push((code.into_string(), style));
            }
            Event::SoftBreak => self.pieces.push((" ".into(), self.style())),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                let rule = self.theme.pick("─", "-").repeat(self.columns);
                self.out.push(Line::styled(rule, self.theme.style(Meaning::Frame)));
            }
            _ => {}
        }
    }

    /// Chinese that goes on in the next line of its source has no space there.
    fn join_chinese(&mut self, next: &str) {
        let is_wide = |letter: Option<char>| letter.and_then(UnicodeWidthChar::width) == Some(2);
        if let [.., (before, _), (gap, _)] = self.pieces.as_slice()
            && gap == " "
            && is_wide(before.chars().next_back())
            && is_wide(next.chars().next())
        {
            self.pieces.pop();
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph => self.gap(),
            Tag::Heading { level, .. } => {
                self.gap();
                let accent = self.theme.style(Meaning::Accent);
                let style = if *level == HeadingLevel::H1 { accent.add_modifier(Modifier::UNDERLINED) } else { accent };
                self.styles.push(style);
            }
            Tag::Strong => self.push_style(|style| style.add_modifier(Modifier::BOLD)),
            Tag::Emphasis => self.push_style(|style| style.add_modifier(Modifier::ITALIC)),
            Tag::Strikethrough => self.push_style(|style| style.add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { .. } => self.push_style(|style| style.add_modifier(Modifier::UNDERLINED)),
            Tag::BlockQuote(_) => {
                self.gap();
                self.quotes += 1;
            }
            Tag::CodeBlock(kind) => {
                self.gap();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.gap();
                } else {
                    self.flush();
                }
                self.lists.push(*first);
            }
            Tag::Item => {
                let bullet = self.theme.pick("•", "*");
                self.bullet = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => format!("{bullet} "),
                });
            }
            Tag::Table(_) => {
                self.gap();
                self.table = Some(MarkdownTable::default());
            }
            Tag::TableHead => self.push_style(|style| style.add_modifier(Modifier::BOLD)),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
            }
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Link => {
                self.styles.pop();
            }
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            TagEnd::TableCell => {
                let pieces = std::mem::take(&mut self.pieces);
                self.table.iter_mut().for_each(|table| table.add_cell(pieces.clone()));
            }
            TagEnd::TableHead => {
                self.styles.pop();
                self.table.iter_mut().for_each(MarkdownTable::end_row);
            }
            TagEnd::TableRow => self.table.iter_mut().for_each(MarkdownTable::end_row),
            TagEnd::Table => {
                let table = self.table.take().unwrap_or_default();
                self.out.extend(table.lines(self.columns, self.theme));
            }
            TagEnd::CodeBlock => self.write_code(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.bullet = None;
            }
            _ => {}
        }
    }

    /// A blank line between two blocks, unless the block begins an item.
    fn gap(&mut self) {
        self.flush();
        if !self.out.is_empty() && self.bullet.is_none() {
            self.out.push(Line::default());
        }
    }

    fn indent(&self) -> usize {
        self.lists.len().saturating_sub(1) * 2
    }

    fn flush(&mut self) {
        if self.pieces.is_empty() {
            return;
        }
        let pieces = std::mem::take(&mut self.pieces);
        let quote = format!("{} ", self.theme.pick("▎", "|")).repeat(self.quotes);
        let bullet =
            self.bullet.take().unwrap_or_else(|| if self.lists.is_empty() { String::new() } else { "  ".into() });
        let first = format!("{}{quote}{bullet}", " ".repeat(self.indent()));
        let rest = format!("{}{quote}{}", " ".repeat(self.indent()), " ".repeat(bullet.width()));
        let room = self.columns.saturating_sub(first.width()).max(4);
        for (number, line) in wrap(&pieces, room).into_iter().enumerate() {
            let head = if number == 0 { first.clone() } else { rest.clone() };
            let mut spans = vec![Span::styled(head, self.theme.style(Meaning::Muted))];
            spans.extend(line.into_iter().map(|(text, style)| Span::styled(text, style)));
            self.out.push(Line::from(spans));
        }
    }

    fn write_code(&mut self) {
        let Some((language, code)) = self.code.take() else { return };
        let bar = self.theme.pick("▏ ", "| ");
        let indent = " ".repeat(if self.lists.is_empty() { 0 } else { self.lists.len() * 2 });
        let painted = match language.as_str() {
            "yaml" | "yml" => paint_yaml(&code, self.theme),
            _ => code.lines().map(|line| vec![(line.to_owned(), self.theme.style(Meaning::Input))]).collect(),
        };
        let room = self.columns.saturating_sub(indent.width() + 2).max(4);
        for line in painted {
            for row in wrap(&line, room) {
                let mut spans = vec![Span::styled(format!("{indent}{bar}"), self.theme.style(Meaning::Frame))];
                spans.extend(row.into_iter().map(|(text, style)| Span::styled(text, style)));
                self.out.push(Line::from(spans));
            }
        }
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        self.flush();
        self.out
    }
}

/// YAML in colours, line by line.
#[must_use]
pub fn paint_yaml(text: &str, theme: Theme) -> Vec<Vec<Piece>> {
    let plain = theme.style(Meaning::Text);
    let style = |class: yaml::Class| match class {
        yaml::Class::Key => theme.style(Meaning::Accent).remove_modifier(Modifier::BOLD),
        yaml::Class::Number | yaml::Class::Word => theme.style(Meaning::Warning),
        yaml::Class::String => theme.style(Meaning::Good),
        yaml::Class::Anchor => theme.style(Meaning::Key),
        yaml::Class::Comment | yaml::Class::Punctuation => theme.style(Meaning::Muted),
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    for piece in yaml::highlight(text) {
        pieces.push((text[at..piece.bytes.start].to_owned(), plain));
        pieces.push((text[piece.bytes.clone()].to_owned(), style(piece.class)));
        at = piece.bytes.end;
    }
    pieces.push((text[at..].to_owned(), plain));
    let mut lines = vec![Vec::new()];
    for (text, style) in pieces {
        for (number, part) in text.split('\n').enumerate() {
            if number > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| !part.is_empty()) {
                line.push((part.to_owned(), style));
            }
        }
    }
    if text.ends_with('\n') {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{Colours, Glyphs};

    fn shown(markdown: &str, columns: usize) -> Vec<String> {
        let theme = Theme { colours: Colours::None, glyphs: Glyphs::Unicode };
        let text = |line: &Line<'_>| line.spans.iter().map(|span| span.content.as_ref()).collect::<String>();
        lines(markdown, columns, theme).iter().map(text).collect()
    }

    #[test]
    fn chinese_breaks_between_characters_but_not_before_a_stop() {
        assert_eq!(shown("這個 Pod 一直停在 Pending。", 12), ["這個 Pod 一", "直停在", "Pending。"]);
        assert_eq!(shown("甲乙丙丁。", 8), ["甲乙丙", "丁。"]);
    }

    #[test]
    fn chinese_that_goes_on_in_the_next_line_of_its_source_has_no_space_there() {
        assert_eq!(
            shown("今天有人合併了\n一個**小小的**\n整理，用 `apply`\n套用 Pod\n一次。", 60),
            ["今天有人合併了一個小小的整理，用 apply 套用 Pod 一次。"]
        );
        assert_eq!(shown("one\ntwo", 60), ["one two"]);
    }

    #[test]
    fn blocks_stand_apart_and_lists_hang() {
        let text = "# Title\n\nOne *two* three `four`.\n\n- first item that is long\n- second\n\n```yaml\na: 1\n```\n\n1. x\n2. y\n";
        assert_eq!(
            shown(text, 20),
            [
                "Title",
                "",
                "One two three four.",
                "",
                "• first item that is",
                "  long",
                "• second",
                "",
                "▏ a: 1",
                "",
                "1. x",
                "2. y"
            ]
        );
    }

    #[test]
    fn tables_stand_in_columns_and_break_inside_their_cells() {
        let text = "| where | lives as long as |\n|---|---|\n| `emptyDir` | the Pod |\n| a claim | until you delete the claim |\n";
        assert_eq!(
            shown(text, 40),
            ["where     lives as long as", "emptyDir  the Pod", "a claim   until you delete the claim"]
        );
        assert_eq!(
            shown(text, 24),
            [
                "where     lives as long",
                "          as",
                "emptyDir  the Pod",
                "a claim   until you",
                "          delete the",
                "          claim"
            ]
        );
    }

    #[test]
    fn words_longer_than_a_line_are_broken() {
        assert_eq!(shown("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
    }

    #[test]
    fn yaml_keeps_every_character() {
        let theme = Theme { colours: Colours::None, glyphs: Glyphs::Unicode };
        let text = "a:\n  - b: \"c\" # d\n";
        let lines: Vec<String> =
            paint_yaml(text, theme).iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect()).collect();
        assert_eq!(lines, ["a:", "  - b: \"c\" # d"]);
    }
}
