//! Calls: what a goal may ask of the cluster. The one table of functions feeds the checks, the evaluation and the docs.

use crate::model::{Kind, Selector, suggest};

/// Separates a function from its arguments in the name under which an answer is looked up.
const SEPARATOR: char = '\u{1f}';

/// A function that goals may call.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is called.
    pub usage: &'static str,
    /// What it gives.
    pub about: &'static str,
    /// Whether it is called on a value: `load('shop').lostSince(30)`.
    pub is_method: bool,
    /// The least and the most arguments.
    pub arity: (usize, usize),
}

const fn function(name: &'static str, arity: (usize, usize), usage: &'static str, about: &'static str) -> Function {
    Function { name, usage, about, is_method: false, arity }
}

const fn method(name: &'static str, arity: (usize, usize), usage: &'static str, about: &'static str) -> Function {
    Function { name, usage, about, is_method: true, arity }
}

/// Every function beside those of CEL itself and the plurals of the kinds: `pods('default')`, `pods('default','app=web')`,
/// `nodes()`, `nodes('zone=a')`, `resourcequotas('team')`, and so on.
pub const FUNCTIONS: &[Function] = &[
    function(
        "get",
        (2, 3),
        "get('Deployment', 'default', 'web')",
        "one object; the goal is not reached while it does not exist",
    ),
    function("list", (1, 3), "list('Pod', 'default', 'app=web')", "objects of a kind"),
    function("exists", (2, 3), "exists('Service', 'default', 'web')", "whether an object exists"),
    function(
        "events",
        (1, 2),
        "events('default', 'FailedScheduling')",
        "the events of a namespace, possibly of one reason only",
    ),
    function("quota", (2, 2), "quota('team', 'limits')", "a ResourceQuota with `used` and `hard` in thousandths"),
    function(
        "load",
        (1, 1),
        "load('shop')",
        "what became of a client's requests: total, ok, lost, refused, reset, timedOut, wrong, noName",
    ),
    method("lostSince", (1, 1), "load('shop').lostSince(30)", "requests lost among those of the last so many seconds"),
    method("totalSince", (1, 1), "load('shop').totalSince(30)", "requests of the last so many seconds"),
    function("components", (0, 1), "components('kube-scheduler')", "the components: component, node, up, leads"),
    function(
        "leader",
        (1, 1),
        "leader('kube-scheduler')",
        "the machine whose scheduler, controller manager or etcd leads; empty when none does",
    ),
    function("etcd", (0, 0), "etcd()", "the store: members (name, up, role, term), up, size, leader, quorum"),
    function(
        "exits",
        (1, 2),
        "exits('default', 'app=web')",
        "how containers ended: pod, container, code, reason, deleted, seconds",
    ),
    function("logs", (2, 3), "logs('default', 'web-1')", "what a container has written so far"),
    function("file", (4, 4), "file('default', 'web-1', 'web', '/data/a')", "what is in a file of a running container"),
    function(
        "written",
        (4, 4),
        "written('default', 'web-1', 'web', '/data/a')",
        "when a file of a running container was last written, in seconds since the cluster was born, as `created` of objects",
    ),
    function("now", (0, 0), "now()", "seconds since the cluster was born"),
    function("since_arrival", (0, 0), "since_arrival()", "seconds since the learner arrived"),
    function("milli", (1, 1), "milli('500m')", "a quantity in thousandths"),
    function("amount", (1, 1), "amount('1Gi')", "a quantity as a whole number"),
];

/// Functions of CEL itself.
pub(super) const STANDARD: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "string",
    "int",
    "uint",
    "double",
    "bytes",
    "bool",
    "type",
    "dyn",
    "max",
    "min",
];

/// A call whose arguments make sense.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    List { kind: Kind, namespace: String, selector: Selector },
    Get { kind: Kind, namespace: String, name: String },
    Exists { kind: Kind, namespace: String, name: String },
    Events { namespace: String, reason: Option<String> },
    Load(String),
    LoadSince { load: String, seconds: u64, lost_only: bool },
    Components(Option<String>),
    Leader(String),
    Etcd,
    Exits { namespace: String, which: Which },
    Logs { namespace: String, pod: String, container: Option<String> },
    File { namespace: String, pod: String, container: String, path: String },
    Written { namespace: String, pod: String, container: String, path: String },
    Now,
    SinceArrival,
    Milli(i64),
    Amount(i64),
}

