//! What may stand without the record saying where: left in doubt by a person, or seen by one.

use super::Astray;
use crate::engine::{Tx, args};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use ledger::Digest;
use newsroom::outbox::{Deed, Delivery};
use newsroom::{DeliveryId, Micros, StoryId};

type Row = (
    Vec<u8>,
    Vec<u8>,
    String,
    i64,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

impl Store {
    /// Earlier rows of the story in the same channel of which something may stand that nobody wrote down.
    pub(super) async fn astray(
        &self,
        tx: &mut Tx,
        story: StoryId,
        delivery: &Delivery,
        created_at: i64,
    ) -> Result<Vec<Astray>, StoreError> {
        let sql = "SELECT id, clearance, deed, created_at, posts, remotes FROM deliveries
                   WHERE story = $1 AND channel = $2 AND created_at < $3 AND deed <> 'withdraw' AND attempts > 0
                       AND ((stage = 'rejected' AND doubtful = 1) OR (stage = 'confirmed' AND (remotes IS NULL OR doubtful = 1)))
                   ORDER BY created_at, id";
        let rows: Vec<Row> = tx
            .all(sql, args![story, delivery.channel, created_at])
            .await?;
        rows.into_iter().map(|row| self.astray_from(row)).collect()
    }

    fn astray_from(&self, row: Row) -> Result<Astray, StoreError> {
        let (id, clearance, deed, created_at, posts, remotes) = row;
        let at = At("deliveries", "deed");
        let id = DeliveryId::from_bytes(at.bytes(&id)?);
        let open = |column, sealed| self.kept(column, &id, sealed);
        Ok(Astray {
            clearance: Digest(at.bytes(&clearance)?),
            deed: at.word(Deed::from_code(&deed))?,
            created_at: Micros(created_at),
            posts: open("posts", posts)?,
            done: open("remotes", remotes)?,
        })
    }
}
