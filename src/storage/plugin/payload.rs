//! What configMap, secret, downwardAPI and projected volumes hold.
//!
//! Models `pkg/volume/{configmap,secret,downwardapi,projected}`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::machine::{Lookup, VolumeError, VolumeObjects, VolumeRequest};
use crate::model::core::{ConfigMap, DownwardAPIVolumeFile, KeyToPath, Secret, Volume, VolumeProjection};
use crate::model::{Kind, Meta, downward};

use super::files::{Contents, Payload};
use super::service_account_token;

/// Permission bits of files unless the volume says otherwise: 0644.
const MODE: i32 = 0o644;

/// Whether a volume is one of these.
#[must_use]
pub fn is_of(volume: &Volume) -> bool {
    volume.config_map.is_some()
        || volume.secret.is_some()
        || volume.downward_api.is_some()
        || volume.projected.is_some()
}

/// Which keys of an object become which files.
struct Selection<'a> {
    name: &'a str,
    items: &'a [KeyToPath],
    is_optional: bool,
    mode: i32,
}

/// The files of a volume, as of now.
///
/// # Errors
/// Objects that are missing or being read, and keys that they lack.
pub fn of(
    request: &VolumeRequest<'_>,
    objects: &mut dyn VolumeObjects,
    contents: &mut Contents,
) -> Result<Payload, VolumeError> {
    let volume = request.volume;
    let mut payload = Files { payload: Payload::new(), contents };
    let result = if let Some(source) = &volume.config_map {
        let mode = source.default_mode.unwrap_or(MODE);
        let items = source.items.as_deref().unwrap_or_default();
        let selection = Selection { name: &source.name, items, is_optional: source.optional == Some(true), mode };
        config_map(&selection, request, objects, &mut payload)
    } else if let Some(source) = &volume.secret {
        let (name, mode) = (source.secret_name.as_deref().unwrap_or_default(), source.default_mode.unwrap_or(MODE));
        let items = source.items.as_deref().unwrap_or_default();
        let selection = Selection { name, items, is_optional: source.optional == Some(true), mode };
        secret(&selection, request, objects, &mut payload)
    } else if let Some(source) = &volume.downward_api {
        let items = source.items.as_deref().unwrap_or_default();
        downward_api(items, source.default_mode.unwrap_or(MODE), request, &mut payload)
    } else if let Some(source) = &volume.projected {
        let mode = source.default_mode.unwrap_or(MODE);
        let sources = source.sources.as_deref().unwrap_or_default();
        sources.iter().try_for_each(|source| project(source, mode, request, objects, &mut payload))
    } else {
        Ok(())
    };
    match result {
        Ok(()) => Ok(payload.payload),
        Err(Problem::Wait) => Err(VolumeError::Wait),
        Err(Problem::Wrong(text)) => Err(VolumeError::Operation("MountVolume.SetUp", volume.name.clone(), text)),
        Err(Problem::NotModelled(text)) => Err(VolumeError::NotModelled(text)),
    }
}

/// Files of a volume while they are being gathered.
struct Files<'a> {
    payload: Payload,
    contents: &'a mut Contents,
}

impl Files<'_> {
    fn insert(&mut self, path: &str, bytes: &[u8], mode: u16) {
        self.payload.insert(path.to_owned(), (self.contents.share(bytes), mode));
    }
}

enum Problem {
    Wait,
    Wrong(String),
    NotModelled(String),
}

fn project(
    source: &VolumeProjection,
    mode: i32,
    request: &VolumeRequest<'_>,
    objects: &mut dyn VolumeObjects,
    payload: &mut Files<'_>,
) -> Result<(), Problem> {
    if let Some(source) = &source.config_map {
        let items = source.items.as_deref().unwrap_or_default();
        let selection = Selection { name: &source.name, items, is_optional: source.optional == Some(true), mode };
        config_map(&selection, request, objects, payload)?;
    }
    if let Some(source) = &source.secret {
        let items = source.items.as_deref().unwrap_or_default();
        let selection = Selection { name: &source.name, items, is_optional: source.optional == Some(true), mode };
        secret(&selection, request, objects, payload)?;
    }
    if let Some(source) = &source.downward_api {
        downward_api(source.items.as_deref().unwrap_or_default(), mode, request, payload)?;
    }
    if let Some(source) = &source.service_account_token {
        let token = service_account_token::of(request, source);
        // No two are alike.
        payload.payload.insert(source.path.clone(), (Arc::new(token.into_bytes()), bits(mode)));
    }
    if source.cluster_trust_bundle.is_some() || source.pod_certificate.is_some() {
        let what = "projections of trust bundles and Pod certificates are not modelled; the Pod waits for them";
        return Err(Problem::NotModelled(what.to_owned()));
    }
    Ok(())
}

