//! What happens inside: import, seal, queue, send, receive. Synchronous, one piece in memory at a time.
//!
//! One sentence of purpose: everything a reporter's device does with what it recorded, between the file and the road.
//! **Absence:** nothing here prints, reads a clock, makes randomness or can open a piece: what is stored is sealed to the
//! newsroom before it touches the disk, and the only identities held open one-time replies.
//!
//! The vault lies on a [`Disk`], the network is reached through [`Road`], time through [`Clock`]; [`FileDisk`] and
//! [`HttpRoad`] are the real ones. [`Field`] is the door: `init`, `open`, then `add`, `send`, `receive`, `status`.

mod add;
mod between;
mod book;
mod budget;
mod bulletin;
mod camera;
mod card;
mod class;
mod cover;
mod disk;
mod epochs;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod hold;
mod http;
mod import;
mod judge;
mod kit_words;
mod lane;
mod messages;
mod pace;
mod pack;
mod passphrases;
mod preview;
mod read_card;
mod receive;
mod record;
mod recording;
mod reply;
mod road;
mod seal;
mod seen;
mod send;
mod settings;
mod spread;
mod state;
mod status;
mod vault;
mod way;

pub use add::Added;
pub use between::{Between, Silence, Urgent};
pub use book::{Field, Setup};
pub use bulletin::{BulletinTaken, Retiring};
pub use camera::{CameraCard, CameraFile, FolderCard, edges_of, kind_hint};
pub use card::{Card, CardFile, CardStore};
pub use class::Class;
pub use disk::{Disk, FileDisk};
pub use error::FieldError;
pub use hold::Counted;
pub use http::HttpRoad;
pub use import::{ImportWish, Imported};
pub use judge::Refusal;
pub use kit_words::{Asked, ask_for_kit};
pub use messages::ShownMessage;
pub use pack::{Packed, pack};
pub use passphrases::{PassphraseFault, passphrase_fault};
pub use receive::Received;
pub use recording::{About, Heard, Live, Recorded};
pub use road::{Clock, Road, RoadError, Session};
pub use seal::Source;
pub use send::{Failure, SendWish, Sent};
pub use spread::{Fit, Spread, SpreadPlan, SpreadWish, prepare_card, write_card};
pub use state::DispatchState;
pub use status::{DispatchStatus, HELD_LONG_DAYS, REPLIES_FEW, Room, Status};
pub use way::{Trust, Way};

/// Tells a caller how far a long piece of work is, in bytes done. Called often; must be cheap.
pub type OnProgress<'a> = &'a mut dyn FnMut(u64);
