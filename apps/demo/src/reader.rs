//! The reader anywhere: takes each published file with its proof and checks it offline.

use crate::programs::Programs;
use crate::report::{Flow, Published, Report};
use crate::story::File;
use anyhow::{Context, Result};
use std::path::Path;

/// Copies the proofs out, checks every file against its own, and sees that a changed file is refused.
pub(crate) fn check(
    programs: &Programs,
    files: &[File],
    out: &Path,
    report: &mut Report,
) -> Result<()> {
    let checked = report.station("verify", || {
        let proofs = out.join("proofs");
        std::fs::create_dir_all(&proofs)?;
        remove_earlier(&proofs)?;
        let (mut findings, mut bytes) = (0, 0);
        let mut checked = Vec::new();
        for file in files {
            let published = relative(&file.published, out)?;
            findings += verify(programs, out, &published)?;
            bytes += out.join(&published.file).metadata()?.len();
            checked.push((file.input, published));
        }
        if let Some((_, first)) = checked.first() {
            refuses_a_flipped_byte(programs, out, first)?;
        }
        let flow = Flow {
            input: format!("{} files with proofs", files.len()),
            out: format!("{findings} findings, none fails; a flipped byte is refused"),
            bytes,
        };
        Ok((checked, flow))
    })?;
    for (input, published) in checked {
        report.inputs[input].published.push(published);
    }
    Ok(())
}

/// Proofs of an earlier run into the same folder would say nothing about this one's files.
fn remove_earlier(proofs: &Path) -> Result<()> {
    for entry in std::fs::read_dir(proofs)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".proof.json") {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Paths relative to the results' folder; the proof is copied beside the site.
fn relative(published: &Published, out: &Path) -> Result<Published> {
    let name = Path::new(&published.proof)
        .file_name()
        .context("a proof without a name")?;
    let proof = Path::new("proofs").join(name);
    std::fs::copy(out.join("site").join(&published.proof), out.join(&proof))
        .with_context(|| format!("the site has no {}", published.proof))?;
    Ok(Published {
        file: format!("site/{}", published.file),
        proof: proof.to_string_lossy().into_owned(),
    })
}

fn verify(programs: &Programs, out: &Path, published: &Published) -> Result<usize> {
    let mut command = programs.command("fh-verify");
    command
        .arg(out.join(&published.file))
        .arg("--proof")
        .arg(out.join(&published.proof))
        .arg("--json");
    let said = programs.run_json(&mut command)?;
    let findings = said["findings"]
        .as_array()
        .context("fh-verify gave no findings")?;
    anyhow::ensure!(!findings.is_empty(), "fh-verify found nothing to say");
    let fails = findings
        .iter()
        .filter(|finding| finding["grade"] == "fails")
        .count();
    anyhow::ensure!(fails == 0, "{fails} findings fail for {}", published.file);
    Ok(findings.len())
}

fn refuses_a_flipped_byte(programs: &Programs, out: &Path, published: &Published) -> Result<()> {
    let mut bytes = std::fs::read(out.join(&published.file))?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = programs.path("changed");
    std::fs::write(&changed, bytes)?;
    let status = programs
        .command("fh-verify")
        .arg(&changed)
        .arg("--proof")
        .arg(out.join(&published.proof))
        .output()?
        .status;
    anyhow::ensure!(
        !status.success(),
        "fh-verify accepted a file with a flipped byte"
    );
    Ok(())
}
