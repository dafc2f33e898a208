//! A frame at 1,000 nodes and 3,000 Pods: the topology and the table of Pods, as a terminal of 160×48 shows them.

use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEvent};
use divan::Bencher;
use podlab::engine::SimDuration;
use podlab::scenario::Scenario;
use podlab::scenario::load::load;
use podlab::tui::app::App;
use podlab::tui::run::{Options, app};
use podlab::tui::theme::{Colours, Glyphs, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const AREA: Rect = Rect::new(0, 0, 160, 48);
/// Until then every Pod runs.
const BOOT: SimDuration = SimDuration::from_secs(20);

fn main() {
    divan::main();
}

/// The sandbox with a thousand nodes and three thousand Pods, which nothing probes.
fn scenario() -> Arc<Scenario> {
    let text = include_str!("../assets/sandbox.yaml");
    let large = text.replacen("count: 3}", "count: 1000}", 1).replacen("replicas: 3", "replicas: 3000", 1);
    let probe = "            readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2}\n";
    assert_eq!(large.len(), text.len() + 6, "the sandbox is not written as this expects");
    Arc::new(load("sandbox.yaml", &large.replacen(probe, "", 1)).expect("the sandbox loads"))
}

/// The app after `keys`.
fn show(keys: &[KeyCode]) -> App {
    let theme = Theme { colours: Colours::True, glyphs: Glyphs::Unicode };
    let options = Options { seed: 1, speed: 1_000, language: None, progress: None, theme };
    let mut app = app(Some(scenario()), options).expect("the sandbox opens");
    let session = app.session_mut().expect("a session is open");
    session.run_for(BOOT);
    session.pace_mut().pause();
    app.on(Event::Resize(AREA.width, AREA.height));
    for key in keys {
        app.on(Event::Key(KeyEvent::from(*key)));
        app.settle();
    }
    app
}

fn draw(bencher: Bencher<'_, '_>, keys: &[KeyCode]) {
    let mut app = show(keys);
    bencher.bench_local(|| {
        let mut buffer = Buffer::empty(AREA);
        app.draw(AREA, &mut buffer);
        buffer
    });
}

/// Every node with its Pods.
#[divan::bench(sample_count = 20)]
fn topology(bencher: Bencher<'_, '_>) {
    draw(bencher, &[KeyCode::Char('2')]);
}

/// Every Pod, a line each.
#[divan::bench(sample_count = 20)]
fn table_of_pods(bencher: Bencher<'_, '_>) {
    draw(bencher, &[KeyCode::Char('3')]);
}
