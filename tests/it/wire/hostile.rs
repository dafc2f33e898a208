//! What nobody should send: no credentials, wrong ones, too much, nonsense. Whatever comes, the answer is a proper Status or a closed
//! connection, nothing panics, and the cluster lives.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use podlab::engine::{Seed, Stream};
use serde_json::{Value, json};

use super::socket::{Reply, Socket};
use super::{Served, kubectl};

const PODS: &str = "/api/v1/namespaces/default/pods";
const CONFIGS: &str = "/api/v1/namespaces/default/configmaps";

/// How many threads that serve have panicked.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Counts panics of the threads that serve, from now on.
fn watch_for_panics() -> usize {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name().is_some_and(|name| name.starts_with("podlab-")) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            before(info);
        }));
    });
    PANICS.load(Ordering::SeqCst)
}

/// A server that was maltreated still serves, and nothing has panicked.
fn assert_alive(served: &Served, panics_before: usize) {
    let reply = Socket::open(served).ask(served, "GET", "/api/v1/nodes", "", b"");
    assert_eq!(reply.code, 200, "{reply:?}");
    assert_eq!(PANICS.load(Ordering::SeqCst), panics_before, "something has panicked; see above");
}

fn start() -> (Served, usize) {
    let panics = watch_for_panics();
    (Served::start(std::path::PathBuf::new()), panics)
}

/// A refusal in the form of the API.
fn assert_status(reply: &Reply, what: &str) -> Value {
    let status: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    assert_eq!((&status["kind"], &status["apiVersion"]), (&json!("Status"), &json!("v1")), "{what}: {reply:?}");
    assert_eq!(status["code"], reply.code, "{what}: {status}");
    assert!(reply.code >= 400 && reply.head.contains("application/json"), "{what}: {reply:?}");
    status
}

#[test]
fn whoever_has_no_credentials_is_refused() {
    let Some(kubectl) = kubectl() else { return };
    let served = Served::start(kubectl);
    let ran = served.run("get pods --token=wrong");
    assert!(ran.out.contains("error: You must be logged in to the server"), "{}", ran.out);
    let ran = served.run("get --raw /api/v1/nodes --token=wrong");
    assert!(ran.code != 0, "{}", ran.out);
    let mut socket = Socket::open(&served);
    for request in ["GET /api/v1/pods", "POST /api/v1/namespaces/default/pods?dryRun=nonsense", "GET /version", "GET /"]
    {
        socket.send(format!("{request} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{{").as_bytes());
        assert_eq!(assert_status(&socket.reply(), request)["reason"], "Unauthorized");
    }
}

#[test]
fn nonsense_from_kubectl_harms_nobody() {
    let Some(kubectl) = kubectl() else { return };
    let served = Served::start(kubectl);
    for path in [
        "/api/v1/namespaces/a/pods/b/c/d/e",
        "/apis/none/v1/things",
        "/%ff%00",
        "/api/v1/pods?limit=many",
        "//",
        "/api/v1/pods?continue=x",
    ] {
        let ran = served.run(&format!("get --raw '{path}'"));
        assert!(ran.code != 0, "{path}: {}", ran.out);
    }
    for body in ["", "{", "[]", "null", "{\"kind\":\"Pod\"}", "{\"metadata\":7}"] {
        let ran = served.run_with("create --raw /api/v1/namespaces/default/pods -f -", body);
        assert!(ran.code != 0, "{body}: {}", ran.out);
    }
    let ran = served.run("get nodes");
    assert!(ran.out.contains("node-1"), "{}", ran.out);
}

