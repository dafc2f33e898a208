//! Everything at random: crashes, partitions, loss, doubling, reordering, slow disks, changes of membership. The
//! properties of the paper hold at every step, and once it is calm again, the group works.

use std::collections::BTreeSet;

use super::network::{Network, id};
use crate::engine::SimDuration;
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
}

impl Storm {
    fn begin(weather: Weather, seed: u64) -> Self {
        let settings = Settings { snapshot_count: 30, catch_up_entries: 10, ..Settings::default() };
        let mut network = Network::with(weather.members, seed, settings);
        network.loss = network.random.below(100_000) as u32;
        network.doubling = network.random.below(200_000) as u32;
        let slowest = [2_000, 20_000, 200_000][network.random.below(3) as usize];
        network.delay = (SimDuration::from_micros(100), SimDuration::from_micros(slowest));
        Self { network, weather, next_id: weather.members }
    }

    fn any(&mut self) -> MemberId {
        let ids: Vec<_> = self.network.nodes.keys().copied().collect();
        ids[self.network.random.below(ids.len() as u64) as usize]
    }

    fn blow(&mut self) {
        let member = self.any();
        match self.network.random.below(20) {
            0 | 1 => self.network.crash(member),
            2..=4 => self.network.restart(member),
            5 => self.partition(),
            6 => drop(self.network.cut.insert((member, self.network.leader().unwrap_or(member)))),
            7 | 8 => self.network.cut.clear(),
            9 => {
                let fsync = SimDuration::from_micros(self.network.random.below(3) * self.network.random.below(500_000));
                self.network.act(member, |node, _, _| node.set_fsync(fsync));
            }
            10 => self.change(member),
            11 => self.network.act(member, |node, now, out| node.transfer_leadership(now, id(1), out)),
            12..=14 => drop(self.network.read(member)),
            _ => drop(self.network.propose(member)),
        }
        let pause = SimDuration::from_micros(self.network.random.below(400_000));
        self.network.run(pause);
    }

    fn partition(&mut self) {
        let mut ids: Vec<_> = self.network.nodes.keys().copied().collect();
        ids.retain(|_| self.network.random.below(2) == 0);
        self.network.cut.clear();
        self.network.isolate(&ids);
    }

    fn change(&mut self, member: MemberId) {
        if self.weather.changes == Changes::None {
            return;
        }
        let at = self.network.leader().unwrap_or(member);
        let voters = self.network.nodes[&at].configuration().voters.len();
        let change = match self.network.random.below(4) {
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
        self.network.run_ms(12_000);
        let leader = self.network.leader().expect("a leader once it is calm");
        let number = self.network.propose(leader);
        let read = self.network.read(leader);
        self.network.run_ms(1_000);
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
            let mut storm = Storm::begin(Weather { members, steps: 100, changes }, seed);
            (0..storm.weather.steps).for_each(|_| storm.blow());
            storm.calm();
        });
        assert!(caught.is_ok(), "seed {seed} with {members} members");
    }
}

#[test]
fn three_members_survive_storms() {
    weather(3, Changes::None, 0..120);
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
    weather(3, Changes::OfMembers, 3_000..3_120);
}
