//! What nobody should send: no credentials, wrong ones, too much, nonsense.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Served, kubectl};

#[test]
fn whoever_has_no_credentials_is_refused() {
    let Some(kubectl) = kubectl() else { return };
    let served = Served::start(kubectl);
    let ran = served.run("get pods --token=wrong");
    assert!(ran.out.contains("error: You must be logged in to the server"), "{}", ran.out);
    let ran = served.run("get --raw /api/v1/nodes --token=wrong");
    assert!(ran.code != 0, "{}", ran.out);
}

#[test]
fn nonsense_on_the_socket_harms_nobody() {
    let Some(kubectl) = kubectl() else { return };
    let served = Served::start(kubectl);
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\xff\xff", b"", &[0xff; 4096]] {
        let mut stream = TcpStream::connect(served.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        drop(stream.write_all(nonsense));
        drop(stream.read(&mut [0; 64]));
    }
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
