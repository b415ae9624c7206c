//! Why a command was refused: typed, with a stable code. The words people read live in the desk's Fluent files.

use crate::time::Micros;
use ledger::Digest;

/// What a draft still lacks before anyone may approve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The English title is empty.
    TitleEn,
    /// The English text is empty.
    BodyEn,
    /// The Arabic title is empty.
    TitleAr,
    /// The Arabic text is empty.
    BodyAr,
    /// A picture or recording has no English description.
    AltEn,
    /// A picture or recording has no Arabic description.
    AltAr,
    /// A topic or the place has no English name.
    NameEn,
    /// A topic or the place has no Arabic name.
    NameAr,
    /// The note of a correction or a withdrawal is missing in English.
    NoteEn,
    /// The note of a correction or a withdrawal is missing in Arabic.
    NoteAr,
}

impl Lack {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TitleEn => "title-en",
            Self::BodyEn => "body-en",
            Self::TitleAr => "title-ar",
            Self::BodyAr => "body-ar",
            Self::AltEn => "alt-en",
            Self::AltAr => "alt-ar",
            Self::NameEn => "name-en",
            Self::NameAr => "name-ar",
            Self::NoteEn => "note-en",
            Self::NoteAr => "note-ar",
        }
    }
}

/// A command that the rules do not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// This editor has approved this version already; a second approval needs a second person.
    #[error("the same editor cannot approve twice")]
    SameEditorTwice,
    /// What was approved is not what stands there now.
    #[error("the story changed after it was shown: approval for {shown}, current {current}")]
    StaleApproval {
        /// The clearance hash on the approver's page.
        shown: Digest,
        /// The clearance hash now.
        current: Digest,
    },
    /// Fewer than two current approvals.
    #[error("{have} of 2 approvals by different editors")]
    NotCleared {
        /// How many count.
        have: u32,
    },
    /// Two approvals, but none of a safety editor.
    #[error("the safety editor has not approved")]
    SafetyMissing,
    /// There is no such channel, or it has no credentials.
    #[error("there is no such channel")]
    UnknownChannel,
    /// Nothing waits for confirmation there.
    #[error("nothing waits there to be confirmed")]
    ChannelSettled,
    /// Other credentials were entered since the page was shown.
    #[error("other credentials were entered there meanwhile")]
    ChannelChanged,
    /// A channel stays where it is: what stands there is known by its address there alone.
    #[error("these credentials lead to another account than the channel's")]
    ChannelElsewhere,
    /// There is no such delivery.
    #[error("there is no such delivery")]
    UnknownDelivery,
    /// There is nothing to decide about it.
    #[error("there is nothing to decide about this delivery")]
    DeliverySettled,
    /// This version is published already.
    #[error("this version is published already")]
    AlreadyPublished,
    /// Someone else saved in between.
    #[error("version {current} was saved in between; the edit was of version {expected}")]
    EditConflict {
        /// The version the editor had before them.
        expected: u32,
        /// The version now.
        current: u32,
    },
    /// The draft lacks something that both languages need.
    #[error("the draft lacks {}", .0.code())]
    Incomplete(Lack),
    /// A text is longer than its limit.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// Its limit.
        limit: usize,
    },
    /// A text holds a character that no text may hold (a control character).
    #[error("{field} holds a control character")]
    ControlCharacter {
        /// Which text.
        field: &'static str,
    },
    /// More media than a story may carry.
    #[error("more than {limit} media")]
    TooManyMedia {
        /// The limit.
        limit: usize,
    },
    /// More topics than a story may have.
    #[error("more than {limit} topics")]
    TooManyTopics {
        /// The limit.
        limit: usize,
    },
    /// Two topics share an address.
    #[error("a topic stands twice in the story")]
    TopicTwice,
    /// A place outside the globe.
    #[error("a point lies between 90 degrees south and north, 180 west and east")]
    Nowhere,
    /// When it happened is not written as a date.
    #[error("not a date as the site writes it")]
    BadDate,
    /// What the flash lane was given is no flash.
    #[error(
        "a flash is unconfirmed words with a place, without media, a point, a delay or a correction"
    )]
    NotAFlash,
    /// A version that withdraws the story still says something.
    #[error("a withdrawn story carries its reason and nothing else")]
    WithdrawnAndTold,
    /// What was never published cannot be withdrawn.
    #[error("no version of this story was published")]
    NothingToWithdraw,
    /// The story names a derivative that does not exist.
    #[error("no such derivative")]
    UnknownDerivative,
    /// The story names one derivative twice.
    #[error("a derivative stands twice in the story")]
    DerivativeTwice,
    /// The address part of the story is not usable.
    #[error("a slug is 3 to 60 lower-case letters, digits and single hyphens")]
    SlugInvalid,
    /// Another story has this address.
    #[error("another story has this slug")]
    SlugTaken,
    /// The story is held back until later.
    #[error("held back until {until}")]
    NotYet {
        /// The first moment at which it may go out.
        until: Micros,
    },
    /// Nothing to wait for: no moment is set, or it has passed.
    #[error("no moment in the future is set")]
    NoMoment,
    /// The story does not wait for its moment.
    #[error("the story is not scheduled")]
    NotScheduled,
    /// No such story.
    #[error("no such story")]
    UnknownStory,
    /// No such item.
    #[error("no such item")]
    UnknownItem,
    /// No such publication.
    #[error("no such publication")]
    UnknownPublication,
    /// No editor with that id, or the account is closed.
    #[error("no such editor, or the account is closed")]
    NotAnEditor,
    /// There is nothing of this editor's to take back.
    #[error("this editor has not approved this version")]
    NotApproved,
    /// An editor of that name exists.
    #[error("an editor of that name exists")]
    NameTaken,
    /// A name is empty or longer than 80 characters.
    #[error("a name is 1 to 80 characters")]
    NameInvalid,
    /// An account needs a role.
    #[error("an editor needs at least one role")]
    NoRole,
    /// The enrolment code was used or never existed.
    #[error("the enrolment code is spent or unknown")]
    EnrolmentSpent,
    /// The enrolment code is too old.
    #[error("the enrolment code has expired")]
    EnrolmentExpired,
    /// Too many wrong passwords.
    #[error("too many attempts; again at {retry_at}")]
    TooManyAttempts {
        /// When the next attempt counts.
        retry_at: Micros,
    },
    /// The item is here: there is nothing to ask for or to decline.
    #[error("the item is here already")]
    ItemHere,
    /// The item is not examined yet.
    #[error("the item is not examined yet")]
    NotExamined,
    /// The same work is under way.
    #[error("this is being worked on")]
    AlreadyWorking,
    /// This kind cannot be made safe.
    #[error("this file cannot be made safe for publication: {code}")]
    CannotProtect {
        /// The examiner's reason code.
        code: String,
    },
    /// A kit of that pseudonym or id exists.
    #[error("a kit of that pseudonym or id exists")]
    KitTaken,
    /// No such kit.
    #[error("no such kit")]
    UnknownKit,
    /// That drop is known already.
    #[error("that drop is known already")]
    DropTaken,
    /// A capture is reported for a moment that has not come.
    #[error("the moment of capture lies ahead")]
    CaptureAhead,
    /// The kit is refused from that week or an earlier one already.
    #[error("the kit is refused from then on already")]
    AlreadyCaptured,
    /// The identity that is sealed to now.
    #[error("this intake identity is in use")]
    IntakeCurrent,
    /// Pieces wait here that only this identity may open.
    #[error("{dispatches} dispatches are not opened yet")]
    IntakeUnopened {
        /// How many.
        dispatches: u32,
    },
    /// A bulletin of that number, or a later one, is published already.
    #[error("a bulletin of that number or a later one is published already")]
    BulletinNotNewer,
    /// Something sealed to this identity may be on its way.
    #[error("something sealed to this identity by {kits} kits may be on its way")]
    IntakeInUse {
        /// Kits that have not said otherwise.
        kits: u32,
    },
    /// A reply pair is used once.
    #[error("the reply pair is spent")]
    ReplyPairSpent,
    /// Sources are for safety editors.
    #[error("only safety editors see sources")]
    SourcesNotYours,
    /// A message has 1 to 16,384 bytes of words and no control characters but newline.
    #[error("a message has 1 to 16,384 bytes and no control characters but newline")]
    MessageInvalid,
    /// The reporter cannot be answered until something new comes from her.
    #[error("no reply pair is left")]
    NoReplyPair,
    /// Only one reply pair is left, and nobody said that it may go.
    #[error("this would use the last reply pair")]
    LastReplyPair,
    /// Something in the story was sent under force, and no safety editor has answered for it.
    #[error("a safety editor has to answer for this version first")]
    RiskNotAcknowledged,
    /// Something in the story comes from a captured kit, and no safety editor has answered for it.
    #[error("the story is held back until a safety editor has reviewed it")]
    StoryFrozen,
    /// The story carries no risk that would need an answer.
    #[error("there is nothing to acknowledge")]
    NothingToAcknowledge,
    /// An act that cannot be undone needs a reason.
    #[error("a reason of 1 to 2,000 characters is needed")]
    ReasonMissing,
    /// The plan that was confirmed is not the one that holds now.
    #[error("something changed since the plan was shown")]
    StalePlan,
    /// No drop is configured that could carry a message.
    #[error("the desk has no drop")]
    NoDrop,
    /// The interval or the plan of a missed-contact timer is not usable.
    #[error("the interval is one hour to 90 days, the plan at most 2,000 characters")]
    WatchInvalid,
}

