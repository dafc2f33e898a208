//! The event recorder: what `kubectl get events` shows. The same event again raises a count instead of making a new one.
//!
//! Models `staging/src/k8s.io/client-go/tools/record/events_cache.go` (most components) and
//! `tools/events/event_broadcaster.go` (the scheduler).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::apiserver::{Body, PatchType, Verb};
use crate::engine::{SimDuration, SimTime};
use crate::model::core::{Event, EventSeries, EventSource, ObjectReference};
use crate::model::{Kind, Meta, Object, time};

use super::component::Ctx;

/// A series ends when nothing was added for so long. Source: `event_broadcaster.go`, `finishTime`.
const SERIES_FINISH: SimDuration = SimDuration::from_secs(6 * 60);
/// How often a running series is written back. Source: `event_broadcaster.go`, `refreshTime`.
const SERIES_REFRESH: SimDuration = SimDuration::from_secs(30 * 60);
/// Events about one object: so many at once, then one every five minutes. Source: `events_cache.go`, `defaultSpamBurst`,
/// `defaultSpamQPS`.
const SPAM_BURST: u64 = 25;
const SPAM_REFILL: SimDuration = SimDuration::from_secs(300);

/// `Normal` or `Warning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// All is as it should be.
    Normal,
    /// Someone may want to look.
    Warning,
}

impl EventType {
    /// As it stands in the object.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// Which of the two recorders of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `core/v1`: the message is part of what makes events equal; the count is written at once.
    Legacy,
    /// `events.k8s.io/v1`: the message of the first stays; the count is written with the second, then rarely.
    Series { action: &'static str },
}

/// Records events in the name of one source.
#[derive(Clone, Debug)]
pub struct Recorder {
    source: Arc<str>,
    seen: BTreeMap<Key, Seen>,
    spam: BTreeMap<Arc<str>, Bucket>,
}

/// What makes two events the same, as 128 bits (FNV-1a): there are several for each Pod, and the texts are in the Events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u128);

impl Key {
    fn of(parts: [&str; 5]) -> Self {
        let fold =
            |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        // A byte that no text has tells the parts from each other.
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
        Self(bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, fold))
    }
}

#[derive(Clone, Debug)]
struct Seen {
    name: Arc<str>,
    count: i32,
    last_at: SimTime,
    written_at: SimTime,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: u64,
    filled_at: SimTime,
}

