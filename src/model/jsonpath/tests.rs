//! What jsonpath reads and writes, case by case.

use proptest::prelude::*;
use serde_json::json;

use super::custom_columns::CustomColumns;
use super::*;

fn object() -> Value {
    json!({
        "kind": "ConfigMap",
        "metadata": {"name": "x", "labels": {"a": "b", "app.kubernetes.io/name": "n"}},
        "data": {
            "s": "hi", "n": 5, "f": 1.5, "bf": 12_345_678.5, "t": true, "z": null, "e": [], "em": {},
            "m": {"k": "v<>&", "l": [1, "a", {"b": null}]},
            "list": [{"name": "a", "v": 1, "ok": true}, {"name": "b", "v": 2}, {"name": "c", "v": 3.5, "tags": ["x", "y"]}]
        }
    })
}

/// The text, or the problem without the object that follows it.
fn shown(template: &str) -> String {
    match Template::parse(template).and_then(|parsed| parsed.print(&object())) {
        Ok(text) => text,
        Err(error) => {
            let error = error.to_string();
            let words = error.split(". Printing more").next().unwrap_or_default();
            words
                .rsplit("template: ")
                .next()
                .unwrap_or_default()
                .replace(&format!("error parsing jsonpath {template}, "), "")
        }
    }
}

/// Every line was printed by kubectl v1.32 for the same object.
#[test]
fn templates_print_what_kubectl_prints() {
    for (template, text) in [
        ("{.data.n} {.data.f} {.data.bf} {.data.t} [{.data.z}]", "5 1.5 1.23456785e+07 true [null]"),
        ("{.data.m}", r#"{"k":"v\u003c\u003e\u0026","l":[1,"a",{"b":null}]}"#),
        ("[{.data.nope}]{.data.s.x}", "[]"),
        ("{.data.list[*].name}", "a b c"),
        ("{.data.list[0]}", r#"{"name":"a","ok":true,"v":1}"#),
        ("{.data.list[-1].name} {.data.list[0:2].name} {.data.list[::2].name}", "c a b a c"),
        ("{range .data.list[*]}{.name}:{.v}{\"\\n\"}{end}", "a:1\nb:2\nc:3.5\n"),
        ("{.data.list[?(@.name==\"b\")].v}", "2"),
        ("{.data.list[?(@.ok)].name} {.data.list[?(@.ok==true)].name}", "a a"),
        ("{.data.list[?(@.name!='b')].name}", "a c"),
        ("{.data.list[?(@.tags[0]==\"x\")].name}", "c"),
        ("{.metadata.labels.app\\.kubernetes\\.io/name}", "n"),
        ("{.metadata.labels['app\\.kubernetes\\.io/name']}", "n"),
        ("{.data['s','n']}", "hi 5"),
        ("text {.kind} more", "text ConfigMap more"),
        ("{range .data.e[*]}x{end}y", "y"),
        ("{range .data.list[*]}[{.name}{range .tags[*]}<{@}>{end}]{end}", "[a][b][c<x><y>]"),
        ("{range .data.list[*]}{.name}", "abc"),
        ("{$.kind}{@.kind}", "ConfigMapConfigMap"),
        ("{3}{-2.50}{true}", "3-2.5true"),
        ("{'it\\'s'}{\"a\\tb\"}", "it'sa\tb"),
        ("{.data.list[?(@.nope>1)].name}", ""),
        ("{.data.m.l[1:].b}", "null"),
        ("{.data.em}{.data.e}", "{}[]"),
        ("{.data...name}", "a b c"),
        (".kind", ".kind"),
    ] {
        assert_eq!(shown(template), text, "{template}");
    }
    assert_eq!(shown("{..name}"), "a b c x");
}

#[test]
fn problems_are_told_as_kubectl_tells_them() {
    for (template, problem) in [
        ("{.data.s", "unclosed action"),
        ("{.data.list[}", "unterminated array"),
        ("{.data.list[x]}", "invalid array index x"),
        ("{.data.list[0][\"name\"]}", "invalid array index \"name\""),
        ("{#}", "unrecognized character in action: U+0023 '#'"),
        ("{.data.list[?(@.name==\"b\"].v}", "unterminated filter"),
        ("{.data.list[?(@.name=~\"b\")].v}", "unrecognized character in action: U+007E '~'"),
        ("{end}", "not in range, nothing to end"),
        ("{foo}", "unrecognized identifier foo"),
        ("{.data.s[0]}", "string is not array or slice"),
        ("{.data.list[5]}", "array index out of bounds: index 5, length 3"),
        ("{.data.list[2:1]}", "starting index 2 is greater than ending index 1"),
        ("{.data.list[?(@.v>1)].name}", "incompatible types for comparison"),
        ("{.data.list[?(@.name==b)].v}", "unrecognized identifier b"),
    ] {
        assert_eq!(shown(template), problem, "{template}");
    }
    let error = Template::parse("{foo}").unwrap().print(&json!({"a": [1, null]})).unwrap_err().to_string();
    assert_eq!(
        error,
        "error executing jsonpath \"{foo}\": Error executing template: unrecognized identifier foo. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{foo}\n\tobject given to jsonpath engine was:\n\t\tmap[string]interface {}{\"a\":[]interface {}{1, interface {}(nil)}}\n\n"
    );
}

#[test]
fn columns_show_values_or_none() {
    let columns =
        CustomColumns::parse("NAME:.metadata.name,ALL:{.data.list[*].name},NOPE:data.nope,M:.data.m").unwrap();
    assert_eq!(columns.headers().collect::<Vec<_>>(), ["NAME", "ALL", "NOPE", "M"]);
    assert_eq!(columns.cells(&object()).unwrap(), ["x", "a,b,c", "<none>", "map[k:v<>& l:[1 a map[b:<nil>]]]"]);
    let refused = |spec| CustomColumns::parse(spec).unwrap_err().to_string();
    assert_eq!(refused(""), "custom-columns format specified but no custom columns given");
    assert_eq!(refused("A:.x,B"), "unexpected custom-columns spec: B, expected <header>:<json-path-expr>");
    assert!(refused("A:{.x").starts_with("unexpected path string, expected a 'name1.name2'"));
}

proptest! {
    #[test]
    fn no_template_makes_it_panic(template in "[{}.\\[\\]*?()@$'\"a-c0-2:,<>=! \\\\n-]{0,24}|\\PC{0,20}") {
        if let Ok(template) = Template::parse(&template) {
            let _ = template.print(&json!({"a": [{"b": 1}, {"b": "é"}], "b": {"a": null}}));
        }
    }
}
