//! Everything at random: crashes, partitions, loss, doubling, reordering, slow disks, changes of membership. The
//! properties of the paper hold at every step, and once it is calm again, the group works.

use std::collections::BTreeSet;

use super::network::{Network, id};
use crate::engine::{Seed, SimDuration, Stream};
use crate::etcd::member_id::MemberId;
use crate::etcd::raft::{Change, Settings};

/// How bad the weather is.
#[derive(Clone, Copy)]
struct Weather {
    members: u64,
    steps: u64,
    changes: Changes,
}

#[derive(Clone, Copy, PartialEq)]
enum Changes {
    None,
    OfMembers,
}

struct Storm {
    network: Network,
    weather: Weather,
    next_id: u64,
    dice: Stream,
}

impl Storm {
    fn begin(weather: Weather, seed: u64) -> Self {
        let mut dice = Seed(seed).stream("weather");
        // Impatient members hold many more elections.
        let election_timeout = SimDuration::from_millis([40, 150, 1_000][dice.below(3) as usize]);
        let heartbeat = election_timeout / 10;
        let settings =
            Settings { heartbeat, election_timeout, snapshot_count: 30, catch_up_entries: 10, ..Settings::default() };
        let mut network = Network::with(weather.members, seed, settings);
        network.loss = dice.below(100_000) as u32;
        network.doubling = dice.below(200_000) as u32;
        let slowest = [2_000, 20_000, 100_000][dice.below(3) as usize];
        network.delay = (SimDuration::from_micros(100), SimDuration::from_micros(slowest));
        Self { network, weather, next_id: weather.members, dice }
    }

    fn any(&mut self) -> MemberId {
        let ids: Vec<_> = self.network.nodes.keys().copied().collect();
        ids[self.dice.below(ids.len() as u64) as usize]
    }

    fn blow(&mut self) {
        let member = self.any();
        match self.dice.below(20) {
            0 => self.network.crash(member),
            1 | 2 => self.network.restart(member),
            3 | 4 => self.blackout(),
            5 | 6 => self.partition(),
            7 => drop(self.network.cut.insert((member, self.network.leader().unwrap_or(member)))),
            8 => self.network.cut.clear(),
            9 | 10 => {
                let fsync = SimDuration::from_micros(self.dice.below(3) * self.dice.below(100_000));
                self.network.act(member, |node, _, _| node.set_fsync(fsync));
            }
            11 | 12 => self.change(member),
            13 => self.network.act(member, |node, now, out| node.transfer_leadership(now, id(1), out)),
            14 | 15 => self.everyone(|network, member| {
                network.read(member);
            }),
            _ => self.everyone(|network, member| {
                network.propose(member);
            }),
        }
        let longest = [1_000, 10_000, 100_000, 400_000][self.dice.below(4) as usize];
        self.network.run(SimDuration::from_micros(self.dice.below(longest)));
    }

    fn everyone(&mut self, action: impl Fn(&mut Network, MemberId)) {
        for member in self.network.nodes.keys().copied().collect::<Vec<_>>() {
            action(&mut self.network, member);
        }
    }

    /// Some lose power and get it back at once: what they had only in memory is gone.
    fn blackout(&mut self) {
        for member in self.network.nodes.keys().copied().collect::<Vec<_>>() {
            if self.dice.below(2) == 0 {
                self.network.crash(member);
                self.network.restart(member);
            }
        }
    }

    fn partition(&mut self) {
        let mut ids: Vec<_> = self.network.nodes.keys().copied().collect();
        ids.retain(|_| self.dice.below(2) == 0);
        self.network.cut.clear();
        self.network.isolate(&ids);
    }

    fn change(&mut self, member: MemberId) {
        if self.weather.changes == Changes::None {
            return;
        }
        let at = self.network.leader().unwrap_or(member);
        let voters = self.network.nodes[&at].configuration().voters.len();
        let change = match self.dice.below(4) {
            0 if voters < 6 => {
                self.next_id += 1;
                self.network.join(id(self.next_id));
                Change::AddVoter(id(self.next_id))
            }
            1 if voters < 6 => {
                self.next_id += 1;
                self.network.join(id(self.next_id));
                Change::AddLearner(id(self.next_id))
            }
            2 if voters > 2 => Change::Remove(member),
            _ => match self.network.nodes[&at].configuration().learners.first() {
                Some(learner) => Change::Promote(*learner),
                None => return,
            },
        };
        if self.network.nodes[&at].is_running() {
            self.network.change(at, change);
        }
    }

    /// The weather clears: everyone who belongs to the group runs and is heard.
    fn calm(&mut self) {
        self.network.cut.clear();
        (self.network.loss, self.network.doubling) = (0, 0);
        self.network.delay = (SimDuration::from_micros(500), SimDuration::from_micros(1500));
        for member in self.network.nodes.keys().copied().collect::<Vec<_>>() {
            self.network.act(member, |node, _, _| node.set_fsync(SimDuration::from_millis(1)));
            self.network.restart(member);
        }
        self.network.run(self.network.settings.election_timeout * 12);
        let leader = self.network.leader().expect("a leader once it is calm");
        let number = self.network.propose(leader);
        let read = self.network.read(leader);
        self.network.run(self.network.settings.election_timeout + SimDuration::from_millis(50));
        assert!(self.network.obeyed.contains_key(&number) && self.network.readable.contains_key(&read));
        let leader = &self.network.nodes[&leader];
        let numbers = &leader.machine().numbers;
        for member in leader.configuration().members() {
            assert_eq!(&self.network.nodes[&member].machine().numbers, numbers, "{member}");
        }
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len(), "a command was obeyed twice");
    }
}

fn weather(members: u64, changes: Changes, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let caught = std::panic::catch_unwind(|| {
            let mut storm = Storm::begin(Weather { members, steps: 120, changes }, seed);
            (0..storm.weather.steps).for_each(|_| storm.blow());
            storm.calm();
        });
        assert!(caught.is_ok(), "seed {seed} with {members} members");
    }
}

#[test]
fn three_members_survive_storms() {
    weather(3, Changes::None, 0..200);
}

#[test]
fn five_members_survive_storms() {
    weather(5, Changes::None, 1_000..1_060);
}

#[test]
fn two_and_four_members_survive_storms() {
    weather(2, Changes::None, 2_000..2_030);
    weather(4, Changes::None, 2_100..2_130);
}

#[test]
fn members_come_and_go_in_storms() {
    weather(3, Changes::OfMembers, 3_000..3_150);
}
