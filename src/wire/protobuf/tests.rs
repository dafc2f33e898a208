//! Bodies of a real kubectl (1.33), each with what the same command writes under `--dry-run=client -o json` (without its
//! nulls), which is Go's own JSON of the same object; then bodies that nobody sends on purpose.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{DecodeError, decode};

/// Three lines each: the command, its body in base64, the object as JSON.
const BODIES: &str = include_str!("bodies.txt");

fn bodies() -> impl Iterator<Item = (&'static str, Vec<u8>, Value)> {
    let lines: Vec<_> = BODIES.lines().collect();
    let read = |three: &[&'static str]| {
        let body = BASE64_STANDARD.decode(three[1]).unwrap();
        (three[0], body, serde_json::from_str(three[2]).unwrap())
    };
    lines.chunks(3).map(read).collect::<Vec<_>>().into_iter()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A field that carries bytes.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A field that carries a number.
fn number(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

fn body(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let type_ = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".to_vec(), field(1, &type_), field(2, raw)].concat()
}

#[test]
fn what_kubectl_sends_is_what_go_would_have_written_as_json() {
    for (command, body, expected) in bodies() {
        assert_eq!(decode(&body).unwrap(), expected, "{command}");
    }
}

#[test]
fn a_zero_behind_a_pointer_stays_and_any_other_goes() {
    // metadata.generation (7, a number) and metadata.deletionGracePeriodSeconds (10, a pointer).
    let meta = field(1, &[number(7, 0), number(10, 0)].concat());
    let pod = decode(&body("v1", "Pod", &meta)).unwrap();
    assert_eq!(pod["metadata"], json!({"deletionGracePeriodSeconds": 0}));
}

#[test]
fn times_are_calendar_times_and_no_time_is_absent() {
    let time = [number(1, 2_005_050_320), number(2, 1_000_999)].concat();
    let lease = [field(4, &time), field(3, &[])].concat();
    let read = decode(&body("coordination.k8s.io/v1", "Lease", &field(2, &lease))).unwrap();
    assert_eq!(read["spec"], json!({"renewTime": "2033-07-15T14:25:20.001000Z"}));
    let pod = decode(&body("v1", "Pod", &field(1, &field(8, &time)))).unwrap();
    assert_eq!(pod["metadata"], json!({"creationTimestamp": "2033-07-15T14:25:20Z"}));
}

#[test]
fn kinds_of_every_version_stand_in_meta() {
    let read = decode(&body("v1", "DeleteOptions", &number(1, 0))).unwrap();
    assert_eq!(read, json!({"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}));
}

#[test]
fn numbers_in_lists_may_be_packed() {
    let context = field(14, &field(4, &[5, 6]));
    let loose = field(14, &[number(4, 5), number(4, 6)].concat());
    for spec in [context, loose] {
        let read = decode(&body("v1", "Pod", &field(2, &spec))).unwrap();
        assert_eq!(read["spec"]["securityContext"], json!({"supplementalGroups": [5, 6]}));
    }
}

#[test]
fn schemas_of_custom_resources_keep_their_unions() {
    let text = field(5, b"string");
    let items = field(24, &field(1, &text));
    let or_bool = field(30, &number(1, 1));
    let default = field(8, &field(1, b"{\"a\":[1]}"));
    let schema = [items, or_bool, default, field(3, b"#/x")].concat();
    let version = [field(1, b"v1"), field(4, &field(1, &schema))].concat();
    let read =
        decode(&body("apiextensions.k8s.io/v1", "CustomResourceDefinition", &field(2, &field(7, &version)))).unwrap();
    let schema = &read["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let expected =
        json!({"items": {"type": "string"}, "additionalProperties": true, "default": {"a": [1]}, "$ref": "#/x"});
    assert_eq!(*schema, expected);
}

#[test]
fn what_is_no_body_is_refused_in_gos_words() {
    let text = |body: &[u8]| decode(body).unwrap_err().to_string();
    let prefix = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";
    assert_eq!(text(b"{}"), prefix);
    assert_eq!(text(b"k8s\0\x0a\xff"), "unexpected EOF");
    assert_eq!(text(b"k8s\0"), "Object 'Kind' is missing in 'unknown'");
    assert_eq!(text(&body("v1", "Pod", &number(1, 1))), "proto: wrong wireType = 0 for field metadata");
    assert!(matches!(decode(&body("v1", "Gizmo", &[])), Err(DecodeError::UnknownKind { .. })));
}

#[test]
fn nesting_has_a_limit() {
    let mut deep = Vec::new();
    for _ in 0..1000 {
        // JSONSchemaProps.not
        deep = field(28, &deep);
    }
    let crd = field(2, &field(7, &field(4, &field(1, &deep))));
    let read = decode(&body("apiextensions.k8s.io/v1", "CustomResourceDefinition", &crd));
    assert_eq!(read, Err(DecodeError::TooDeep));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&[b"k8s\0".as_slice(), &bytes].concat());
        for kind in ["Pod", "Service", "Event"] {
            let _ = decode(&body("v1", kind, &bytes));
        }
        let _ = decode(&body("apiextensions.k8s.io/v1", "CustomResourceDefinition", &bytes));
    }

    #[test]
    fn damaged_bodies_never_panic(which in any::<proptest::sample::Index>(), at in any::<proptest::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let all: Vec<_> = bodies().collect();
        let mut body = which.get(&all).1.clone();
        let at = at.index(body.len());
        body[at] = byte;
        if cut {
            body.truncate(at);
        }
        let _ = decode(&body);
    }
}
