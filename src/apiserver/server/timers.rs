//! What the server does when time passes: bookmarks, compaction, deadlines.

use crate::apiserver::effect::{Ctx, Effect};
use crate::engine::{SimDuration, SimTime};
use crate::etcd::RequestId;

use super::ApiServer;
use super::pending::Stage;

/// How often watches hear how far they are. Source: `bookmarkFrequency`.
const BOOKMARK_PERIOD: SimDuration = SimDuration::from_secs(60);
/// `--etcd-compaction-interval`.
const COMPACTION_PERIOD: SimDuration = SimDuration::from_secs(300);
/// How often a server that starts tries to reach etcd. Source: `client-go/tools/cache/reflector.go`, the first back-off.
const STARTUP_PERIOD: SimDuration = SimDuration::from_millis(800);

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Startup,
    Bookmarks,
    /// A watch that asked for a life of its own length ends.
    WatchEnd,
    Compaction,
    /// The time of a request is over.
    Deadline(RequestId),
    /// The patience with a webhook is over.
    Call(RequestId, u32),
    /// A request that waited is attempted again.
    Retry(RequestId),
}

impl ApiServer {
    /// When [`wake`](Self::wake) wants to be called; may have changed after every call.
    #[must_use]
    pub fn next_wake(&self) -> Option<SimTime> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Lets time pass: does what is due by now. Calling it early does no harm.
    pub fn wake(&mut self, ctx: &mut Ctx<'_>) {
        while let Some((at, timer)) = self.timers.first().copied().filter(|(at, _)| *at <= ctx.now) {
            self.timers.remove(&(at, timer));
            match timer {
                Timer::Startup => self.fill_cache(ctx),
                Timer::Bookmarks => {
                    self.watches.expire(ctx.now, ctx.effects);
                    self.watches.bookmark(ctx.store.revision(), ctx.effects);
                    self.timers.insert((ctx.now + BOOKMARK_PERIOD, Timer::Bookmarks));
                }
                Timer::WatchEnd => self.watches.expire(ctx.now, ctx.effects),
                Timer::Compaction => self.compact(ctx),
                Timer::Deadline(id) => {
                    self.expire(id, ctx);
                    self.end_collections(ctx);
                }
                Timer::Call(id, number) => self.on_call_overdue(id, number, ctx),
                Timer::Retry(id) => {
                    if let Some(pending) = self.take(id) {
                        self.begin(pending, ctx);
                    }
                }
            }
        }
    }

    /// The process begins.
    pub(super) fn begin_timers(&mut self, ctx: &mut Ctx<'_>) {
        self.timers.insert((ctx.now + BOOKMARK_PERIOD, Timer::Bookmarks));
        self.timers.insert((ctx.now + COMPACTION_PERIOD, Timer::Compaction));
        self.fill_cache(ctx);
    }

    /// Asks etcd how far it is, again and again until it answers; then the cache is as good.
    fn fill_cache(&mut self, ctx: &mut Ctx<'_>) {
        if self.ready {
            return;
        }
        let request = self.keep_own(Stage::Startup);
        ctx.effects.push(Effect::ReadIndex { request });
        self.timers.insert((ctx.now + STARTUP_PERIOD, Timer::Startup));
    }

    /// Compacts up to where the store was at the last compaction, so that five to ten minutes of history remain. Every
    /// server tries; etcd refuses those that come late. (Upstream's servers agree on one by a key of their own.)
    fn compact(&mut self, ctx: &mut Ctx<'_>) {
        self.timers.insert((ctx.now + COMPACTION_PERIOD, Timer::Compaction));
        let revision = self.compaction.replace(ctx.store.revision());
        if let Some(revision) = revision.filter(|revision| *revision > ctx.store.compacted()) {
            let request = self.keep_own(Stage::Compaction);
            ctx.effects.push(Effect::Compact { request, revision });
        }
    }
}
