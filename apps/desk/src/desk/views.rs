//! What the pages show: plain values without keys, handles or behaviour.
//!
//! Strings that came from a sender (names, notes, metadata values) are hostile: the page escapes
//! and isolates them (`<bdi>`), and the media types below are the desk's own finding, never the
//! sender's word.

pub use newsroom::stories::Grade;
pub use newsroom::{DerivativeId, EditorId, HeldId, ItemId, StoryId};

/// Whether the desk is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockState {
    /// Custodians still have to enter their passphrases.
    Locked {
        /// How many custodians are needed.
        threshold: usize,
        /// Who has entered a right passphrase since the last lock.
        entered: Vec<String>,
        /// Everybody who holds a share.
        custodians: Vec<String>,
        /// When the keys were last replaced, in microseconds; nothing if they are the first.
        rekeyed_at: Option<i64>,
    },
    /// Open for work.
    Open,
}

/// The inbox: dispatches that have arrived or are arriving, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxView {
    /// One entry per dispatch.
    pub dispatches: Vec<DispatchLine>,
}

/// One dispatch in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchLine {
    /// The dispatch, hex as in URLs.
    pub id: String,
    /// When its first cell was seen, microseconds since 1970 UTC.
    pub received_at: i64,
    /// Cells of it seen so far.
    pub cells_seen: u64,
    /// Pieces assembled and authenticated so far.
    pub pieces_complete: u64,
    /// Pieces there will be; unknown until the manifest is in.
    pub pieces_total: Option<u64>,
    /// Where it stands.
    pub state: DispatchState,
    /// The sender's note (hostile text), once the manifest is in.
    pub note: Option<String>,
    /// Items opened so far, in the sender's order.
    pub items: Vec<ItemLine>,
    /// Items that were announced and are not here.
    pub held: Vec<HeldLine>,
    /// What is whole of it is being entered, though its end has not come.
    pub opening: bool,
    /// Sent under force, by its mark or its vault. Pages show it to those alone who may see sources.
    pub forced: bool,
    /// Sent from another vault than the everyday one. For the same people.
    pub another_vault: bool,
}

/// Where a dispatch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchState {
    /// Cells are arriving.
    Arriving,
    /// Nothing more has come for a long time, and its end is not here.
    CutOff,
    /// Everything but what is held back is here.
    Announced,
    /// All pieces are in; items are being opened and checked.
    Opening,
    /// Every item is open and matches the manifest.
    Complete,
    /// Something does not fit (a hash differs, an item is damaged); the items' findings say what.
    Damaged,
    /// Whole, authentic and recognised, but sealed to a key that is not here any more.
    Unopenable,
}

impl DispatchState {
    /// The key of the Fluent message.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::CutOff => "cut-off",
            Self::Announced => "announced",
            Self::Opening => "opening",
            Self::Complete => "complete",
            Self::Damaged => "damaged",
            Self::Unopenable => "unopenable",
        }
    }
}

/// One item as a line of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemLine {
    /// The item.
    pub id: ItemId,
    /// The sender's file name (hostile text).
    pub name: String,
    /// `jpeg`, `png`, `heic`, `mp4`, `mov`, `mp3`, `pdf`, or `unknown` until examined.
    pub kind: String,
    /// Size of the original in bytes.
    pub bytes: u64,
    /// Whether a preview is ready.
    pub preview: WorkState,
    /// The place of the item of which it is a preview, made on the reporter's device.
    pub preview_of: Option<u32>,
    /// Its place among the items of its dispatch.
    pub ordinal: u32,
    /// It is not all that was recorded.
    pub cut_off: bool,
}

/// What is known of an item that is not all that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOff {
    /// The manifest says that the recording was cut off.
    Recording,
    /// These pieces of a dispatch whose manifest has not come.
    Loose {
        /// The first.
        first: u32,
        /// The last.
        last: u32,
    },
}

/// An item that was announced and is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLine {
    /// Which.
    pub id: HeldId,
    /// Its place among the items of its dispatch.
    pub ordinal: u32,
    /// The sender's file name (hostile text).
    pub name: String,
    /// As in [`ItemLine::kind`], by the sender's word.
    pub kind: &'static str,
    /// Its size, by the sender's word.
    pub bytes: u64,
    /// How long it plays in milliseconds, by the sender's word.
    pub millis: Option<u64>,
    /// Where it stands.
    pub state: HeldState,
    /// Whether a reply with the desk's last word was sealed for the reporter.
    pub told: bool,
    /// The item that is a preview of it.
    pub preview: Option<ItemId>,
}

