//! Tools in containers: files and volumes, and the network with a hand-made outside.

use crate::engine::CauseId;
use crate::machine::cri::*;
use crate::machine::runtime::tests::Bench;

fn pod() -> SandboxConfig {
    SandboxConfig {
        hostname: "client".into(),
        ip: Some([10, 244, 0, 7].into()),
        dns: DnsConfig {
            nameservers: vec![[10, 96, 0, 10].into()],
            searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"].map(String::from).to_vec(),
            options: vec!["ndots:5".into()],
        },
        ..Default::default()
    }
}

fn config(image: &str, command: &[&str]) -> ContainerConfig {
    let command = command.iter().map(|word| (*word).to_owned()).collect();
    ContainerConfig { name: "app".into(), image: image.into(), command, ..Default::default() }
}

/// Runs a command by exec and returns what it wrote, both streams together, and its exit code.
fn exec(bench: &mut Bench, id: ContainerId, argv: &[&str]) -> String {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    let exec = bench.machine.exec(bench.now, id, ExecConfig { argv, ..Default::default() }, CauseId::NONE);
    for _ in 0..20 {
        bench.seconds(1);
        answer(bench);
    }
    let of_exec = |event: &MachineEvent| match &event.what {
        Happening::ExecFinished { exec: found, output, exit_code, .. } if *found == exec => {
            Some(format!("{}[exit {exit_code}]", String::from_utf8_lossy(output)))
        }
        _ => None,
    };
    bench.told.iter().find_map(of_exec).unwrap_or_else(|| "never ended".to_owned())
}

/// The outside: one Service `web` on port 80 whose path `/missing` is 404, one refused, and nothing else.
fn answer(bench: &mut Bench) {
    let asked: Vec<(OutgoingId, Outgoing)> = bench
        .told
        .iter()
        .filter_map(|event| match &event.what {
            Happening::Outgoing { request, what, .. } => Some((*request, what.clone())),
            _ => None,
        })
        .collect();
    for (request, what) in asked {
        let result = match what {
            Outgoing::Dns { name, .. } if name == "web.default.svc.cluster.local" => {
                let data = DnsData::Address([10, 96, 12, 34].into());
                OutgoingResult::Dns(DnsOutcome::Records(vec![DnsRecord { name, data }]))
            }
            Outgoing::Dns { .. } => OutgoingResult::Dns(DnsOutcome::NoSuchName(Vec::new())),
            Outgoing::Http { to, request } if to.port() == 80 => {
                let status = if &*request.path == "/missing" { 404 } else { 200 };
                let body = b"hello\n".as_slice().into();
                OutgoingResult::Http(HttpResponse { status, headers: Vec::new(), body })
            }
            Outgoing::Tcp { to } if to.port() == 80 => OutgoingResult::Connected,
            _ => OutgoingResult::Refused,
        };
        bench.machine.answer_outgoing(bench.now, request, result);
    }
}

