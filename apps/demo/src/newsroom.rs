//! The newsroom in exile: a drop, a desk, three custodians of whom two unlock, an editor and a safety editor.

use crate::outcome::waiting;
use crate::programs::{Programs, Server};
use crate::report::{Flow, Report};
use crate::visitor::Visitor;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const CUSTODIANS: [&str; 3] = ["Amal", "Basil", "Dima"];
const EDITORS: [(&str, &str, &str); 2] = [
    ("Hala", "editor", "lamp-harbour-violet-92-orchard"),
    ("Karim", "safety", "saffron-window-31-quiet-ladder"),
];
/// Without any progress for this long, something is wrong.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running newsroom with both editors signed in.
pub(crate) struct Newsroom<'a> {
    programs: &'a Programs,
    secrets: PathBuf,
    drop: Server,
    desk: Server,
    /// The editor who writes.
    pub(crate) editor: Visitor,
    /// The safety editor.
    pub(crate) safety: Visitor,
}

/// An item at the desk and the input it came from.
pub(crate) struct Item {
    /// Index of the input.
    pub(crate) input: usize,
    /// Its id at the desk.
    pub(crate) id: String,
}

/// A derivative that may be published.
pub(crate) struct Derivative {
    /// Index of the input.
    pub(crate) input: usize,
    /// Its id at the desk.
    pub(crate) id: String,
}

/// Founds, starts, unlocks, enrols and signs in.
pub(crate) fn found<'a>(
    programs: &'a Programs,
    site: &Path,
    base_url: &str,
    report: &mut Report,
) -> Result<Newsroom<'a>> {
    report.station("found", || {
        let secrets = programs.path("secrets");
        let desk_dir = programs.path("desk");
        let drop = start_drop(programs)?;
        init_desk(programs, &desk_dir, &secrets)?;
        programs.run(
            programs
                .command("fh-desk")
                .args(["drop", "add", "--url", &drop.url])
                .arg("--dir")
                .arg(&desk_dir)
                .arg("--token-file")
                .arg(programs.path("drop.token")),
        )?;
        let desk = start_desk(programs, &desk_dir, site, base_url)?;
        unlock(&desk.url, &secrets)?;
        let editor = enrol_and_sign_in(&desk.url, &secrets, 0)?;
        let safety = enrol_and_sign_in(&desk.url, &secrets, 1)?;
        let newsroom = Newsroom {
            programs,
            secrets,
            drop,
            desk,
            editor,
            safety,
        };
        let flow = Flow {
            input: "2 of 3 passphrases, 2 enrolments".into(),
            out: "1 drop, 1 desk, 2 editors signed in".into(),
            bytes: 0,
        };
        Ok((newsroom, flow))
    })
}

fn start_drop(programs: &Programs) -> Result<Server> {
    let token = programs.path("drop.token");
    programs.run(
        programs
            .command("fh-drop")
            .args(["token", "--out"])
            .arg(&token),
    )?;
    programs.serve(
        "fh-drop",
        programs
            .command("fh-drop")
            .args(["serve", "--listen", "127.0.0.1:0"])
            .arg("--dir")
            .arg(programs.path("drop"))
            .arg("--desk-token-file")
            .arg(&token),
    )
}

fn init_desk(programs: &Programs, dir: &Path, secrets: &Path) -> Result<()> {
    let mut init = programs.command("fh-desk");
    init.args([
        "init",
        "--organisation",
        "Firsthand Demo",
        "--threshold",
        "2",
    ]);
    for name in CUSTODIANS {
        init.args(["--custodian", name]);
    }
    for (name, role, _) in EDITORS {
        init.args(["--editor", &format!("{name}:{role}")]);
    }
    programs.run(
        init.arg("--dir")
            .arg(dir)
            .arg("--passphrase-dir")
            .arg(secrets),
    )?;
    Ok(())
}

fn start_desk(programs: &Programs, dir: &Path, site: &Path, base_url: &str) -> Result<Server> {
    programs.serve(
        "fh-desk",
        programs
            .command("fh-desk")
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--poll-seconds",
                "1",
                "--base-url",
                base_url,
            ])
            .arg("--dir")
            .arg(dir)
            .arg("--site")
            .arg(site),
    )
}

fn secret(secrets: &Path, file: &str) -> Result<String> {
    let path = secrets.join(file);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text.trim().to_owned())
}

