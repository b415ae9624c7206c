//! Chains and epochs of kits: the fresh chain beside the kit's own, what a field says of itself, captures, closing.

use std::collections::BTreeMap;

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::kits::place;
use crate::open::Store;
use crate::value::At;
use formats::{KitId, Standing};
use keys::ChainKey;
use newsroom::arrival::DispatchKey;
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::kits::{self, CaptureFacts};
use newsroom::vaults::{Brought, Chains, Link, Origin};
use newsroom::{Micros, Refusal};

/// The most chains kept for one kit. More than one fresh chain means that somebody copied the kit.
const CHAINS_MAX: u16 = 8;
/// How far apart two links of one chain are looked for.
const LINKS_MAX: u32 = 1_040;

/// A chain that a field made to replace the kit's own.
pub struct FreshChain {
    /// Its place among the kit's chains, from 1.
    pub ordinal: u16,
    /// Its oldest key that may still be needed.
    pub key: ChainKey,
    /// The epoch of that key.
    pub epoch: u32,
    /// When its vault was first used, as far as its contact pieces tell.
    pub brought: u32,
    /// The oldest epoch from which something authentic came under it.
    pub seen: Option<u32>,
    /// The newest epoch that it is known of.
    pub newest: u32,
}

/// The chain in a kit's own row.
struct OwnChain {
    key: ChainKey,
    epoch: u32,
    /// Nothing older is wanted of the everyday vault.
    closed_to: u32,
    /// It is the one that the kit came with.
    first: bool,
}

type ChainRow = (i64, Vec<u8>, i64, i64, Option<i64>, i64);

/// What tells of one kit whether anything of it can be closed.
struct Closing {
    kit: KitId,
    /// What its field said and when.
    word: Option<(u32, Micros)>,
    captured: bool,
    issued_at: Micros,
    /// Nothing older is wanted of the everyday vault.
    closed_to: u32,
    /// The epoch of the oldest key of the chain in its own row.
    epoch: u32,
    chains: Chains,
}

impl Closing {
    /// Whether keys of the kit's first chain can go.
    fn first_goes_on(&self, now: Micros) -> bool {
        let chains = &self.chains;
        let to = chains.first_open_from(self.closed_to, self.issued_at, now);
        chains.first && to > self.epoch
    }
}

/// The facts of all kits by two queries: an idle desk asks for them again and again, and mostly there is nothing to do.
async fn closing_facts(tx: &mut Tx) -> Result<Vec<Closing>, StoreError> {
    type Kit = (
        Vec<u8>,
        Option<i64>,
        Option<i64>,
        Option<i64>,
        i64,
        i64,
        i64,
        i64,
    );
    let at = At("kit_chains", "seen");
    let sql = "SELECT kit, ordinal, brought, seen FROM kit_chains ORDER BY kit, ordinal";
    let rows: Vec<(Vec<u8>, i64, i64, Option<i64>)> = tx.all(sql, &[]).await?;
    let mut brought: BTreeMap<KitId, Vec<Brought>> = BTreeMap::new();
    for (kit, chain, since, seen) in rows {
        let one = Brought {
            chain: at.number(chain)?,
            at: at.number(since)?,
            seen: seen.map(|seen| at.number(seen)).transpose()?,
        };
        brought.entry(KitId(at.bytes(&kit)?)).or_default().push(one);
    }
    let at = At("kits", "settled_from");
    let sql = "SELECT id, settled_from, settled_said_at, captured_from, issued_at, closed_to, epoch, first_chain FROM kits ORDER BY id";
    let rows: Vec<Kit> = tx.all(sql, &[]).await?;
    rows.into_iter()
        .map(
            |(id, from, said_at, captured, issued_at, closed_to, epoch, first)| {
                let kit = KitId(at.bytes(&id)?);
                let word = from.zip(said_at);
                let word = word.map(|(from, said_at)| {
                    Ok::<_, StoreError>((at.number(from)?, Micros(said_at)))
                });
                Ok(Closing {
                    kit,
                    word: word.transpose()?,
                    captured: captured.is_some(),
                    issued_at: Micros(issued_at),
                    closed_to: at.number(closed_to)?,
                    epoch: at.number(epoch)?,
                    chains: Chains {
                        first: first != 0,
                        brought: brought.remove(&kit).unwrap_or_default(),
                    },
                })
            },
        )
        .collect()
}

