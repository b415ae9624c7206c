//! What the pages show of the drops.

use super::{Desk, DeskError, DropView};
use crate::desk::reading::internal;

impl Desk {
    /// Every drop that the desk knows, oldest first, with what it did.
    ///
    /// # Errors
    /// Locked, or the store or the files failed.
    pub async fn drops(&self) -> Result<Vec<DropView>, DeskError> {
        let open = self.open()?;
        let mut views = Vec::new();
        for record in open.store.drops().await? {
            let (watch, url) = (open.around.watch.clone(), record.url.expose().to_owned());
            let view = tokio::task::spawn_blocking(move || watch.view(&url))
                .await
                .map_err(|error| internal("looking at a drop", &error))?;
            views.push(view.map_err(|error| internal("looking at a drop", &error))?);
        }
        Ok(views)
    }
}
