//! Previews first: a small picture and a few words cross; the desk asks for the film and declines the photograph.

use crate::newsroom::Newsroom;
use crate::programs::Programs;
use crate::report::{Flow, Report};
use crate::reporter::{Reporter, number};
use crate::samples::computed;
use crate::walks::{list, noted};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;

const NOTE: &str = "Previews first. المعاينات أولًا.";
const FILM: &str = "square.mp4";
const PHOTO: &str = "square.jpg";

/// Announces two, receives one, forgets the other.
pub(super) fn walk(
    programs: &Programs,
    newsroom: &Newsroom<'_>,
    reporter: &Reporter<'_>,
    report: &mut Report,
) -> Result<()> {
    let (photo, film) = samples(programs)?;
    report.station("previews", || {
        let paths = [photo.to_string_lossy(), film.to_string_lossy()];
        reporter.act("add", &["--preview", "--note", NOTE, &paths[0], &paths[1]])?;
        let first = reporter.act_on_line("send")?;
        choose(newsroom)?;
        let mut heard = (0, 0);
        reporter.receive_until("what is wanted and what is not", |said| {
            heard.0 += number(said, "wanted")?;
            heard.1 += number(said, "declined")?;
            Ok(heard.0 > 0 && heard.1 > 0)
        })?;
        reporter.act_on_line("send")?;
        let inbox = newsroom.wait_for("the film that was asked for", "/", |inbox| {
            noted(inbox, NOTE).is_some_and(|one| list(one, "held").len() == 1)
        })?;
        let dispatch = noted(&inbox, NOTE).context("the dispatch with previews")?;
        ensure!(held(dispatch, PHOTO)["state"] == "declined", "{dispatch}");
        let mut items = list(dispatch, "items").iter();
        let came = items.find(|one| one["name"] == FILM);
        let came = came.context("the film did not come")?;
        let bytes = film.metadata()?.len();
        ensure!(
            came["bytes"] == bytes,
            "{came} is not the {bytes} bytes sent"
        );
        let forgotten = reporter.act("forget-declined", &["--yes"])?;
        ensure!(number(&forgotten, "pieces")? > 0, "nothing was declined");
        let flow = Flow {
            input: format!("2 files announced in {} cells", first["cells_sent"]),
            out: "the film asked for and whole at the desk, the photograph declined and forgotten"
                .into(),
            bytes,
        };
        Ok(((), flow))
    })
}

/// One word about each, once both are announced; waits until the reporter can hear it.
fn choose(newsroom: &Newsroom<'_>) -> Result<()> {
    let inbox = newsroom.wait_for("the previews", "/", |inbox| {
        let one = noted(inbox, NOTE);
        one.is_some_and(|one| one["state"] == "announced" && list(one, "held").len() == 2)
    })?;
    let dispatch = noted(&inbox, NOTE).context("the dispatch with previews")?;
    for (name, word) in [(FILM, "ask"), (PHOTO, "decline")] {
        let id = held(dispatch, name)["id"].as_str();
        let id = id.with_context(|| format!("{name} was not announced"))?;
        newsroom
            .editor
            .submit("/", &format!("/held/{id}/{word}"), &[])?;
    }
    newsroom.wait_for("the word on its way", "/", |inbox| {
        let told = |one: &Value| list(one, "held").iter().all(|held| held["told"] == true);
        noted(inbox, NOTE).is_some_and(told)
    })?;
    Ok(())
}

fn held<'a>(dispatch: &'a Value, name: &str) -> &'a Value {
    let mut all = list(dispatch, "held").iter();
    all.find(|one| one["name"] == name).unwrap_or(&Value::Null)
}

/// A photograph and a film, both too large to go without being asked for.
fn samples(programs: &Programs) -> Result<(PathBuf, PathBuf)> {
    let (photo, film) = (programs.path(PHOTO), programs.path(FILM));
    let noise = "size=1600x1200:duration=1,noise=alls=40:allf=t";
    computed(
        &[&format!("testsrc2={noise}")],
        "-frames:v 1 -q:v 2",
        &[],
        &photo,
    )?;
    let source = "testsrc2=size=320x240:rate=25:duration=3,noise=alls=20:allf=t";
    let options = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    computed(&[source], options, &[], &film)?;
    Ok((photo, film))
}
