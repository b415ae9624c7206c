//! A forced sender: the same device opened with two words exchanged. Nobody but the safety editor can tell.

use crate::newsroom::Newsroom;
use crate::report::{Flow, Report};
use crate::reporter::Reporter;
use crate::walks::noted;
use anyhow::{Context, Result, ensure};
use serde_json::Value;

const NOTE: &str = "All is well here. كل شيء بخير هنا.";

/// Sends under the mark, and looks at the same inbox with both editors' eyes.
pub(super) fn walk(
    newsroom: &Newsroom<'_>,
    reporter: &Reporter<'_>,
    report: &mut Report,
) -> Result<()> {
    report.station("duress", || {
        let forced = reporter.under_force()?;
        let shown = [reporter, &forced].map(|one| one.act("status", &[]));
        let [as_ever, under_force] = shown;
        ensure!(
            as_ever? == under_force?,
            "the device shows that it was forced"
        );
        forced.act("add", &["--note", NOTE])?;
        forced.act_on_line("send")?;
        newsroom.wait_for("the forced dispatch", "/", |inbox| {
            noted(inbox, NOTE).is_some_and(|one| one["state"] == "complete")
        })?;
        let mark = |inbox: &Value| noted(inbox, NOTE).map(|one| one["forced"].clone());
        let seen = mark(&newsroom.safety.see("/")?).context("the safety editor's inbox")?;
        let hidden = mark(&newsroom.editor.see("/")?).context("the editor's inbox")?;
        ensure!(seen == true, "the safety editor was not told");
        ensure!(hidden.is_null(), "an editor who may not know was told");
        let flow = Flow {
            input: "1 dispatch by a forced sender".into(),
            out: "shown as forced to the safety editor alone; the device showed nothing".into(),
            bytes: NOTE.len() as u64,
        };
        Ok(((), flow))
    })
}
