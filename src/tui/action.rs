//! What a key press means.

use crossterm::event::KeyEvent;

use crate::model::Kind;

/// What someone wants, before the screen in front decides what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// To the first line.
    Top,
    /// To the last line.
    Bottom,
    /// The obvious next thing: open, confirm, go on.
    Enter,
    /// Back to where one came from.
    Back,
    /// The next part of the screen.
    NextPane,
    /// What can be done here.
    Help,
    /// Leave.
    Quit,
    /// Ctrl-C.
    Interrupt,
    /// Stop time or let it go.
    TogglePause,
    /// On to the next thing that happens.
    StepEvent,
    /// On by a second.
    StepSecond,
    /// Time runs faster.
    Faster,
    /// Time runs slower.
    Slower,
    /// Look at an earlier instant.
    ScrubBack,
    /// Look at a later instant.
    ScrubForward,
    /// Look at the instant before the last thing that was done.
    DeedBack,
    /// Look at the instant before the next thing that was done.
    DeedForward,
    /// What came later never happened.
    Rewind,
    /// Remember this instant.
    Bookmark,
    /// Two futures from here on.
    Fork,
    /// The other future.
    Swap,
    /// Give the other future up.
    Drop,
    /// Another view.
    View(View),
    /// The kubectl prompt.
    Prompt,
    /// Type the name of a kind or view.
    Command,
    /// Narrow a list down, or search a text.
    Filter,
    /// The next place that was found.
    FindNext,
    /// Break something.
    Fault,
    /// The learner's own shell, where the real kubectl reaches this cluster.
    OwnShell,
    /// Answer the Kubernetes API beside the screen.
    Serve,
    /// Why is this so?
    Why,
    /// `kubectl describe`.
    Describe,
    /// `kubectl get -o yaml`.
    Yaml,
    /// `kubectl logs`.
    Logs,
    /// `kubectl logs --previous`.
    PreviousLogs,
    /// `kubectl edit`.
    Edit,
    /// `kubectl delete`.
    Delete,
    /// `kubectl exec`.
    Shell,
    /// Every namespace, or only one.
    AllNamespaces,
    /// Another namespace.
    Namespace,
    /// Who owns whom.
    OwnerTree,
    /// How the scheduler chose.
    Decision,
    /// The processes, signals and files of a Pod.
    Inside,
    /// How a Pod came to its end.
    Ending,
    /// Sort by the next column.
    Sort,
    /// Sort the other way round.
    SortReverse,
    /// All columns of `-o wide`.
    Wide,
    /// Follow the end of a text.
    Follow,
    /// Long lines go on below, or are cut.
    Wrap,
    /// Another attempt, member or client.
    Cycle,
    /// A hint.
    Hint,
    /// Another language.
    Language,
    /// A cluster without a story.
    Sandbox,
    /// Keep what was edited.
    Save,
    /// Complete what was typed.
    Complete,
    /// A key as it is, for screens that take text.
    Key(KeyEvent),
    /// Text from the clipboard.
    Paste(String),
    /// The mouse was pressed there.
    Click {
        /// The column on the terminal.
        column: u16,
        /// The row on the terminal.
        row: u16,
    },
}

/// A view of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The story beside the cluster.
    Lesson,
    /// Machines and Pods.
    Topology,
    /// The objects of a kind.
    Table(Kind),
    /// What happened.
    Events,
    /// Who wrote what to whom.
    Trace,
    /// How nodes were chosen.
    Scheduler,
    /// The store and who leads.
    Etcd,
    /// What namespaces may use.
    Quota,
    /// Clients and what became of their requests.
    Load,
    /// What nodes and Pods use.
    Usage,
    /// How Pods came to their ends.
    Ending,
}

impl View {
    /// The views with a number, in order: the tabs.
    pub const TABS: [Self; 9] = [
        Self::Lesson,
        Self::Topology,
        Self::Table(Kind::Pod),
        Self::Events,
        Self::Trace,
        Self::Scheduler,
        Self::Etcd,
        Self::Quota,
        Self::Load,
    ];

    /// Every view, those without a number last.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        Self::TABS.into_iter().chain([Self::Usage, Self::Ending])
    }

    /// The id of its caption in the locale.
    #[must_use]
    pub fn caption(self) -> &'static str {
        match self {
            Self::Lesson => "view-lesson",
            Self::Topology => "view-topology",
            Self::Table(_) => "view-table",
            Self::Events => "view-events",
            Self::Trace => "view-trace",
            Self::Scheduler => "view-scheduler",
            Self::Etcd => "view-etcd",
            Self::Quota => "view-quota",
            Self::Load => "view-load",
            Self::Usage => "view-usage",
            Self::Ending => "ending-title",
        }
    }

    /// What is typed after `:` to get there; tables go by the names of kinds.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Topology => "topology",
            Self::Table(kind) => kind.plural(),
            Self::Events => "timeline",
            Self::Trace => "trace",
            Self::Scheduler => "scheduler",
            Self::Etcd => "etcd",
            Self::Quota => "quota",
            Self::Load => "load",
            Self::Usage => "usage",
            Self::Ending => "ends",
        }
    }

    /// The view that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        // A kind comes first, except where a view says more about it than a table.
        let view = Self::all().find(|view| !matches!(view, Self::Table(_)) && view.word() == word);
        view.or_else(|| Kind::from_word(word).map(Self::Table))
    }
}
