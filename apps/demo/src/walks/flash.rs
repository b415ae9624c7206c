//! A flash: called in, written and approved by one editor in one act, sent out by the other's approval.

use crate::newsroom::Newsroom;
use crate::report::{Flow, Report};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;

const PAGE: &str = "/flash";
const TITLE_EN: &str = "Checkpoints closed on the ring road";
const TITLE_AR: &str = "إغلاق الحواجز على الطريق الدائري";
const FIELDS: [(&str, &str); 7] = [
    ("title_en", TITLE_EN),
    (
        "body_en",
        "Called in by telephone. Nobody has checked it yet.",
    ),
    ("title_ar", TITLE_AR),
    ("body_ar", "أُبلغ به هاتفيًا. لم يتحقق منه أحد بعد."),
    ("place_en", "Northern district"),
    ("place_ar", "الحي الشمالي"),
    ("when", "2026-11"),
];

/// Sends it, sees that one approval lets nothing out, and gives the other.
pub(super) fn walk(newsroom: &Newsroom<'_>, site: &Path, report: &mut Report) -> Result<()> {
    report.station("flash", || {
        newsroom.editor.submit(PAGE, PAGE, &FIELDS)?;
        let waiting = newsroom.safety.see(PAGE)?;
        let flash = ours(&waiting).context("the flash is not on the safety editor's page")?;
        ensure!(
            flash["publication"].is_null(),
            "it went out on one approval"
        );
        let text = |key: &str| flash[key].as_str().context("the flash lacks a part");
        let (id, clearance) = (text("id")?, text("clearance")?);
        let action = format!("{PAGE}/{id}/approve");
        let fields = [("clearance", clearance)];
        newsroom.safety.submit(PAGE, &action, &fields)?;
        let page = newsroom.wait_for("the flash goes out", PAGE, |page| {
            ours(page).is_some_and(|flash| flash["publication"].is_object())
        })?;
        let flash = ours(&page).context("the flash is gone")?;
        let approvals = flash["approvals"].as_array().map_or(0, Vec::len);
        let path = flash["publication"]["url_path"].as_str();
        let path = path.context("nobody says where the flash is")?;
        let bytes = on_the_site(site, path)?;
        let flow = Flow {
            input: "2 texts, 1 coarse place".into(),
            out: format!(
                "{approvals} approvals, on the site in both languages, marked unconfirmed"
            ),
            bytes,
        };
        Ok(((), flow))
    })
}

fn ours(page: &Value) -> Option<&Value> {
    let mut all = page["flashes"].as_array()?.iter();
    all.find(|one| one["title_en"] == TITLE_EN)
}

/// Bytes of the flash's two pages: each there, with its title.
fn on_the_site(site: &Path, path: &str) -> Result<u64> {
    let name = Path::new(path)
        .file_name()
        .context("a page without a name")?;
    let mut bytes = 0;
    for (language, title) in [("en", TITLE_EN), ("ar", TITLE_AR)] {
        let page = site.join(language).join("stories").join(name);
        let html = std::fs::read_to_string(&page)
            .with_context(|| format!("the site has no {}", page.display()))?;
        ensure!(html.contains(title), "{} is another page", page.display());
        bytes += html.len() as u64;
    }
    Ok(bytes)
}
