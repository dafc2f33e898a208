//! The load balancer in front of the API servers: asks each for `/readyz` and sends new connections to those that answer.
//!
//! Models what HAProxy with kubeadm's recommended configuration does: a check every [`CHECK_PERIOD`], out after
//! [`FALL`] failures, in after [`RISE`] successes; and `option redispatch` with `retries 1`: a connection that a server does not
//! take is given to the next one, once.
//!
//! **Not modelled.** The five seconds (`timeout connect`) until HAProxy gives up a machine that does not answer at all.

use crate::engine::SimDuration;

/// Time between two checks. Source: kubeadm's HA considerations, `option httpchk`, `inter 10s` is HAProxy's default of 2 s.
pub const CHECK_PERIOD: SimDuration = SimDuration::from_secs(2);
/// Failures until a server is taken out. Source: HAProxy's default `fall 3`.
const FALL: u8 = 3;
/// Successes until it is taken in again. Source: HAProxy's default `rise 2`.
const RISE: u8 = 2;

/// What the balancer knows of its servers.
#[derive(Clone, Debug)]
pub struct Balancer {
    servers: Vec<Backend>,
    next: usize,
}

#[derive(Clone, Debug)]
struct Backend {
    is_in: bool,
    streak: u8,
}

impl Balancer {
    /// A balancer in front of `count` servers, all taken to be well.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { servers: vec![Backend { is_in: true, streak: 0 }; count], next: 0 }
    }

    /// Takes in the result of a check; says whether the server was taken in or out by it.
    pub fn checked(&mut self, server: usize, is_ready: bool) -> bool {
        let backend = &mut self.servers[server];
        if backend.is_in == is_ready {
            backend.streak = 0;
            return false;
        }
        backend.streak += 1;
        let turned = backend.streak >= if is_ready { RISE } else { FALL };
        if turned {
            backend.is_in = is_ready;
            backend.streak = 0;
        }
        turned
    }

    /// The server for a new connection, in turn among those that are in.
    pub fn pick(&mut self) -> Option<usize> {
        let count = self.servers.len();
        let chosen =
            (0..count).map(|offset| (self.next + offset) % count).find(|&server| self.servers[server].is_in)?;
        self.next = (chosen + 1) % count;
        Some(chosen)
    }

    /// Whether it sends connections to this server.
    #[must_use]
    pub fn is_in(&self, server: usize) -> bool {
        self.servers[server].is_in
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_leaves_after_three_failures_and_returns_after_two_successes() {
        let mut balancer = Balancer::new(2);
        assert_eq!((balancer.pick(), balancer.pick(), balancer.pick()), (Some(0), Some(1), Some(0)));
        assert_eq!((0..3).map(|_| balancer.checked(1, false)).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!((balancer.pick(), balancer.pick()), (Some(0), Some(0)));
        assert_eq!((0..2).map(|_| balancer.checked(1, true)).collect::<Vec<_>>(), [false, true]);
        assert!(balancer.is_in(1));
    }

    #[test]
    fn with_no_server_in_there_is_nowhere_to_go() {
        let mut balancer = Balancer::new(1);
        (0..3).for_each(|_| {
            balancer.checked(0, false);
        });
        assert_eq!(balancer.pick(), None);
    }
}
