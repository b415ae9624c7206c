//! A newsletter at the border: addresses taken in and off.

use newsroom::{ChannelId, Private, Refusal};
use publish::channels::{Kind, address, leaving};
use store::Subscribed;

use super::{ChannelView, Desk, DeskError, EditorId};
use crate::clock;

/// A newsletter as its page shows it: no address leaves the record.
#[derive(Debug, Clone)]
pub struct NewsletterView {
    /// Its channel.
    pub channel: ChannelView,
    /// How many get it.
    pub on: u32,
    /// How many left.
    pub left: u32,
}

impl Desk {
    /// A newsletter.
    ///
    /// # Errors
    /// Locked, no newsletter, or the store failed.
    pub async fn newsletter(
        &self,
        editor: EditorId,
        id: ChannelId,
    ) -> Result<NewsletterView, DeskError> {
        let channels = self.channels(editor).await?;
        let found = channels
            .into_iter()
            .find(|view| view.id == id && view.kind == Kind::Mail);
        let channel = found.ok_or(DeskError::Refused {
            code: Refusal::UnknownChannel.code().to_owned(),
        })?;
        let (on, left) = self.open()?.store.subscriber_counts(id).await?;
        Ok(NewsletterView { channel, on, left })
    }

    /// Takes in a list, an address on each line; says what became of it, and how many lines are no address.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn add_subscribers(
        &self,
        editor: EditorId,
        id: ChannelId,
        list: &str,
    ) -> Result<(Subscribed, u32), DeskError> {
        let view = self.newsletter(editor, id).await?;
        let (addresses, bad) = addresses(list);
        let store = &self.open()?.store;
        let added = store.add_subscribers(view.channel.id, &addresses, editor, clock::now());
        Ok((added.await?, bad))
    }

    /// Takes addresses off, for good; says how many were on the list.
    ///
    /// # Errors
    /// Locked, refused, or the store failed.
    pub async fn remove_subscribers(
        &self,
        editor: EditorId,
        id: ChannelId,
        list: &str,
    ) -> Result<u32, DeskError> {
        let view = self.newsletter(editor, id).await?;
        let (addresses, _) = addresses(list);
        let store = &self.open()?.store;
        let removed = store.remove_subscribers(view.channel.id, &addresses, editor, clock::now());
        Ok(removed.await?)
    }

    /// Takes off whoever left, by the lines of a log or of letters; says how many were on a list.
    ///
    /// # Errors
    /// Locked, or the store failed.
    pub async fn subscribers_left(&self, lines: &str) -> Result<u32, DeskError> {
        let words: Vec<[u8; 16]> = lines.lines().filter_map(leaving).collect();
        let store = &self.open()?.store;
        Ok(store.subscribers_left(&words, clock::now()).await?)
    }
}

/// The addresses of a list, and how many lines hold none.
fn addresses(list: &str) -> (Vec<Private>, u32) {
    let (mut out, mut bad) = (Vec::new(), 0);
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        match address(line) {
            Some(address) => out.push(Private::from(address.as_str())),
            None => bad += 1,
        }
    }
    (out, bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_line_by_line() {
        let (found, bad) =
            addresses("a@x.example\r\n\n Noor <b@x.example> \nno address\nقارئ@x.example\n");
        let found: Vec<&str> = found.iter().map(Private::expose).collect();
        assert_eq!((found, bad), (vec!["a@x.example", "b@x.example"], 2));
    }
}