/// Which Pods are meant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Which {
    All,
    Named(String),
    Labelled(Selector),
}

/// An argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    Text(String),
    Number(i64),
}

/// The function of that name: one of the table or the plural of a kind.
pub(super) fn find(name: &str, is_method: bool) -> Option<(usize, usize)> {
    if let Some(known) = FUNCTIONS.iter().find(|known| known.name == name && known.is_method == is_method) {
        return Some(known.arity);
    }
    Kind::all().any(|kind| kind.plural() == name && !is_method).then_some((0, 2))
}

/// The names of all functions, those of CEL included.
pub(super) fn names(is_method: bool) -> impl Iterator<Item = &'static str> {
    let own = FUNCTIONS.iter().filter(move |known| known.is_method == is_method).map(|known| known.name);
    let plurals = Kind::all().map(Kind::plural).filter(move |_| !is_method);
    own.chain(plurals).chain(STANDARD.iter().copied())
}

/// The name under which the answer to a call is looked up.
pub(super) fn encode(name: &str, arguments: &[Argument]) -> String {
    let mut key = name.to_owned();
    key.push(SEPARATOR);
    for argument in arguments {
        match argument {
            Argument::Text(text) => key.push_str(&format!("t{text}")),
            Argument::Number(number) => key.push_str(&format!("n{number}")),
        }
        key.push(SEPARATOR);
    }
    key
}

/// The call behind such a name; `None` for the name of a variable.
pub(super) fn decode(key: &str) -> Option<Call> {
    let mut parts = key.strip_suffix(SEPARATOR)?.split(SEPARATOR);
    let name = parts.next()?;
    let argument = |part: &str| match part.split_at_checked(1)? {
        ("t", text) => Some(Argument::Text(text.to_owned())),
        ("n", number) => number.parse().ok().map(Argument::Number),
        _ => None,
    };
    let arguments: Vec<Argument> = parts.map(argument).collect::<Option<_>>()?;
    Call::new(name, &arguments).ok()
}

impl Call {
    /// Makes sense of a call.
    pub(super) fn new(name: &str, arguments: &[Argument]) -> Result<Self, String> {
        let takes = Takes { name, arguments };
        if let Some(kind) = Kind::all().find(|kind| kind.plural() == name && *kind != Kind::Event) {
            return takes.list(kind, 0);
        }
        Ok(match name {
            "list" => return takes.list(takes.kind(0)?, 1),
            "get" => {
                let (kind, namespace, name) = takes.object()?;
                Self::Get { kind, namespace, name }
            }
            "exists" => {
                let (kind, namespace, name) = takes.object()?;
                Self::Exists { kind, namespace, name }
            }
            "quota" => Self::Get { kind: Kind::ResourceQuota, namespace: takes.text(0)?, name: takes.text(1)? },
            "events" => Self::Events { namespace: takes.text(0)?, reason: takes.text(1).ok() },
            "load" => Self::Load(takes.text(0)?),
            "lostSince" => Self::LoadSince { load: takes.text(0)?, seconds: takes.seconds(1)?, lost_only: true },
            "totalSince" => Self::LoadSince { load: takes.text(0)?, seconds: takes.seconds(1)?, lost_only: false },
            "components" => Self::Components(takes.component(0, true)?),
            "leader" => Self::Leader(takes.component(0, false)?.unwrap_or_default()),
            "etcd" => Self::Etcd,
            "exits" => Self::Exits { namespace: takes.text(0)?, which: takes.which(1)? },
            "logs" => Self::Logs { namespace: takes.text(0)?, pod: takes.text(1)?, container: takes.text(2).ok() },
            "file" => Self::File {
                namespace: takes.text(0)?,
                pod: takes.text(1)?,
                container: takes.text(2)?,
                path: takes.text(3)?,
            },
            "written" => Self::Written {
                namespace: takes.text(0)?,
                pod: takes.text(1)?,
                container: takes.text(2)?,
                path: takes.text(3)?,
            },
            "now" => Self::Now,
            "since_arrival" => Self::SinceArrival,
            "milli" => Self::Milli(takes.quantity()?.milli_value()),
            "amount" => Self::Amount(takes.quantity()?.value()),
            _ => return Err(format!("there is no function {name}()")),
        })
    }
}

