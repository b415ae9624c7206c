//! The audit trail: entries are appended inside the transaction of the act itself, and verified when read.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::{At, int};
use ledger::{Digest, chain::GENESIS};
use newsroom::Micros;
use newsroom::audit::{self, Act, Actor, AuditEvent, Chain, Entry};
use std::collections::BTreeMap;

/// One act, as pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The entry in its chain.
    pub event: AuditEvent,
    /// The editor's name, when an editor acted.
    pub editor_name: Option<String>,
}

type Row = (i64, Vec<u8>, Vec<u8>, i64, String, String, Vec<u8>);

impl Store {
    /// Puts an entry at the end of its chain. `UNIQUE (chain, prev_hash)` makes a fork impossible: whoever comes
    /// second is run again.
    pub(crate) async fn append(&self, tx: &mut Tx, entry: Entry) -> Result<Digest, StoreError> {
        let chain = entry.chain.to_string();
        let last: Option<(i64, Vec<u8>)> = tx
            .one(
                "SELECT seq, hash FROM audit WHERE chain = $1 ORDER BY seq DESC LIMIT 1",
                args![chain],
            )
            .await?;
        let (seq, prev) = match last {
            None => (0, GENESIS),
            Some((seq, hash)) => {
                let seq: u64 = At("audit", "seq").number(seq)?;
                (seq + 1, Digest(At("audit", "hash").bytes(&hash)?))
            }
        };
        let event = entry.link(seq, prev);
        let json = serde_json::to_vec(&event.entry.details)
            .map_err(|_| At("audit", "details").damaged())?;
        let row = row_key(&chain, seq);
        let details = self.seal(
            Place {
                table: "audit",
                column: "details",
                row: &row,
            },
            &json,
        )?;
        let (actor, act) = (event.entry.actor.code(), event.entry.act.code());
        tx.exec(
            "INSERT INTO audit (chain, seq, prev_hash, hash, at, actor, act, details)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            args![
                chain,
                int(seq),
                prev,
                event.hash,
                event.entry.at,
                actor,
                act,
                details
            ],
        )
        .await?;
        Ok(event.hash)
    }

    /// A whole chain, verified from its beginning.
    pub(crate) async fn chain(
        &self,
        tx: &mut Tx,
        chain: Chain,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let name = chain.to_string();
        let rows: Vec<Row> = tx
            .all(
                "SELECT seq, prev_hash, hash, at, actor, act, details FROM audit WHERE chain = $1 ORDER BY seq",
                args![name],
            )
            .await?;
        let events = rows
            .into_iter()
            .map(|row| self.event(chain, &name, row))
            .collect::<Result<Vec<_>, _>>()?;
        audit::verify(chain, &events).map_err(|source| StoreError::Audit {
            chain: name,
            source,
        })?;
        Ok(events)
    }

    fn event(&self, chain: Chain, name: &str, row: Row) -> Result<AuditEvent, StoreError> {
        let (seq, prev, hash, at, actor, act, details) = row;
        let seq: u64 = At("audit", "seq").number(seq)?;
        let key = row_key(name, seq);
        let json = self.open(
            Place {
                table: "audit",
                column: "details",
                row: &key,
            },
            &details,
        )?;
        let details: BTreeMap<String, String> = At("audit", "details").json(&json)?;
        let entry = Entry {
            chain,
            at: Micros(at),
            actor: At("audit", "actor").word(Actor::from_code(&actor))?,
            act: At("audit", "act").word(Act::from_code(&act))?,
            details,
        };
        Ok(AuditEvent {
            entry,
            seq,
            prev: Digest(At("audit", "prev_hash").bytes(&prev)?),
            hash: Digest(At("audit", "hash").bytes(&hash)?),
        })
    }

    /// A chain for people: verified, with the names of editors. The custody of an item is `Chain::Item`.
    ///
    /// # Errors
    /// [`StoreError::Audit`] when the chain does not hold, or the engine's failure.
    pub async fn audit(&self, chain: Chain) -> Result<Vec<AuditRecord>, StoreError> {
        transact!(self, "read audit", Read, |tx| {
            let events = self.chain(tx, chain).await?;
            let mut out = Vec::with_capacity(events.len());
            let mut names = BTreeMap::new();
            for event in events {
                let editor_name = match event.entry.actor {
                    Actor::Editor(id) => match names.get(&id) {
                        Some(name) => Some(String::clone(name)),
                        None => {
                            let name = self.editor_name(tx, id).await?;
                            names.insert(id, name.clone());
                            Some(name)
                        }
                    },
                    Actor::Desk | Actor::Custodians => None,
                };
                out.push(AuditRecord { event, editor_name });
            }
            Ok(out)
        })
    }

    /// Writes an act of the desk itself (founded, unlocked, locked) into the desk's chain. New keys answer every capture
    /// before them.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn note(&self, actor: Actor, act: Act, now: Micros) -> Result<(), StoreError> {
        transact!(self, "note", Decide, |tx| {
            self.append(tx, Entry::new(Chain::Desk, actor, act, now))
                .await?;
            if matches!(act, Act::IntakeRotated | Act::NewsroomRekeyed) {
                self.captures_answered(tx, now).await?;
            }
            Ok(())
        })
    }

    /// Verifies every chain there is; says how many entries hold.
    ///
    /// # Errors
    /// [`StoreError::Audit`] for the first chain that does not hold.
    pub async fn verify_audit(&self, chains: &[Chain]) -> Result<u64, StoreError> {
        transact!(self, "verify audit", Read, |tx| {
            let mut entries = 0_u64;
            for chain in chains {
                entries += self.chain(tx, *chain).await?.len() as u64;
            }
            Ok(entries)
        })
    }
}

fn row_key(chain: &str, seq: u64) -> Vec<u8> {
    format!("{chain}#{seq}").into_bytes()
}