/// Two of the three, each at an own browser.
fn unlock(url: &str, secrets: &Path) -> Result<()> {
    for name in &CUSTODIANS[..2] {
        let passphrase = secret(secrets, &format!("{name}.passphrase"))?;
        let fields = [("custodian", *name), ("passphrase", passphrase.as_str())];
        Visitor::new(url).submit("/unlock", "/unlock", &fields)?;
    }
    Ok(())
}

fn enrol_and_sign_in(url: &str, secrets: &Path, which: usize) -> Result<Visitor> {
    let (name, _, password) = EDITORS[which];
    let code = secret(secrets, &format!("{name}.enrol"))?;
    let page = format!("/enrol/{code}");
    let visitor = Visitor::new(url);
    visitor.submit(&page, &page, &[("password", password)])?;
    visitor.submit(
        "/sign-in",
        "/sign-in",
        &[("name", name), ("password", password)],
    )?;
    visitor.see("/").context("the inbox after signing in")?;
    Ok(visitor)
}

impl Newsroom<'_> {
    /// A kit for a reporter; two custodians are needed for it as well.
    pub(crate) fn kit(&self, pseudonym: &str) -> Result<PathBuf> {
        let out = self.secrets.join("kit");
        let mut command = self.programs.command("fh-desk");
        command.args(["kit", "new", pseudonym]);
        command
            .arg("--dir")
            .arg(self.programs.path("desk"))
            .arg("--out")
            .arg(&out);
        for name in &CUSTODIANS[..2] {
            let file = self.secrets.join(format!("{name}.passphrase"));
            command
                .arg("--custodian-passphrase")
                .arg(format!("{name}={}", file.display()));
        }
        self.programs.run(&mut command)?;
        Ok(out)
    }

    /// A card through the desk's page, as an editor would; gives how many places on it may be cells.
    pub(crate) fn hand_in_card(&self, card: &[u8]) -> Result<u64> {
        let taken = self.editor.upload("/cards", "card", card)?;
        let windows = taken["windows"].as_u64();
        windows.context("the desk did not say what is on the card")
    }

    /// Cards by the desk's command, beside the running desk.
    pub(crate) fn gather(&self, cards: &[PathBuf]) -> Result<()> {
        let mut command = self.programs.command("fh-desk");
        command.arg("gather").arg("--dir");
        command.arg(self.programs.path("desk")).args(cards);
        self.programs.run(&mut command).map(drop)
    }

    /// Cells on the drop's disk, by its own metrics.
    pub(crate) fn drop_cells(&self) -> Result<u64> {
        let token = std::fs::read_to_string(self.programs.path("drop.token"))?;
        let text = ureq::get(format!("{}/metrics", self.drop.url))
            .header("Authorization", format!("Bearer {}", token.trim()))
            .call()
            .context("asking the drop for its metrics")?
            .body_mut()
            .read_to_string()?;
        text.lines()
            .find_map(|line| line.strip_prefix("fh_drop_log_cells "))
            .and_then(|value| value.trim().parse().ok())
            .context("the drop's metrics do not say how many cells it holds")
    }

    /// Waits until the dispatch is complete, whatever the order in which its pieces came.
    pub(crate) fn receive(&self, inputs: &[PathBuf], report: &mut Report) -> Result<Vec<Item>> {
        report.station("receive", || {
            let inbox = self.wait_for("the dispatch arrives at the desk", "/", |inbox| {
                let state = inbox["dispatches"][0]["state"].as_str().unwrap_or("");
                matches!(state, "complete" | "damaged")
            })?;
            let dispatch = &inbox["dispatches"][0];
            let lines = dispatch["items"].as_array().cloned().unwrap_or_default();
            anyhow::ensure!(
                lines.len() == inputs.len(),
                "{} of {} items arrived",
                lines.len(),
                inputs.len()
            );
            let items = lines
                .iter()
                .enumerate()
                .map(|(input, line)| {
                    Ok(Item {
                        input,
                        id: text(line, "id")?,
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            let flow = Flow {
                input: format!("{} cells", dispatch["cells_seen"]),
                out: format!(
                    "{} pieces, {} items",
                    dispatch["pieces_complete"],
                    items.len()
                ),
                bytes: lines.iter().filter_map(|line| line["bytes"].as_u64()).sum(),
            };
            Ok((items, flow))
        })
    }

    /// Waits for previews and findings, and looks at each preview as an editor would.
    pub(crate) fn examine(&self, items: &[Item], report: &mut Report) -> Result<Vec<Item>> {
        report.station("examine", || {
            let (mut findings, mut shown, mut bytes) = (0, 0, 0);
            for item in items {
                let page = format!("/items/{}", item.id);
                let view = self.wait_for("previews", &page, |view| settled(&view["preview"]))?;
                findings += view["findings"].as_array().map_or(0, Vec::len);
                if state(&view["preview"]) == "done" {
                    let (size, _) = self.editor.fetch(&format!("{page}/preview"))?;
                    shown += 1;
                    bytes += size;
                }
            }
            let flow = Flow {
                input: format!("{} items", items.len()),
                out: format!("{shown} previews, {findings} findings"),
                bytes,
            };
            let examined = items.iter().map(|item| Item {
                input: item.input,
                id: item.id.clone(),
            });
            Ok((examined.collect(), flow))
        })
    }

    /// Asks for a scrub of every item; what cannot be made safe is refused in the desk's own words.
    pub(crate) fn protect(&self, items: &[Item], report: &mut Report) -> Result<Vec<Derivative>> {
        let mut refused = Vec::new();
        let derivatives = report.station("protect", || {
            let mut derivatives = Vec::new();
            let (mut removed, mut bytes) = (0, 0);
            for item in items {
                let page = format!("/items/{}", item.id);
                self.editor.submit(&page, &format!("{page}/scrub"), &[])?;
            }
            for item in items {
                let page = format!("/items/{}", item.id);
                let view = self.wait_for("scrubbing", &page, |view| settled(&view["scrub"]))?;
                if state(&view["scrub"]) != "done" {
                    refused.push((item.input, reason(&view["scrub"])));
                    continue;
                }
                for made in view["derivatives"].as_array().into_iter().flatten() {
                    removed += made["report"]["removed"].as_array().map_or(0, Vec::len);
                    bytes += made["bytes"].as_u64().unwrap_or(0);
                    derivatives.push(Derivative {
                        input: item.input,
                        id: text(made, "id")?,
                    });
                }
            }
            let flow = Flow {
                input: format!("{} items", items.len()),
                out: format!(
                    "{} derivatives, {removed} things removed, {} refused",
                    derivatives.len(),
                    refused.len()
                ),
                bytes,
            };
            Ok((derivatives, flow))
        })?;
        for (input, reason) in refused {
            report.inputs[input].refused = Some(reason);
        }
        Ok(derivatives)
    }

    /// Looks at a page until it is as wanted; gives up when nothing changes any more.
    pub(crate) fn wait_for(
        &self,
        what: &str,
        page: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let bar = waiting(what);
        let mut last = Value::Null;
        let mut changed = Instant::now();
        loop {
            let view = self.editor.see(page)?;
            if wanted(&view) {
                bar.finish_and_clear();
                return Ok(view);
            }
            let mut compared = view.clone();
            compared["csrf"] = Value::Null;
            if compared != last {
                last = compared;
                changed = Instant::now();
            }
            if changed.elapsed() > PATIENCE {
                bail!(
                    "no progress for {} s while waiting: {what}; last seen: {last}",
                    PATIENCE.as_secs()
                );
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// For the person who wants to look around afterwards.
    pub(crate) fn how_to_sign_in(&self) -> String {
        let [(editor, _, first), (safety, _, second)] = EDITORS;
        format!(
            "Desk:  {}/  sign in as {editor} with `{first}` (editor) or as {safety} with `{second}` (safety editor)",
            self.desk.url
        )
    }
}

/// Where background work stands: `not-asked`, `under-way`, `done` or `failed`.
fn state(work: &Value) -> &str {
    work["state"].as_str().unwrap_or("")
}

fn settled(work: &Value) -> bool {
    matches!(state(work), "done" | "failed")
}

fn reason(work: &Value) -> String {
    let code = work["code"].as_str().unwrap_or("unknown");
    match work["reason"].as_str() {
        Some(reason) if !reason.is_empty() => format!("{reason} ({code})"),
        _ => code.to_owned(),
    }
}

fn text(value: &Value, key: &str) -> Result<String> {
    value[key]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("the desk did not give `{key}`"))
}
