//! Where an earlier version of a story may live on after it was corrected or withdrawn, as far as our own record tells.

use std::collections::HashMap;

use newsroom::outbox::{Deed, Stage};
use newsroom::{ChannelId, StoryId};
use publish::channels::{Abilities, Kind};
use store::{DeliveryRecord, StoreError};

use super::channels::{channel_name, links};
use super::{Desk, DeskError, EditorId};
use crate::renditions;

/// Rows of a story that are looked through.
const ROWS: u32 = 1_000;

/// Why an earlier version may still be seen in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// What corrects or withdraws it has not arrived there yet.
    Waiting,
    /// What corrects or withdraws it was refused there, or ended by a person.
    Refused,
    /// It is not known what stands there.
    Doubtful,
    /// The platform changes or removes nothing: an answer stands beneath it.
    Answered,
    /// It went out as letters.
    Letters,
}

impl Remains {
    /// Its stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Doubtful => "doubtful",
            Self::Answered => "answered",
            Self::Letters => "letters",
        }
    }
}

/// A channel in which an earlier version may live on.
#[derive(Clone, Debug)]
pub struct Remnant {
    /// The channel: kind and account.
    pub channel: String,
    /// Why.
    pub why: Remains,
    /// Where people see what stands there.
    pub links: Vec<String>,
}

/// All of them of one story.
#[derive(Clone, Debug)]
pub struct RemnantsView {
    /// The story.
    pub story: StoryId,
    /// Its titles, English and Arabic.
    pub titles: (String, String),
    /// The channels, in the order in which they were entered.
    pub remnants: Vec<Remnant>,
}

impl Desk {
    /// Where an earlier version of a story may live on.
    ///
    /// # Errors
    /// Locked, an unknown story, or the store failed.
    pub async fn remnants(
        &self,
        editor: EditorId,
        story: StoryId,
    ) -> Result<RemnantsView, DeskError> {
        let channels = self.channels(editor).await?;
        let open = self.open()?;
        let draft = open.store.story(story).await?.story.draft;
        let rows = open.store.deliveries(Some(story), ROWS).await?;
        let mut of_channel: HashMap<ChannelId, Vec<&DeliveryRecord>> = HashMap::new();
        for row in &rows {
            of_channel.entry(row.channel).or_default().push(row);
        }
        let records = open.store.channels().await?;
        let mut remnants = Vec::new();
        for view in channels {
            let Some(rows) = of_channel.get(&view.id) else {
                continue;
            };
            let record = records.iter().find(|record| record.id == view.id);
            let can = match record {
                Some(record) => match renditions::abilities_of(&open, record).await {
                    // Its credentials are gone, and what it could do with them.
                    Err(StoreError::Refused(_)) => None,
                    other => other?,
                },
                None => None,
            };
            let reaches = |deed| can.as_ref().is_some_and(|can| reaches(can, deed));
            if let Some(why) = remains(view.kind, reaches, rows) {
                let account = view.name.as_deref().unwrap_or_default();
                remnants.push(Remnant {
                    channel: channel_name(Some(view.kind), account),
                    why,
                    links: standing(rows),
                });
            }
        }
        Ok(RemnantsView {
            story,
            titles: (draft.en.title, draft.ar.title),
            remnants,
        })
    }
}

/// Every place of which a platform told us, once.
fn standing(rows: &[&DeliveryRecord]) -> Vec<String> {
    let remotes = rows.iter().filter_map(|row| row.remotes.as_ref());
    let mut all: Vec<String> = remotes.flat_map(|json| links(json.expose())).collect();
    all.sort();
    all.dedup();
    all
}

/// Whether a deed leaves nothing of what stood before.
fn reaches(can: &Abilities, deed: Deed) -> bool {
    match deed {
        Deed::Withdraw => can.deletes,
        Deed::Post | Deed::Correct => can.edits,
    }
}