impl Refusal {
    /// The stable code: the key of the message in the desk's Fluent files (`refusal-CODE`) and of JSON answers.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SameEditorTwice => "same-editor-twice",
            Self::StaleApproval { .. } => "stale-approval",
            Self::NotCleared { .. } => "not-cleared",
            Self::SafetyMissing => "safety-missing",
            Self::UnknownChannel => "unknown-channel",
            Self::ChannelSettled => "channel-settled",
            Self::ChannelChanged => "channel-changed",
            Self::ChannelElsewhere => "channel-elsewhere",
            Self::UnknownDelivery => "unknown-delivery",
            Self::DeliverySettled => "delivery-settled",
            Self::AlreadyPublished => "already-published",
            Self::EditConflict { .. } => "edit-conflict",
            Self::Incomplete(_) => "incomplete",
            Self::TooLong { .. } => "too-long",
            Self::ControlCharacter { .. } => "control-character",
            Self::TooManyMedia { .. } => "too-many-media",
            Self::TooManyTopics { .. } => "too-many-topics",
            Self::TopicTwice => "topic-twice",
            Self::Nowhere => "nowhere",
            Self::BadDate => "bad-date",
            Self::NotAFlash => "not-a-flash",
            Self::WithdrawnAndTold => "withdrawn-and-told",
            Self::NothingToWithdraw => "nothing-to-withdraw",
            Self::UnknownDerivative => "unknown-derivative",
            Self::DerivativeTwice => "derivative-twice",
            Self::SlugInvalid => "slug-invalid",
            Self::SlugTaken => "slug-taken",
            Self::NotYet { .. } => "not-yet",
            Self::NoMoment => "no-moment",
            Self::NotScheduled => "not-scheduled",
            Self::UnknownStory => "unknown-story",
            Self::UnknownItem => "unknown-item",
            Self::UnknownPublication => "unknown-publication",
            Self::NotAnEditor => "not-an-editor",
            Self::NotApproved => "not-approved",
            Self::NameTaken => "name-taken",
            Self::NameInvalid => "name-invalid",
            Self::NoRole => "no-role",
            Self::EnrolmentSpent => "enrolment-spent",
            Self::EnrolmentExpired => "enrolment-expired",
            Self::TooManyAttempts { .. } => "too-many-attempts",
            Self::ItemHere => "item-here",
            Self::NotExamined => "not-examined",
            Self::AlreadyWorking => "already-working",
            Self::CannotProtect { .. } => "cannot-protect",
            Self::KitTaken => "kit-taken",
            Self::UnknownKit => "unknown-kit",
            Self::DropTaken => "drop-taken",
            Self::CaptureAhead => "capture-ahead",
            Self::AlreadyCaptured => "already-captured",
            Self::IntakeCurrent => "intake-current",
            Self::IntakeUnopened { .. } => "intake-unopened",
            Self::IntakeInUse { .. } => "intake-in-use",
            Self::BulletinNotNewer => "bulletin-not-newer",
            Self::ReplyPairSpent => "reply-pair-spent",
            Self::SourcesNotYours => "sources-not-yours",
            Self::MessageInvalid => "message-invalid",
            Self::NoReplyPair => "no-reply-pair",
            Self::LastReplyPair => "last-reply-pair",
            Self::RiskNotAcknowledged => "risk-not-acknowledged",
            Self::StoryFrozen => "story-frozen",
            Self::NothingToAcknowledge => "nothing-to-acknowledge",
            Self::ReasonMissing => "reason-missing",
            Self::StalePlan => "stale-plan",
            Self::NoDrop => "no-drop",
            Self::WatchInvalid => "watch-invalid",
        }
    }

    /// Every code there is: the desk's test holds its Fluent files against it.
    pub const CODES: &'static [&'static str] = &[
        "same-editor-twice",
        "stale-approval",
        "not-cleared",
        "safety-missing",
        "unknown-channel",
        "channel-settled",
        "channel-changed",
        "channel-elsewhere",
        "unknown-delivery",
        "delivery-settled",
        "already-published",
        "edit-conflict",
        "incomplete",
        "too-long",
        "control-character",
        "too-many-media",
        "too-many-topics",
        "topic-twice",
        "nowhere",
        "bad-date",
        "not-a-flash",
        "withdrawn-and-told",
        "nothing-to-withdraw",
        "unknown-derivative",
        "derivative-twice",
        "slug-invalid",
        "slug-taken",
        "not-yet",
        "no-moment",
        "not-scheduled",
        "unknown-story",
        "unknown-item",
        "unknown-publication",
        "not-an-editor",
        "not-approved",
        "name-taken",
        "name-invalid",
        "no-role",
        "enrolment-spent",
        "enrolment-expired",
        "too-many-attempts",
        "item-here",
        "not-examined",
        "already-working",
        "cannot-protect",
        "kit-taken",
        "unknown-kit",
        "drop-taken",
        "reply-pair-spent",
        "sources-not-yours",
        "message-invalid",
        "no-reply-pair",
        "last-reply-pair",
        "risk-not-acknowledged",
        "story-frozen",
        "nothing-to-acknowledge",
        "already-captured",
        "reason-missing",
        "stale-plan",
        "no-drop",
        "watch-invalid",
        "capture-ahead",
        "intake-current",
        "intake-unopened",
        "intake-in-use",
        "bulletin-not-newer",
    ];
}
