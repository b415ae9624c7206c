//! From derivatives to a published story: two texts, two approvals, one act.

use crate::newsroom::{Derivative, Newsroom};
use crate::report::{Flow, Published, Report};
use anyhow::{Context, Result};
use serde_json::Value;

const TITLE_EN: &str = "What was filmed this morning";
const TITLE_AR: &str = "ما صُوِّر هذا الصباح";
const BODY_EN: &str = "Material sent from inside the city, received and examined by the newsroom.\n\n\
    Metadata was removed from every file; each can be checked against its proof.";
const BODY_AR: &str = "مواد أُرسلت من داخل المدينة، استلمتها غرفة الأخبار وفحصتها.\n\n\
    أُزيلت البيانات الوصفية من كل ملف، ويمكن التحقق من كل ملف بإثباته.";

/// A published file and the input it came from.
pub(crate) struct File {
    /// Index of the input.
    pub(crate) input: usize,
    /// Paths relative to the site's root.
    pub(crate) published: Published,
}

/// Writes the story, has it approved twice, publishes it.
pub(crate) fn publish(
    newsroom: &Newsroom<'_>,
    derivatives: &[Derivative],
    report: &mut Report,
) -> Result<Vec<File>> {
    let page = report.station("clear", || {
        let page = write(newsroom, derivatives)?;
        approve(newsroom, &page)?;
        let story = newsroom.editor.see(&page)?;
        let approvals = story["approvals"].as_array().map_or(0, Vec::len);
        let flow = Flow {
            input: format!("{} derivatives, 2 texts", derivatives.len()),
            out: format!("{approvals} approvals of one clearance"),
            bytes: 0,
        };
        Ok((page, flow))
    })?;
    report.station("publish", || {
        newsroom
            .safety
            .submit(&page, &format!("{page}/publish"), &[])?;
        let story = newsroom.wait_for("publishing", &page, |story| {
            story["publication"].is_object()
        })?;
        let files = files(&story["publication"], derivatives)?;
        let flow = Flow {
            input: format!("{} derivatives", derivatives.len()),
            out: format!("1 story, {} files with proofs", files.len()),
            bytes: chosen_bytes(&story),
        };
        Ok((files, flow))
    })
}

fn write(newsroom: &Newsroom<'_>, derivatives: &[Derivative]) -> Result<String> {
    let page = newsroom.editor.submit("/stories", "/stories/new", &[])?;
    anyhow::ensure!(
        page.starts_with("/stories/"),
        "the desk did not open a new story, but {page:?}"
    );
    let mut fields = vec![
        ("title_en", TITLE_EN.to_owned()),
        ("body_en", BODY_EN.to_owned()),
        ("title_ar", TITLE_AR.to_owned()),
        ("body_ar", BODY_AR.to_owned()),
        // Computed pictures need no gate; every other story starts as graphic.
        ("slug", "filmed-this-morning".to_owned()),
        ("grade", "unconfirmed".to_owned()),
    ];
    let mut alts = Vec::new();
    for (number, derivative) in derivatives.iter().enumerate() {
        fields.push(("derivative", derivative.id.clone()));
        alts.push((
            format!("alt_en_{}", derivative.id),
            format!("Sent file {}", number + 1),
        ));
        alts.push((
            format!("alt_ar_{}", derivative.id),
            format!("ملف مُرسَل {}", number + 1),
        ));
    }
    let mut form: Vec<(&str, &str)> = fields
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    form.extend(
        alts.iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    );
    newsroom.editor.submit(&page, &page, &form)?;
    Ok(page)
}

/// Each editor approves what that editor's own page shows.
fn approve(newsroom: &Newsroom<'_>, page: &str) -> Result<()> {
    for visitor in [&newsroom.editor, &newsroom.safety] {
        let story = visitor.see(page)?;
        let clearance = story["clearance"]
            .as_str()
            .context("the story shows no clearance hash")?;
        visitor.submit(
            page,
            &format!("{page}/approve"),
            &[("clearance", clearance)],
        )?;
    }
    Ok(())
}

fn files(publication: &Value, derivatives: &[Derivative]) -> Result<Vec<File>> {
    let list = publication["files"]
        .as_array()
        .context("the publication lists no files")?;
    list.iter()
        .map(|entry| {
            let text = |key: &str| entry[key].as_str().unwrap_or("").to_owned();
            let id = text("derivative");
            let input = derivatives.iter().find(|derivative| derivative.id == id);
            let input = input
                .with_context(|| format!("nobody chose the derivative {id}"))?
                .input;
            Ok(File {
                input,
                published: Published {
                    file: text("file"),
                    proof: text("proof"),
                },
            })
        })
        .collect()
}

fn chosen_bytes(story: &Value) -> u64 {
    let list = story["derivatives"].as_array();
    list.into_iter()
        .flatten()
        .filter_map(|one| one["bytes"].as_u64())
        .sum()
}