impl Store {
    /// Enters what a contact piece says of its field: how far it is, and the fresh chain that it goes over to. What another
    /// vault than the everyday one says is not entered: it would close epochs, and end waiting, in her name.
    ///
    /// A field never goes back an epoch, so that it cannot have sealed this later than it veiled it. What claims so is no
    /// field's word, and nothing that it says is entered.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`].
    pub async fn enter_standing(
        &self,
        about: &DispatchKey,
        from: Link,
        standing: &Standing,
        next: Option<&ChainKey>,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "enter standing", Decide, |tx| {
            let kit = about.kit;
            let own = self.own_chain(tx, kit).await?;
            let possible = standing.epoch <= from.epoch;
            if !possible {
                tracing::warn!("a contact piece claims an epoch that it cannot be of");
            }
            // Where the fresh chain is the kit's own already, it comes again with contact pieces sealed before.
            let known = |next: &ChainKey| {
                !own.first && same_chain(next, standing.epoch, &own.key, own.epoch)
            };
            let brought = match next.filter(|next| possible && !known(next)) {
                Some(next) => {
                    let chain = self.bring_chain(tx, kit, next, standing.epoch, from, &own, now);
                    // A chain too many is certainly not hers.
                    Some(chain.await?.unwrap_or(u16::MAX))
                }
                None => None,
            };
            let origin = |known: Origin| match brought {
                Some(chain) => Origin {
                    chain: Some(chain),
                    ..known.and(from)
                },
                None => known.and(from),
            };
            let mark = self.add_to_mark(tx, about, false, origin, now).await?;
            match mark.elsewhere || !possible {
                true => Ok(()),
                false => self.enter_word(tx, kit, standing, own.closed_to, now).await,
            }
        })
    }

    /// What the everyday vault says of itself.
    async fn enter_word(
        &self,
        tx: &mut Tx,
        kit: KitId,
        standing: &Standing,
        closed_to: u32,
        now: Micros,
    ) -> Result<(), StoreError> {
        let left = standing.sessions.iter().map(|one| i64::from(one.left));
        let fewest = left.min();
        // A word waits undisturbed until it settles; the next one waits anew.
        if standing.epoch_from > closed_to {
            let sql = "UPDATE kits SET settled_from = $1, settled_said_at = $2 WHERE id = $3 AND settled_from IS NULL";
            tx.exec(sql, args![standing.epoch_from, now, kit]).await?;
        }
        // Contact pieces overtake each other; what is settled stays settled.
        let sql = "UPDATE kits SET intake_from = $1 WHERE id = $2 AND (intake_from IS NULL OR intake_from < $1)";
        tx.exec(sql, args![standing.intake_from, kit]).await?;
        let sql = "UPDATE kits SET bulletin = $1 WHERE id = $2 AND bulletin < $1";
        tx.exec(sql, args![standing.bulletin, kit]).await?;
        let sql = "UPDATE kits SET sessions_left = $1 WHERE id = $2 AND confirmed <= $3";
        tx.exec(sql, args![fewest, kit, standing.epoch]).await?;
        Ok(())
    }

    /// Keeps a fresh chain, and gives its place among the kit's chains; `None` when there are too many.
    ///
    /// In which epoch the piece was sealed is its sender's claim. The keys of that link are proof of the chain, not of the
    /// time, and who claims an early one could pass for the everyday vault: [`brought_at`] sets a floor.
    #[expect(clippy::too_many_arguments, reason = "the facts of one contact piece")]
    async fn bring_chain(
        &self,
        tx: &mut Tx,
        kit: KitId,
        next: &ChainKey,
        epoch: u32,
        from: Link,
        own: &OwnChain,
        now: Micros,
    ) -> Result<Option<u16>, StoreError> {
        let everyday = self.chain_facts(tx, kit).await?.everyday();
        let (at, closed_to) = (brought_at(epoch, from, own, everyday), own.closed_to);
        let chains = self.fresh_chains(tx, kit).await?;
        for known in &chains {
            if known.epoch <= epoch && links_to(&known.key, epoch - known.epoch, next) {
                self.note_brought(tx, kit, known.ordinal, epoch, at, now)
                    .await?;
                return Ok(Some(known.ordinal));
            }
            if known.epoch > epoch && links_to(next, known.epoch - epoch, &known.key) {
                // Sealed earlier and come later. Epochs that are closed stay closed.
                let from = epoch.max(closed_to).min(known.epoch);
                let key = walk(next, from - epoch);
                self.put_chain(tx, kit, known.ordinal, &key, from).await?;
                self.note_brought(tx, kit, known.ordinal, epoch, at, now)
                    .await?;
                return Ok(Some(known.ordinal));
            }
        }
        let ordinal = chains.iter().map(|one| one.ordinal).max().unwrap_or(0) + 1;
        // What the everyday vault has settled closes nothing of another one's.
        let from = if chains.is_empty() {
            epoch.max(closed_to)
        } else {
            epoch
        };
        if ordinal > CHAINS_MAX || from - epoch > LINKS_MAX {
            tracing::warn!("a kit brings ever new chains; this one is not kept");
            return Ok(None);
        }
        self.put_chain(tx, kit, ordinal, &walk(next, from - epoch), from)
            .await?;
        let sql = "UPDATE kit_chains SET brought = $1, newest = $2 WHERE kit = $3 AND ordinal = $4";
        tx.exec(sql, args![at, epoch, kit, ordinal]).await?;
        // A second fresh chain comes from another vault: by the duress passphrase, or on a device with a copy of the kit.
        let act = if chains.is_empty() {
            Act::KitAdvanced
        } else {
            Act::KitForked
        };
        let entry = Entry::new(Chain::Desk, Actor::Desk, act, now);
        self.append(tx, entry.with("kit", kit).with("epoch", from))
            .await?;
        self.everyday_may_differ(tx, kit, everyday, now).await?;
        Ok(Some(ordinal))
    }

    /// A contact piece of this epoch brought a chain that is known, and counts as of `at`.
    async fn note_brought(
        &self,
        tx: &mut Tx,
        kit: KitId,
        ordinal: u16,
        epoch: u32,
        at: u32,
        now: Micros,
    ) -> Result<(), StoreError> {
        let everyday = self.chain_facts(tx, kit).await?.everyday();
        let sql =
            "UPDATE kit_chains SET newest = $1 WHERE kit = $2 AND ordinal = $3 AND newest < $1";
        tx.exec(sql, args![epoch, kit, ordinal]).await?;
        let sql =
            "UPDATE kit_chains SET brought = $1 WHERE kit = $2 AND ordinal = $3 AND brought > $1";
        tx.exec(sql, args![at, kit, ordinal]).await?;
        self.everyday_may_differ(tx, kit, everyday, now).await
    }

    /// When a vault turned out to have been in use before the one taken for the everyday one: what that one said of itself
    /// is taken back, and all dispatches are judged again.
    async fn everyday_may_differ(
        &self,
        tx: &mut Tx,
        kit: KitId,
        before: Option<Brought>,
        now: Micros,
    ) -> Result<(), StoreError> {
        let now_is = self.chain_facts(tx, kit).await?.everyday();
        let chain = |one: Option<Brought>| one.map(|one| one.chain);
        if before.is_none() || chain(before) == chain(now_is) {
            return Ok(());
        }
        let sql = "UPDATE kits SET settled_from = NULL, settled_said_at = NULL, intake_from = NULL, sessions_left = NULL
                   WHERE id = $1";
        tx.exec(sql, args![kit]).await?;
        self.judge_again(tx, kit, now).await
    }

    async fn put_chain(
        &self,
        tx: &mut Tx,
        kit: KitId,
        ordinal: u16,
        key: &ChainKey,
        epoch: u32,
    ) -> Result<(), StoreError> {
        let row = chain_row(&kit, ordinal);
        let sealed = self.seal(chain_place(&row), key.expose_bytes())?;
        tx.exec(
            "INSERT INTO kit_chains (kit, ordinal, chain_key, epoch) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kit, ordinal) DO UPDATE SET chain_key = excluded.chain_key, epoch = excluded.epoch",
            args![kit, ordinal, sealed, epoch],
        )
        .await?;
        Ok(())
    }

    pub(crate) async fn fresh_chains(
        &self,
        tx: &mut Tx,
        kit: KitId,
    ) -> Result<Vec<FreshChain>, StoreError> {
        let sql = "SELECT ordinal, chain_key, epoch, brought, seen, newest FROM kit_chains WHERE kit = $1 ORDER BY ordinal";
        let rows: Vec<ChainRow> = tx.all(sql, args![kit]).await?;
        let at = At("kit_chains", "chain_key");
        rows.into_iter()
            .map(|(ordinal, sealed, epoch, brought, seen, newest)| {
                let ordinal = at.number(ordinal)?;
                let key = self.open(chain_place(&chain_row(&kit, ordinal)), &sealed)?;
                Ok(FreshChain {
                    ordinal,
                    key: ChainKey::from_bytes(at.bytes(&key)?),
                    epoch: at.number(epoch)?,
                    brought: at.number(brought)?,
                    seen: seen.map(|seen| at.number(seen)).transpose()?,
                    newest: at.number(newest)?,
                })
            })
            .collect()
    }

    /// What the rules need to know of a kit's chains.
    pub(crate) async fn chain_facts(&self, tx: &mut Tx, kit: KitId) -> Result<Chains, StoreError> {
        let at = At("kit_chains", "seen");
        let sql = "SELECT first_chain FROM kits WHERE id = $1";
        let row: Option<(i64,)> = tx.one(sql, args![kit]).await?;
        let (first,) = row.ok_or(Refusal::UnknownKit)?;
        let sql = "SELECT ordinal, brought, seen FROM kit_chains WHERE kit = $1 ORDER BY ordinal";
        let rows: Vec<(i64, i64, Option<i64>)> = tx.all(sql, args![kit]).await?;
        let brought = rows.into_iter().map(|(chain, brought, seen)| {
            Ok::<_, StoreError>(Brought {
                chain: at.number(chain)?,
                at: at.number(brought)?,
                seen: seen.map(|seen| at.number(seen)).transpose()?,
            })
        });
        Ok(Chains {
            first: first != 0,
            brought: brought.collect::<Result<_, _>>()?,
        })
    }

    /// Something authentic of this dispatch came under this link.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn confirm_epoch(
        &self,
        about: &DispatchKey,
        from: Link,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "confirm epoch", Work, |tx| {
            let (kit, Link { chain, epoch }) = (about.kit, from);
            let sql =
                "UPDATE kit_chains SET newest = $1 WHERE kit = $2 AND ordinal = $3 AND newest < $1";
            tx.exec(sql, args![epoch, kit, chain]).await?;
            let sql = "UPDATE kit_chains SET seen = $1 WHERE kit = $2 AND ordinal = $3 AND (seen IS NULL OR seen > $1)";
            if tx.exec(sql, args![epoch, kit, chain]).await? == 1 {
                // What came under the first chain in a later epoch is not hers: her field had gone over.
                self.judge_again(tx, kit, now).await?;
            }
            if !self.load_mark(tx, about).await?.elsewhere {
                let sql = "UPDATE kits SET confirmed = $1 WHERE id = $2 AND confirmed < $1";
                tx.exec(sql, args![epoch, kit]).await?;
            }
            Ok(())
        })
    }

    /// Erases keys that nothing on its way needs any more, for every kit: on the field's settled word those of its earlier
    /// epochs, and of the kit's first chain what only her everyday vault could have used, and what is older than anything
    /// on its way. The rest of the first chain stays: with it a vault is recognised that she was forced to open.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn close_epochs(&self, now: Micros) -> Result<u32, StoreError> {
        transact!(self, "close epochs", Decide, |tx| {
            let mut closed = 0;
            for facts in closing_facts(tx).await? {
                let word = kits::closable(facts.word, facts.captured, now);
                if let Some(to) = word {
                    closed += u32::from(self.close_everyday(tx, facts.kit, to, now).await?);
                }
                // What was closed just now may let the first chain go on.
                if !facts.captured && (word.is_some() || facts.first_goes_on(now)) {
                    self.close_first(tx, facts.kit, now).await?;
                }
            }
            Ok(closed)
        })
    }

    /// Closes what the everyday vault has used since it went over. Chains of other vaults stay: their word is not hers, and
    /// hers is not theirs. `false` when the word is out of all reach: it is dropped, and closes nothing.
    async fn close_everyday(
        &self,
        tx: &mut Tx,
        kit: KitId,
        to: u32,
        now: Micros,
    ) -> Result<bool, StoreError> {
        let everyday = self.chain_facts(tx, kit).await?.everyday();
        let chains = self.fresh_chains(tx, kit).await?;
        let own = self.own_chain(tx, kit).await?;
        let hers = || {
            chains.iter().filter(|one| {
                one.epoch < to && everyday.is_some_and(|everyday| everyday.chain == one.ordinal)
            })
        };
        // Each epoch is a step of work inside this transaction, and the number is a stranger's.
        let mut starts = hers().map(|one| one.epoch).chain([own.epoch]);
        if starts.any(|from| to.saturating_sub(from) > LINKS_MAX) {
            tracing::warn!("a kit's word would close more epochs than there can be; it is dropped");
            let sql = "UPDATE kits SET settled_from = NULL, settled_said_at = NULL WHERE id = $1";
            tx.exec(sql, args![kit]).await?;
            return Ok(false);
        }
        for chain in hers() {
            let key = walk(&chain.key, to - chain.epoch);
            self.put_chain(tx, kit, chain.ordinal, &key, to).await?;
        }
        if !own.first {
            self.put_own(tx, kit, &own, to).await?;
        }
        let sql = "UPDATE kits SET closed_to = $1, settled_from = NULL, settled_said_at = NULL WHERE id = $2";
        tx.exec(sql, args![to, kit]).await?;
        let entry = Entry::new(Chain::Desk, Actor::Desk, Act::KitClosed, now);
        self.append(tx, entry.with("kit", kit).with("epoch", to))
            .await?;
        Ok(true)
    }

    async fn close_first(&self, tx: &mut Tx, kit: KitId, now: Micros) -> Result<(), StoreError> {
        let chains = self.chain_facts(tx, kit).await?;
        let sql = "SELECT closed_to, issued_at, epoch FROM kits WHERE id = $1";
        let row: Option<(i64, i64, i64)> = tx.one(sql, args![kit]).await?;
        let (closed_to, issued_at, epoch) = row.ok_or(Refusal::UnknownKit)?;
        let closed_to = At("kits", "closed_to").number(closed_to)?;
        let to = chains.first_open_from(closed_to, Micros(issued_at), now);
        if chains.first && i64::from(to) > epoch {
            let own = self.own_chain(tx, kit).await?;
            self.put_own(tx, kit, &own, to).await?;
            let entry = Entry::new(Chain::Desk, Actor::Desk, Act::KitClosed, now);
            self.append(tx, entry.with("kit", kit).with("first", to))
                .await?;
        }
        Ok(())
    }

    async fn own_chain(&self, tx: &mut Tx, kit: KitId) -> Result<OwnChain, StoreError> {
        let sql = "SELECT chain_key, epoch, closed_to, first_chain FROM kits WHERE id = $1";
        let row: Option<(Vec<u8>, i64, i64, i64)> = tx.one(sql, args![kit]).await?;
        let (sealed, epoch, closed_to, first) = row.ok_or(Refusal::UnknownKit)?;
        let at = At("kits", "chain_key");
        let key = self.open(place("chain_key", &kit), &sealed)?;
        Ok(OwnChain {
            key: ChainKey::from_bytes(at.bytes(&key)?),
            epoch: at.number(epoch)?,
            closed_to: at.number(closed_to)?,
            first: first != 0,
        })
    }

    /// Replaces the kit's own key by a later link of its chain, if `to` is later.
    async fn put_own(
        &self,
        tx: &mut Tx,
        kit: KitId,
        own: &OwnChain,
        to: u32,
    ) -> Result<(), StoreError> {
        if to <= own.epoch {
            return Ok(());
        }
        let key = walk(&own.key, to - own.epoch);
        let sealed = self.seal(place("chain_key", &kit), key.expose_bytes())?;
        let sql = "UPDATE kits SET chain_key = $1, epoch = $2 WHERE id = $3";
        tx.exec(sql, args![sealed, to, kit]).await?;
        Ok(())
    }

    /// Cuts a captured kit off: what it sealed from the week of `at` on is refused, nothing is sent to it any more, and
    /// what it sealed before still counts. Gives the epoch from which it is refused.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`], [`Refusal::CaptureAhead`], [`Refusal::AlreadyCaptured`].
    pub async fn capture_kit(
        &self,
        kit: KitId,
        at: Micros,
        actor: Actor,
        now: Micros,
    ) -> Result<u32, StoreError> {
        transact!(self, "capture kit", Decide, |tx| self
            .capture_in(tx, kit, at, actor, now)
            .await)
    }

    pub(crate) async fn capture_in(
        &self,
        tx: &mut Tx,
        kit: KitId,
        at: Micros,
        actor: Actor,
        now: Micros,
    ) -> Result<u32, StoreError> {
        let row: Option<(i64, Option<i64>)> = tx
            .one(
                "SELECT issued_at, captured_from FROM kits WHERE id = $1",
                args![kit],
            )
            .await?;
        let (issued_at, captured) = row.ok_or(Refusal::UnknownKit)?;
        let known = At("kits", "captured_from");
        let facts = CaptureFacts {
            issued_at: Micros(issued_at),
            captured_from: captured.map(|from| known.number(from)).transpose()?,
        };
        let from = kits::capture(&facts, at, now)?;
        let sql = "UPDATE kits SET captured_from = $1, captured_at = $2 WHERE id = $3";
        tx.exec(sql, args![from, now, kit]).await?;
        // Whoever holds the device reads what is sent to it.
        let sql =
            "UPDATE reply_pairs SET until = $1 WHERE kit = $2 AND used_at IS NULL AND until > $1";
        tx.exec(sql, args![now, kit]).await?;
        let entry = Entry::new(Chain::Desk, actor, Act::KitCaptured, now);
        self.append(tx, entry.with("kit", kit).with("epoch", from))
            .await?;
        Ok(from)
    }

    /// The kit of this pseudonym, whatever its capitals.
    ///
    /// # Errors
    /// [`Refusal::UnknownKit`].
    pub async fn kit_named(&self, pseudonym: &str) -> Result<KitId, StoreError> {
        let index =
            self.columns()
                .index("kits", "pseudonym", pseudonym.to_lowercase().as_bytes())?;
        transact!(self, "find kit", Read, |tx| {
            let sql = "SELECT id FROM kits WHERE pseudonym_index = $1";
            let row: Option<(Vec<u8>,)> = tx.one(sql, args![index]).await?;
            let (id,) = row.ok_or(Refusal::UnknownKit)?;
            Ok(KitId(At("kits", "id").bytes(&id)?))
        })
    }
}

