//! The field, opened: the state in a vault, saved whole or, for what happens often, as a record in the vault's journal.

use formats::{DispatchId, Kit, PieceNo};
use keys::{Cost, Passphrase};
use rand_core::{CryptoRng, RngCore};

use crate::OnProgress;
use crate::disk::Disk;
use crate::error::FieldError;
use crate::passphrases;
use crate::record::{Reader, Writer};
use crate::settings::Settings;
use crate::state::State;
use crate::vault::{Vault, Wanted};

/// One shard that a drop acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Acked {
    pub(crate) dispatch: DispatchId,
    pub(crate) piece: PieceNo,
    pub(crate) index: u16,
}

/// What happens often enough that replacing the whole state for it would be slow.
pub(crate) enum Entry {
    /// The last token of this drop (by its position in the kit) is spent.
    TokenSpent(u16),
    /// A drop acknowledged these.
    Acked(Vec<Acked>),
    /// So many cells are about to go over the line on this day.
    Spent { day: i32, cells: u32 },
}

const TOKEN_SPENT: u8 = 1;
const ACKED: u8 = 2;
const SPENT: u8 = 3;

/// What a device is set up with.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The newsroom's kit.
    pub kit: Kit,
    /// Opens the vault that is worked in.
    pub everyday: &'a Passphrase,
    /// Opens an empty vault, as on its first day, and overwrites the way to the other.
    pub duress: Option<&'a Passphrase>,
    /// Whether a received dispatch leaves no record.
    pub keep_nothing: bool,
    /// What one guess at a passphrase costs: [`Cost::FIELD`], outside of tests.
    pub cost: Cost,
}

/// A reporter's vault, opened.
pub struct Field<D> {
    pub(crate) vault: Vault<D>,
    pub(crate) state: State,
    /// Opened the way that says "I am being forced": what leaves in this opening carries the duress mark.
    pub(crate) forced: bool,
}

impl<D> std::fmt::Debug for Field<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Field(..)")
    }
}

impl<D: Disk> Field<D> {
    /// Makes a vault on this disk, overwriting all of it, and sets it up. Interrupted, it leaves noise; simply begin again.
    ///
    /// # Errors
    /// Passphrases that should not protect anything, a kit too large for so small a vault, not enough memory, or the disk failed.
    pub fn init(
        disk: D,
        setup: Setup<'_>,
        rng: &mut (impl RngCore + CryptoRng),
        progress: OnProgress<'_>,
    ) -> Result<Self, FieldError> {
        passphrases::check(setup.everyday, setup.duress)?;
        let settings = Settings {
            keep_nothing: setup.keep_nothing,
            previews: false,
        };
        let mut kit = setup.kit;
        // Taken out whether or not there is a duress passphrase: how many sessions are left must not tell.
        let share = own_share(&mut kit)?;
        let duress = match setup.duress {
            None => None,
            Some(passphrase) => {
                let state = State::new(share, settings);
                Some((passphrase, state.encode().map_err(FieldError::State)?))
            }
        };
        let state = State::new(kit, settings);
        let snapshot = state.encode().map_err(FieldError::State)?;
        let first = Wanted {
            passphrase: setup.everyday,
            snapshot: &snapshot.0,
        };
        let second = duress.as_ref().map(|(passphrase, snapshot)| Wanted {
            passphrase,
            snapshot: &snapshot.0,
        });
        let vault = Vault::create(disk, &first, second.as_ref(), setup.cost, rng, progress)?;
        Ok(Self {
            vault,
            state,
            forced: false,
        })
    }

