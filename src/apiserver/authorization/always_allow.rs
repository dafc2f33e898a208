//! `--authorization-mode=AlwaysAllow`: everybody may do everything.

use super::{Authorizer, Decision};
use crate::apiserver::request::{Request, User};

/// Allows everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysAllow;

impl Authorizer for AlwaysAllow {
    fn authorize(&self, _user: &User, _request: &Request) -> Decision {
        Decision::Allow
    }
}
