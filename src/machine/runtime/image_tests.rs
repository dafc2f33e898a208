//! Images of the catalogue that are more than one program, or less than one.

use crate::machine::cri::*;
use crate::machine::runtime::tests::Bench;
use crate::machine::signal::Signal;

fn agnhost(bench: &mut Bench, args: &[&str]) -> ContainerId {
    let image = "registry.k8s.io/e2e-test-images/agnhost:2.53".into();
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    bench.start(ContainerConfig { name: "app".into(), image, args, ..Default::default() })
}

fn logs(bench: &Bench, id: ContainerId) -> Vec<String> {
    bench.machine.logs(id).map(|line| line.text.to_string()).collect()
}

fn listens(bench: &Bench, id: ContainerId) -> Vec<u16> {
    let sandbox = bench.machine.container(id).unwrap().sandbox;
    bench.machine.sandbox(sandbox).unwrap().listeners.keys().copied().collect()
}

#[test]
fn the_first_argument_says_what_agnhost_is() {
    let mut bench = Bench::new();
    let netexec = agnhost(&mut bench, &["netexec", "--http-port=8083"]);
    let hostname = agnhost(&mut bench, &["serve-hostname"]);
    let pause = agnhost(&mut bench, &["pause"]);
    let typo = agnhost(&mut bench, &["netexce"]);
    bench.seconds(1);
    assert_eq!(logs(&bench, netexec)[0], "Started HTTP server on port 8083");
    assert_eq!((listens(&bench, netexec), listens(&bench, hostname)), (vec![8083], vec![9376]));
    assert_eq!((logs(&bench, pause), listens(&bench, pause)), (vec!["Paused".to_owned()], vec![]));
    assert_eq!(logs(&bench, typo)[0], "Error: unknown command \"netexce\" for \"app\"");
    assert_eq!(bench.machine.container_status(typo).unwrap().exit.unwrap().code, 1);
}

#[test]
fn what_was_built_for_another_processor_ends_with_an_exec_format_error() {
    let mut bench = Bench::new();
    let id = bench.image("podlab/arm-only");
    bench.seconds(1);
    assert_eq!(logs(&bench, id), ["exec /service: exec format error"]);
    assert_eq!(bench.machine.container_status(id).unwrap().exit.unwrap().code, 255);
}

#[test]
fn what_becomes_of_a_signalled_container_is_remembered_after_its_removal() {
    let mut bench = Bench::new();
    let sandbox = bench.sandbox(SandboxConfig { namespace: "shop".into(), name: "web".into(), ..Default::default() });
    let id =
        bench.start_in(sandbox, ContainerConfig { name: "app".into(), image: "nginx".into(), ..Default::default() });
    bench.seconds(1);
    bench.machine.signal(bench.now, id, Signal::Quit, crate::engine::CauseId::NONE).unwrap();
    bench.seconds(1);
    bench.machine.remove_sandbox(bench.now, sandbox, crate::engine::CauseId::NONE);
    let known = bench.machine.obituaries("shop", "web");
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].fates[0].signal, known[0].exit.as_ref().unwrap().code), (Signal::Quit, 0));
    assert!(known[0].lines.iter().any(|line| line.text.contains("gracefully shutting down")));
    assert_eq!(bench.machine.obituaries("shop", "other"), []);
}
