//! Text to tree, by way of `brush-parser`: the only folder that names it.

mod word;

use std::sync::Arc;

use brush_parser::ast as brush;
use brush_parser::word as pieces;
use brush_parser::{ParseError, ParserOptions};

use self::word::parts_of;
pub use self::word::word;
use super::ast::*;

/// Why a script could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line.
    pub line: usize,
    /// The word at which it went wrong; `None` at the end of the script.
    pub near: Option<String>,
}

type Parsed<T> = Result<T, SyntaxError>;

/// Reads a script.
///
/// # Errors
/// Where it went wrong.
pub fn parse(text: &str) -> Parsed<List> {
    let mut parser = brush_parser::Parser::new(text.as_bytes(), &options());
    let program = parser.parse_program().map_err(|error| syntax_error(text, &error))?;
    let mut items = Vec::new();
    for list in &program.complete_commands {
        add_items(list, &mut items)?;
    }
    Ok(items.into())
}

fn options() -> ParserOptions {
    ParserOptions { enable_extended_globbing: false, ..ParserOptions::default() }
}

fn syntax_error(text: &str, error: &ParseError) -> SyntaxError {
    match error {
        ParseError::ParsingNear(position) => {
            let line = text.lines().nth(position.line.saturating_sub(1)).unwrap_or_default();
            let rest: String = line.chars().skip(position.column.saturating_sub(1)).collect();
            let near = rest.split_whitespace().next().map(|word| word.trim_end_matches(';').to_owned());
            SyntaxError { line: position.line, near }
        }
        _ => SyntaxError { line: text.lines().count().max(1), near: None },
    }
}

fn not_modelled(what: &str) -> SyntaxError {
    SyntaxError { line: 1, near: Some(what.to_owned()) }
}

fn list(list: &brush::CompoundList) -> Parsed<List> {
    let mut items = Vec::new();
    add_items(list, &mut items)?;
    Ok(items.into())
}

fn add_items(list: &brush::CompoundList, items: &mut Vec<Item>) -> Parsed<()> {
    for brush::CompoundListItem(chain, separator) in &list.0 {
        let is_background = matches!(separator, brush::SeparatorOperator::Async);
        items.push(Item { chain: Arc::new(self::chain(chain)?), is_background });
    }
    Ok(())
}

fn chain(chain: &brush::AndOrList) -> Parsed<Chain> {
    let mut rest = Vec::new();
    for next in &chain.additional {
        rest.push(match next {
            brush::AndOr::And(pipeline) => (Connector::And, self::pipeline(pipeline)?),
            brush::AndOr::Or(pipeline) => (Connector::Or, self::pipeline(pipeline)?),
        });
    }
    Ok(Chain { first: pipeline(&chain.first)?, rest })
}

fn pipeline(pipeline: &brush::Pipeline) -> Parsed<Pipeline> {
    let commands = pipeline.seq.iter().map(command).collect::<Parsed<_>>()?;
    Ok(Pipeline { is_negated: pipeline.bang, commands })
}

fn command(command: &brush::Command) -> Parsed<Command> {
    Ok(match command {
        brush::Command::Simple(command) => Command::Simple(Arc::new(simple(command)?)),
        brush::Command::Compound(body, redirects) => {
            Command::Compound(Arc::new(compound(body)?), self::redirects(redirects.as_ref())?)
        }
        brush::Command::Function(function) => {
            let brush::FunctionBody(body, redirects) = &function.body;
            Command::Function(Arc::new(Function {
                name: function.fname.value.as_str().into(),
                body: Arc::new(compound(body)?),
                redirects: self::redirects(redirects.as_ref())?,
            }))
        }
        brush::Command::ExtendedTest(test, redirects) => {
            let test = Compound::Test(self::test(&test.expr)?);
            Command::Compound(Arc::new(test), self::redirects(redirects.as_ref())?)
        }
    })
}