/// From when on a vault counts as in use by a contact piece that claims this epoch and came under this link.
///
/// What is older than the first chain's oldest key could not have been recognised. And what came under another chain than
/// the everyday vault's, in a later epoch than that one had gone over in, did not begin before it, whatever it claims.
fn brought_at(epoch: u32, from: Link, own: &OwnChain, everyday: Option<Brought>) -> u32 {
    let Some(everyday) = everyday else {
        return epoch;
    };
    let known = if own.first { own.epoch } else { 0 };
    let gone = everyday
        .seen
        .filter(|gone| from.chain != everyday.chain && from.epoch > *gone)
        .map_or(0, |gone| gone.saturating_add(1));
    epoch.max(known).max(gone)
}

fn chain_row(kit: &KitId, ordinal: u16) -> Vec<u8> {
    [kit.0.as_slice(), &ordinal.to_be_bytes()].concat()
}

fn chain_place(row: &[u8]) -> Place<'_> {
    Place {
        table: "kit_chains",
        column: "chain_key",
        row,
    }
}

/// The link so many epochs on.
fn walk(key: &ChainKey, links: u32) -> ChainKey {
    let start = ChainKey::from_bytes(*key.expose_bytes());
    (0..links).fold(start, |key, _| key.advance())
}

/// Whether two links, each of its epoch, are of one chain.
fn same_chain(one: &ChainKey, one_epoch: u32, other: &ChainKey, other_epoch: u32) -> bool {
    if one_epoch <= other_epoch {
        links_to(one, other_epoch - one_epoch, other)
    } else {
        links_to(other, one_epoch - other_epoch, one)
    }
}

/// Whether `to` is the link so many epochs after `from`.
fn links_to(from: &ChainKey, links: u32, to: &ChainKey) -> bool {
    links <= LINKS_MAX && walk(from, links).expose_bytes() == to.expose_bytes()
}