impl Recorder {
    /// A recorder for `source`: `replicaset-controller`, `kubelet`, `default-scheduler`.
    #[must_use]
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        Self { source: source.into(), seen: BTreeMap::new(), spam: BTreeMap::new() }
    }

    /// Records an event about `object`.
    pub fn event(
        &mut self,
        ctx: &mut Ctx<'_>,
        object: &Object,
        event_type: EventType,
        reason: &str,
        message: impl Into<Arc<str>>,
    ) {
        if self.may_speak(object.meta().uid(), ctx.now) {
            self.write(ctx, reference(object), event_type, reason, message.into(), Style::Legacy);
        }
    }

    /// Records an event about what `regarding` refers to, possibly one field of it
    /// (`spec.containers{web}`).
    pub fn event_about(
        &mut self,
        ctx: &mut Ctx<'_>,
        regarding: ObjectReference,
        event_type: EventType,
        reason: &str,
        message: impl Into<Arc<str>>,
    ) {
        if self.may_speak(regarding.uid.as_deref().unwrap_or_default(), ctx.now) {
            self.write(ctx, regarding, event_type, reason, message.into(), Style::Legacy);
        }
    }

    /// Records an event as the scheduler does, with the action that was being taken.
    pub fn event_series(
        &mut self,
        ctx: &mut Ctx<'_>,
        object: &Object,
        event_type: EventType,
        reason: &str,
        action: &'static str,
        note: impl Into<Arc<str>>,
    ) {
        self.write(ctx, reference(object), event_type, reason, note.into(), Style::Series { action });
    }

    fn write(
        &mut self,
        ctx: &mut Ctx<'_>,
        regarding: ObjectReference,
        event_type: EventType,
        reason: &str,
        message: Arc<str>,
        style: Style,
    ) {
        let (uid, field) = (regarding.uid.as_deref(), regarding.field_path.as_deref());
        let told = if style == Style::Legacy { &*message } else { "" };
        let key = Key::of([uid.unwrap_or_default(), field.unwrap_or_default(), event_type.as_str(), reason, told]);
        let is_series = style != Style::Legacy;
        let over = |seen: &Seen| is_series && ctx.now.since(seen.last_at) > SERIES_FINISH;
        if self.seen.get(&key).is_some_and(over) {
            self.seen.remove(&key);
        }
        let namespace = event_namespace(&regarding);
        if let Some(seen) = self.seen.get_mut(&key) {
            seen.count += 1;
            seen.last_at = ctx.now;
            if !is_series || seen.count == 2 || ctx.now.since(seen.written_at) >= SERIES_REFRESH {
                seen.written_at = ctx.now;
                raise(ctx, &namespace, seen, is_series);
            }
            return;
        }
        let name = self.create(ctx, &namespace, regarding, (event_type, reason, &message), style);
        self.seen.insert(key, Seen { name, count: 1, last_at: ctx.now, written_at: ctx.now });
    }

    fn create(
        &self,
        ctx: &mut Ctx<'_>,
        namespace: &str,
        regarding: ObjectReference,
        (event_type, reason, message): (EventType, &str, &str),
        style: Style,
    ) -> Arc<str> {
        // Kubernetes names events by nanoseconds; two at the same microsecond are told apart by random bits.
        let nanos = time::timestamp(ctx.now).as_nanosecond() + i128::from(ctx.random.below(1_000));
        let name: Arc<str> = format!("{}.{nanos:x}", regarding.name.as_deref().unwrap_or_default()).into();
        let host = Some(ctx.identity.host.to_string()).filter(|host| !host.is_empty());
        let mut event = Event {
            involved_object: regarding,
            type_: Some(event_type.as_str().to_owned()),
            reason: Some(reason.to_owned()),
            message: Some(message.to_owned()),
            reporting_component: Some(self.source.to_string()),
            ..Event::default()
        };
        event.metadata.name = Some(name.to_string());
        event.metadata.namespace = Some(namespace.to_owned());
        match style {
            Style::Legacy => {
                event.first_timestamp = Some(time::time(ctx.now));
                event.last_timestamp = Some(time::time(ctx.now));
                event.count = Some(1);
                // Only the kubelet tells its host, as only there it matters.
                let host = host.filter(|_| &*self.source == "kubelet");
                event.reporting_instance = host.clone();
                event.source = Some(EventSource { component: Some(self.source.to_string()), host });
            }
            Style::Series { action } => {
                event.event_time = Some(time::micro_time(ctx.now));
                event.action = Some(action.to_owned());
                event.reporting_instance = Some(format!("{}-{}", self.source, host.unwrap_or_default()));
            }
        }
        let request = ctx.request_with(Verb::Create, event);
        ctx.send(request);
        name
    }

    /// Takes a token from the bucket of the object with this UID.
    fn may_speak(&mut self, uid: &str, now: SimTime) -> bool {
        if !self.spam.contains_key(uid) {
            self.spam.insert(uid.into(), Bucket { tokens: SPAM_BURST, filled_at: now });
        }
        let Some(bucket) = self.spam.get_mut(uid) else { return false };
        let refills = now.since(bucket.filled_at).as_micros() / SPAM_REFILL.as_micros();
        if refills > 0 {
            bucket.tokens = (bucket.tokens + refills).min(SPAM_BURST);
            bucket.filled_at += SPAM_REFILL * refills;
        }
        let may = bucket.tokens > 0;
        bucket.tokens = bucket.tokens.saturating_sub(1);
        may
    }
}

/// Writes the raised count of an event.
fn raise(ctx: &mut Ctx<'_>, namespace: &str, seen: &Seen, is_series: bool) {
    let patch = if is_series {
        let series = EventSeries { count: Some(seen.count), last_observed_time: Some(time::micro_time(seen.last_at)) };
        json!({"series": series})
    } else {
        json!({"count": seen.count, "lastTimestamp": time::time(seen.last_at)})
    };
    let request = ctx.request(Verb::Patch, Kind::Event, namespace).named(Arc::clone(&seen.name));
    ctx.send(request.body(Body::Patch(PatchType::Strategic, patch)));
}

/// Events about objects of the cluster live in `default`.
fn event_namespace(regarding: &ObjectReference) -> String {
    regarding.namespace.clone().filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| "default".to_owned())
}

/// The reference by which an event names an object.
#[must_use]
pub fn reference(object: &Object) -> ObjectReference {
    let kind = object.kind();
    let meta = object.meta();
    ObjectReference {
        api_version: Some(kind.api_version()),
        kind: Some(kind.name().to_owned()),
        namespace: Some(meta.namespace().to_owned()).filter(|namespace| !namespace.is_empty()),
        name: Some(meta.name().to_owned()),
        uid: Some(meta.uid().to_owned()),
        resource_version: meta.resource_version.clone(),
        field_path: None,
    }
}
