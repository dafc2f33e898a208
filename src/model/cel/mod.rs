//! CEL over objects: conditions and expressions that admission computes, with the functions that Kubernetes adds.
//!
//! Source: `apiserver/pkg/cel/environment/base.go`. Not modelled: costs, types before an expression is computed, `authorizer`,
//! and the libraries for URLs, addresses and versions.

mod library;
pub mod value;

use std::sync::{Arc, LazyLock};

use ::cel::common::types::CelBool;
use ::cel::{Context, Env, ExecutionError, Program, Value as Computed};
use serde_json::Value;

/// The standard functions, and those on texts, lists and numbers.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    // They are declared once, on an environment that has none of their names.
    let _ = env.add_extension(::cel::extensions::strings);
    let _ = env.add_extension(::cel::extensions::lists);
    Arc::new(env)
});

/// What an expression may look at, by name. Cloning it copies pointers.
#[derive(Clone, Debug, Default)]
pub struct Scope(Vec<(String, Named)>);

#[derive(Clone, Debug)]
enum Named {
    Nothing,
    Map(value::Map),
    Other(Value),
}

impl Scope {
    /// The same scope with one name more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &Value) -> Self {
        let named = match value {
            Value::Null => Named::Nothing,
            Value::Object(_) => Named::Map(value::Map::of(value::entries_of(value))),
            other => Named::Other(other.clone()),
        };
        self.0.push((name.to_owned(), named));
        self
    }

    fn fill(&self, context: &mut Context<'_, '_>) {
        for (name, named) in &self.0 {
            let value: value::Any = match named {
                Named::Nothing => value::of_json(&Value::Null),
                Named::Map(map) => Box::new(map.clone()),
                Named::Other(value) => value::of_json(value),
            };
            context.add_variable_as_val(name.clone(), value);
        }
    }
}

/// Whether an expression can be read.
///
/// # Errors
/// Where it cannot, in the words of the parser.
pub fn check(source: &str) -> Result<(), String> {
    compile(source).map(|_| ())
}

/// Computes a condition.
///
/// # Errors
/// In the words of Kubernetes, as far as the crate knows them.
pub fn holds(source: &str, scope: &Scope) -> Result<bool, String> {
    let program = compile(source)?;
    let context = context_of(scope)?;
    let value = Computed::resolve_val(program.expression(), &context).map_err(|error| failed(source, &error))?;
    match value.downcast_ref::<CelBool>() {
        Some(holds) => Ok(*holds.inner()),
        None => Err(format!("cel expression evaluates to {}, but a bool was expected", value.get_type().name())),
    }
}

/// Computes an expression.
///
/// # Errors
/// In the words of Kubernetes, as far as the crate knows them.
pub fn compute(source: &str, scope: &Scope) -> Result<Value, String> {
    let program = compile(source)?;
    let context = context_of(scope)?;
    let value = Computed::resolve_val(program.expression(), &context).map_err(|error| failed(source, &error))?;
    value::to_json(&*value).ok_or_else(|| format!("expression '{source}' gives no plain value"))
}

fn context_of(scope: &Scope) -> Result<Context<'static, 'static>, String> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    library::declare(&mut context)?;
    scope.fill(&mut context);
    Ok(context)
}

fn compile(source: &str) -> Result<Program, String> {
    ENVIRONMENT.compile(source).map_err(|errors| format!("compilation failed: {errors}"))
}

fn failed(source: &str, error: &ExecutionError) -> String {
    let why = match error {
        ExecutionError::NoSuchKey(name) => format!("no such key: {name}"),
        ExecutionError::UndeclaredReference(name) => format!("undeclared reference to '{name}' (in container '')"),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "index out of bounds".to_owned(),
        ExecutionError::NoSuchOverload(_) => "no such overload".to_owned(),
        ExecutionError::FunctionError { message, .. } => message.clone(),
        other => other.to_string(),
    };
    format!("expression '{source}' resulted in error: {why}")
}

#[cfg(test)]
mod tests;
