//! The event recorder: what `kubectl get events` shows. The same event again raises a count instead of making a new one.
//!
//! Models `staging/src/k8s.io/client-go/tools/record/events_cache.go` (most components) and
//! `tools/events/event_broadcaster.go` (the scheduler).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

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
/// So many different messages about one object for one reason become one event, unless so much time lies between two of them.
/// Source: `events_cache.go`, `defaultAggregateMaxEvents`, `defaultAggregateIntervalInSeconds`.
const SIMILAR_MAX: usize = 10;
const SIMILAR_INTERVAL: SimDuration = SimDuration::from_secs(600);

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
    similar: BTreeMap<Key, Similar>,
    spam: BTreeMap<Key, Bucket>,
}

/// What makes two events the same, as 128 bits: there are several for each Pod, and the texts are in the Events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u128);

impl Key {
    /// Two sums over words of eight bytes, each multiplied with a constant of its own (the fractions of the golden ratio and of
    /// the square root of 2): several of these are made for every Event.
    fn of<const N: usize>(parts: [&str; N]) -> Self {
        let mut sums = [0x9e37_79b9_7f4a_7c15_u64, 0x6a09_e667_f3bc_c909];
        let mut fold = |word: u64| {
            for (sum, factor) in sums.iter_mut().zip([0x9e37_79b9_7f4a_7c15_u64, 0x6a09_e667_f3bc_c909]) {
                let product = u128::from(*sum ^ word) * u128::from(factor);
                *sum = (product as u64) ^ ((product >> 64) as u64) ^ sum.rotate_left(29);
            }
        };
        for part in parts {
            let (words, rest) = part.as_bytes().as_chunks::<8>();
            words.iter().for_each(|word| fold(u64::from_le_bytes(*word)));
            // The length tells the parts from each other.
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            fold(u64::from_le_bytes(last));
            fold(part.len() as u64);
        }
        Self(u128::from(sums[0]) << 64 | u128::from(sums[1]))
    }

    /// Half of it.
    fn low(self) -> u64 {
        (self.0 & u128::from(u64::MAX)) as u64
    }
}

#[derive(Clone, Debug)]
struct Seen {
    /// `None` when the event was too much to be told.
    name: Option<Arc<str>>,
    count: i32,
    last_at: SimTime,
    written_at: SimTime,
}

