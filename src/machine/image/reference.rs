//! Image names: `nginx` means `docker.io/library/nginx:latest`.
//!
//! The rules and the error texts are those of `github.com/distribution/reference`, which the kubelet uses.

use std::fmt;

/// An image name taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// `docker.io`
    pub registry: String,
    /// `library/nginx`
    pub repository: String,
    /// `1.27`; `latest` when the name has neither tag nor digest.
    pub tag: Option<String>,
    /// `sha256:…`
    pub digest: Option<String>,
}

impl Reference {
    /// Takes a name apart.
    ///
    /// # Errors
    /// The text of `reference.ParseNormalizedNamed`.
    pub fn parse(name: &str) -> Result<Self, String> {
        let (rest, digest) = match name.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (name, None),
        };
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (path, tag) = match rest[slash..].find(':') {
            Some(at) => (&rest[..slash + at], Some(rest[slash + at + 1..].to_owned())),
            None => (rest, None),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
            Some(_) => ("docker.io", path.to_owned()),
            None => ("docker.io", format!("library/{path}")),
        };
        // Upstream splits at the first slash before it knows whether the first part is a host with capitals.
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if first.to_lowercase() != first => (first, rest.to_owned()),
            _ => (registry, repository),
        };
        if repository.to_lowercase() != repository {
            let shown = repository.strip_prefix("library/").unwrap_or(&repository);
            return Err(format!("invalid reference format: repository name ({shown}) must be lowercase"));
        }
        let is_word = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.ends_with(|last: char| last.is_ascii_alphanumeric())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        let tag_is_good = tag.as_ref().is_none_or(|tag| {
            (1..=128).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        });
        let digest_is_good = digest.as_ref().is_none_or(|digest| {
            digest
                .strip_prefix("sha256:")
                .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit()))
        });
        if !repository.split('/').all(is_word) || !tag_is_good || !digest_is_good {
            return Err("invalid reference format".to_owned());
        }
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self { registry: registry.to_owned(), repository, tag, digest })
    }

    /// `docker.io/library/nginx`
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

/// `docker.io/library/nginx:1.27`
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_docker_does() {
        let full = |name| Reference::parse(name).map(|reference| reference.to_string());
        assert_eq!(full("nginx").unwrap(), "docker.io/library/nginx:latest");
        assert_eq!(full("podlab/web:2").unwrap(), "docker.io/podlab/web:2");
        assert_eq!(full("registry.k8s.io/pause:3.10").unwrap(), "registry.k8s.io/pause:3.10");
        assert_eq!(full("localhost:5000/x").unwrap(), "localhost:5000/x:latest");
        let wrong = "invalid reference format: repository name (Case) must be lowercase";
        assert_eq!(full("UPPER/Case:1"), Err(wrong.to_owned()));
        assert_eq!(full("nginx::1"), Err("invalid reference format".to_owned()));
    }
}
