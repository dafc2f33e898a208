//! Filling in `${…}` in the texts of a program's description.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::machine::cri::HttpRequest;
use crate::machine::kernel::Kernel;
use crate::machine::kernel::process::HostPid;

/// What can be filled in.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    argv: Arc<[String]>,
    env: Arc<BTreeMap<String, String>>,
    hostname: Arc<str>,
    ip: String,
    request: BTreeMap<&'static str, String>,
    query: BTreeMap<String, String>,
}

impl Scope {
    /// What a process knows.
    #[must_use]
    pub fn of_process(host: HostPid, kernel: &Kernel<'_>) -> Self {
        let Some(process) = kernel.sandbox.processes.get(&host) else { return Self::default() };
        let config = &kernel.sandbox.config;
        Self {
            argv: Arc::clone(&process.argv),
            env: Arc::clone(&process.env),
            hostname: Arc::clone(&config.hostname),
            ip: config.ip.map(|ip| ip.to_string()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What is known of a process from its command line and variables.
    #[must_use]
    pub fn of_environment(argv: &Arc<[String]>, env: &Arc<BTreeMap<String, String>>, hostname: &Arc<str>) -> Self {
        let (argv, env, hostname) = (Arc::clone(argv), Arc::clone(env), Arc::clone(hostname));
        Self { argv, env, hostname, ..Self::default() }
    }

    /// And what a request adds.
    #[must_use]
    pub fn with_request(mut self, request: &HttpRequest, requests: u64) -> Self {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let from = request.from.map(|ip| ip.to_string()).unwrap_or_default();
        self.request.extend([
            ("path", path.to_owned()),
            ("method", request.method.to_string()),
            ("from", from),
            ("requests", requests.to_string()),
            ("body", String::from_utf8_lossy(&request.body).into_owned()),
        ]);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        self.query =
            pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (k.into(), v.into())).collect();
        self
    }

    /// And the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.request.insert("status", status.to_string());
        self
    }

    /// Fills in a text.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            filled.push_str(&rest[..start]);
            let Some(end) = closing(&rest[start..]) else { break };
            filled.push_str(&self.value(&rest[start + 2..start + end]));
            rest = &rest[start + end + 1..];
        }
        filled.push_str(rest);
        filled
    }

    fn value(&self, expression: &str) -> String {
        if let Some((name, word)) = expression.split_once(":+") {
            return if self.value(name).is_empty() { String::new() } else { self.fill(word) };
        }
        let (name, default) = expression.split_once(":-").unwrap_or((expression, ""));
        let found = match name.split_once(':') {
            Some(("env", name)) => self.env.get(name).cloned(),
            Some(("arg", name)) => self.argument(name),
            Some(("query", name)) => self.query.get(name).cloned(),
            _ => match name {
                "hostname" => Some(self.hostname.to_string()),
                "ip" => Some(self.ip.clone()),
                name => self.request.get(name).cloned(),
            },
        };
        found.filter(|value| !value.is_empty()).unwrap_or_else(|| self.fill(default))
    }

    /// `-name value`, `--name=value`, or the n-th plain argument.
    fn argument(&self, name: &str) -> Option<String> {
        let arguments = self.argv.get(1..)?;
        if let Ok(number) = name.parse::<usize>() {
            return arguments.iter().filter(|argument| !argument.starts_with('-')).nth(number.checked_sub(1)?).cloned();
        }
        for (index, argument) in arguments.iter().enumerate() {
            let Some(option) = argument.strip_prefix('-') else { continue };
            let option = option.strip_prefix('-').unwrap_or(option);
            match option.split_once('=') {
                Some((found, value)) if found == name => return Some(value.to_owned()),
                None if option == name => return arguments.get(index + 1).cloned(),
                _ => {}
            }
        }
        None
    }
}

/// Where the brace closes that is the second character of `text`; a default may hold braces of its own.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(index, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (c == '}' && depth == 0).then_some(index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_variables_and_defaults_are_filled_in() {
        let argv = ["http-echo", "-text=hello", "--listen", ":80", "extra"].map(String::from);
        let env = BTreeMap::from([("PORT".to_owned(), "8080".to_owned())]);
        let scope = Scope { argv: argv.into(), env: env.into(), hostname: "web-1".into(), ..Scope::default() };
        assert_eq!(scope.fill("${arg:text} on ${arg:listen:-:5678}"), "hello on :80");
        assert_eq!(scope.fill("${env:PORT}/${env:NONE:-x} ${hostname}"), "8080/x web-1");
        assert_eq!(scope.fill("${env:PORT:+set}${env:NONE:+set}"), "set");
        assert_eq!(scope.fill("${env:NONE:-I am ${hostname}}!"), "I am web-1!");
        let request = HttpRequest::get(80, "/work?ms=5");
        assert_eq!(scope.with_request(&request, 3).fill("${path} ${query:ms}ms ${requests}"), "/work 5ms 3");
    }
}
