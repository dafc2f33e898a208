//! EndpointSlices. Source: `pkg/registry/discovery/endpointslice/strategy.go`.

use crate::apiserver::field::Errors;
use crate::model::discovery::EndpointSlice;

use super::Strategy;
use super::pod_spec::one_of;

/// Endpoints in one slice. Source: `validation.maxEndpoints`.
const ENDPOINTS_MAX: usize = 1000;

impl Strategy for EndpointSlice {
    const HAS_GENERATION: bool = true;

    fn set_defaults(&mut self) {
        for port in self.ports.iter_mut().flatten() {
            port.name.get_or_insert_default();
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }

    fn validate(&self, errors: &mut Errors) {
        if self.address_type.is_empty() {
            errors.required("addressType", "");
        } else {
            one_of(Some(&self.address_type), &["FQDN", "IPv4", "IPv6"], "addressType", errors);
        }
        if self.endpoints.as_ref().is_some_and(|endpoints| endpoints.len() > ENDPOINTS_MAX) {
            errors.too_long("endpoints", ENDPOINTS_MAX);
        }
        for (index, endpoint) in self.endpoints.iter().flatten().enumerate() {
            if endpoint.addresses.is_empty() {
                errors.required(format_args!("endpoints[{index}].addresses"), "must contain at least 1 address");
            }
        }
    }

    fn validate_update(&self, old: &Self, errors: &mut Errors) {
        if self.address_type != old.address_type {
            errors.invalid("addressType", self.address_type.as_str(), "field is immutable");
        }
    }

    fn spec_differs(&self, old: &Self) -> bool {
        self.endpoints != old.endpoints || self.ports != old.ports || self.address_type != old.address_type
    }
}