/// The messages of one object for one reason, as far as they are needed to tell whether there are too many.
#[derive(Clone, Debug)]
struct Similar {
    /// The first message; most never have another.
    first: u64,
    others: BTreeSet<u64>,
    last_at: SimTime,
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
        Self { source: source.into(), seen: BTreeMap::new(), similar: BTreeMap::new(), spam: BTreeMap::new() }
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
        self.correlate(ctx, reference(object), event_type, reason, message.into());
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
        self.correlate(ctx, regarding, event_type, reason, message.into());
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
        self.write_series(ctx, reference(object), event_type, reason, note.into(), action);
    }

    /// One event of a series, whose key holds the revision of the object: what changes the object begins a new one.
    fn write_series(
        &mut self,
        ctx: &mut Ctx<'_>,
        regarding: ObjectReference,
        event_type: EventType,
        reason: &str,
        note: Arc<str>,
        action: &'static str,
    ) {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let (uid, revision) = (text(&regarding.uid), text(&regarding.resource_version));
        let key = Key::of([uid.as_str(), revision.as_str(), event_type.as_str(), reason, action]);
        if self.seen.get(&key).is_some_and(|seen| ctx.now.since(seen.last_at) > SERIES_FINISH) {
            self.seen.remove(&key);
        }
        let namespace = event_namespace(&regarding);
        if let Some(seen) = self.seen.get_mut(&key) {
            seen.count += 1;
            seen.last_at = ctx.now;
            if seen.count == 2 || ctx.now.since(seen.written_at) >= SERIES_REFRESH {
                seen.written_at = ctx.now;
                let last = Some(time::micro_time(seen.last_at));
                let series = EventSeries { count: Some(seen.count), last_observed_time: last };
                raise(ctx, &namespace, seen, json!({"series": series}));
            }
            return;
        }
        let first = Seen { name: None, count: 1, last_at: ctx.now, written_at: ctx.now };
        let told = (event_type, reason, &*note);
        let name = self.create(ctx, &namespace, regarding, told, &first, Style::Series { action });
        self.seen.insert(key, Seen { name: Some(name), ..first });
    }

    /// Tells an event, unless there are too many about its object: those that are alike but for their words become one first.
    /// Source: `events_cache.go`, `EventCorrelate`.
    fn correlate(
        &mut self,
        ctx: &mut Ctx<'_>,
        regarding: ObjectReference,
        event_type: EventType,
        reason: &str,
        message: Arc<str>,
    ) {
        let uid = regarding.uid.clone().unwrap_or_default();
        let name = regarding.name.clone().unwrap_or_default();
        let field = regarding.field_path.clone().unwrap_or_default();
        let of_type = event_type.as_str();
        let group = Key::of([uid.as_str(), name.as_str(), of_type, reason]);
        let (key, message) = if self.are_too_many(group, &message, ctx.now) {
            (group, format!("(combined from similar events): {message}").into())
        } else {
            (Key::of([uid.as_str(), name.as_str(), field.as_str(), of_type, reason, &message]), message)
        };
        let fresh = Seen { name: None, count: 0, last_at: ctx.now, written_at: ctx.now };
        let mut seen = self.seen.remove(&key).unwrap_or(fresh);
        seen.count += 1;
        seen.last_at = ctx.now;
        if self.may_speak(Key::of([uid.as_str(), name.as_str(), of_type]), ctx.now) {
            let namespace = event_namespace(&regarding);
            if seen.name.is_some() {
                let patch = json!({"count": seen.count, "lastTimestamp": time::time(ctx.now), "message": &*message});
                raise(ctx, &namespace, &seen, patch);
            } else {
                let told = (event_type, reason, &*message);
                seen.name = Some(self.create(ctx, &namespace, regarding, told, &seen, Style::Legacy));
            }
        }
        self.seen.insert(key, seen);
    }

    /// Whether an object has had so many different messages for one reason that they are told as one.
    /// Source: `events_cache.go`, `EventAggregate`.
    fn are_too_many(&mut self, group: Key, message: &str, now: SimTime) -> bool {
        let message = Key::of([message]).low();
        let fresh = Similar { first: message, others: BTreeSet::new(), last_at: now };
        let similar = self.similar.entry(group).or_insert_with(|| fresh.clone());
        if now.since(similar.last_at) > SIMILAR_INTERVAL {
            *similar = fresh;
        }
        similar.last_at = now;
        if similar.first == message {
            return similar.others.len() + 1 >= SIMILAR_MAX;
        }
        similar.others.insert(message);
        let too_many = similar.others.len() + 1 >= SIMILAR_MAX;
        if too_many {
            similar.others.pop_first();
        }
        too_many
    }

    fn create(
        &self,
        ctx: &mut Ctx<'_>,
        namespace: &str,
        regarding: ObjectReference,
        (event_type, reason, message): (EventType, &str, &str),
        seen: &Seen,
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
                event.first_timestamp = Some(time::time(seen.written_at));
                event.last_timestamp = Some(time::time(ctx.now));
                event.count = Some(seen.count);
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

    /// Takes a token from the bucket of an object and a type of events.
    fn may_speak(&mut self, about: Key, now: SimTime) -> bool {
        let bucket = self.spam.entry(about).or_insert(Bucket { tokens: SPAM_BURST, filled_at: now });
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
fn raise(ctx: &mut Ctx<'_>, namespace: &str, seen: &Seen, patch: Value) {
    let Some(name) = &seen.name else { return };
    let request = ctx.request(Verb::Patch, Kind::Event, namespace).named(Arc::clone(name));
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
