//! Checks of a compiled expression, before any cluster exists: are there such functions, do they take such arguments, do
//! objects have such fields?

use std::collections::BTreeMap;

use cel::Program;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use serde_json::{Value, json};

use crate::model::{Kind, Object, suggest};
use crate::scenario::fields;

use super::call::{self, Argument, Call};
use super::expression::ExpressionError;
use super::{ending, objects, world};

/// Names of types, which are values too.
const TYPES: &[&str] = &["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"];

/// What is known of a value before it exists.
#[derive(Clone, Debug)]
enum Shape {
    Unknown,
    /// An object of a kind, or a part of it behind these fields (`*` for an element of a list).
    Object(Kind, Vec<String>),
    List(Box<Self>),
    /// Exactly these fields.
    Fields(&'static [&'static str]),
}

/// A check in progress.
pub(super) struct Check<'p> {
    program: &'p Program,
    source: &'p str,
    variables: BTreeMap<String, Vec<Shape>>,
}

impl<'p> Check<'p> {
    /// Checks a compiled expression.
    pub(super) fn run(program: &'p Program, source: &'p str) -> Result<(), ExpressionError> {
        let mut check = Self { program, source, variables: BTreeMap::new() };
        check.shape(program.expression()).map(|_| ())
    }

    fn error(&self, at: &IdedExpr, message: String, hint: Option<String>) -> ExpressionError {
        let offset = self.program.source_info().offset_for(at.id).map_or(0, |(start, _)| start as usize);
        let before = self.source.get(..offset).unwrap_or_default();
        // The parser's place of a call is its parenthesis; the eye looks for the name.
        let before = match &at.expr {
            Expr::Call(called) => before.strip_suffix(called.func_name.as_str()).unwrap_or(before),
            _ => before,
        };
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ExpressionError { message, line, column, hint }
    }

    fn shape(&mut self, expression: &IdedExpr) -> Result<Shape, ExpressionError> {
        match &expression.expr {
            Expr::Call(called) => self.call(expression, called),
            Expr::Comprehension(loops) => self.comprehension(loops),
            Expr::Ident(name) => self.variable(expression, name),
            Expr::Select(select) => self.select(expression, select),
            other => {
                for part in parts(other) {
                    self.shape(part)?;
                }
                Ok(Shape::Unknown)
            }
        }
    }

    fn variable(&self, at: &IdedExpr, name: &str) -> Result<Shape, ExpressionError> {
        if let Some(shape) = self.variables.get(name).and_then(|shapes| shapes.last()) {
            return Ok(shape.clone());
        }
        if name.starts_with('@') || TYPES.contains(&name) {
            return Ok(Shape::Unknown);
        }
        let known = || self.variables.keys().map(String::as_str);
        let hint = if call::find(name, false).is_some() {
            Some(format!("{name} is a function: {}", call::usage(name)))
        } else {
            suggest::closest(name, known())
                .or_else(|| suggest::closest(name, call::names(false)))
                .map(|close| format!("did you mean `{close}`?"))
        };
        Err(self.error(at, format!("there is no variable `{name}`"), hint))
    }

    fn select(&mut self, at: &IdedExpr, select: &SelectExpr) -> Result<Shape, ExpressionError> {
        let operand = self.shape(&select.operand)?;
        let field = select.field.as_str();
        match operand {
            Shape::Fields(fields) if !fields.contains(&field) => {
                let hint = suggest::closest(field, fields.iter().copied());
                let hint = hint.map_or_else(
                    || format!("there are {}", fields.join(", ")),
                    |close| format!("did you mean `{close}`?"),
                );
                Err(self.error(at, format!("there is no field `{field}` here"), Some(hint)))
            }
            Shape::Fields(fields) if fields.contains(&"quorum") && field == "members" => {
                Ok(Shape::List(Box::new(Shape::Unknown)))
            }
            Shape::Object(kind, path) => {
                if path.is_empty() && objects::has_field(kind, field) {
                    let shape =
                        if field == "metadata" { Shape::Object(kind, vec![field.to_owned()]) } else { Shape::Unknown };
                    return Ok(shape);
                }
                let path: Vec<String> = path.into_iter().chain([field.to_owned()]).collect();
                if is_unknown(kind, &path) {
                    let own = suggest::closest(field, objects::fields(kind)).filter(|_| path.len() == 1);
                    let close = own.map(str::to_owned).or_else(|| fields::meant(kind, &path));
                    let hint = close.map_or_else(
                        || format!("`kubectl explain {}` shows what there is", kind.info().singular),
                        |close| format!("did you mean `{close}`?"),
                    );
                    let message = format!("a {} has no field `{}`", kind.name(), path.join("."));
                    return Err(self.error(at, message, Some(hint)));
                }
                Ok(Shape::Object(kind, path))
            }
            _ => Ok(Shape::Unknown),
        }
    }

    fn call(&mut self, at: &IdedExpr, called: &CallExpr) -> Result<Shape, ExpressionError> {
        let target = called.target.as_deref().map(|target| self.shape(target)).transpose()?;
        let mut shapes = Vec::with_capacity(called.args.len());
        for argument in &called.args {
            shapes.push(self.shape(argument)?);
        }
        let name = called.func_name.as_str();
        if name == "_[_]" {
            return Ok(match shapes.into_iter().next() {
                Some(Shape::List(element)) => *element,
                Some(Shape::Object(kind, path)) => {
                    Shape::Object(kind, path.into_iter().chain(["*".to_owned()]).collect())
                }
                _ => Shape::Unknown,
            });
        }
        let is_operator = !name.starts_with(|first: char| first.is_ascii_alphabetic());
        if is_operator || call::STANDARD.contains(&name) {
            return Ok(Shape::Unknown);
        }
        let Some((least, most)) = call::find(name, target.is_some()) else {
            return Err(self.unknown_function(at, name, target.is_some()));
        };
        if called.args.len() < least || called.args.len() > most {
            let message = format!("{name}() takes {}, here are {}", counted(least, most), called.args.len());
            return Err(self.error(at, message, Some(format!("for example {}", call::usage(name)))));
        }
        self.arguments(at, called)?;
        Ok(shape_of(called))
    }

