//! Content negotiation: as what an answer is wanted.
//!
//! Source: `apiserver/pkg/endpoints/handlers/negotiation/negotiate.go`.

/// As what objects are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// As they are.
    #[default]
    Object,
    /// As rows of a table, as `kubectl get` asks.
    Table,
    /// Their metadata only.
    Metadata,
}

/// In which notation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// JSON, also for those who would rather have protobuf.
    #[default]
    Json,
    /// YAML.
    Yaml,
}

/// What an `Accept` header asks for, as far as podlab can give it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// As what.
    pub shape: Shape,
    /// In which notation.
    pub notation: Notation,
}

impl Accept {
    /// The first choice of an `Accept` header that can be served; objects in JSON for everything else.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        header.split(',').find_map(Self::choice).unwrap_or_default()
    }

    fn choice(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let notation = match parts.next()? {
            "application/json" | "*/*" | "application/*" => Notation::Json,
            "application/yaml" => Notation::Yaml,
            _ => return None,
        };
        let parameters: Vec<&str> = parts.collect();
        let value = |name: &str| parameters.iter().find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
        let is_meta = value("g") == Some("meta.k8s.io") && value("v") == Some("v1");
        let shape = match value("as") {
            None => Shape::Object,
            Some("Table") if is_meta => Shape::Table,
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") if is_meta => Shape::Metadata,
            Some(_) => return None,
        };
        Some(Self { shape, notation })
    }

    /// The media type of the answer.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self.notation {
            Notation::Json => "application/json",
            Notation::Yaml => "application/yaml",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubectl_gets_tables_and_clients_of_protobuf_get_json() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(Accept::parse(kubectl).shape, Shape::Table);
        assert_eq!(Accept::parse("application/vnd.kubernetes.protobuf, application/json").shape, Shape::Object);
        assert_eq!(Accept::parse("application/vnd.kubernetes.protobuf"), Accept::default());
        assert_eq!(Accept::parse("application/yaml").notation, Notation::Yaml);
    }
}