/// Arguments that are being made sense of.
struct Takes<'a> {
    name: &'a str,
    arguments: &'a [Argument],
}

impl Takes<'_> {
    fn text(&self, index: usize) -> Result<String, String> {
        match self.arguments.get(index) {
            Some(Argument::Text(text)) => Ok(text.clone()),
            Some(Argument::Number(number)) => Err(format!("{}(): write '{number}' in quotes", self.name)),
            None => Err(format!("{}() lacks an argument: {}", self.name, usage(self.name))),
        }
    }

    fn seconds(&self, index: usize) -> Result<u64, String> {
        match self.arguments.get(index) {
            Some(Argument::Number(number)) if *number >= 0 => Ok(number.unsigned_abs()),
            _ => Err(format!("{}() takes a number of seconds: {}", self.name, usage(self.name))),
        }
    }

    fn kind(&self, index: usize) -> Result<Kind, String> {
        let word = self.text(index)?;
        Kind::from_word(&word).ok_or_else(|| {
            let close = suggest::closest(&word, Kind::all().map(Kind::name));
            let hint = close.map_or(String::new(), |close| format!("; did you mean '{close}'?"));
            format!("{}(): there is no kind '{word}'{hint}", self.name)
        })
    }

    fn object(&self) -> Result<(Kind, String, String), String> {
        let kind = self.kind(0)?;
        if kind.is_namespaced() {
            return Ok((kind, self.text(1)?, self.text(2)?));
        }
        // A kind of the cluster has no namespace; an empty one may be written all the same.
        let name = self.text(2).or_else(|_| self.text(1))?;
        Ok((kind, String::new(), name))
    }

    fn list(&self, kind: Kind, first: usize) -> Result<Call, String> {
        let (namespace, selector) = if kind.is_namespaced() {
            (self.text(first).unwrap_or_default(), self.text(first + 1).unwrap_or_default())
        } else {
            let words = (self.text(first).unwrap_or_default(), self.text(first + 1).unwrap_or_default());
            (String::new(), if words.1.is_empty() { words.0 } else { words.1 })
        };
        Ok(Call::List { kind, namespace, selector: self.selector(&selector)? })
    }

    fn selector(&self, text: &str) -> Result<Selector, String> {
        Selector::parse(text).map_err(|error| format!("{}(): {error}", self.name))
    }

    fn which(&self, index: usize) -> Result<Which, String> {
        Ok(match self.text(index) {
            Err(_) => Which::All,
            Ok(text) if text.contains(['=', '!', ' ', ',']) => Which::Labelled(self.selector(&text)?),
            Ok(name) => Which::Named(name),
        })
    }

    fn component(&self, index: usize, may_lack: bool) -> Result<Option<String>, String> {
        let word = match self.text(index) {
            Ok(word) => word,
            Err(_) if may_lack => return Ok(None),
            Err(error) => return Err(error),
        };
        let known = crate::cluster::ComponentName::ALL.map(crate::cluster::ComponentName::as_str);
        if known.contains(&word.as_str()) {
            return Ok(Some(word));
        }
        let close = suggest::closest(&word, known).map_or_else(|| known.join(", "), str::to_owned);
        Err(format!("{}(): there is no component '{word}'; did you mean {close}?", self.name))
    }

    fn quantity(&self) -> Result<crate::model::Quantity, String> {
        let text = self.text(0)?;
        text.parse().map_err(|_| format!("{}(): '{text}' is no quantity; write it like 500m, 4, 8Gi", self.name))
    }
}

/// How a function is called.
pub(super) fn usage(name: &str) -> String {
    let known = FUNCTIONS.iter().find(|known| known.name == name);
    known.map_or_else(|| format!("{name}('namespace', 'label=value')"), |known| known.usage.to_owned())
}
