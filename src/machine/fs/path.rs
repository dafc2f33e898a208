//! Paths as text: joining and cleaning, without looking at any file.

/// The parts of `path`, seen from the folder `cwd`, with `.` and `..` resolved.
#[must_use]
pub fn parts(cwd: &str, path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let start = if path.starts_with('/') { "" } else { cwd };
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name.to_owned()),
        }
    }
    parts
}

/// The absolute path of `path`, seen from `cwd`.
#[must_use]
pub fn absolute(cwd: &str, path: &str) -> String {
    format!("/{}", parts(cwd, path).join("/"))
}

/// The last part of a path.
#[must_use]
pub fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved() {
        assert_eq!(absolute("/var/log", "../run/./x"), "/var/run/x");
        assert_eq!(absolute("/var", "/etc//hosts"), "/etc/hosts");
        assert_eq!(absolute("/", ".."), "/");
        assert_eq!(base_name("/usr/bin/env"), "env");
    }
}