fn compound(compound: &brush::CompoundCommand) -> Parsed<Compound> {
    use brush::CompoundCommand as From;
    Ok(match compound {
        From::BraceGroup(group) => Compound::Group(list(&group.list)?),
        From::Subshell(shell) => Compound::Subshell(list(&shell.list)?),
        From::ForClause(clause) => Compound::For {
            name: clause.variable_name.as_str().into(),
            words: match &clause.values {
                Some(values) => Some(values.iter().map(|value| word(&value.value)).collect::<Parsed<_>>()?),
                None => None,
            },
            body: list(&clause.body.list)?,
        },
        From::CaseClause(clause) => Compound::Case {
            word: word(&clause.value.value)?,
            branches: clause.cases.iter().map(branch).collect::<Parsed<_>>()?,
        },
        From::IfClause(clause) => {
            let mut arms = vec![(list(&clause.condition)?, list(&clause.then)?)];
            let mut otherwise = None;
            for other in clause.elses.iter().flatten() {
                match &other.condition {
                    Some(condition) => arms.push((list(condition)?, list(&other.body)?)),
                    None => otherwise = Some(list(&other.body)?),
                }
            }
            Compound::If(arms, otherwise)
        }
        From::WhileClause(clause) => loop_clause(clause, false)?,
        From::UntilClause(clause) => loop_clause(clause, true)?,
        From::Arithmetic(command) => Compound::Arithmetic(word(&command.expr.value)?),
        From::ArithmeticForClause(clause) => counting_loop(clause)?,
        From::Coprocess(_) => return Err(not_modelled("coproc")),
    })
}

fn loop_clause(clause: &brush::WhileOrUntilClauseCommand, is_until: bool) -> Parsed<Compound> {
    let brush::WhileOrUntilClauseCommand(condition, body, _) = clause;
    Ok(Compound::Loop { is_until, condition: list(condition)?, body: list(&body.list)? })
}

/// `for ((a; b; c))` is `a; while b; do …; c; done`. A `continue` in it skips the step, unlike in bash.
fn counting_loop(clause: &brush::ArithmeticForClauseCommand) -> Parsed<Compound> {
    let arithmetic = |expression: &Option<brush::UnexpandedArithmeticExpr>| -> Parsed<Item> {
        let text = expression.as_ref().map_or("1", |expression| expression.value.as_str());
        let command = Command::Compound(Arc::new(Compound::Arithmetic(word(text)?)), Arc::new([]));
        let first = Pipeline { is_negated: false, commands: vec![command] };
        Ok(Item { chain: Arc::new(Chain { first, rest: Vec::new() }), is_background: false })
    };
    let mut body = list(&clause.body.list)?.to_vec();
    body.push(arithmetic(&clause.updater)?);
    let condition: List = Arc::new([arithmetic(&clause.condition)?]);
    let loops = Compound::Loop { is_until: false, condition, body: body.into() };
    let first = Pipeline { is_negated: false, commands: vec![Command::Compound(Arc::new(loops), Arc::new([]))] };
    let run = Item { chain: Arc::new(Chain { first, rest: Vec::new() }), is_background: false };
    Ok(Compound::Group(Arc::new([arithmetic(&clause.initializer)?, run])))
}

fn branch(item: &brush::CaseItem) -> Parsed<Branch> {
    Ok(Branch {
        patterns: item.patterns.iter().map(|pattern| word(&pattern.value)).collect::<Parsed<_>>()?,
        body: item.cmd.as_ref().map(list).transpose()?,
        falls_through: matches!(item.post_action, brush::CaseItemPostAction::UnconditionallyExecuteNextCaseItem),
    })
}

fn simple(command: &brush::SimpleCommand) -> Parsed<Simple> {
    use brush::CommandPrefixOrSuffixItem as Part;
    let mut made =
        Simple { assignments: Vec::new(), words: Vec::new(), redirects: Arc::new([]), line: 1, text: "".into() };
    let mut redirects = Vec::new();
    let first = command.word_or_name.as_ref();
    if let Some(location) = first.and_then(|word| word.loc.as_ref()) {
        made.line = location.start.line;
    }
    for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
        match item {
            Part::AssignmentWord(assignment, whole) => {
                made.assignments.push(self::assignment(assignment, &whole.value)?)
            }
            Part::IoRedirect(redirect) => redirects.push(self::redirect(redirect)?),
            Part::Word(word) => made.words.push(self::word(&word.value)?),
            Part::ProcessSubstitution(..) => return Err(not_modelled("process substitution")),
        }
    }
    if let Some(name) = first {
        made.words.push(word(&name.value)?);
    }
    for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
        match item {
            Part::AssignmentWord(_, whole) => {
                made.words.push(Word { is_assignment: true, ..word(&whole.value)? });
            }
            Part::IoRedirect(redirect) => redirects.push(self::redirect(redirect)?),
            Part::Word(word) => made.words.push(self::word(&word.value)?),
            Part::ProcessSubstitution(..) => return Err(not_modelled("process substitution")),
        }
    }
    made.redirects = redirects.into();
    made.text = command.to_string().into();
    Ok(made)
}

