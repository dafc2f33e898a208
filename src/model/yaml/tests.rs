//! What yaml reads and writes, case by case.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn values(text: &str) -> Vec<Value> {
    read("f.yaml", text).unwrap().into_iter().map(|document| document.value).collect()
}

fn refused(text: &str) -> String {
    let error = read("f.yaml", text).unwrap_err();
    format!("{}:{} {}", error.place.line, error.place.column, error.message)
}

#[test]
fn scalars_mean_what_kubectl_takes_them_for() {
    let read =
        values("[yes, n, ~, 0777, 0o17, 1_000, 09, 1e3, .5, 0x1F, 2001-01-01, 12:30, 08m, '1', !!str 1, -0.0, 1e-7]");
    let meant =
        json!([true, false, null, 511, 15, 1000, 9, 1000, 0.5, 31, "2001-01-01", "12:30", "08m", "1", "1", 0, 1e-7]);
    assert_eq!(read, [meant]);
    let keys = values("1: a\nyes: b\n1.5: c\n0x10: d\n");
    assert_eq!(keys, [json!({"1": "a", "true": "b", "1.5": "c", "16": "d"})]);
}

#[test]
fn documents_are_cut_at_dashes_and_empty_ones_skipped() {
    assert_eq!(
        values("---\n# nothing\n---\na: 1\n--- # more\n\n---\nnull\n---\nb: 2\n"),
        [json!({"a": 1}), json!({"b": 2})]
    );
    assert_eq!(values("{\"a\": 1}\n{\"b\": [2,\t3]}"), [json!({"a": 1}), json!({"b": [2, 3]})]);
    assert_eq!(refused("a: b\n---foo\n"), "2:1 invalid Yaml document separator: foo");
}

#[test]
fn merges_override_what_came_before_and_aliases_are_bounded() {
    let text = "base: &base {a: 1, b: 2}\nx:\n  a: 0\n  <<: *base\n  b: 3\nz:\n  <<: [{a: 5}, *base]\n";
    let read = &values(text)[0];
    assert_eq!(read["x"], json!({"a": 1, "b": 3}));
    assert_eq!(read["z"], json!({"a": 5, "b": 2}));
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..12 {
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(","));
    }
    assert!(refused(&bomb).ends_with("yaml: document contains excessive aliasing"));
    assert!(refused("a: &a [*a]\n").ends_with("yaml: anchor 'a' value contains itself"));
    assert!(refused("a: *nope\n").ends_with("yaml: unknown anchor 'nope' referenced"));
}

#[test]
fn errors_carry_kubectls_line_and_the_real_one() {
    let yaml = |text| refused(text).replace("error converting YAML to JSON: yaml: ", "");
    assert_eq!(
        yaml("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n  spec: {}\n"),
        "4:3 line 3: did not find expected key"
    );
    assert_eq!(yaml("a: 1\n---\nb:\n\tc: 1\n"), "4:2 line 2: found character that cannot start any token");
    assert_eq!(yaml("x: 1\na: b: c\n"), "2:5 line 2: mapping values are not allowed in this context");
    assert_eq!(yaml("a: b: c\n"), "1:5 mapping values are not allowed in this context");
    assert_eq!(yaml("a:\n- b\nkind:Pod\nc: d\n").split_once(' ').unwrap().1, "line 4: could not find expected ':'");
    assert_eq!(yaml("a: 1\nb: [1, 2\nc: d\n").split_once(' ').unwrap().1, "line 2: did not find expected ',' or ']'");
    assert_eq!(
        yaml("a: {{ .Values.x }}\n"),
        "1:5 invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}"
    );
    let json = refused("{\"a\": 1,\n\"b\": {\"c\": 2,}}\n");
    assert_eq!(json, "2:14 json: offset 23: invalid character '}' looking for beginning of object key string");
}

#[test]
fn every_path_has_its_place() {
    let text =
        "a: 1\n---\nkind: Pod\nspec:\n  containers:\n  - name: 埠\n    env: [{name: P, value: 8080}]\n    name: b\n";
    let document = &read("f.yaml", text).unwrap()[1];
    let found = document.spans.find(&pointer("spec.containers[0].env[0].value")).unwrap();
    assert_eq!((found.value.start.line, found.value.start.column), (7, 28));
    assert_eq!(&text[found.value.bytes()], "8080");
    assert_eq!(&text[found.key.unwrap().bytes()], "value");
    assert_eq!(&text[document.spans.find("/spec/containers/0/env").unwrap().value.bytes()], "[{name: P, value: 8080}]");
    assert!(document.spans.find("/spec/containers/0/image").is_none());
    let nearest = document.spans.nearest("/spec/containers/0/image");
    assert_eq!((nearest.value.start.line, nearest.value.start.column), (6, 5));
    assert_eq!(document.duplicates.len(), 1);
    let duplicate = &document.duplicates[0];
    assert_eq!(
        (duplicate.pointer.as_str(), duplicate.first.start.line, duplicate.again.start.line),
        ("/spec/containers/0/name", 6, 8)
    );
    assert_eq!(document.value["spec"]["containers"][0]["name"], "b");
    assert_eq!(pointer("metadata.labels[a.b/c]"), "/metadata/labels/a.b~1c");
}

