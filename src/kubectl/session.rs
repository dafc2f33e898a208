//! What a verb works with: the API, time, the editor and the screen, each answered from the record or awaited.

use std::sync::Arc;

use crate::apiserver::{Body, List, Payload, Request, Response, User, Verb};
use crate::engine::{SimDuration, SimTime};
use crate::model::apiextensions::CustomResourceDefinition;
use crate::model::custom_kind::{is_established, kinds_of};
use crate::model::{Kind, Object, ObjectKey, Resource, metrics};

use super::failure::Failure;
use super::invocation::{Defaults, Step, StreamName, Workspace};
use super::record::{Arrival, Checkpoint, Entry, Handle, Record};

/// The program's name for itself in requests: its field manager.
const AGENT: &str = "kubectl";

/// One run of a verb over its record.
pub struct Session<'r> {
    record: &'r mut Record,
    workspace: &'r Workspace,
    defaults: &'r Defaults,
    cursor: usize,
    printed: usize,
    now: SimTime,
    namespace: Arc<str>,
    impersonated: Option<Arc<User>>,
    steps: Vec<Step>,
    loop_start: usize,
    /// Whether objects are asked for with their managed fields.
    managed_fields: bool,
}

impl<'r> Session<'r> {
    pub(super) fn new(record: &'r mut Record, workspace: &'r Workspace, defaults: &'r Defaults) -> Self {
        let (now, namespace) = (record.started, Arc::clone(&defaults.namespace));
        Self {
            record,
            workspace,
            defaults,
            cursor: 0,
            printed: 0,
            now,
            namespace,
            impersonated: None,
            steps: Vec::new(),
            loop_start: 0,
            managed_fields: false,
        }
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// The instant of the last thing that happened to the program.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The files at hand.
    #[must_use]
    pub fn workspace(&self) -> &'r Workspace {
        self.workspace
    }

