//! Random numbers that are the same on every machine: one stream per named owner, so that a new draw in one part shifts
//! nothing elsewhere. Distributions are our own, because those of the `rand` crate may change between its versions.

use rand_core::Rng;
use rand_pcg::Pcg64Mcg;

use super::time::SimDuration;

/// The alphabet of generated names: no vowels and no look-alikes. Source: `k8s.io/apimachinery/pkg/util/rand`.
const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The seed of a world, from which every stream is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// A stream of random numbers that belongs to one owner.
#[derive(Clone, Debug)]
pub struct Stream(Pcg64Mcg);

impl Seed {
    /// The stream of `owner`; the same seed and owner give the same stream.
    #[must_use]
    pub fn stream(self, owner: &str) -> Stream {
        let high = fnv1a(self.0 ^ 0xcbf2_9ce4_8422_2325, owner.as_bytes());
        let low = fnv1a(high ^ 0x9e37_79b9_7f4a_7c15, owner.as_bytes());
        Stream(Pcg64Mcg::new((u128::from(high) << 64) | u128::from(low)))
    }
}

impl Stream {
    /// A number below `bound`, each as likely as any other; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The multiply-shift method; its bias of 2^-64 per unit of `bound` is far below anything observable.
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A span between `low` and `high`, both possible.
    pub fn between(&mut self, low: SimDuration, high: SimDuration) -> SimDuration {
        let width = high.as_micros().saturating_sub(low.as_micros());
        low + SimDuration::from_micros(self.below(width + 1))
    }

    /// `span` lengthened by up to `percent` hundredths of itself.
    pub fn jitter(&mut self, span: SimDuration, percent: u64) -> SimDuration {
        span + SimDuration::from_micros(self.below(span.as_micros() * percent / 100 + 1))
    }

    /// Whether something that happens `parts` times in a million happens now.
    pub fn chance(&mut self, parts_per_million: u32) -> bool {
        self.below(1_000_000) < u64::from(parts_per_million)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// `length` characters of the alphabet that Kubernetes uses for generated names.
    pub fn name_suffix(&mut self, length: usize) -> String {
        let mut letter = || NAME_ALPHABET[self.below(NAME_ALPHABET.len() as u64) as usize] as char;
        (0..length).map(|_| letter()).collect()
    }

    /// A version 4 UUID.
    pub fn uuid(&mut self) -> String {
        let (high, low) = (self.bits(), self.bits());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48 & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

fn fnv1a(basis: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(basis, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_portable_and_do_not_disturb_each_other() {
        let mut scheduler = Seed(7).stream("kube-scheduler");
        let first: Vec<u64> = (0..3).map(|_| scheduler.below(1_000)).collect();
        let mut again = Seed(7).stream("kube-scheduler");
        Seed(7).stream("kubelet").bits();
        assert_eq!(first, (0..3).map(|_| again.below(1_000)).collect::<Vec<_>>());
        assert_ne!(Seed(7).stream("a").bits(), Seed(8).stream("a").bits());
    }

    #[test]
    fn uuids_look_like_version_four() {
        let uuid = Seed(1).stream("uid").uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(&uuid[14..15], "4");
    }
}
