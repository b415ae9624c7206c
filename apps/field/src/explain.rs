//! Errors made human: what went wrong, and what to do next.

use std::io::ErrorKind;

use anyhow::Error;
use field::{FieldError, PassphraseFault, Refusal, RoadError};
use formats::BulletinRefusal;
use formats::CELL;
use formats::card::VolumeError;
use keys::Weakness;

use crate::words::{Words, say};

/// An error in words.
pub(crate) fn explain(words: &Words, error: &Error) -> String {
    if let Some(error) = error.downcast_ref::<FieldError>() {
        return field_error(words, error);
    }
    if let Some(error) = error.downcast_ref::<RoadError>() {
        return road_error(words, error);
    }
    format!("{error:#}")
}

fn field_error(words: &Words, error: &FieldError) -> String {
    match error {
        FieldError::NotSetUp => say!(words, "error-not-set-up"),
        FieldError::AlreadySetUp => say!(words, "error-already-set-up"),
        FieldError::Busy => say!(words, "error-busy"),
        FieldError::Size(_) => say!(words, "error-size"),
        FieldError::Locked => say!(words, "error-locked"),
        FieldError::DamagedState => say!(words, "error-damaged-vault"),
        FieldError::Passphrase(fault) => passphrase_fault(words, *fault),
        FieldError::Full => say!(words, "error-full"),
        FieldError::State(source) => say!(words, "error-state", why = source.to_string()),
        FieldError::Stretch(source) => say!(words, "error-memory", why = source.to_string()),
        FieldError::Kit(source) => say!(words, "error-kit", why = source.to_string()),
        FieldError::Source(position, source) => {
            let number = position.saturating_add(1).to_string();
            say!(
                words,
                "error-source",
                number = number,
                why = source.to_string()
            )
        }
        FieldError::BulletinUnreadable(source) => {
            say!(words, "error-bulletin", why = source.to_string())
        }
        FieldError::Bulletin(why) => bulletin_refusal(words, *why),
        FieldError::Nothing => say!(words, "error-nothing"),
        FieldError::Manifest(source) => say!(words, "error-manifest", why = source.to_string()),
        FieldError::TooManyPieces => say!(words, "error-too-many"),
        FieldError::Piece(source) => say!(words, "error-sealing", why = source.to_string()),
        FieldError::Disk { source, .. } => disk_refused(words, source),
        FieldError::WordsSpent => say!(words, "error-words-spent"),
        FieldError::Camera { source, .. } => say!(words, "error-camera", why = source.to_string()),
        FieldError::DamagedPiece { dispatch, piece } => say!(
            words,
            "error-damaged",
            dispatch = dispatch.short(),
            piece = piece.to_string()
        ),
        FieldError::UnknownDrop(url) => say!(words, "error-unknown-drop", url = url.to_string()),
        FieldError::NoTokens(url) => say!(words, "error-no-tokens", url = url.to_string()),
        FieldError::NoDrop => say!(words, "error-no-drop"),
        FieldError::Road(source) => road_error(words, source),
        FieldError::Recovery => say!(words, "error-recovery"),
        FieldError::UnknownDispatch(id) => {
            say!(words, "error-unknown-dispatch", dispatch = id.short())
        }
        FieldError::CardTooSmall { places } => too_small(words, *places),
        FieldError::Card(error) => volume_error(words, error),
    }
}

/// Why a disk did not take or give something. What can be done about it is said without the system's own words.
pub(crate) fn disk_refused(words: &Words, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => say!(words, "error-disk-full"),
        ErrorKind::ReadOnlyFilesystem => say!(words, "error-disk-read-only"),
        _ => say!(words, "error-disk", why = error.to_string()),
    }
}

/// How large cards would have to be, in words.
fn too_small(words: &Words, places: Option<u32>) -> String {
    let Some(places) = places else {
        return say!(words, "error-too-many-cards");
    };
    let bytes = u64::from(places) * CELL as u64;
    let mib = bytes.div_ceil(1 << 20).to_string();
    say!(words, "error-card-too-small", mib = mib)
}