#[test]
fn broken_tls_and_broken_http_are_cut_off() {
    let (served, panics) = start();
    // The beginning of a real handshake, cut anywhere, and bytes that are none.
    let mut random = Seed(7).stream("hostile");
    let hello = client_hello();
    for round in 0..60 {
        let mut bytes = hello.clone();
        bytes.truncate(random.below(bytes.len() as u64) as usize);
        if round % 3 == 0 {
            let at = random.below(bytes.len().max(1) as u64) as usize;
            bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte ^= 0x5a);
        }
        let mut stream = TcpStream::connect(served.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        drop(stream.write_all(&bytes));
        drop(stream.read(&mut [0; 64]));
    }
    let token = format!("Authorization: Bearer {}\r\n", served.identity.token);
    let requests = [
        "\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "G\0T / HTTP/1.1\r\n\r\n".to_owned(),
        format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", "/a".repeat(100_000)),
        format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(20_000)),
        format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(3 << 20)),
        format!("GET / HTTP/1.1\r\n{token}Host a\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{token}: a\r\n\r\n"),
        format!("POST {PODS} HTTP/1.1\r\nHost: a\r\n{token}Content-Length: minus\r\n\r\n"),
        format!("POST {PODS} HTTP/1.1\r\nHost: a\r\n{token}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
        format!("POST {PODS} HTTP/1.1\r\nHost: a\r\n{token}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{{}}\r\n0\r\n\r\n"),
        format!("POST {PODS} HTTP/1.1\r\nHost: a\r\n{token}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
        format!("POST {PODS} HTTP/1.1\r\nHost: a\r\n{token}Transfer-Encoding: gzip\r\n\r\nx"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\u{7f}\u{7f}\u{7f}\u{7f}".to_owned(),
    ];
    for request in requests {
        let mut socket = Socket::open(&served);
        let _all_taken = socket.send(request.as_bytes());
        let said = String::from_utf8_lossy(&socket.rest(Duration::from_millis(300))).into_owned();
        assert!(!said.starts_with("HTTP/1.1 2"), "{}: {said}", &request[..request.len().min(80)]);
    }
    assert_alive(&served, panics);
}

/// What a client of TLS says first.
fn client_hello() -> Vec<u8> {
    let mut bytes = vec![0x16, 3, 1, 0, 0x2f, 1, 0, 0, 0x2b, 3, 3];
    bytes.extend(0..32u8);
    bytes.extend([0, 0, 4, 0x13, 1, 0xc0, 0x2f, 1, 0]);
    bytes
}

#[test]
fn too_much_is_refused() {
    let (served, panics) = start();
    let large = vec![b' '; 4 << 20];
    let reply = Socket::open(&served).ask(&served, "POST", PODS, "application/json", &large);
    let status = assert_status(&reply, "a body of 4 MiB");
    assert_eq!((reply.code, &status["reason"]), (413, &json!("RequestEntityTooLarge")));
    for depth in [1_000, 100_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let json = format!("{{\"kind\":\"Pod\",\"metadata\":{open}{close}}}");
        let flow = format!("{open}{close}");
        let block = (0..depth.min(1_500)).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
        let proto = [&b"k8s\0"[..], &b"\x12\xff\xff\x03".repeat(depth)].concat();
        for (type_, body) in [
            ("application/json", json.as_bytes()),
            ("application/yaml", flow.as_bytes()),
            ("application/yaml", block.as_bytes()),
            ("application/vnd.kubernetes.protobuf", &proto),
        ] {
            let reply = Socket::open(&served).ask(&served, "POST", PODS, type_, body);
            assert_status(&reply, &format!("{depth} levels of {type_}"));
        }
        for type_ in ["application/merge-patch+json", "application/json-patch+json", "application/apply-patch+yaml"] {
            let path = format!("{CONFIGS}/kube-root-ca.crt?fieldManager=a");
            assert_status(&Socket::open(&served).ask(&served, "PATCH", &path, type_, json.as_bytes()), type_);
        }
    }
    // Aliases that grow without end.
    let laughs = (1..30).map(|n| format!("a{n}: &a{n} [*a{0},*a{0},*a{0},*a{0},*a{0},*a{0},*a{0},*a{0}]\n", n - 1));
    let laughs = format!("a0: &a0 [lol]\n{}", laughs.collect::<String>());
    let reply = Socket::open(&served).ask(&served, "POST", CONFIGS, "application/yaml", laughs.as_bytes());
    assert_status(&reply, "a billion laughs");
    assert_alive(&served, panics);
}

#[test]
fn mangled_bodies_are_answered_with_a_status() {
    let (served, panics) = start();
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "labels": {"a": "b"}},
        "spec": {"containers": [{"name": "a", "image": "nginx", "ports": [{"containerPort": 80}]}], "nodeSelector": null}});
    let json = manifest.to_string().into_bytes();
    let yaml = podlab::model::yaml::write(&manifest).into_bytes();
    // A ConfigMap as protobuf: its envelope, its name, one entry.
    let proto =
        b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x0f\x0a\x05\x0a\x03abc\x12\x06\x0a\x01a\x12\x01b".to_vec();
    let seeds = [
        ("POST", PODS.to_owned(), "application/json", &json),
        ("POST", PODS.to_owned(), "application/yaml", &yaml),
        ("POST", CONFIGS.to_owned(), "application/vnd.kubernetes.protobuf", &proto),
        ("PATCH", format!("{PODS}/x"), "application/strategic-merge-patch+json", &json),
        ("PATCH", format!("{PODS}/x?fieldManager=f&force=true"), "application/apply-patch+yaml", &yaml),
        ("DELETE", format!("{PODS}/x"), "application/json", &json),
    ];
    let mut random = Seed(11).stream("hostile");
    let mut socket = Socket::open(&served);
    for round in 0..600 {
        let (method, path, type_, seed) = &seeds[round % seeds.len()];
        let body = mangled(seed, &mut random);
        let mut reply = socket.ask(&served, method, path, type_, &body);
        if reply.code == 0 {
            // Connections end after some refusals.
            socket = Socket::open(&served);
            reply = socket.ask(&served, method, path, type_, &body);
        }
        let what = format!("{method} {path} {type_} {}", String::from_utf8_lossy(&body));
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        assert!(reply.code >= 200 && answer["kind"].is_string(), "{what}\n{reply:?}");
        if reply.code >= 400 {
            let status = assert_status(&reply, &what);
            // A mangled object is the sender's fault; what cannot be merged is 500 upstream too.
            assert!(reply.code < 500 || *method == "PATCH", "{what}\n{status}");
        }
    }
    assert_alive(&served, panics);
}