fn pointer(path: &str) -> String {
    span::pointer_of_field(path)
}

/// Compared with `kubectl annotate --local -o yaml` of v1.32.
#[test]
fn texts_are_quoted_and_folded_as_kubectl_does() {
    let value = json!({
        "a10": "yes", "a2": "1e3", "A": "- a", "b": ["a: b", "a #b", "#a", "", "~", "2001-01-01", "12:30", "1.2.3"],
        "c": "line1\nline2", "d": "line1\n\nline2\n", "e": "  lead\n\n", "f": "tab\there", "g": "🎉 done", "h": [],
        "i": {}, "j": [{"x": 1, "y": [1.5, 1e22]}, [true, null]], "yes": "it's", "k": "it's: quoted",
        "l": "sh -c 'echo hi; sleep 1' && while true; do date; done | tee /var/log/x.log || echo \"failed\" and go on",
        "m": "k".repeat(129), "n".repeat(129): "v",
    });
    insta::assert_snapshot!(write(&value).replace(&"n".repeat(129), "n{129}").replace(&"k".repeat(129), "k{129}"), @r#"
    A: '- a'
    a2: "1e3"
    a10: "yes"
    b:
    - 'a: b'
    - 'a #b'
    - '#a'
    - ""
    - "~"
    - "2001-01-01"
    - "12:30"
    - 1.2.3
    c: |-
      line1
      line2
    d: |
      line1

      line2
    e: |2+
        lead

    f: "tab\there"
    g: "\U0001F389 done"
    h: []
    i: {}
    j:
    - x: 1
      "y":
      - 1.5
      - 1e+22
    - - true
      - null
    k: 'it''s: quoted'
    l: sh -c 'echo hi; sleep 1' && while true; do date; done | tee /var/log/x.log || echo
      "failed" and go on
    m: k{129}
    ? n{129}
    : v
    "yes": it's
    "#);
}

#[test]
fn pieces_cover_everything_but_blanks() {
    let text =
        "# hi\napiVersion: v1 # c\nargs: [a, \"b: c\", 1]\nx: |\n  text: # in\n\n  more\ny: &a true\n---\n- 'k': *a\n";
    let pieces = highlight(text);
    let shown: Vec<_> = pieces.iter().map(|piece| (piece.class, &text[piece.bytes.clone()])).collect();
    assert_eq!(shown[0], (Class::Comment, "# hi"));
    assert_eq!(
        shown[1..5],
        [(Class::Key, "apiVersion"), (Class::Punctuation, ":"), (Class::String, "v1"), (Class::Comment, "# c")]
    );
    for piece in [
        (Class::String, "\"b: c\""),
        (Class::Number, "1"),
        (Class::String, "text: # in"),
        (Class::Word, "true"),
        (Class::Key, "'k'"),
        (Class::Anchor, "*a"),
        (Class::Punctuation, "---"),
    ] {
        assert!(shown.contains(&piece), "{piece:?} in {shown:?}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z0-9:#' \"-]{0,12}", "[ -~\n]{0,100}", "\\PC{0,10}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..4).prop_map(|pairs| pairs.into_iter().collect())
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in any_value()) {
        let written = write(&json!({"a": value}));
        prop_assert_eq!(&values(&written), &[json!({"a": value})], "{}", written);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-a:\\[\\]{}, \t\n#&*!|>'\"%@`?0<~.é埠]{0,60}|\\PC{0,60}") {
        let _ = read("f.yaml", &text);
        let mut end = 0;
        for piece in highlight(&text) {
            prop_assert!(piece.bytes.start >= end && text.get(piece.bytes.clone()).is_some());
            end = piece.bytes.end;
        }
    }
}

#[test]
fn a_key_that_looks_like_a_merge_is_quoted() {
    let value = serde_json::json!({"<<": null});
    assert_eq!(super::write(&value), "\"<<\": null\n");
    assert_eq!(super::read("f.yaml", &super::write(&value)).unwrap()[0].value, value);
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read("f", &nested(100)).is_ok());
    assert!(read("f", &nested(100_000)).is_err());
    let block: String = (0..1_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let refused = read("f", &block).unwrap_err();
    assert_eq!(refused.message, "error converting YAML to JSON: yaml: exceeded max depth of 128");
}