/// Why a memory card's own file system is of no use, in words.
fn volume_error(words: &Words, error: &VolumeError) -> String {
    match error {
        VolumeError::Unknown => say!(words, "card-unknown"),
        VolumeError::Dirty => say!(words, "card-dirty"),
        VolumeError::Read(source) => disk_refused(words, source),
        VolumeError::Format(source) => say!(words, "card-malformed", why = source.to_string()),
    }
}

/// Why a passphrase is refused, in words.
pub(crate) fn passphrase_fault(words: &Words, fault: PassphraseFault) -> String {
    match fault {
        PassphraseFault::Weak(Weakness::TooShort { have, need }) => {
            say!(words, "passphrase-too-short", have = have, need = need)
        }
        PassphraseFault::Weak(Weakness::Repeats) => say!(words, "passphrase-repeats"),
        PassphraseFault::Weak(Weakness::DigitsOnly) => say!(words, "passphrase-digits"),
        PassphraseFault::Weak(Weakness::TooFewWords { have, need }) => {
            say!(words, "passphrase-few-words", have = have, need = need)
        }
        PassphraseFault::NoMark => say!(words, "passphrase-no-mark"),
        PassphraseFault::TooAlike => say!(words, "passphrase-alike"),
    }
}

/// A road's failure in words.
pub(crate) fn road_error(words: &Words, error: &RoadError) -> String {
    match error {
        RoadError::NoProxy { proxy } => say!(words, "road-no-proxy", proxy = proxy.to_string()),
        RoadError::NotHere(url) => say!(words, "road-not-here", url = url.to_string()),
        RoadError::OnlyTor(url) => say!(words, "road-only-tor", url = url.to_string()),
        RoadError::BadPin => say!(words, "road-bad-pin"),
        RoadError::Clear(url) => say!(words, "road-clear", url = url.to_string()),
        RoadError::BadProxy => say!(words, "road-bad-proxy"),
        RoadError::NotBelieved(source) => {
            say!(words, "road-not-believed", why = source.to_string())
        }
        RoadError::Line(source) => say!(words, "road-line", why = source.to_string()),
        RoadError::Refused { kind } => say!(words, "road-refused", why = kind.title()),
        RoadError::Strange { status } => say!(words, "road-strange", status = status.to_string()),
    }
}

/// Why an authentic reply was refused, in words.
pub(crate) fn refusal(words: &Words, refusal: Refusal) -> String {
    match refusal {
        Refusal::UnknownDispatch => say!(words, "refusal-unknown-dispatch"),
        Refusal::UnknownPiece | Refusal::OtherPiece => say!(words, "refusal-other-piece"),
        Refusal::NotAll => say!(words, "refusal-not-all"),
        Refusal::Bulletin(why) => bulletin_refusal(words, why),
        Refusal::TooManyMessages => say!(words, "refusal-too-many-messages"),
    }
}

/// Why a bulletin was refused, in words.
fn bulletin_refusal(words: &Words, refusal: BulletinRefusal) -> String {
    match refusal {
        BulletinRefusal::NobodyPinned => say!(words, "bulletin-nobody-pinned"),
        BulletinRefusal::UnknownCustodian | BulletinRefusal::Signature => {
            say!(words, "bulletin-forged")
        }
        BulletinRefusal::TooFew { have, need } => {
            say!(words, "bulletin-too-few", have = have, need = need)
        }
        BulletinRefusal::OtherNewsroom => say!(words, "bulletin-other-newsroom"),
        BulletinRefusal::NotNewer { .. } => say!(words, "bulletin-not-newer"),
        BulletinRefusal::Expired => say!(words, "bulletin-expired"),
        BulletinRefusal::IntakeBackwards => say!(words, "bulletin-backwards"),
    }
}
