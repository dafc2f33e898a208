//! `podlab bench`: how long a cluster of a given size takes, in wall time and memory.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::session::bench::Bench;

use super::args::{self, Format};
use super::failure::Failure;

/// Runs the measurement.
///
/// # Errors
/// When no such cluster can be built, or the Pods never all run.
pub fn bench(args: &args::Bench, out: &mut dyn Write) -> Result<u8, Failure> {
    let begun = now();
    let mut bench = Bench::new(args.nodes, args.control_planes).map_err(Failure::input)?;
    let booted = begun.elapsed();
    let steps = bench.cluster().steps();
    let begun = now();
    bench.apply(args.pods);
    let Some(simulated) = bench.run() else {
        let message = format!("only {} of {} Pods run after an hour of simulated time", bench.running(), args.pods);
        return Err(Failure::NotMet(message));
    };
    let ran = begun.elapsed();
    let steps = bench.cluster().steps() - steps;
    let rate = f64::from(args.pods) / ran.as_secs_f64();
    let seconds = |span: Duration| (span.as_secs_f64() * 1_000.0).round() / 1_000.0;
    // The process ends here: taking millions of objects apart one by one would only take time.
    std::mem::forget(bench);
    match args.output {
        Format::Json => writeln!(
            out,
            "{}",
            json!({"nodes": args.nodes, "pods": args.pods, "bootSeconds": seconds(booted), "runSeconds": seconds(ran),
                "simulatedSeconds": simulated.as_secs(), "signals": steps, "podsPerSecond": rate.round(), "peakKiB": peak()})
        )?,
        Format::Text => {
            writeln!(out, "{} nodes, {} Pods, apply to all Running", args.nodes, args.pods)?;
            writeln!(out, "  boot       {:.3} s", booted.as_secs_f64())?;
            writeln!(out, "  run        {:.3} s  ({rate:.0} Pods/s, {steps} signals)", ran.as_secs_f64())?;
            writeln!(out, "  simulated  {simulated}")?;
            if let Some(peak) = peak() {
                writeln!(out, "  peak       {} MiB", peak / 1_024)?;
            }
        }
    }
    Ok(0)
}

#[expect(clippy::disallowed_methods, reason = "a measurement of wall time needs wall time")]
fn now() -> Instant {
    Instant::now()
}

/// The most memory this process ever had, in KiB; only Linux tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
