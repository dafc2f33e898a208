//! What the flags of kube-controller-manager say.

use std::net::Ipv4Addr;
use std::sync::Arc;

/// The flags that podlab's clusters set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `--cluster-cidr`: where the address ranges of the nodes come from, as address and prefix length.
    pub cluster_cidr: (Ipv4Addr, u8),
    /// `--node-cidr-mask-size`: the prefix length of each node's range.
    pub node_mask: u8,
    /// `--root-ca-file`: the text of the certificate that Pods trust.
    pub root_ca: Arc<str>,
}

impl Options {
    /// The defaults, with a range that is large enough for so many nodes.
    #[must_use]
    pub fn for_nodes(nodes: usize) -> Self {
        let options = Self::default();
        let ranges = 1_usize << (options.node_mask - options.cluster_cidr.1);
        let wide = (Ipv4Addr::new(10, 128, 0, 0), 9);
        if nodes <= ranges { options } else { Self { cluster_cidr: wide, ..options } }
    }
}

impl Default for Options {
    /// As kubeadm with Flannel's range; no certificate.
    fn default() -> Self {
        Self { cluster_cidr: (Ipv4Addr::new(10, 244, 0, 0), 16), node_mask: 24, root_ca: Arc::default() }
    }
}
