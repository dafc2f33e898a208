//! Objects as Go prints them for a hash: the names that Kubernetes makes from hashes depend on it to the letter.
//!
//! Models `pkg/util/hash/hash.go` and `k8s.io/utils/dump`, `ForHash`: go-spew's `%#v` with sorted keys, without methods and without
//! addresses. The types and the order of their fields stand in `assets/kubernetes/go-types.txt`. What is absent is Go's zero
//! value, and an empty list is a missing one, as after a trip through protobuf.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::OnceLock;

use serde_json::Value;

use super::quantity::Quantity;

const TABLE: &str = include_str!("../../assets/kubernetes/go-types.txt");
/// The letters of generated names. Source: `k8s.io/apimachinery/pkg/util/rand`, `SafeEncodeString`.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// A time that was never set.
const ZERO_TIME: &str = "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}";

/// A type by its name.
enum Shape {
    /// Its fields: name, JSON name (`-` for an embedded one), type.
    Struct(Vec<[&'static str; 3]>),
    /// The type that it is another name of.
    Alias(&'static str),
}

fn table() -> &'static BTreeMap<&'static str, Shape> {
    static TYPES: OnceLock<BTreeMap<&'static str, Shape>> = OnceLock::new();
    TYPES.get_or_init(|| TABLE.lines().filter_map(line).collect())
}

fn line(line: &'static str) -> Option<(&'static str, Shape)> {
    if line.starts_with('#') {
        return None;
    }
    if let Some((name, target)) = line.split_once(" = ") {
        return Some((name, Shape::Alias(target)));
    }
    let (name, fields) = line.split_once(": ")?;
    let field = |text: &'static str| {
        let mut words = text.split(' ');
        Some([words.next()?, words.next()?, words.next()?])
    };
    Some((name, Shape::Struct(fields.split(", ").filter_map(field).collect())))
}

/// `value`, which is of the Go type `of` (`v1.PodTemplateSpec`), as it goes into a hash.
#[must_use]
pub fn dump(of: &str, value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, of, value, true);
    out
}

/// Appends a value; `typed` when its type stands before it.
fn write(out: &mut String, of: &str, value: &Value, typed: bool) {
    let open = |out: &mut String| {
        if typed {
            out.extend(["(", of, ")"]);
        }
    };
    if let Some(target) = of.strip_prefix('*') {
        match value {
            Value::Null => {
                open(out);
                out.push_str("<nil>");
            }
            _ => {
                out.push_str(if typed { "" } else { "<*>" });
                open(out);
                write(out, target, value, false);
            }
        }
        return;
    }
    open(out);
    if let Some(Shape::Struct(fields)) = table().get(of) {
        return write_struct(out, fields, value);
    }
    let plain = match table().get(of) {
        Some(Shape::Alias(target)) => target,
        _ => of,
    };
    if let Some(element) = plain.strip_prefix("[]") {
        write_list(out, element, value);
    } else if let Some((_, element)) = plain.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        write_map(out, element, value);
    } else {
        write_scalar(out, plain, value);
    }
}

fn write_struct(out: &mut String, fields: &[[&str; 3]], value: &Value) {
    out.push('{');
    for (index, [name, json, of]) in fields.iter().enumerate() {
        out.push_str(if index > 0 { " " } else { "" });
        out.extend([*name, ":"]);
        write(out, of, if *json == "-" { value } else { value.get(*json).unwrap_or(&Value::Null) }, true);
    }
    out.push('}');
}

fn write_list(out: &mut String, element: &str, value: &Value) {
    let Some(items) = value.as_array().filter(|items| !items.is_empty()) else { return out.push_str("<nil>") };
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index > 0 { " " } else { "" });
        write(out, element, item, false);
    }
    out.push(']');
}

fn write_map(out: &mut String, element: &str, value: &Value) {
    let Some(entries) = value.as_object().filter(|entries| !entries.is_empty()) else {
        return out.push_str("<nil>");
    };
    let sorted: BTreeMap<_, _> = entries.iter().collect();
    out.push_str("map[");
    for (index, (key, item)) in sorted.into_iter().enumerate() {
        out.push_str(if index > 0 { " " } else { "" });
        out.extend([key, ":"]);
        write(out, element, item, false);
    }
    out.push(']');
}