/// Where an item stands that was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldState {
    /// Nobody has said anything.
    Open,
    /// It is asked for.
    Asked,
    /// Some of it is here.
    Arriving,
    /// It is not needed.
    Declined,
}

impl HeldState {
    /// The key of the Fluent message.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Arriving => "arriving",
            Self::Declined => "declined",
        }
    }
}

/// Where background work on an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkState {
    /// Nobody has asked for it.
    NotAsked,
    /// Waiting or running.
    UnderWay,
    /// There.
    Done,
    /// Refused or failed; the code is the key of the Fluent message, the reason is for people.
    Failed {
        /// Stable code.
        code: String,
        /// Plain words, as the media station gave them.
        reason: String,
    },
}

/// One item with all that is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    /// The item.
    pub id: ItemId,
    /// Its dispatch, hex.
    pub dispatch: String,
    /// As in [`ItemLine::kind`].
    pub kind: String,
    /// The sender's file name (hostile text).
    pub name: String,
    /// Size of the original in bytes.
    pub bytes: u64,
    /// When its dispatch was first seen, microseconds.
    pub received_at: i64,
    /// The sender's note to the dispatch (hostile text).
    pub note: Option<String>,
    /// It is not all that was recorded.
    pub cut: Option<CutOff>,
    /// What it is a preview of, while that is not here.
    pub announces: Option<HeldLine>,
    /// The item that it is a preview of, or that is a preview of it.
    pub counterpart: Option<ItemId>,
    /// It is a preview that the reporter's device made.
    pub is_preview: bool,
    /// What was found inside (GPS, maker notes, thumbnails, failures of tools ...).
    pub findings: Vec<FindingView>,
    /// Custody so far, oldest first.
    pub custody: Vec<CustodyLine>,
    /// Whether the preview is ready; then `open_preview` works.
    pub preview: WorkState,
    /// The media type `open_preview` answers with, once ready.
    pub preview_mime: Option<String>,
    /// Whether `open_poster` works.
    pub poster: bool,
    /// Pages that `open_page` has, counted from 1; 0 for anything but a document.
    pub pages: u32,
    /// Where scrubbing stands.
    pub scrub: WorkState,
    /// Publishable derivatives made so far.
    pub derivatives: Vec<DerivativeView>,
    /// As in [`DispatchLine::forced`].
    pub forced: bool,
    /// As in [`DispatchLine::another_vault`].
    pub another_vault: bool,
}

/// Something found in an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingView {
    /// Stable code (`gps`, `maker-note`, `tool-crashed` ...), the key of the Fluent message.
    pub code: String,
    /// Where in the file, in the tool's words.
    pub place: String,
    /// The value (hostile text), possibly empty.
    pub value: String,
}

/// One custody event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyLine {
    /// When, microseconds.
    pub at: i64,
    /// What happened: a stable code (`received`, `opened`, `probed`, `scrubbed`, `published` ...).
    pub what: String,
    /// Who did it: an editor's name, or empty for the desk itself.
    pub who: String,
    /// Hash of this entry in the audit chain, hex.
    pub hash: String,
}

/// A scrubbed derivative: what may be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivativeView {
    /// The derivative.
    pub id: DerivativeId,
    /// The item it was made from.
    pub item: ItemId,
    /// SHA-256 of the derivative, hex.
    pub sha256: String,
    /// Its media type.
    pub mime: String,
    /// Its size.
    pub bytes: u64,
    /// What the scrub removed and what it left.
    pub report: ScrubReportView,
    /// The code in its corner.
    pub code: Option<String>,
    /// What was made of it for channels that take less.
    pub variants: Vec<VariantView>,
}

/// A smaller or blurred one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantView {
    /// Its class of limits.
    pub rung: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Its media type.
    pub mime: String,
    /// Its size.
    pub bytes: u64,
}

/// A scrub report for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScrubReportView {
    /// What was there and is gone.
    pub removed: Vec<FindingView>,
    /// What was left behind and is judged harmless.
    pub left: Vec<FindingView>,
    /// Tools and versions.
    pub tools: Vec<String>,
}

/// One story in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryLine {
    /// The story.
    pub id: StoryId,
    /// Its version.
    pub version: u64,
    /// English title, possibly empty.
    pub title_en: String,
    /// Arabic title, possibly empty.
    pub title_ar: String,
    /// Where it stands.
    pub state: StoryState,
    /// Last change, microseconds.
    pub changed_at: i64,
}