/// The same with some bytes changed, taken away, doubled, or with another piece of it in between.
fn mangled(seed: &[u8], random: &mut Stream) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let mut below = |bound: usize| random.below(bound.max(1) as u64) as usize;
    for _ in 0..=below(3) {
        let (at, length) = (below(bytes.len()), 1 + below(8));
        let end = (at + length).min(bytes.len());
        match below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => bytes[at..end].iter_mut().for_each(|byte| *byte = below(256) as u8),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => drop(bytes.splice(at..at, *b"999999999999999999999")),
            _ => drop(bytes.splice(at..end, *b"\"\xf0\x9f\x98\x80\\u0000\"")),
        }
    }
    bytes
}

#[test]
fn wrong_frames_end_a_stream_and_nothing_else() {
    let (served, panics) = start();
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "nginx"}]}});
    let reply = Socket::open(&served).ask(&served, "POST", PODS, "application/json", pod.to_string().as_bytes());
    assert_eq!(reply.code, 201);
    let is_running = || {
        let reply = Socket::open(&served).ask(&served, "GET", &format!("{PODS}/web"), "", b"");
        reply.text().contains("\"phase\":\"Running\"")
    };
    while !is_running() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let exec = format!("{PODS}/web/exec?command=cat&stdin=true&stdout=true");
    let forward = format!("{PODS}/web/portforward?ports=80");
    let mut random = Seed(13).stream("hostile");
    for (path, protocol) in
        [(&exec, "v5.channel.k8s.io"), (&forward, "SPDY/3.1+portforward.k8s.io"), (&forward, "v4.channel.k8s.io")]
    {
        for round in 0..40 {
            let mut socket = Socket::open(&served);
            let head = format!(
                "GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n",
                served.identity.token
            );
            socket.send(head.as_bytes());
            assert_eq!(socket.reply().code, 101, "{path} {protocol}");
            let payload: Vec<u8> = (0..random.below(200)).map(|_| random.below(256) as u8).collect();
            let sent = match round % 6 {
                0 => payload,
                // A frame that is longer than it says it may be, one that is not masked, one of no known kind.
                1 => vec![0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
                2 => [&[0x82, 5][..], b"\0abcd"].concat(),
                3 => [&[0x8f, 0x80, 0, 0, 0, 0][..], &payload].concat(),
                // Well framed, and nonsense inside.
                4 => frame(&payload),
                _ => frame(&spdy_nonsense(&mut random)),
            };
            socket.send(&sent);
            drop(socket.rest(Duration::from_millis(20)));
        }
    }
    assert_alive(&served, panics);
}

/// A binary frame as a client sends it; its mask changes nothing.
fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap_or(125).min(125);
    let payload = &payload[..usize::from(length).min(payload.len())];
    [&[0x82, 0x80 | length, 0, 0, 0, 0][..], payload].concat()
}

/// The beginning of a stream of SPDY whose headers are no zlib.
fn spdy_nonsense(random: &mut Stream) -> Vec<u8> {
    let block: Vec<u8> = (0..60).map(|_| random.below(256) as u8).collect();
    let length = 10 + block.len() as u8;
    [&[0x80, 3, 0, 1, 0, 0, 0, length, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &block].concat()
}
