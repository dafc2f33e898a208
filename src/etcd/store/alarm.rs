//! Alarms: what stops a group of etcd members from taking writes until a person has looked at it.

use std::fmt;

use crate::etcd::member_id::MemberId;

/// An alarm that one member raised for the whole group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alarm {
    /// Who raised it.
    pub member: MemberId,
    /// What is wrong.
    pub kind: AlarmKind,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// The database of the member has reached its quota.
    NoSpace,
}

/// As `etcdctl alarm list` prints it: `memberID:8630161756594109333 alarm:NOSPACE`.
impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, kind: AlarmKind::NoSpace } = self;
        write!(f, "memberID:{} alarm:NOSPACE", member.0)
    }
}
