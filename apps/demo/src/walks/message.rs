//! A word back: written by the safety editor, fetched because the reporter asked, shown once.

use crate::newsroom::Newsroom;
use crate::report::{Flow, Report};
use crate::reporter::{PSEUDONYM, Reporter, number};
use anyhow::{Context, Result, ensure};

const WORDS: &str = "All of it arrived. Stay inside tomorrow. وصل كل شيء، فابقي في البيت غدًا.";

/// Writes at the desk, reads in the field, and looks a second time.
pub(super) fn walk(
    newsroom: &Newsroom<'_>,
    reporter: &Reporter<'_>,
    report: &mut Report,
) -> Result<()> {
    report.station("message", || {
        let sources = newsroom.safety.see("/sources")?;
        let hers = sources["sources"].as_array().into_iter().flatten();
        let hers = hers.into_iter().find(|one| one["pseudonym"] == PSEUDONYM);
        let kit = hers.and_then(|one| one["kit"].as_str());
        let page = format!(
            "/sources/{}",
            kit.context("the desk does not know its source")?
        );
        let action = format!("{page}/messages");
        newsroom.safety.submit(&page, &action, &[("text", WORDS)])?;
        reporter.receive_until("the newsroom's message", |said| {
            Ok(number(said, "messages")? > 0)
        })?;
        let read = reporter.act("read", &[])?;
        let shown = read["messages"].as_array().context("no messages")?;
        ensure!(shown.len() == 1, "{} messages instead of one", shown.len());
        ensure!(shown[0]["text"] == WORDS, "other words than were written");
        let again = reporter.act("read", &[])?;
        let left = again["messages"].as_array().map_or(0, Vec::len);
        ensure!(left == 0, "a message was shown twice");
        let flow = Flow {
            input: "1 message by the safety editor".into(),
            out: "read once in the field, erased, not shown again".into(),
            bytes: WORDS.len() as u64,
        };
        Ok(((), flow))
    })
}
