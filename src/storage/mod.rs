//! Volumes: not modelled yet; every mount says so.
use crate::client::{Component, Ctx, Incoming};
use crate::machine::{Machine, Mounted, VolumeError, VolumeObjects, VolumePlugins, VolumeRequest};

/// The volumes of the cluster.
#[derive(Clone, Debug, Default)]
pub struct VolumeBackend {}

impl VolumePlugins for VolumeBackend {
    fn set_up(
        &mut self,
        _: &VolumeRequest<'_>,
        _: &mut dyn VolumeObjects,
        _: &mut Machine,
    ) -> Result<Mounted, VolumeError> {
        Err(VolumeError::NotModelled("volumes".into()))
    }
    fn refresh(&mut self, _: &VolumeRequest<'_>, _: &mut dyn VolumeObjects, _: &mut Machine) {}
    fn tear_down(&mut self, _: &str, _: &Mounted, _: &mut Machine) {}
}

/// Makes volumes for claims.
#[derive(Clone, Debug, Default)]
pub struct Provisioner {}

impl Provisioner {
    /// One that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }
}

impl Component for Provisioner {
    fn start(&mut self, _: &mut Ctx<'_>) {}
    fn handle(&mut self, _: Incoming, _: &mut Ctx<'_>) {}
}
