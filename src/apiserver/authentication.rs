//! Authentication: who asks? Components and kubectl come with credentials that the cluster handed out when it made them, so
//! the user is established with the connection; what remains here is to turn away a caller that has none.

use std::sync::Arc;

use super::request::User;
use super::status::{Reason, Status};

/// The user behind a request.
///
/// # Errors
/// 401 when there is none.
pub(super) fn authenticate(user: &Arc<User>) -> Result<&User, Box<Status>> {
    if user.name.is_empty() {
        return Err(Box::new(Status::new(401, Reason::Unauthorized, "Unauthorized")));
    }
    Ok(user)
}
