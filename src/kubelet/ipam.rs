//! Addresses of Pods: one range per node, handed out one after another, as the `host-local` plugin does.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// The addresses of one node.
#[derive(Clone, Debug, Default)]
pub struct Ipam {
    range: Option<(u32, u32)>,
    last: u32,
    taken: BTreeSet<u32>,
}

impl Ipam {
    /// Takes the node's range (`10.244.1.0/24`); a range that cannot be read leaves the node without addresses.
    pub fn set_range(&mut self, cidr: &str) {
        let parsed = cidr.split_once('/').and_then(|(address, length)| {
            let address: Ipv4Addr = address.parse().ok()?;
            let length: u32 = length.parse().ok().filter(|length| (8..=30).contains(length))?;
            let size = 1_u32 << (32 - length);
            let first = u32::from(address) & !(size - 1);
            Some((first, size))
        });
        if parsed != self.range {
            self.range = parsed;
            self.last = parsed.map_or(0, |(first, _)| first + 1);
        }
    }

    /// Whether there is a range at all.
    #[must_use]
    pub fn has_range(&self) -> bool {
        self.range.is_some()
    }

    /// The next free address after the last one given: `.1` is the bridge, the first Pod gets `.2`.
    ///
    /// # Errors
    /// The network plugin's words when all are taken.
    pub fn take(&mut self) -> Result<IpAddr, String> {
        let Some((first, size)) = self.range else {
            return Err("plugin type=\"flannel\" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory".into());
        };
        // Usable are .2 up to the one before broadcast.
        let count = size - 3;
        let next = (1..=count).map(|step| first + 2 + (self.last.saturating_sub(first + 2) + step) % count);
        let start = (self.last == first + 1).then_some(first + 2);
        let free = start.into_iter().chain(next).find(|address| !self.taken.contains(address));
        let Some(address) = free else {
            let (low, high) = (Ipv4Addr::from(first + 1), Ipv4Addr::from(first + size - 2));
            return Err(format!(
                "plugin type=\"flannel\" failed (add): failed to delegate add: failed to allocate for range 0: no IP addresses available in range set: {low}-{high}"
            ));
        };
        self.last = address;
        self.taken.insert(address);
        Ok(Ipv4Addr::from(address).into())
    }

    /// Marks an address as taken, when a kubelet begins and finds its Pods running.
    pub fn keep(&mut self, address: IpAddr) {
        if let IpAddr::V4(address) = address {
            self.taken.insert(address.into());
            self.last = self.last.max(address.into());
        }
    }

    /// Gives an address back.
    pub fn free(&mut self, address: IpAddr) {
        if let IpAddr::V4(address) = address {
            self.taken.remove(&address.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_round_and_run_out() {
        let mut ipam = Ipam::default();
        assert!(ipam.take().is_err());
        ipam.set_range("10.244.1.0/29");
        let taken: Vec<String> = (0..5).map(|_| ipam.take().unwrap().to_string()).collect();
        assert_eq!(taken, ["10.244.1.2", "10.244.1.3", "10.244.1.4", "10.244.1.5", "10.244.1.6"]);
        assert!(ipam.take().unwrap_err().contains("10.244.1.1-10.244.1.6"));
        ipam.free("10.244.1.3".parse().unwrap());
        assert_eq!(ipam.take().unwrap().to_string(), "10.244.1.3");
    }

    #[test]
    fn a_freed_address_is_not_the_next_one_given() {
        let mut ipam = Ipam::default();
        ipam.set_range("10.244.2.0/24");
        let first = ipam.take().unwrap();
        ipam.free(first);
        assert_eq!(ipam.take().unwrap().to_string(), "10.244.2.3");
    }
}
