//! Shell programs as trees of our own, so that the parser behind them can be exchanged.

use std::sync::Arc;

/// A list of commands, shared by everybody who runs it.
pub type List = Arc<[Item]>;

/// One command of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The command.
    pub chain: Arc<Chain>,
    /// Whether it ends in `&`.
    pub is_background: bool,
}

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The first pipeline.
    pub first: Pipeline,
    /// The others.
    pub rest: Vec<(Connector, Pipeline)>,
}

/// What joins two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Whether `!` stands before it.
    pub is_negated: bool,
    /// The commands.
    pub commands: Vec<Command>,
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A name with arguments.
    Simple(Arc<Simple>),
    /// A construct of the language, and what it redirects.
    Compound(Arc<Compound>, Arc<[Redirect]>),
    /// A definition.
    Function(Arc<Function>),
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Arc<str>,
    /// Its body.
    pub body: Arc<Compound>,
    /// What its body redirects.
    pub redirects: Arc<[Redirect]>,
}

/// A name with arguments, assignments before it, redirections around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Simple {
    /// `A=b`
    pub assignments: Vec<Assignment>,
    /// The command and its arguments.
    pub words: Vec<Word>,
    /// Redirections, in order.
    pub redirects: Arc<[Redirect]>,
    /// Where it stands in its script.
    pub line: usize,
    /// As it was written, near enough.
    pub text: Arc<str>,
}

/// `name=value`
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: Arc<str>,
    /// Its new value.
    pub value: Word,
    /// Whether it is `+=`.
    pub is_append: bool,
}

/// A construct of the language.
#[derive(Clone, Debug, PartialEq)]
pub enum Compound {
    /// `{ …; }`
    Group(List),
    /// `( … )`
    Subshell(List),
    /// `if`: conditions with their bodies, and `else`.
    If(Vec<(List, List)>, Option<List>),
    /// `while`, or `until` when the flag says so.
    Loop {
        /// Whether it is `until`.
        is_until: bool,
        /// The condition.
        condition: List,
        /// The body.
        body: List,
    },
    /// `for name in words`; without words, the positional parameters.
    For {
        /// The variable.
        name: Arc<str>,
        /// What it runs through.
        words: Option<Vec<Word>>,
        /// The body.
        body: List,
    },
    /// `case`
    Case {
        /// What is compared.
        word: Word,
        /// The branches.
        branches: Vec<Branch>,
    },
    /// `(( … ))`
    Arithmetic(Word),
    /// `[[ … ]]`
    Test(Test),
}

/// A branch of `case`.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Any of these must match.
    pub patterns: Vec<Word>,
    /// What is run then.
    pub body: Option<List>,
    /// Whether the next body is run as well (`;&`).
    pub falls_through: bool,
}

/// The expression of `[[ … ]]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `a && b`
    And(Box<Test>, Box<Test>),
    /// `a || b`
    Or(Box<Test>, Box<Test>),
    /// `! a`
    Not(Box<Test>),
    /// `-f file`
    Unary(String, Word),
    /// `a = b`
    Binary(String, Word, Word),
}

/// A redirection.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// Which descriptor; the usual one when `None`.
    pub descriptor: Option<i32>,
    /// What happens to it.
    pub action: RedirectAction,
}

/// What a redirection does.
#[derive(Clone, Debug, PartialEq)]
pub enum RedirectAction {
    /// `< file`
    Read(Word),
    /// `> file`
    Write(Word),
    /// `>> file`
    Append(Word),
    /// `<> file`
    ReadWrite(Word),
    /// `>&2`, `<&3`, `2>&-`: the number or the dash is a word.
    Duplicate {
        /// Whether it stands for input.
        is_input: bool,
        /// Number or dash.
        target: Word,
    },
    /// `<<EOF`, `<<<`: a text.
    Text(Word),
    /// `&> file`: output and error, appending when the flag says so.
    Both(Word, bool),
}

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word {
    /// Its parts.
    pub parts: Vec<Part>,
    /// Whether it looks like `name=value`, which is not split after `export` and `local`.
    pub is_assignment: bool,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text outside quotes: may be a pattern.
    Text(String),
    /// Text inside quotes.
    Quoted(String),
    /// `~`
    Home,
    /// `$x`, `${x:-y}`
    Parameter(Parameter, Quotes),
    /// `$(…)`
    Substitution(List, Quotes),
    /// `$((…))`
    Arithmetic(Word, Quotes),
    /// Something that podlab does not model.
    Unknown(String),
}

/// Whether a part stands between double quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// It does: no splitting, no patterns.
    Inside,
    /// It does not.
    Outside,
}

/// A parameter with what is done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Which.
    pub name: Name,
    /// What is done to it.
    pub operation: Operation,
}

/// The name of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// `$x`
    Variable(String),
    /// `$1`
    Positional(usize),
    /// `$@`
    Each,
    /// `$*`
    Joined,
    /// `$#`
    Count,
    /// `$?`
    Status,
    /// `$-`
    Flags,
    /// `$$`
    Pid,
    /// `$!`
    LastBackground,
    /// `$0`
    Shell,
}

/// What is done to a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Nothing.
    Value,
    /// `${#x}`
    Length,
    /// `${x:-word}`; without colon only when unset.
    Default(Colon, Word),
    /// `${x:=word}`
    Assign(Colon, Word),
    /// `${x:?word}`
    Complain(Colon, Option<Word>),
    /// `${x:+word}`
    Alternative(Colon, Word),
    /// `${x#word}`, `${x##word}`
    TrimPrefix(Extent, Word),
    /// `${x%word}`, `${x%%word}`
    TrimSuffix(Extent, Word),
    /// `${x:offset:length}`
    Substring(Word, Option<Word>),
    /// `${x/pattern/replacement}`
    Replace {
        /// What is looked for.
        pattern: Word,
        /// What takes its place.
        replacement: Word,
        /// `//`: everywhere.
        is_everywhere: bool,
    },
    /// `${x^^}`
    Upper,
    /// `${x,,}`
    Lower,
}

/// Whether an empty value counts as unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colon {
    /// It does: `:-`
    With,
    /// It does not: `-`
    Without,
}

/// How much a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As little as possible.
    Shortest,
    /// As much as possible.
    Longest,
}
