//! ServiceAccounts. Source: `pkg/registry/core/serviceaccount/strategy.go`.

use crate::model::core::ServiceAccount;

use super::Strategy;

impl Strategy for ServiceAccount {}