/// Why something earlier may be seen in a channel, by all rows of one story there.
fn remains(
    kind: Kind,
    reaches: impl Fn(Deed) -> bool,
    rows: &[&DeliveryRecord],
) -> Option<Remains> {
    let last = rows.iter().find(|row| !row.followed)?;
    if last.deed == Deed::Post {
        return None;
    }
    let doubtful = |row: &&DeliveryRecord| row.stage == Stage::Unknown && row.due_at.is_none();
    if rows.iter().any(doubtful) {
        return Some(Remains::Doubtful);
    }
    match last.stage {
        Stage::Ready | Stage::Sending | Stage::Unknown => Some(Remains::Waiting),
        Stage::Rejected => Some(Remains::Refused),
        Stage::Confirmed if kind == Kind::Mail => Some(Remains::Letters),
        Stage::Confirmed if reaches(last.deed) => None,
        Stage::Confirmed => Some(Remains::Answered),
    }
}

#[cfg(test)]
mod tests {
    use newsroom::{DeliveryId, Micros, Private};

    use super::*;

    fn row(deed: Deed, stage: Stage, followed: bool) -> DeliveryRecord {
        DeliveryRecord {
            id: DeliveryId::from_bytes([1; 16]),
            channel: ChannelId::from_bytes([2; 16]),
            story: StoryId::from_bytes([3; 16]),
            deed,
            stage,
            attempts: 1,
            not_before: None,
            due_at: None,
            changed_at: Micros(0),
            followed,
            remotes: Some(Private::from(
                r#"[{"id":"1","url":"https://a.example/1"},{"id":"2","url":"javascript:x"}]"#,
            )),
            words: None,
        }
    }

    fn why(edits: bool, deletes: bool, rows: &[(Deed, Stage)]) -> Option<Remains> {
        let last = rows.len() - 1;
        let rows: Vec<DeliveryRecord> = rows
            .iter()
            .enumerate()
            .map(|(at, (deed, stage))| row(*deed, *stage, at != last))
            .collect();
        let reaches = |deed| {
            if deed == Deed::Withdraw {
                deletes
            } else {
                edits
            }
        };
        remains(Kind::X, reaches, &rows.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_was_told_once_is_no_remnant_and_what_follows_it_is_judged_by_what_the_platform_can() {
        use Deed::{Correct, Post, Withdraw};
        use Stage::{Confirmed, Ready, Rejected, Unknown};
        assert_eq!(why(false, false, &[(Post, Confirmed)]), None);
        assert_eq!(why(false, false, &[(Post, Unknown)]), None);
        let told = (Post, Confirmed);
        assert_eq!(why(true, true, &[told, (Correct, Confirmed)]), None);
        assert_eq!(why(false, true, &[told, (Withdraw, Confirmed)]), None);
        let answered = Some(Remains::Answered);
        assert_eq!(why(false, true, &[told, (Correct, Confirmed)]), answered);
        assert_eq!(why(true, false, &[told, (Withdraw, Confirmed)]), answered);
        let waiting = Some(Remains::Waiting);
        assert_eq!(why(true, true, &[told, (Withdraw, Ready)]), waiting);
        let refused = Some(Remains::Refused);
        assert_eq!(why(true, true, &[told, (Withdraw, Rejected)]), refused);
        let doubtful = Some(Remains::Doubtful);
        assert_eq!(why(true, true, &[told, (Withdraw, Unknown)]), doubtful);
        let earlier = [(Post, Unknown), (Correct, Confirmed)];
        assert_eq!(why(true, true, &earlier), doubtful);
    }

    #[test]
    fn letters_cannot_be_called_back_and_links_lead_to_the_web_alone() {
        let rows = [
            row(Deed::Post, Stage::Confirmed, true),
            row(Deed::Correct, Stage::Confirmed, false),
        ];
        let rows: Vec<&DeliveryRecord> = rows.iter().collect();
        let letters = remains(Kind::Mail, |_| true, &rows);
        assert_eq!(letters, Some(Remains::Letters));
        assert_eq!(standing(&rows), ["https://a.example/1"]);
        assert_eq!(
            remains(Kind::Bluesky, |_| false, &rows),
            Some(Remains::Answered)
        );
    }
}