#[test]
fn network_tools_speak_as_recorded() {
    let mut bench = Bench::new();
    let sandbox = bench.sandbox(pod());
    let id = bench.start_in(sandbox, config("busybox", &["sleep", "1000"]));
    let mut run = |line: &str| exec(&mut bench, id, &line.split(' ').collect::<Vec<_>>());
    assert_eq!(run("wget -q -O- http://web"), "hello\n[exit 0]");
    assert_eq!(
        run("wget -O- http://web/missing"),
        "Connecting to web (10.96.12.34:80)\nwget: server returned error: HTTP/1.1 404 Not Found\n[exit 1]"
    );
    assert_eq!(
        run("wget -O- http://web:9/"),
        "Connecting to web:9 (10.96.12.34:9)\nwget: can't connect to remote host (10.96.12.34): Connection refused\n[exit 1]"
    );
    assert_eq!(run("wget -O- http://nosuch.invalid/"), "wget: bad address 'nosuch.invalid'\n[exit 1]");
    assert_eq!(
        run("wget -q -O- http://127.0.0.1:9/"),
        "wget: can't connect to remote host (127.0.0.1): Connection refused\n[exit 1]"
    );
    insta::assert_snapshot!(run("nslookup web.default.svc.cluster.local"), @r"
    Server:		10.96.0.10
    Address:	10.96.0.10:53

    Name:	web.default.svc.cluster.local
    Address: 10.96.12.34


    [exit 0]
    ");
    assert!(run("nslookup nosuch").ends_with("** server can't find nosuch: NXDOMAIN\n\n[exit 1]"));
    assert_eq!(run("nc -z -v web 80"), "web (10.96.12.34:80) open\n[exit 0]");
}

#[test]
fn curl_has_its_own_exit_codes() {
    let mut bench = Bench::new();
    let sandbox = bench.sandbox(pod());
    let id = bench.start_in(sandbox, config("curlimages/curl", &["sleep", "1000"]));
    let mut run = |line: &str| exec(&mut bench, id, &line.split(' ').collect::<Vec<_>>());
    assert_eq!(run("curl -sS http://web/"), "hello\n[exit 0]");
    assert_eq!(run("curl -s -o /dev/null -w %{http_code} http://web/missing"), "404[exit 0]");
    assert_eq!(run("curl -sS http://nosuch.invalid/"), "curl: (6) Could not resolve host: nosuch.invalid\n[exit 6]");
    assert_eq!(
        run("curl -sS http://127.0.0.1:9/"),
        "curl: (7) Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server\n[exit 7]"
    );
}

#[test]
fn a_container_reaches_its_neighbour_on_localhost() {
    let mut bench = Bench::new();
    let sandbox = bench.sandbox(pod());
    bench.start_in(sandbox, config("hashicorp/http-echo", &["/http-echo", "-text=hi", "-listen=:80"]));
    let id = bench.start_in(sandbox, config("busybox", &["sleep", "1000"]));
    bench.seconds(1);
    assert_eq!(exec(&mut bench, id, &["wget", "-q", "-O-", "http://localhost"]), "hi\n[exit 0]");
    assert_eq!(exec(&mut bench, id, &["cat", "/etc/hostname"]), "client\n[exit 0]");
}

#[test]
fn volumes_outlive_containers_and_their_own_files_do_not() {
    let mut bench = Bench::new();
    let handle = VolumeHandle::new("data");
    bench.machine.create_volume(handle.clone(), VolumeOptions { size_limit: Some(1 << 20), ..Default::default() });
    let mount = |path: &str, read_only| Mount {
        path: path.into(),
        source: MountSource::Volume(handle.clone()),
        sub_path: String::new(),
        read_only,
    };
    let script =
        "echo start >> /d/shared; echo start >> /own; while :; do [ -e /d/die ] && rm /d/die && exit 3; sleep 1; done";
    let sandbox = bench.sandbox(pod());
    let writer = || ContainerConfig { mounts: vec![mount("/d", false)], ..config("busybox", &["sh", "-c", script]) };
    let first = bench.start_in(sandbox, writer());
    let reader = bench.start_in(
        sandbox,
        ContainerConfig { mounts: vec![mount("/in", true)], ..config("busybox", &["sleep", "900"]) },
    );
    assert_eq!(exec(&mut bench, reader, &["cat", "/in/shared"]), "start\n[exit 0]");
    assert_eq!(exec(&mut bench, reader, &["touch", "/in/x"]), "touch: /in/x: Read-only file system\n[exit 1]");
    assert_eq!(
        exec(&mut bench, first, &["cat", "/tmp/ok"]),
        "cat: can't open '/tmp/ok': No such file or directory\n[exit 1]"
    );
    assert_eq!(exec(&mut bench, first, &["touch", "/d/die"]), "[exit 0]");
    assert_eq!(bench.machine.container_status(first).unwrap().exit.unwrap().code, 3);
    let second = bench.start_in(sandbox, writer());
    assert_eq!(exec(&mut bench, second, &["cat", "/d/shared", "/own"]), "start\nstart\nstart\n[exit 0]");
    let full = exec(&mut bench, second, &["dd", "if=/dev/zero", "of=/d/big", "bs=1M", "count=2"]);
    assert!(full.starts_with("dd: error writing '/d/big': No space left on device\n"), "{full}");
    let directory = bench.machine.detach_volume(&handle).unwrap();
    assert!(directory.get(&["shared"]).is_some());
}

#[test]
fn a_machine_without_memory_kills_whoever_weighs_most() {
    let mut bench = Bench::new();
    let hog = |to: &str, oom_score_adj| ContainerConfig {
        env: vec![("TO".into(), to.into()), ("OVER".into(), "10s".into())],
        oom_score_adj,
        ..config("podlab/memory-hog", &[])
    };
    let precious = bench.start(hog("3Gi", -997));
    let cheap = bench.start(hog("2Gi", 1000));
    bench.seconds(20);
    assert_eq!(bench.machine.container_status(cheap).unwrap().exit.unwrap().reason, ExitReason::OomKilled);
    assert!(bench.machine.container_status(precious).unwrap().exit.is_none());
    assert!(bench.told.iter().any(|event| matches!(event.what, Happening::SystemOom { .. })));
}
