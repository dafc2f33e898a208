//! Endpoints, the older form of EndpointSlices. Source: `validation.ValidateEndpoints`.

use std::net::IpAddr;

use crate::apiserver::field::Errors;
use crate::model::core::{EndpointAddress, Endpoints};
use crate::model::names;

use super::Strategy;
use super::pod_spec::{one_of, port_number};

const NO_ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

impl Strategy for Endpoints {
    fn set_defaults(&mut self) {
        let subsets = self.subsets.iter_mut().flatten();
        for port in subsets.flat_map(|subset| subset.ports.iter_mut().flatten()) {
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
    }

    fn validate(&self, errors: &mut Errors) {
        for (index, subset) in self.subsets.iter().flatten().enumerate() {
            let field = format!("subsets[{index}]");
            let (ready, unready) = (
                subset.addresses.as_deref().unwrap_or_default(),
                subset.not_ready_addresses.as_deref().unwrap_or_default(),
            );
            if ready.is_empty() && unready.is_empty() {
                errors.required(&field, "must specify `addresses` or `notReadyAddresses`");
            }
            addresses(ready, &format!("{field}.addresses"), errors);
            addresses(unready, &format!("{field}.notReadyAddresses"), errors);
            let ports = subset.ports.as_deref().unwrap_or_default();
            for (index, port) in ports.iter().enumerate() {
                let field = format!("{field}.ports[{index}]");
                match port.name.as_deref().unwrap_or_default() {
                    "" if ports.len() > 1 => errors.required(format_args!("{field}.name"), ""),
                    "" => {}
                    name => errors.all_invalid(format_args!("{field}.name"), name, names::dns1123_label(name)),
                }
                port_number(port.port, format_args!("{field}.port"), errors);
                let protocols = ["SCTP", "TCP", "UDP"];
                one_of(port.protocol.as_deref(), &protocols, format_args!("{field}.protocol"), errors);
            }
        }
    }
}

fn addresses(addresses: &[EndpointAddress], field: &str, errors: &mut Errors) {
    for (index, address) in addresses.iter().enumerate() {
        if address.ip.parse::<IpAddr>().is_err() {
            errors.invalid(format_args!("{field}[{index}].ip"), address.ip.as_str(), NO_ADDRESS);
        }
    }
}
