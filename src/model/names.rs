//! Which names, keys and values are allowed, and the words in which others are refused.
//!
//! Models `pkg/util/validation` and `pkg/api/validate/content` of apimachinery v1.36. Every check returns what is wrong,
//! or nothing. Two wordings live side by side upstream: names are measured in "characters", label keys and values (moved
//! to `content`) in "bytes"; both mean bytes.

const DNS1123_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1123_SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const DNS1035_LABEL: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// Longest DNS label (RFC 1123), label key name and label value, in bytes.
pub const LABEL_LENGTH_MAX: usize = 63;
/// Longest DNS subdomain (RFC 1123), in bytes.
pub const SUBDOMAIN_LENGTH_MAX: usize = 253;
/// Longest name of a port (RFC 6335), in bytes.
pub const PORT_NAME_LENGTH_MAX: usize = 15;

/// Names of Namespaces, containers, volumes: a DNS label of RFC 1123.
#[must_use]
pub fn dns1123_label(value: &str) -> Vec<String> {
    let mut wrong = too_long(value, LABEL_LENGTH_MAX, "characters");
    if !is_dns_label(value) {
        wrong.push(if is_subdomain(value) {
            "must not contain dots".into()
        } else {
            shape(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                 and end with an alphanumeric character",
                DNS1123_LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    wrong
}

/// Names of most objects: a DNS subdomain of RFC 1123.
#[must_use]
pub fn dns1123_subdomain(value: &str) -> Vec<String> {
    subdomain(value, "characters")
}

/// Names of Services before v1.36, and of anything that becomes an old DNS label (RFC 1035).
#[must_use]
pub fn dns1035_label(value: &str) -> Vec<String> {
    let mut wrong = too_long(value, LABEL_LENGTH_MAX, "characters");
    if !is_dns_label(value) || !value.starts_with(|first: char| first.is_ascii_lowercase()) {
        wrong.push(shape(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character",
            DNS1035_LABEL,
            &["my-name", "abc-123"],
        ));
    }
    wrong
}

/// Hosts of Ingress rules with a star in front.
#[must_use]
pub fn wildcard_dns1123_subdomain(value: &str) -> Vec<String> {
    let mut wrong = too_long(value, SUBDOMAIN_LENGTH_MAX, "characters");
    if !value.strip_prefix("*.").is_some_and(is_subdomain) {
        wrong.push(shape(
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist \
             of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
            &format!(r"\*\.{DNS1123_SUBDOMAIN}"),
            &["*.example.com"],
        ));
    }
    wrong
}

/// Keys of labels and annotations, names of resources and taints ("qualified names"): an optional prefix and a name.
#[must_use]
pub fn label_key(value: &str) -> Vec<String> {
    let message = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let shape = || shape(message, LABEL_KEY, &["MyName", "my.name", "123-abc"]);
    let mut wrong = Vec::new();
    let name = match value.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        ["", name] => {
            wrong.push("prefix part must be non-empty".into());
            name
        }
        [prefix, name] => {
            wrong.extend(subdomain(prefix, "bytes").iter().map(|message| format!("prefix part {message}")));
            name
        }
        _ => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                shape()
            )];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".into());
    }
    wrong.extend(too_long(name, LABEL_LENGTH_MAX, "bytes").iter().map(|message| format!("name part {message}")));
    if !is_label_text(name) {
        wrong.push(format!("name part {}", shape()));
    }
    wrong
}

/// Values of labels; empty is fine.
#[must_use]
pub fn label_value(value: &str) -> Vec<String> {
    let mut wrong = too_long(value, LABEL_LENGTH_MAX, "bytes");
    if !value.is_empty() && !is_label_text(value) {
        wrong.push(shape(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character",
            &format!("({LABEL_KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    wrong
}

/// Names of environment variables, as relaxed since v1.34: any printable ASCII but `=`.
#[must_use]
pub fn env_var_name(value: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if value.is_empty() {
        wrong.push("environment variable name must be non-empty".into());
    }
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=') {
        wrong.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='".into(),
        );
    }
    wrong
}

/// Keys of ConfigMaps and Secrets: they become file names.
#[must_use]
pub fn config_map_key(value: &str) -> Vec<String> {
    let mut wrong = too_long(value, SUBDOMAIN_LENGTH_MAX, "characters");
    if value.is_empty() || !value.bytes().all(is_label_byte) {
        wrong.push(shape(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    match value {
        "." | ".." => wrong.push(format!("must not be '{value}'")),
        _ if value.starts_with("..") => wrong.push("must not start with '..'".into()),
        _ => {}
    }
    wrong
}

/// Names that end up in a URL and have no other rule (roles, bindings).
#[must_use]
pub fn path_segment_name(value: &str) -> Vec<String> {
    if matches!(value, "." | "..") {
        return vec![format!("may not be '{value}'")];
    }
    let held = ["/", "%"].into_iter().filter(|part| value.contains(part));
    held.map(|part| format!("may not contain '{part}'")).collect()
}

/// Names of ports of containers and Services.
#[must_use]
pub fn port_name(value: &str) -> Vec<String> {
    let mut wrong = too_long(value, PORT_NAME_LENGTH_MAX, "characters");
    let mut say = |bad: bool, message: &str| wrong.extend(bad.then(|| message.to_owned()));
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    say(
        value.is_empty() || !value.bytes().all(allowed),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    say(!value.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)");
    say(value.contains("--"), "must not contain consecutive hyphens");
    say(value.starts_with('-') || value.ends_with('-'), "must not begin or end with a hyphen");
    wrong
}

/// Numbers of ports.
#[must_use]
pub fn port_number(port: i64) -> Vec<String> {
    in_range(port, 1, 65535)
}

/// Numbers with both bounds allowed.
#[must_use]
pub fn in_range(value: i64, low: i64, high: i64) -> Vec<String> {
    if (low..=high).contains(&value) {
        Vec::new()
    } else {
        vec![format!("must be between {low} and {high}, inclusive")]
    }
}

/// `25%` of a rolling update.
#[must_use]
pub fn percent(value: &str) -> Vec<String> {
    let digits = value.strip_suffix('%').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let message = "a valid percent string must be a numeric string followed by an ending '%'";
    vec![shape(message, "[0-9]+%", &["1%", "93%"])]
}

/// What is checked of a `generateName`: a dash at the end is fine, since a suffix follows.
#[must_use]
pub fn without_trailing_dash(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        // Upstream swaps the last two characters for an `a`.
        Some(rest) if !rest.is_empty() => {
            let shorter = rest.char_indices().next_back().map_or(0, |(at, _)| at);
            format!("{}a", rest.get(..shorter).unwrap_or_default())
        }
        _ => prefix.to_owned(),
    }
}

fn subdomain(value: &str, measure: &str) -> Vec<String> {
    let mut wrong = too_long(value, SUBDOMAIN_LENGTH_MAX, measure);
    if !is_subdomain(value) {
        wrong.push(shape(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character",
            DNS1123_SUBDOMAIN,
            &["example.com"],
        ));
    }
    wrong
}

fn too_long(value: &str, length_max: usize, measure: &str) -> Vec<String> {
    let long = value.len() > length_max;
    long.then(|| format!("must be no more than {length_max} {measure}")).into_iter().collect()
}

/// The sentence, examples and the regular expression, joined as `validation.RegexError` joins them.
fn shape(message: &str, regex: &str, examples: &[&str]) -> String {
    let examples: Vec<_> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{regex}')", examples.join(" or "))
}

fn is_subdomain(value: &str) -> bool {
    value.split('.').all(is_dns_label)
}

fn is_dns_label(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bounded(value, plain) && value.bytes().all(|byte| plain(byte) || byte == b'-')
}

fn is_label_text(value: &str) -> bool {
    bounded(value, |byte| byte.is_ascii_alphanumeric()) && value.bytes().all(is_label_byte)
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Whether `value` has a first and a last byte, and both pass.
fn bounded(value: &str, passes: impl Fn(u8) -> bool) -> bool {
    let bytes = value.as_bytes();
    bytes.first().is_some_and(|&first| passes(first)) && bytes.last().is_some_and(|&last| passes(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_those_of_the_api_server() {
        assert_eq!(
            dns1123_subdomain("My_App"),
            [
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ]
        );
        assert_eq!(
            dns1123_label("a_b"),
            [
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ]
        );
        assert_eq!(
            label_value("-x"),
            [
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ]
        );
        assert_eq!(dns1123_label("a.b"), ["must not contain dots"]);
        assert_eq!(dns1123_label(&"a".repeat(64)), ["must be no more than 63 characters"]);
        assert_eq!(label_value(&"a".repeat(64)), ["must be no more than 63 bytes"]);
        assert_eq!(path_segment_name("a/b%"), ["may not contain '/'", "may not contain '%'"]);
        assert_eq!(port_number(0), ["must be between 1 and 65535, inclusive"]);
    }

    #[test]
    fn keys_have_an_optional_prefix() {
        assert!(label_key("app").is_empty());
        assert!(label_key("app.kubernetes.io/name").is_empty());
        assert_eq!(label_key("/a"), ["prefix part must be non-empty"]);
        assert_eq!(label_key("").len(), 2);
        assert!(label_key("a/b/c")[0].starts_with("a valid label key must consist of"));
        assert!(label_key("A/b")[0].starts_with("prefix part a lowercase RFC 1123 subdomain"));
    }

    #[test]
    fn good_names_pass() {
        for wrong in [
            dns1123_label("a-1"),
            dns1123_subdomain("a.b-c.9"),
            dns1035_label("a1"),
            label_value(""),
            label_value("A_b.c"),
            env_var_name("MY VAR-1"),
            config_map_key("app.properties"),
            port_name("http-2"),
            percent("25%"),
            path_segment_name("system:node"),
            wildcard_dns1123_subdomain("*.example.com"),
        ] {
            assert_eq!(wrong, Vec::<String>::new());
        }
        assert_eq!(dns1035_label("1a").len(), 1);
        assert_eq!(without_trailing_dash("web-"), "wea");
    }
}