    /// The configuration.
    #[must_use]
    pub fn defaults(&self) -> &'r Defaults {
        self.defaults
    }

    /// The namespace that the command works in.
    #[must_use]
    pub fn namespace(&self) -> Arc<str> {
        Arc::clone(&self.namespace)
    }

    /// Works in another namespace, as after `-n`.
    pub fn set_namespace(&mut self, namespace: &str) {
        self.namespace = namespace.into();
    }

    /// Makes every request as another user, as after `--as`; as oneself when it has no name.
    pub fn set_impersonated(&mut self, user: User) {
        self.impersonated = (!user.name.is_empty()).then(|| Arc::new(user));
    }

    /// Prints to standard output.
    pub fn out(&mut self, text: &str) {
        self.print(StreamName::Stdout, text);
    }

    /// Prints to standard error.
    pub fn err(&mut self, text: &str) {
        self.print(StreamName::Stderr, text);
    }

    /// Prints a line to standard output.
    pub fn line(&mut self, line: &str) {
        self.out(&format!("{line}\n"));
    }

    /// Prints a line to standard error.
    pub fn err_line(&mut self, line: &str) {
        self.err(&format!("{line}\n"));
    }

    /// Prints a warning as kubectl does.
    pub fn warn(&mut self, warning: &str) {
        self.err(&format!("Warning: {warning}\n"));
    }

    fn print(&mut self, stream: StreamName, text: &str) {
        if text.is_empty() {
            return;
        }
        self.printed += 1;
        if self.printed > self.record.printed {
            self.record.printed = self.printed;
            self.emit(Step::Output { stream, text: text.to_owned() });
        }
    }

    fn emit(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Asks for something once; every later run gets the same handle.
    fn ask(&mut self, step: impl FnOnce(u64) -> Step) -> Handle {
        if let Some(Entry::Asked(id)) = self.record.entries.get(self.cursor) {
            self.cursor += 1;
            return Handle(*id);
        }
        self.record.next_id += 1;
        let id = self.record.next_id;
        self.record.entries.push(Entry::Asked(id));
        self.cursor += 1;
        let step = step(id);
        self.emit(step);
        Handle(id)
    }

    /// From now on objects are asked for with their managed fields.
    pub fn show_managed_fields(&mut self) {
        self.managed_fields = true;
    }

    /// A request in the user's name.
    #[must_use]
    pub fn request(&self, verb: Verb, kind: Kind, namespace: &str) -> Request {
        let mut request = Request::new(&self.defaults.user, &AGENT.into(), verb, kind, namespace);
        request.options.managed_fields = self.managed_fields;
        request.impersonate.clone_from(&self.impersonated);
        request
    }

    /// Sends a request without waiting for its answer.
    pub fn send(&mut self, request: Request) -> Handle {
        let is_stream = request.verb == Verb::Watch || request.subresource.is_stream();
        let handle = self.ask(|id| Step::Request { id, request: Box::new(request) });
        // Only a request that has just gone out can have opened a stream.
        if is_stream && self.steps.iter().any(|step| matches!(step, Step::Request { id, .. } if *id == handle.0)) {
            self.record.streams.insert(handle.0);
        }
        handle
    }

    /// A timer.
    pub fn timer(&mut self, after: SimDuration) -> Handle {
        self.ask(|id| Step::Timer { id, after })
    }

    /// A timer that may never run out.
    pub fn deadline(&mut self, after: Option<SimDuration>) -> Option<Handle> {
        after.map(|after| self.timer(after))
    }

    /// The next thing that arrives for one of `handles`.
    ///
    /// # Errors
    /// [`Failure::Suspended`] until it has arrived.
    pub fn next(&mut self, handles: &[Handle]) -> Result<(Handle, Arc<Arrival>), Failure> {
        if self.cursor == self.record.entries.len() {
            let wanted = |id: u64| handles.contains(&Handle(id));
            let place = self.record.inbox.iter().position(|&(id, ..)| wanted(id)).ok_or(Failure::Suspended)?;
            let (id, arrival, at) = self.record.inbox.remove(place).ok_or(Failure::Suspended)?;
            self.record.entries.push(Entry::Taken(id, arrival, at));
        }
        match self.record.entries.get(self.cursor) {
            Some(Entry::Taken(id, arrival, at)) => {
                let taken = (Handle(*id), Arc::clone(arrival));
                self.now = *at;
                self.cursor += 1;
                Ok(taken)
            }
            _ => Err(Failure::text_of("kubectl lost its place in its record")),
        }
    }

    /// Takes up a loop where [`Session::save`] left it, if it has been there. To be called where the loop begins.
    pub fn restore<S: Clone + Send + Sync + 'static>(&mut self) -> Option<S> {
        self.loop_start = self.cursor;
        let known = self.record.checkpoints.get(&self.cursor)?;
        let state = known.state.downcast_ref::<S>().cloned()?;
        (self.printed, self.now) = (known.printed, known.now);
        Some(state)
    }

    /// Forgets what the loop has taken since [`Session::restore`] in favour of `state`, so that long watches stay cheap.
    /// Nothing may have been asked for since then.
    pub fn save<S: Clone + Send + Sync + 'static>(&mut self, state: &S) {
        let checkpoint = Checkpoint { printed: self.printed, now: self.now, state: Arc::new(state.clone()) };
        self.cursor = self.loop_start;
        self.record.entries.truncate(self.cursor);
        self.record.checkpoints.insert(self.cursor, checkpoint);
    }

    /// The outcome of a request that was sent.
    ///
    /// # Errors
    /// [`Failure::Suspended`] until it has come; the Status if the request was refused.
    pub fn outcome(&mut self, handle: Handle) -> Result<Response, Failure> {
        let (_, arrival) = self.next(&[handle])?;
        match &*arrival {
            Arrival::Outcome(Ok(response)) => {
                for warning in response.warnings.clone() {
                    self.warn(&warning);
                }
                Ok(response.clone())
            }
            Arrival::Outcome(Err(status)) => Err(Failure::status(status)),
            _ => Err(Failure::text_of("the server answered with something else than an outcome")),
        }
    }

    /// Sends a request and waits for its outcome.
    ///
    /// # Errors
    /// As [`Session::outcome`].
    pub fn call(&mut self, request: Request) -> Result<Response, Failure> {
        let handle = self.send(request);
        self.outcome(handle)
    }

    /// Waits.
    ///
    /// # Errors
    /// [`Failure::Suspended`] until the time is over.
    pub fn sleep(&mut self, span: SimDuration) -> Result<(), Failure> {
        let timer = self.timer(span);
        self.next(&[timer]).map(|_| ())
    }

    /// Lets a person change a text; `None` if it was not saved.
    ///
    /// # Errors
    /// [`Failure::Suspended`] until the editor is closed.
    pub fn edit(&mut self, text: &str) -> Result<Option<String>, Failure> {
        let asked = matches!(self.record.entries.get(self.cursor), Some(Entry::Asked(_)));
        if asked {
            self.cursor += 1;
        } else {
            self.record.entries.push(Entry::Asked(Record::EDITOR));
            self.cursor += 1;
            self.emit(Step::Edit { text: text.to_owned() });
        }
        let (_, arrival) = self.next(&[Handle(Record::EDITOR)])?;
        match &*arrival {
            Arrival::Edited(text) => Ok(text.clone()),
            _ => Ok(None),
        }
    }

    /// Writes a file of the learner's.
    pub fn write_file(&mut self, file: &str, text: &str) {
        self.ask(|_| Step::Write { file: file.to_owned(), text: text.to_owned() });
    }

    /// Gives the current context another namespace.
    pub fn keep_namespace(&mut self, namespace: &str) {
        self.ask(|_| Step::Namespace(namespace.into()));
    }

    /// Reads an object.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn get(&mut self, key: &ObjectKey) -> Result<Object, Failure> {
        let request = self.request(Verb::Get, key.kind, &key.namespace).named(Arc::clone(&key.name));
        object_of(self.call(request)?)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn list(&mut self, kind: Kind, namespace: &str, labels: &str, fields: &str) -> Result<List, Failure> {
        let mut request = self.request(Verb::List, kind, namespace);
        request.options.label_selector = (!labels.is_empty()).then(|| labels.into());
        request.options.field_selector = (!fields.is_empty()).then(|| fields.into());
        match self.call(request)?.payload {
            Payload::List(list) => Ok(list),
            _ => Err(Failure::text_of("the server answered a list with something else")),
        }
    }

    /// The kinds that definitions declare in the cluster, as discovery tells them.
    ///
    /// # Errors
    /// [`Failure::Suspended`] while the answer is missing.
    pub fn custom_kinds(&mut self) -> Result<Vec<Kind>, Failure> {
        let definitions = match self.list(Kind::CustomResourceDefinition, "", "", "") {
            Ok(list) => list.items,
            Err(Failure::Suspended) => return Err(Failure::Suspended),
            Err(_) => Vec::new(),
        };
        let definitions = definitions.iter().filter_map(CustomResourceDefinition::of);
        let declared = definitions.filter(|one| is_established(one)).flat_map(|one| kinds_of(one));
        let mut kinds: Vec<Kind> = declared.collect();
        if self.has_metrics()? {
            kinds.extend(metrics::kinds());
        }
        Ok(kinds)
    }

    /// Whether the cluster announces `metrics.k8s.io`.
    ///
    /// # Errors
    /// [`Failure::Suspended`] while the answer is missing.
    pub fn has_metrics(&mut self) -> Result<bool, Failure> {
        match self.get(&ObjectKey::new(Kind::APIService, "", metrics::API_SERVICE)) {
            Err(Failure::Suspended) => Err(Failure::Suspended),
            found => Ok(found.is_ok()),
        }
    }

    /// Opens a watch from `revision` on, or from the present state when it is `None`, which begins with what there is.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn watch(
        &mut self,
        kind: Kind,
        namespace: &str,
        [labels, fields]: [&str; 2],
        revision: Option<u64>,
    ) -> Result<Handle, Failure> {
        let mut request = self.request(Verb::Watch, kind, namespace);
        request.options.label_selector = (!labels.is_empty()).then(|| labels.into());
        request.options.field_selector = (!fields.is_empty()).then(|| fields.into());
        request.options.resource_version = revision;
        let handle = self.send(request);
        self.outcome(handle)?;
        Ok(handle)
    }

    /// A watch or stream is wanted no more.
    pub fn cancel(&mut self, handle: Handle) {
        if self.record.streams.remove(&handle.0) {
            self.emit(Step::Cancel { id: handle.0 });
        }
    }

    /// Sends `body` to an object.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub fn write(&mut self, verb: Verb, key: &ObjectKey, body: Body, is_dry: bool) -> Result<Response, Failure> {
        let mut request = self.request(verb, key.kind, &key.namespace).named(Arc::clone(&key.name)).body(body);
        request.options.dry_run = is_dry;
        self.call(request)
    }
}

/// The object that an answer carries.
///
/// # Errors
/// When it carries something else.
pub fn object_of(response: Response) -> Result<Object, Failure> {
    match response.payload {
        Payload::Object(object) => Ok(object),
        _ => Err(Failure::text_of("the server answered with something else than an object")),
    }
}
