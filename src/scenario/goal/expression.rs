//! Expressions: CEL that was compiled and checked, and how it is evaluated.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, Expr, IdedExpr};
use cel::common::types::{CelBool, CelInt, CelString};
use cel::common::value::{CowVal, Val};
use cel::{Context, Env, ExecutionError, FunctionContext, Program, Value};

use crate::model::Kind;

use super::call::{self, Argument, Call};
use super::check::Check;
use super::world::World;

/// The standard functions and macros.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A CEL expression that may be evaluated.
#[derive(Clone, Debug)]
pub struct Expression {
    program: Arc<Program>,
    /// What it looks at.
    pub(super) needs: Needs,
}

/// What an expression looks at; while none of it changes, its value does not either.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    pub(super) kinds: BTreeSet<Kind>,
    pub(super) endings: bool,
    /// Whether it looks at something that changes with the clock, or outside the store.
    pub(super) clock: bool,
}

/// An expression that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// Line within the expression, from 1.
    pub line: usize,
    /// Column within that line, from 1.
    pub column: usize,
    /// What to write instead.
    pub hint: Option<String>,
}

/// The value of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not, or what it looks at does not exist yet.
    Fails,
    /// It cannot be evaluated, which is the author's mistake.
    Broken(String),
}

impl Expression {
    /// Compiles and checks an expression.
    ///
    /// # Errors
    /// With the place within the expression and, where there is one, a suggestion.
    pub fn compile(source: &str) -> Result<Self, ExpressionError> {
        let program = ENVIRONMENT.compile(source).map_err(|errors| {
            let first = errors.errors.first();
            let (line, column) = first.map_or((1, 1), |error| error.pos);
            let place = |at: isize| usize::try_from(at).unwrap_or(1).max(1);
            let message = first.map_or_else(|| errors.to_string(), |error| plain(&error.msg));
            ExpressionError { message, line: place(line), column: place(column), hint: None }
        })?;
        Check::run(&program, source)?;
        let mut needs = Needs::default();
        collect(program.expression(), &mut needs);
        Ok(Self { program: Arc::new(program), needs })
    }

    /// The kinds of objects that it names.
    pub(in crate::scenario) fn kinds(&self) -> impl Iterator<Item = Kind> {
        self.needs.kinds.iter().copied()
    }

    /// Evaluates it.
    pub(super) fn evaluate(&self, world: &World<'_>) -> Verdict {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        if let Err(error) = declare(&mut context) {
            return Verdict::Broken(error);
        }
        context.set_variable_resolver(world);
        match Value::resolve_val(self.program.expression(), &context) {
            Ok(value) => match value.downcast_ref::<CelBool>() {
                Some(value) if *value.inner() => Verdict::Holds,
                Some(_) => Verdict::Fails,
                None => Verdict::Broken("the expression must be true or false".into()),
            },
            // What is not there yet is no mistake: the goal has not been reached.
            Err(ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_)) => Verdict::Fails,
            Err(error) => Verdict::Broken(error.to_string()),
        }
    }
}

fn plain(message: &str) -> String {
    // The parser lists every token that it would have taken; that helps nobody.
    let first = message.lines().next().unwrap_or(message).trim_start_matches("Syntax error: ");
    first.split(" expecting {").next().unwrap_or(first).to_owned()
}

/// An answer to a call.
type Answer =
    Box<dyn for<'c, 'v> Fn(&mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError> + Send + Sync>;

/// Declares every function: each looks its answer up in the world, under a name made of its arguments.
fn declare(context: &mut Context<'_, '_>) -> Result<(), String> {
    let own = call::FUNCTIONS.iter().map(|known| known.name);
    for name in own.chain(Kind::all().filter(|kind| *kind != Kind::Event).map(Kind::plural)) {
        let answer: Answer = Box::new(move |call| ask(name, call));
        context.add_function(name, answer).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn ask<'c, 'v>(name: &str, asked: &mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError> {
    let mut arguments = Vec::with_capacity(asked.args.len() + 1);
    if let Some(this) = &asked.this {
        // A method belongs to a client, which knows its name.
        let name =
            this.as_indexer().ok_or_else(|| ExecutionError::function_error(name, "it belongs to load('name')"))?;
        let own = name.get(&CelString::from("name"))?;
        arguments.extend(argument(&*own));
    }
    for value in &asked.args {
        let refused = || ExecutionError::function_error(name, "it takes texts and whole numbers");
        arguments.push(argument(&**value).ok_or_else(refused)?);
    }
    Call::new(name, &arguments).map_err(|error| ExecutionError::function_error(name, error))?;
    let answer = asked.ptx.get_variable(call::encode(name, &arguments));
    answer.ok_or_else(|| ExecutionError::no_such_key(name))
}

fn argument(value: &dyn Val) -> Option<Argument> {
    let text = value.downcast_ref::<CelString<'_>>().map(|text| Argument::Text(text.inner().to_owned()));
    text.or_else(|| value.downcast_ref::<CelInt>().map(|number| Argument::Number(*number.inner())))
}

/// Adds what an expression looks at.
fn collect(expression: &IdedExpr, needs: &mut Needs) {
    if let Expr::Call(call) = &expression.expr {
        need(call, needs);
    }
    for part in super::check::parts(&expression.expr) {
        collect(part, needs);
    }
}

fn need(call: &CallExpr, needs: &mut Needs) {
    if let Some(kind) = Kind::all().find(|kind| kind.plural() == call.func_name) {
        needs.kinds.insert(kind);
    }
    match call.func_name.as_str() {
        "get" | "list" | "exists" => match call.args.first().and_then(super::check::literal) {
            Some(Argument::Text(word)) => needs.kinds.extend(Kind::from_word(&word)),
            // Which kind it will be is known only then; so all are kept.
            _ => needs.kinds.extend(Kind::all()),
        },
        "quota" => {
            needs.kinds.insert(Kind::ResourceQuota);
        }
        "exits" => needs.endings = true,
        "load" | "lostSince" | "totalSince" | "components" | "leader" | "etcd" | "logs" | "file" | "now"
        | "since_arrival" => {
            needs.clock = true;
        }
        _ => {}
    }
}
