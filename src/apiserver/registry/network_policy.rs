//! NetworkPolicies. Source: `pkg/apis/networking/{v1/defaults.go,validation/validation.go}`.

use std::net::IpAddr;

use serde_json::json;

use crate::apiserver::field::Errors;
use crate::model::metav1::{IntOrString, LabelSelector};
use crate::model::names;
use crate::model::networking::{IPAddress, IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, ServiceCIDR};
use crate::model::selector::Selector;

use crate::engine::SimTime;

use super::Strategy;
use super::pod_spec::one_of;

const NO_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

impl Strategy for NetworkPolicy {
    has_generation!();

    fn set_defaults(&mut self) {
        let spec = self.spec.get_or_insert_default();
        let incoming = spec.ingress.iter_mut().flatten().flat_map(|rule| rule.ports.iter_mut().flatten());
        let outgoing = spec.egress.iter_mut().flatten().flat_map(|rule| rule.ports.iter_mut().flatten());
        for port in incoming.chain(outgoing) {
            port.protocol.get_or_insert_with(|| "TCP".into());
        }
        let has_egress = spec.egress.as_ref().is_some_and(|rules| !rules.is_empty());
        spec.policy_types.get_or_insert_with(|| {
            let types = if has_egress { &["Ingress", "Egress"][..] } else { &["Ingress"] };
            types.iter().map(|one| (*one).to_owned()).collect()
        });
        spec.pod_selector.get_or_insert_default();
    }

    fn validate(&self, errors: &mut Errors) {
        let Some(spec) = &self.spec else { return };
        selector(spec.pod_selector.as_ref(), "spec.podSelector", errors);
        for (index, rule) in spec.ingress.iter().flatten().enumerate() {
            let field = format!("spec.ingress[{index}]");
            ports(rule.ports.as_deref(), &field, errors);
            peers(rule.from.as_deref(), &format!("{field}.from"), errors);
        }
        for (index, rule) in spec.egress.iter().flatten().enumerate() {
            let field = format!("spec.egress[{index}]");
            ports(rule.ports.as_deref(), &field, errors);
            peers(rule.to.as_deref(), &format!("{field}.to"), errors);
        }
        for (index, type_) in spec.policy_types.iter().flatten().enumerate() {
            one_of(Some(type_), &["Egress", "Ingress"], format_args!("spec.policyTypes[{index}]"), errors);
        }
    }
}

fn ports(ports: Option<&[NetworkPolicyPort]>, field: &str, errors: &mut Errors) {
    for (index, port) in ports.unwrap_or_default().iter().enumerate() {
        let field = format!("{field}.ports[{index}]");
        one_of(port.protocol.as_deref(), &["SCTP", "TCP", "UDP"], format_args!("{field}.protocol"), errors);
        match &port.port {
            Some(IntOrString::Int(number)) => {
                super::pod_spec::port_number(*number, format_args!("{field}.port"), errors);
                if let Some(end) = port.end_port.filter(|end| end < number) {
                    let detail = "must be greater than or equal to `port`";
                    errors.invalid(format_args!("{field}.endPort"), end, detail);
                }
            }
            Some(IntOrString::String(name)) => {
                if let Some(end) = port.end_port {
                    let detail = "may not be specified when `port` is non-numeric";
                    errors.invalid(format_args!("{field}.endPort"), end, detail);
                }
                errors.all_invalid(format_args!("{field}.port"), name, names::port_name(name));
            }
            None => {
                if let Some(end) = port.end_port {
                    let detail = "may not be specified when `port` is not specified";
                    errors.invalid(format_args!("{field}.endPort"), end, detail);
                }
            }
        }
    }
}

fn peers(peers: Option<&[NetworkPolicyPeer]>, field: &str, errors: &mut Errors) {
    for (index, peer) in peers.unwrap_or_default().iter().enumerate() {
        let field = format!("{field}[{index}]");
        selector(peer.pod_selector.as_ref(), &format!("{field}.podSelector"), errors);
        selector(peer.namespace_selector.as_ref(), &format!("{field}.namespaceSelector"), errors);
        let selects = peer.pod_selector.is_some() || peer.namespace_selector.is_some();
        match &peer.ip_block {
            Some(block) => {
                ip_block(block, &format!("{field}.ipBlock"), errors);
                if selects {
                    errors.forbidden(&field, "may not specify both ipBlock and another peer");
                }
            }
            None if !selects => errors.required(&field, "must specify a peer"),
            None => {}
        }
    }
}

fn ip_block(block: &IPBlock, field: &str, errors: &mut Errors) {
    if block.cidr.is_empty() {
        return errors.required(format_args!("{field}.cidr"), "");
    }
    if !is_cidr(&block.cidr) {
        errors.invalid(format_args!("{field}.cidr"), block.cidr.as_str(), NO_CIDR);
    }
    for (index, except) in block.except.iter().flatten().enumerate() {
        if !is_cidr(except) {
            errors.invalid(format_args!("{field}.except[{index}]"), except.as_str(), NO_CIDR);
        }
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    length.parse::<u8>().is_ok_and(|length| length <= if address.is_ipv4() { 32 } else { 128 })
}

fn selector(selector: Option<&LabelSelector>, field: &str, errors: &mut Errors) {
    if let (Some(selector), Err(error)) = (selector, Selector::from_typed(selector)) {
        errors.invalid(field, json!(selector), error);
    }
}

impl Strategy for IPAddress {
    has_generation!();

    fn validate(&self, errors: &mut Errors) {
        let name = self.metadata.name.as_deref().unwrap_or_default();
        if name.parse::<IpAddr>().is_err() {
            let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.invalid("metadata.name", name, detail);
        }
        let parent = &self.spec.parent_ref;
        for (name, text) in [("resource", &parent.resource), ("name", &parent.name)] {
            if text.is_empty() {
                errors.required(format_args!("spec.parentRef.{name}"), "");
            }
        }
    }
}

impl Strategy for ServiceCIDR {
    has_generation!();
    has_status!();

    fn validate(&self, errors: &mut Errors) {
        let cidrs = self.spec.as_ref().and_then(|spec| spec.cidrs.clone()).unwrap_or_default();
        if cidrs.is_empty() {
            errors.required("spec.cidrs", "at least one CIDR required");
        }
        for (index, cidr) in cidrs.iter().enumerate().filter(|(_, cidr)| !is_cidr(cidr)) {
            errors.invalid(format_args!("spec.cidrs[{index}]"), cidr.as_str(), NO_CIDR);
        }
    }
}