fn assignment(assignment: &brush::Assignment, whole: &str) -> Parsed<Assignment> {
    let brush::AssignmentName::VariableName(name) = &assignment.name else { return Err(not_modelled(whole)) };
    let brush::AssignmentValue::Scalar(value) = &assignment.value else { return Err(not_modelled(whole)) };
    Ok(Assignment { name: name.as_str().into(), value: word(&value.value)?, is_append: assignment.append })
}

fn redirects(list: Option<&brush::RedirectList>) -> Parsed<Arc<[Redirect]>> {
    list.into_iter().flat_map(|list| &list.0).map(redirect).collect()
}

fn redirect(redirect: &brush::IoRedirect) -> Parsed<Redirect> {
    use brush::IoFileRedirectKind as Kind;
    use brush::IoFileRedirectTarget as Target;
    Ok(match redirect {
        brush::IoRedirect::File(descriptor, kind, target) => {
            let word = match target {
                Target::Filename(word) | Target::Duplicate(word) => self::word(&word.value)?,
                Target::Fd(number) => Word { parts: vec![Part::Quoted(number.to_string())], is_assignment: false },
                Target::ProcessSubstitution(..) => return Err(not_modelled("process substitution")),
            };
            let action = match kind {
                Kind::Read => RedirectAction::Read(word),
                Kind::Write | Kind::Clobber => RedirectAction::Write(word),
                Kind::Append => RedirectAction::Append(word),
                Kind::ReadAndWrite => RedirectAction::ReadWrite(word),
                Kind::DuplicateInput => RedirectAction::Duplicate { is_input: true, target: word },
                Kind::DuplicateOutput => RedirectAction::Duplicate { is_input: false, target: word },
            };
            Redirect { descriptor: *descriptor, action }
        }
        brush::IoRedirect::HereDocument(descriptor, document) => {
            let text = if document.requires_expansion {
                let parts = pieces::parse_heredoc(&document.doc.value, &options());
                let parts = parts.map_err(|_| not_modelled(&document.here_end.value))?;
                Word { parts: parts_of(&parts, Quotes::Inside)?, is_assignment: false }
            } else {
                Word { parts: vec![Part::Quoted(document.doc.value.clone())], is_assignment: false }
            };
            Redirect { descriptor: *descriptor, action: RedirectAction::Text(text) }
        }
        brush::IoRedirect::HereString(descriptor, text) => {
            let mut text = word(&text.value)?;
            text.parts.push(Part::Quoted("\n".into()));
            Redirect { descriptor: *descriptor, action: RedirectAction::Text(text) }
        }
        brush::IoRedirect::OutputAndError(target, appends) => {
            Redirect { descriptor: None, action: RedirectAction::Both(word(&target.value)?, *appends) }
        }
    })
}

fn test(test: &brush::ExtendedTestExpr) -> Parsed<Test> {
    use brush::ExtendedTestExpr as From;
    Ok(match test {
        From::And(left, right) => Test::And(Box::new(self::test(left)?), Box::new(self::test(right)?)),
        From::Or(left, right) => Test::Or(Box::new(self::test(left)?), Box::new(self::test(right)?)),
        From::Not(inner) => Test::Not(Box::new(self::test(inner)?)),
        From::Parenthesized(inner) => self::test(inner)?,
        From::UnaryTest(predicate, operand) => Test::Unary(predicate.to_string(), word(&operand.value)?),
        From::BinaryTest(predicate, left, right) => {
            Test::Binary(predicate.to_string(), word(&left.value)?, word(&right.value)?)
        }
    })
}
