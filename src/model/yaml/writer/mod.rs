//! `-o yaml`: the way sigs.k8s.io/yaml prints, which is goyaml.v2's emitter over libyaml's rules.
//!
//! Keys are sorted the way people count, sequences are not indented under their key, and long lines fold at blanks
//! after column 80.

mod order;
mod scalar;

use serde_json::{Map, Number, Value};

/// Columns of one level.
const INDENT: usize = 2;

/// Longest key that stands before its colon (libyaml's `yaml_emitter_check_simple_key`), in bytes.
const SIMPLE_KEY_LENGTH_MAX: usize = 128;

/// The YAML of `value`, with a newline at the end.
#[must_use]
pub fn write(value: &Value) -> String {
    let mut writer = Writer { text: String::new(), column: 0 };
    writer.value(value, 0);
    writer.text.push('\n');
    writer.text
}

/// A number as `encoding/json` prints it: `0.1`, `1e-7`, `100000000000000000000`.
#[must_use]
pub fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => {
            let small = float != 0.0 && float.abs() < 1e-6;
            if small || float.abs() >= 1e21 { exponential(float, 1) } else { format!("{float}") }
        }
        _ => number.to_string(),
    }
}

/// A number as YAML and Go's `%v` print it (`FormatFloat(…, 'g', -1, 64)`): `0.1`, `1.5e+07`.
#[must_use]
pub fn general_number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => {
            let small = float != 0.0 && float.abs() < 1e-4;
            if small || float.abs() >= 1e6 { exponential(float, 2) } else { format!("{float}") }
        }
        _ => number.to_string(),
    }
}

fn exponential(float: f64, digits_min: usize) -> String {
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>digits_min$}")
}

/// The text so far and the column in which it ends.
struct Writer {
    text: String,
    column: usize,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    fn put_char(&mut self, letter: char) {
        self.text.push(letter);
        self.column += 1;
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    /// Writes a value whose further lines start at `indent`.
    fn value(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null => self.put("null"),
            Value::Bool(true) => self.put("true"),
            Value::Bool(false) => self.put("false"),
            Value::Number(number) => self.put(&general_number_text(number)),
            Value::String(text) => self.scalar(text, indent, scalar::Role::Value),
            Value::Array(items) if items.is_empty() => self.put("[]"),
            Value::Object(pairs) if pairs.is_empty() => self.put("{}"),
            Value::Array(items) => self.sequence(items, indent),
            Value::Object(pairs) => self.mapping(pairs, indent),
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.new_line(indent);
            }
            self.put("- ");
            self.value(item, indent + INDENT);
        }
    }

    fn mapping(&mut self, pairs: &Map<String, Value>, indent: usize) {
        let mut sorted: Vec<_> = pairs.iter().collect();
        sorted.sort_by(|one, other| order::compare(one.0, other.0));
        for (index, (key, value)) in sorted.into_iter().enumerate() {
            if index > 0 {
                self.new_line(indent);
            }
            if key.len() > SIMPLE_KEY_LENGTH_MAX || key.contains('\n') {
                self.put("? ");
                self.scalar(key, indent + INDENT, scalar::Role::Value);
                self.new_line(indent);
                self.put(": ");
                self.value(value, indent + INDENT);
            } else {
                self.scalar(key, indent, scalar::Role::Key);
                self.put(":");
                self.pair_value(value, indent);
            }
        }
    }

    fn pair_value(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                self.new_line(indent);
                self.sequence(items, indent);
            }
            Value::Object(pairs) if !pairs.is_empty() => {
                self.new_line(indent + INDENT);
                self.mapping(pairs, indent + INDENT);
            }
            scalar => {
                self.put(" ");
                self.value(scalar, indent + INDENT);
            }
        }
    }
}