    fn unknown_function(&self, at: &IdedExpr, name: &str, is_method: bool) -> ExpressionError {
        let close = suggest::closest(name, call::names(is_method)).map(|close| format!("did you mean `{close}()`?"));
        let other = call::find(name, !is_method).map(|_| format!("write {}", call::usage(name)));
        self.error(at, format!("there is no function `{name}()`"), close.or(other))
    }

    /// Arguments that are written out can be made sense of now.
    fn arguments(&self, at: &IdedExpr, called: &CallExpr) -> Result<(), ExpressionError> {
        let Some(mut arguments) = called.args.iter().map(literal).collect::<Option<Vec<Argument>>>() else {
            return Ok(());
        };
        if called.target.is_some() {
            arguments.insert(0, Argument::Text(String::new()));
        }
        Call::new(&called.func_name, &arguments).map(|_| ()).map_err(|message| self.error(at, message, None))
    }

    fn comprehension(&mut self, loops: &ComprehensionExpr) -> Result<Shape, ExpressionError> {
        let range = self.shape(&loops.iter_range)?;
        let element = match &range {
            Shape::List(element) => (**element).clone(),
            Shape::Object(kind, path) => Shape::Object(*kind, path.iter().cloned().chain(["*".to_owned()]).collect()),
            _ => Shape::Unknown,
        };
        self.shape(&loops.accu_init)?;
        let names = [Some(loops.iter_var.clone()), loops.iter_var2.clone(), Some(loops.accu_var.clone())];
        let shapes = [element, Shape::Unknown, Shape::Unknown];
        let bound: Vec<(String, Shape)> =
            names.into_iter().zip(shapes).filter_map(|(name, shape)| Some((name?, shape))).collect();
        for (name, shape) in &bound {
            self.variables.entry(name.clone()).or_default().push(shape.clone());
        }
        for part in [&loops.loop_cond, &loops.loop_step, &loops.result] {
            self.shape(part)?;
        }
        for (name, _) in &bound {
            if let Some(shapes) = self.variables.get_mut(name) {
                shapes.pop();
                if shapes.is_empty() {
                    self.variables.remove(name);
                }
            }
        }
        // `filter` keeps elements as they are; it is the macro whose step may leave the result as it was.
        let keeps = matches!(&loops.loop_step.expr, Expr::Call(step) if step.func_name == "_?_:_" && is_list(&loops.accu_init.expr));
        Ok(if keeps { range } else { Shape::Unknown })
    }
}

fn is_list(expression: &Expr) -> bool {
    matches!(expression, Expr::List(_))
}

fn counted(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no argument".to_owned(),
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    }
}

/// What a call gives.
fn shape_of(called: &CallExpr) -> Shape {
    let object = |kind: Kind| Shape::Object(kind, Vec::new());
    let name = called.func_name.as_str();
    if let Some(kind) = Kind::all().find(|kind| kind.plural() == name) {
        return Shape::List(Box::new(object(kind)));
    }
    let kind = match called.args.first().and_then(literal) {
        Some(Argument::Text(word)) => Kind::from_word(&word),
        _ => None,
    };
    match (name, kind) {
        ("get", Some(kind)) => object(kind),
        ("list", Some(kind)) => Shape::List(Box::new(object(kind))),
        ("quota", _) => object(Kind::ResourceQuota),
        ("load", _) => Shape::Fields(world::LOAD_FIELDS),
        ("etcd", _) => Shape::Fields(world::ETCD_FIELDS),
        ("components", _) => Shape::List(Box::new(Shape::Fields(world::COMPONENT_FIELDS))),
        ("exits", _) => Shape::List(Box::new(Shape::Fields(ending::FIELDS))),
        _ => Shape::Unknown,
    }
}

/// Whether an object of this kind has no such field. The types of the model know their fields; they are asked by an object
/// that has nothing but the field in question.
fn is_unknown(kind: Kind, path: &[String]) -> bool {
    let inner = path.iter().rev().fold(Value::Null, |inner, step| match step.as_str() {
        "*" => json!([inner]),
        field => json!({ field: inner }),
    });
    let mut unknown = Vec::new();
    // An error means that the field has a type and so exists, or that something before it is no object.
    let decoded = Object::from_value(kind, inner, &mut unknown);
    decoded.is_ok() && !unknown.is_empty()
}

/// The value of an argument that is written out.
pub(super) fn literal(expression: &IdedExpr) -> Option<Argument> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(Argument::Text(text.inner().to_owned())),
        Expr::Literal(LiteralValue::Int(number)) => Some(Argument::Number(*number.inner())),
        _ => None,
    }
}

/// The expressions inside an expression.
pub(super) fn parts(expression: &Expr) -> Vec<&IdedExpr> {
    match expression {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(loops) => {
            vec![&loops.iter_range, &loops.accu_init, &loops.loop_cond, &loops.loop_step, &loops.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Struct(fields) => fields.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
    }
}

fn entry_parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