fn write_scalar(out: &mut String, of: &str, value: &Value) {
    match (of, value) {
        ("resource.Quantity", _) => write_quantity(out, value),
        ("v1.Time" | "v1.MicroTime", _) => out.push_str(ZERO_TIME),
        ("intstr.IntOrString", Value::String(text)) => {
            out.extend(["{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)", text, "}"]);
        }
        ("intstr.IntOrString", _) => {
            let number = value.as_i64().unwrap_or(0);
            // Writing to a string has no way to fail.
            let _ = write!(out, "{{Type:(intstr.Type)0 IntVal:(int32){number} StrVal:(string)}}");
        }
        ("bool", _) => out.push_str(if value.as_bool() == Some(true) { "true" } else { "false" }),
        ("int" | "int32" | "int64" | "uint8", _) => {
            let _ = write!(out, "{}", value.as_i64().unwrap_or(0));
        }
        (_, Value::String(text)) => out.push_str(text),
        _ => {}
    }
}

/// Source: `resource.ParseQuantity`: the number, its scale, and the text when that is the canonical one.
fn write_quantity(out: &mut String, value: &Value) {
    let text = value.as_str().unwrap_or_default();
    let text = Quantity::parse(text).map_or_else(|_| text.to_owned(), |quantity| quantity.to_string());
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '-').unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let number: i64 = digits.parse().unwrap_or(0);
    let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|one| *one == suffix);
    let (number, scale, kept, format) = match binary {
        Some(power) => (number.wrapping_shl(10 * (power as u32 + 1)), 0, number & 7 != 0, "BinarySI"),
        None => {
            let scales =
                [("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
            let scale = scales.iter().find(|(one, _)| *one == suffix).map_or(0, |(_, scale)| *scale);
            (number, scale, digits == "0" || !digits.ends_with("000"), "DecimalSI")
        }
    };
    let kept = if kept { text.as_str() } else { "" };
    let _ = write!(
        out,
        "{{i:(resource.int64Amount){{value:(int64){number} scale:(resource.Scale){scale}}} \
         d:(resource.infDecAmount){{Dec:(*inf.Dec)<nil>}} s:(string){kept} Format:(resource.Format){format}}}"
    );
}

/// FNV-1a of 32 bits.
#[must_use]
pub fn fnv32a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// FNV-1 of 32 bits: the same two steps the other way round.
#[must_use]
pub fn fnv32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(*byte))
}

/// FNV-1a of 128 bits.
#[must_use]
pub fn fnv128a(bytes: &[u8]) -> u128 {
    let fold =
        |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, fold)
}

/// A number in letters that make no words.
#[must_use]
pub fn safe_encode(number: u32) -> String {
    number.to_string().bytes().map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()] as char).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_of_a_template_is_that_of_a_real_cluster() {
        // Recorded: `kubectl create deployment web --image=nginx:1.27` gave web-7d876db474.
        let template = json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [{
                    "image": "nginx:1.27", "imagePullPolicy": "IfNotPresent", "name": "nginx", "resources": {},
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
                "securityContext": {}, "terminationGracePeriodSeconds": 30}});
        let text = dump("v1.PodTemplateSpec", &template);
        assert_eq!(safe_encode(fnv32a(text.as_bytes())), "7d876db474");
    }

    #[test]
    fn quantities_and_ports_are_printed_with_their_inner_parts() {
        let dumped = |of: &str, value: Value| dump(of, &value);
        let mebi = "(resource.Quantity){i:(resource.int64Amount){value:(int64)67108864 scale:(resource.Scale)0} \
                    d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string) Format:(resource.Format)BinarySI}";
        assert_eq!(dumped("resource.Quantity", json!("64Mi")), mebi);
        assert!(dumped("resource.Quantity", json!("0.1")).contains("value:(int64)100 scale:(resource.Scale)-3} "));
        let named = "(intstr.IntOrString){Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)http}";
        assert_eq!(dumped("intstr.IntOrString", json!("http")), named);
        assert_eq!(dumped("*int64", json!(30)), "(*int64)30");
        assert_eq!(dumped("*int64", Value::Null), "(*int64)<nil>");
        assert_eq!(dumped("[]string", json!(["a", "b"])), "([]string)[a b]");
    }

    #[test]
    fn numbers_are_encoded_in_the_alphabet_of_names() {
        assert_eq!(safe_encode(1_234_567_890), "56789bcdf4");
        assert_eq!(safe_encode(4_021_568_973), "84659bdfc7");
    }
}