/// Where a story stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoryState {
    /// Being written, or approvals are missing.
    Draft,
    /// All approvals are there for exactly this version.
    Cleared,
    /// Publication is recorded and being carried out.
    Publishing,
    /// On the site.
    Published,
}

impl StoryState {
    /// The key of the Fluent message.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Cleared => "cleared",
            Self::Publishing => "publishing",
            Self::Published => "published",
        }
    }
}

/// The texts and derivatives of a story, as the form sends and shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoryDraft {
    /// The version the form was made from; when another was saved meanwhile, saving is refused
    /// (`edit-conflict`). `None` takes whatever is current.
    pub version: Option<u64>,
    /// English title.
    pub title_en: String,
    /// English body, plain text with blank lines between paragraphs.
    pub body_en: String,
    /// Arabic title.
    pub title_ar: String,
    /// Arabic body.
    pub body_ar: String,
    /// The derivatives to publish, in order.
    pub media: Vec<StoryMedia>,
    /// Settings that go out with the texts; `None` keeps what stands there.
    pub settings: Option<StorySettings>,
}

/// What goes out with a story beside its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorySettings {
    /// The story's part of its address: 3 to 60 lower-case letters, digits, single hyphens.
    pub slug: String,
    /// How sure the newsroom says it is.
    pub grade: Grade,
    /// Whether pictures stay covered until the reader asks.
    pub graphic: bool,
    /// Held back until then, microseconds.
    pub not_before: Option<i64>,
    /// What the site says beside the words; `None` keeps what stands there.
    pub telling: Option<newsroom::telling::Telling>,
}

/// One derivative in a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryMedia {
    /// The derivative.
    pub derivative: DerivativeId,
    /// English description for those who do not see it.
    pub alt_en: String,
    /// Arabic description.
    pub alt_ar: String,
}

/// One story with all that a page needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryView {
    /// The story.
    pub id: StoryId,
    /// Its version; every save makes the next.
    pub version: u64,
    /// Texts, chosen derivatives and settings (always `Some` here).
    pub draft: StoryDraft,
    /// Details of the chosen derivatives, in the same order as `draft.media`.
    pub derivatives: Vec<DerivativeView>,
    /// Every other derivative there is, for choosing.
    pub choices: Vec<DerivativeChoice>,
    /// SHA-256 of the clearance record of this version, hex: what an approval binds.
    pub clearance: String,
    /// Approvals that stand for exactly this clearance.
    pub approvals: Vec<ApprovalView>,
    /// Where it stands.
    pub state: StoryState,
    /// Where it was published, once it was.
    pub publication: Option<PublicationView>,
    /// What each channel is told.
    pub outgoing: super::Outgoing,
    /// The moment for which it waits.
    pub schedule: Option<ScheduleView>,
    /// Held back until a safety editor has answered for a risk to a source.
    pub held: bool,
    /// What the risk is. Pages show it to those alone who may see sources.
    pub risks: newsroom::risks::Risks,
}

/// A cleared version that waits for its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleView {
    /// The moment, microseconds UTC.
    pub at: i64,
    /// The code of the rule that refused it when the moment came.
    pub trouble: Option<String>,
    /// How far the machine's clock runs ahead of the time that has passed, in microseconds: the moment is not of that clock.
    pub clock_ahead: i64,
}

/// What became of pressing "publish".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// It is on the site.
    Out(PublicationView),
    /// It goes out by itself.
    Scheduled {
        /// When, microseconds UTC.
        at: i64,
    },
}

/// A derivative that could be added to a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivativeChoice {
    /// The derivative.
    pub derivative: DerivativeView,
    /// The name of the item it came from (hostile text; for the desk's eyes only).
    pub item_name: String,
}

/// One standing approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalView {
    /// Who approved.
    pub editor: EditorId,
    /// The editor's name.
    pub name: String,
    /// Whether this is the safety editor's approval.
    pub safety: bool,
    /// When, microseconds.
    pub at: i64,
}

/// Where a story was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationView {
    /// The story page, relative to the site's root.
    pub url_path: String,
    /// When, microseconds.
    pub at: i64,
    /// Published files with their proofs, paths relative to the site's root.
    pub files: Vec<PublishedFile>,
}

/// One published file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFile {
    /// The derivative published.
    pub derivative: DerivativeId,
    /// `media/HASH.ext`.
    pub file: String,
    /// `proofs/HASH.proof.json`.
    pub proof: String,
}