fn config_map(
    selection: &Selection<'_>,
    request: &VolumeRequest<'_>,
    objects: &mut dyn VolumeObjects,
    payload: &mut Files<'_>,
) -> Result<(), Problem> {
    let found = lookup(Kind::ConfigMap, "configmap", selection, request, objects)?;
    let Some(object) = found else { return Ok(()) };
    let Some(map) = object.get::<ConfigMap>() else { return Ok(()) };
    let mut data: BTreeMap<&str, &[u8]> = BTreeMap::new();
    data.extend(map.data.iter().flatten().map(|(key, text)| (key.as_str(), text.as_bytes())));
    data.extend(map.binary_data.iter().flatten().map(|(key, bytes)| (key.as_str(), bytes.0.as_slice())));
    let missing = |key: &str| format!("configmap references non-existent config key: {key}");
    select(selection, &data, missing, payload)
}

fn secret(
    selection: &Selection<'_>,
    request: &VolumeRequest<'_>,
    objects: &mut dyn VolumeObjects,
    payload: &mut Files<'_>,
) -> Result<(), Problem> {
    let found = lookup(Kind::Secret, "secret", selection, request, objects)?;
    let Some(object) = found else { return Ok(()) };
    let Some(secret) = object.get::<Secret>() else { return Ok(()) };
    let data = secret.data.iter().flatten().map(|(key, bytes)| (key.as_str(), bytes.0.as_slice())).collect();
    let missing = |key: &str| format!("references non-existent secret key: {key}");
    select(selection, &data, missing, payload)
}

fn lookup(
    kind: Kind,
    word: &str,
    selection: &Selection<'_>,
    request: &VolumeRequest<'_>,
    objects: &mut dyn VolumeObjects,
) -> Result<Option<crate::model::Object>, Problem> {
    match objects.lookup(kind, request.pod.metadata.namespace(), selection.name) {
        Lookup::Found(object) => Ok(Some(object)),
        Lookup::Unknown => Err(Problem::Wait),
        Lookup::Missing if selection.is_optional => Ok(None),
        Lookup::Missing => Err(Problem::Wrong(format!("{word} \"{}\" not found", selection.name))),
    }
}

fn select(
    selection: &Selection<'_>,
    data: &BTreeMap<&str, &[u8]>,
    missing: impl Fn(&str) -> String,
    payload: &mut Files<'_>,
) -> Result<(), Problem> {
    if selection.items.is_empty() {
        data.iter().for_each(|(key, bytes)| payload.insert(key, bytes, bits(selection.mode)));
        return Ok(());
    }
    for item in selection.items {
        match data.get(item.key.as_str()) {
            Some(bytes) => {
                let mode = bits(item.mode.unwrap_or(selection.mode));
                payload.insert(&item.path, bytes, mode);
            }
            None if selection.is_optional => {}
            None => return Err(Problem::Wrong(missing(&item.key))),
        }
    }
    Ok(())
}

fn downward_api(
    items: &[DownwardAPIVolumeFile],
    mode: i32,
    request: &VolumeRequest<'_>,
    payload: &mut Files<'_>,
) -> Result<(), Problem> {
    // Files cannot tell addresses: the API refuses such volumes.
    let nowhere = (None, IpAddr::from(Ipv4Addr::UNSPECIFIED));
    let allocatable = request.node.and_then(|node| node.status.as_ref()?.allocatable.clone()).unwrap_or_default();
    let allocatable = allocatable.into_iter().map(|(name, quantity)| (name, quantity.0)).collect();
    for item in items {
        let text = if let Some(field) = &item.field_ref {
            downward::field(request.pod, &field.field_path, nowhere)
        } else if let Some(resource) = &item.resource_field_ref {
            let name = resource.container_name.as_deref().unwrap_or_default();
            match downward::container(request.pod, name) {
                Some(container) => {
                    downward::resource(container, &resource.resource, resource.divisor.as_ref(), &allocatable)
                }
                None => Err(format!("container {name} not found")),
            }
        } else {
            continue;
        };
        let text = text.map_err(Problem::Wrong)?;
        payload.insert(&item.path, text.as_bytes(), bits(item.mode.unwrap_or(mode)));
    }
    Ok(())
}

fn bits(mode: i32) -> u16 {
    (mode & 0o7777) as u16
}
