//! What a write means for who manages which fields.

use std::sync::Arc;

use crate::apiserver::authorization::subresource_name;
use crate::apiserver::managed_fields::{Given, Managers, Ownership, Writer};
use crate::apiserver::request::Subresource;
use crate::apiserver::stored::Stored;
use crate::etcd::KeyValue;
use crate::model::Object;

use super::Work;

/// The longest name that a manager has. Source: `FieldManagerMaxLength`.
const NAME_MAX: usize = 128;

impl Work<'_> {
    /// Who writes: the field manager of the request, otherwise the program's name before its version.
    pub(super) fn manager(&self) -> Arc<str> {
        let request = &self.inbound.request;
        match &request.options.field_manager {
            Some(manager) if !manager.is_empty() => Arc::clone(manager),
            _ if !request.agent.contains('/') && request.agent.len() <= NAME_MAX => Arc::clone(&request.agent),
            _ => {
                let program = request.agent.split('/').next().unwrap_or_default();
                let mut name = String::new();
                for letter in program.chars().filter(|letter| !letter.is_control()) {
                    if name.len() + letter.len_utf8() > NAME_MAX {
                        break;
                    }
                    name.push(letter);
                }
                name.into()
            }
        }
    }

    fn writer(&self) -> Writer {
        let subresource = subresource_name(self.inbound.request.subresource);
        Writer { manager: self.manager(), subresource, now: self.now }
    }

    /// Who manages a new object, defaulted and not yet admitted.
    pub(super) fn owns_new(&mut self, object: &mut Object) -> Ownership {
        let given =
            if object.meta().managed_fields.is_some() { Given::take(object.meta_mut()) } else { Given::Nothing };
        let created = Ownership::created(self.writer(), object, self.alike);
        match given {
            Given::These(managers) => Ownership::known(&created.over(managers, object)),
            _ => created,
        }
    }

    /// Who manages an object after a change; `sent` is what was asked for where admission may yet change it.
    pub(super) fn owns_change(
        &mut self,
        entry: &KeyValue<Stored>,
        old: &Object,
        sent: Option<&Object>,
        next: &Object,
    ) -> Ownership {
        entry.value.ownership().changed(self.writer(), old, sent, next, self.alike)
    }

    /// Who manages an object after a change that belongs to nobody.
    pub(super) fn owns_unnoticed(&mut self, entry: &KeyValue<Stored>, old: &Object, next: &Object) -> Ownership {
        entry.value.ownership().unnoticed(old, next, self.alike)
    }

    /// Takes what an update says of managed fields out of it; through a subresource it has no say.
    pub(super) fn takes_given(&self, object: &mut Object) -> Given {
        if object.meta().managed_fields.is_none() {
            return Given::Nothing;
        }
        let given = Given::take(object.meta_mut());
        if self.inbound.request.subresource == Subresource::None { given } else { Given::Nothing }
    }

    /// Who manages an object that is replaced.
    pub(super) fn owns_replacement(
        &mut self,
        entry: &KeyValue<Stored>,
        old: &Object,
        sent: &Object,
        given: Given,
    ) -> Ownership {
        let base = match given {
            // Nothing changes a status between what was sent and what is stored, so a row of reports stays one note.
            Given::Nothing if self.inbound.request.subresource == Subresource::Status => {
                return self.owns_change(entry, old, None, sent);
            }
            Given::Nothing => return self.owns_change(entry, old, Some(sent), sent),
            // Of an object that nobody manages nobody comes to manage anything.
            Given::Reset => Managers::default(),
            Given::These(managers) => managers,
        };
        let known = Ownership::known(&base);
        let changed = known.changed(self.writer(), old, Some(sent), sent, self.alike);
        Ownership::known(&changed.managers(sent))
    }

    /// An object as the caller wants to see it.
    pub(super) fn shown(&self, object: Object, ownership: &Ownership) -> Object {
        if self.inbound.request.options.managed_fields { ownership.shown(object) } else { object }
    }
}
