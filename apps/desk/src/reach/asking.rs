//! Asking platforms once a day what they count of the posts that stand, at a set pace and with our own account.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use newsroom::ChannelId;
use publish::channels::{Channel, ChannelSettings, Fault, Reach, Remote};
use store::{AskAfter, StoreError, ToldCount};

use super::DAY;
use crate::clock;
use crate::open_desk::OpenDesk;

/// Between two rounds, and between two posts of one.
const ROUND: Duration = Duration::from_secs(15 * 60);
const PACE: Duration = Duration::from_secs(2);
/// Posts are asked after for so long; later little is added.
const FOLLOWED: i64 = 30 * DAY;
/// Stories in one round.
const ONCE: u32 = 200;

pub(super) async fn asking(open: Arc<OpenDesk>) {
    loop {
        if let Err(error) = round(&open).await {
            tracing::warn!(%error, "platforms could not be asked what they count");
        }
        tokio::time::sleep(ROUND).await;
    }
}

async fn round(open: &Arc<OpenDesk>) -> Result<(), StoreError> {
    let now = clock::now();
    let today = now.0.div_euclid(DAY);
    let due = open.store.reach_to_ask(now.plus(-FOLLOWED), today, ONCE);
    let mut by_channel: BTreeMap<[u8; 16], Vec<AskAfter>> = BTreeMap::new();
    for post in due.await? {
        let channel = by_channel.entry(*post.channel.as_bytes()).or_default();
        channel.push(post);
    }
    for posts in by_channel.into_values() {
        ask_channel(open, posts, today).await?;
    }
    Ok(())
}

/// Asks one channel after all its posts. When it does not answer the rest waits for the next round; the outbox alone decides
/// that a channel is stopped.
async fn ask_channel(
    open: &Arc<OpenDesk>,
    posts: Vec<AskAfter>,
    day: i64,
) -> Result<(), StoreError> {
    let Some(first) = posts.first() else {
        return Ok(());
    };
    let Some(mut channel) = adapter(open, first.channel).await? else {
        return Ok(());
    };
    for post in posts {
        let mut remotes: Vec<Remote> =
            serde_json::from_str(post.remotes.expose()).unwrap_or_default();
        remotes.retain(|one| !one.is_nameless());
        let asked = tokio::task::spawn_blocking(move || {
            let told = of_thread(channel.as_mut(), &remotes);
            (channel, told)
        });
        let Ok((back, told)) = asked.await else {
            return Ok(());
        };
        channel = back;
        let counts = match told {
            Ok(counts) => counts,
            // It will not say more today.
            Err(Fault::Refused { .. }) => [None; 4],
            Err(_) => return Ok(()),
        };
        let told = ToldCount {
            channel: post.channel,
            story: post.story,
            day,
            counts,
        };
        open.store.keep_told(&told).await?;
        tokio::time::sleep(PACE).await;
    }
    Ok(())
}

async fn adapter(
    open: &Arc<OpenDesk>,
    id: ChannelId,
) -> Result<Option<Box<dyn Channel>>, StoreError> {
    let settings = open.store.channel_settings(id, false).await?;
    let settings: Option<ChannelSettings> = serde_json::from_slice(&settings).ok();
    Ok(settings.and_then(|settings| {
        settings
            .open(&id.to_string(), || crate::clock::now().0)
            .ok()
    }))
}

/// What is counted of a thread: of likes, shares and answers the sum, of views those of its first post, which whoever reads
/// on has seen too.
fn of_thread(channel: &mut dyn Channel, remotes: &[Remote]) -> Result<[Option<u64>; 4], Fault> {
    let mut all: [Option<u64>; 4] = [None; 4];
    for (at, remote) in remotes.iter().enumerate() {
        let Some(Reach {
            likes,
            shares,
            replies,
            views,
        }) = channel.reach(remote)?
        else {
            continue;
        };
        let views = views.filter(|_| at == 0);
        for (sum, one) in all.iter_mut().zip([likes, shares, replies, views]) {
            if let Some(one) = one {
                *sum = Some(sum.unwrap_or(0).saturating_add(one));
            }
        }
    }
    Ok(all)
}