    /// Opens a vault, moves it to the epoch of this moment and saves it anew, which the duress passphrase needs: nothing may be
    /// shown before this returns.
    ///
    /// # Errors
    /// Not a vault's size, wrong passphrase or altered state, or the disk failed.
    pub fn open(
        disk: D,
        passphrase: &Passphrase,
        cost: Cost,
        now: i64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, FieldError> {
        let opened = Vault::open(disk, passphrase, cost, rng)?;
        let mut vault = opened.vault;
        let mut state = State::decode(&opened.snapshot).map_err(FieldError::State)?;
        drop(opened.snapshot);
        vault.replay(&opened.journal, |record| {
            let entry = Entry::decode(record);
            entry.map(|entry| state.apply(&entry)).is_some()
        });
        // In the same save, so that an opening in a new week is in nothing different from any other.
        state.turn_epoch(now);
        let mut field = Self {
            vault,
            state,
            forced: opened.forced,
        };
        field.sweep()?;
        field.commit(rng)?;
        Ok(field)
    }

    /// Ends a vault, whichever of its passphrases is given: afterwards nothing opens it.
    ///
    /// # Errors
    /// Wrong passphrase, or the disk failed.
    pub fn wipe(
        disk: D,
        passphrase: &Passphrase,
        cost: Cost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        Vault::open(disk, passphrase, cost, rng)?.vault.wipe(rng)
    }

    /// Saves the whole state. What was forgotten since the last time is noise when this returns, and its slots are free.
    pub(crate) fn commit(
        &mut self,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let plain = self.state.encode().map_err(FieldError::State)?;
        self.vault.save(&plain.0, rng)?;
        let freed = std::mem::take(&mut self.state.freed);
        self.vault.release(&freed);
        Ok(())
    }

    /// Applies an entry and makes it durable, without saving the whole state unless the journal is full.
    pub(crate) fn record(
        &mut self,
        entry: &Entry,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), FieldError> {
        let logged = self.vault.log(&entry.encode().0, rng)?;
        self.state.apply(entry);
        if logged { Ok(()) } else { self.commit(rng) }
    }

    /// Counts anew which slots are in use, so that what an interrupted or failed command left behind is free again.
    pub(crate) fn sweep(&mut self) -> Result<(), FieldError> {
        self.vault.release_all();
        let pieces = self.state.dispatches.iter().flat_map(|d| &d.pieces);
        for piece in pieces.filter(|piece| !piece.forgotten) {
            if !self.vault.claim(&piece.stored) {
                return Err(FieldError::DamagedState);
            }
        }
        Ok(())
    }
}

/// Takes half of each drop's tokens out of a kit, for a second kit that is otherwise the same: no token may serve twice.
fn own_share(kit: &mut Kit) -> Result<Kit, FieldError> {
    let bytes = kit.encode().map_err(FieldError::Kit)?;
    let mut share = Kit::decode(&bytes).map_err(FieldError::Kit)?;
    for (drop, other) in kit.drops.iter_mut().zip(&mut share.drops) {
        let half = drop.tokens.len().div_ceil(2);
        drop.tokens.truncate(half);
        other.tokens.drain(..half);
    }
    Ok(share)
}

impl Entry {
    fn encode(&self) -> Writer {
        match self {
            Self::TokenSpent(drop) => {
                let mut w = Writer::with_room(3);
                w.byte(TOKEN_SPENT).u16(*drop);
                w
            }
            Self::Spent { day, cells } => {
                let mut w = Writer::with_room(9);
                w.byte(SPENT).bytes(&day.to_be_bytes()).u32(*cells);
                w
            }
            Self::Acked(list) => {
                let mut w = Writer::with_room(1 + 4 + list.len() * 22);
                w.byte(ACKED).count(list.len());
                for acked in list {
                    w.bytes(&acked.dispatch.0)
                        .u32(acked.piece.0)
                        .u16(acked.index);
                }
                w
            }
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        let entry = match r.byte().ok()? {
            TOKEN_SPENT => Self::TokenSpent(r.u16().ok()?),
            ACKED => Self::Acked(decode_acked(&mut r)?),
            SPENT => Self::Spent {
                day: i32::from_be_bytes(r.array().ok()?),
                cells: r.u32().ok()?,
            },
            _ => return None,
        };
        r.end().ok()?;
        Some(entry)
    }
}

fn decode_acked(r: &mut Reader<'_>) -> Option<Vec<Acked>> {
    let mut list = Vec::new();
    for _ in 0..r.count(22).ok()? {
        list.push(Acked {
            dispatch: DispatchId(r.array().ok()?),
            piece: PieceNo(r.u32().ok()?),
            index: r.u16().ok()?,
        });
    }
    Some(list)
}

impl State {
    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::TokenSpent(drop) => {
                if let Some(drop) = self.kit.drops.get_mut(usize::from(*drop)) {
                    drop.tokens.pop();
                }
            }
            Entry::Spent { day, cells } => self.budget.spend(*day, *cells),
            Entry::Acked(list) => {
                for acked in list {
                    let piece = self
                        .dispatch_mut(&acked.dispatch)
                        .and_then(|dispatch| dispatch.pieces.get_mut(acked.piece.0 as usize));
                    if let Some(piece) = piece {
                        piece.sent.add(acked.index);
                    }
                }
            }
        }
    }
}
