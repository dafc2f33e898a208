//! JSON as Go's `encoding/json` writes it: keys sorted, `<`, `>` and `&` escaped, floats in Go's notation.
//!
//! Compact in annotations and on the wire, indented by four blanks after `-o json`.

use serde_json::Value;

use super::yaml::number_text;

const INDENT: usize = 4;

/// Without any blanks, as in `kubectl.kubernetes.io/last-applied-configuration`.
#[must_use]
pub fn compact(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(",")),
        Value::Object(pairs) => {
            let pair = |(key, value): (&String, &Value)| format!("{}:{}", quoted(key), compact(value));
            format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(","))
        }
        scalar => leaf(scalar),
    }
}

/// One value per line, as after `-o json`, with a newline at the end.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    indented(&mut text, value, 0);
    text.push('\n');
    text
}

fn indented(text: &mut String, value: &Value, depth: usize) {
    let (open, close, count) = match value {
        Value::Array(items) if !items.is_empty() => ('[', ']', items.len()),
        Value::Object(pairs) if !pairs.is_empty() => ('{', '}', pairs.len()),
        Value::Array(_) => return text.push_str("[]"),
        Value::Object(_) => return text.push_str("{}"),
        scalar => return text.push_str(&leaf(scalar)),
    };
    let new_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', depth * INDENT));
    };
    text.push(open);
    let items = value.as_array().into_iter().flatten().map(|item| (None, item));
    let pairs = value.as_object().into_iter().flatten().map(|(key, item)| (Some(key), item));
    for (index, (key, item)) in items.chain(pairs).enumerate() {
        new_line(text, depth + 1);
        if let Some(key) = key {
            text.push_str(&quoted(key));
            text.push_str(": ");
        }
        indented(text, item, depth + 1);
        if index + 1 < count {
            text.push(',');
        }
    }
    new_line(text, depth);
    text.push(close);
}

fn leaf(value: &Value) -> String {
    match value {
        Value::Number(number) => number_text(number),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let plain = Value::from(text).to_string();
    if !plain.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return plain;
    }
    let html = plain.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    html.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_are_those_of_go() {
        let value = json!({"b": [1, 1e20, 1e-7], "a": "x<y>&", "c": {}, "d": [], "e": {"f": null, "g": [{}]}});
        let line =
            r#"{"a":"x\u003cy\u003e\u0026","b":[1,100000000000000000000,1e-7],"c":{},"d":[],"e":{"f":null,"g":[{}]}}"#;
        assert_eq!(compact(&value), line);
        insta::assert_snapshot!(pretty(&value), @r#"
        {
            "a": "x\u003cy\u003e\u0026",
            "b": [
                1,
                100000000000000000000,
                1e-7
            ],
            "c": {},
            "d": [],
            "e": {
                "f": null,
                "g": [
                    {}
                ]
            }
        }
        "#);
    }
}
