//! `pwd`, `basename`, `dirname`, `date`, `seq`, `expr`, `which`.

use super::Context;
use crate::machine::fs::path;

/// What the calendar shows when the cluster is born, in seconds since 1970: 2026-01-01T00:00:00Z.
pub const BIRTH: i64 = 1_767_225_600;

/// `pwd`
pub fn pwd(context: &mut Context<'_, '_>) -> i32 {
    let cwd = context.cwd();
    context.line(&cwd);
    0
}

/// `basename path [suffix]`
pub fn basename(context: &mut Context<'_, '_>) -> i32 {
    let (_, operands) = context.options();
    let Some(file) = operands.first() else { return 1 };
    let name = path::base_name(file);
    let name = operands.get(1).and_then(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    context.line(name);
    0
}

/// `dirname path`
pub fn dirname(context: &mut Context<'_, '_>) -> i32 {
    let (_, operands) = context.options();
    let Some(file) = operands.first() else { return 1 };
    let folder = match file.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    };
    context.line(folder);
    0
}

/// `date [+format]` in UTC.
pub fn date(context: &mut Context<'_, '_>) -> i32 {
    let micros = context.kernel.now.as_micros();
    let seconds = BIRTH + i64::try_from(micros / 1_000_000).unwrap_or(0);
    let format = context.argv[1..].iter().find_map(|word| word.strip_prefix('+')).unwrap_or("%a %b %e %H:%M:%S UTC %Y");
    let format = format.replace("%N", &format!("{:09}", micros % 1_000_000 * 1_000));
    let Ok(time) = jiff::Timestamp::from_second(seconds) else { return 1 };
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC);
    match jiff::fmt::strtime::format(format.as_bytes(), &zoned) {
        Ok(text) => {
            context.line(&text);
            0
        }
        Err(_) => {
            context.complain(&format!("invalid date format '{format}'"));
            1
        }
    }
}

/// `seq [first [step]] last`
pub fn seq(context: &mut Context<'_, '_>) -> i32 {
    let numbers: Option<Vec<i64>> = context.argv[1..].iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers.as_deref() {
        Some([last]) => (1, 1, *last),
        Some([first, last]) => (*first, 1, *last),
        Some([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => {
            context.complain("invalid number");
            return 1;
        }
    };
    let mut number = first;
    while (step > 0 && number <= last) || (step < 0 && number >= last) {
        context.line(&number.to_string());
        number += step;
    }
    0
}

/// `expr`: sums, products, comparisons, from left to right with the usual precedence.
pub fn expr(context: &mut Context<'_, '_>) -> i32 {
    struct None;
    impl crate::machine::shell::arithmetic::Variables for None {
        fn get(&self, _: &str) -> String {
            String::new()
        }
        fn set(&mut self, _: &str, _: i64) {}
    }
    let words: Vec<&str> =
        context.argv[1..].iter().map(|word| if word == "=" { "==" } else { word.as_str() }).collect();
    match crate::machine::shell::arithmetic::evaluate(&words.join(" "), &mut None) {
        Ok(value) => {
            context.line(&value.to_string());
            i32::from(value == 0)
        }
        Err(_) => {
            context.complain("syntax error");
            2
        }
    }
}

/// `which name…`
pub fn which(context: &mut Context<'_, '_>) -> i32 {
    let search = context.env.get("PATH").cloned();
    let mut status = 0;
    for name in &context.argv[1..] {
        match context.kernel.which(context.host, search.as_deref(), name) {
            Some(file) => context.line(&file),
            None => status = 1,
        }
    }
    status
}
