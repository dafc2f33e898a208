//! Rows of EndpointSlices.

use super::{Column, UNSET, age, column, name, with_more};
use crate::engine::SimTime;
use crate::model::discovery::EndpointSlice;

pub(super) const COLUMNS: &[Column] =
    &[column("Name"), column("AddressType"), column("Ports"), column("Endpoints"), column("Age")];

pub(super) fn cells(slice: &EndpointSlice, now: SimTime) -> Vec<String> {
    // A port without a number stands for all ports.
    let port = |port: &crate::model::discovery::EndpointPort| {
        port.port.map_or_else(|| "*".into(), |number| number.to_string())
    };
    let ports: Vec<String> = slice.ports.iter().flatten().map(port).collect();
    let endpoints = slice.endpoints.iter().flatten();
    let addresses: Vec<String> = endpoints.flat_map(|endpoint| endpoint.addresses.iter().cloned()).collect();
    vec![
        name(&slice.metadata),
        slice.address_type.clone(),
        with_more(&ports, UNSET),
        with_more(&addresses, UNSET),
        age(&slice.metadata, now),
    ]
}
