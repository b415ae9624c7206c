//! Figures and how they are printed.

use std::fmt::Write as _;

/// One thing measured against another.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    pub(crate) ratio: f64,
    pub(crate) target: &'static str,
    pub(crate) ok: bool,
}

/// The one in the middle; 0 of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Speeds of pairs of runs: ours at least so many parts of the peer's.
pub(crate) fn at_least(
    name: &'static str,
    pairs: &[(f64, f64)],
    least: f64,
    target: &'static str,
) -> Figure {
    let ratio = median(pairs.iter().map(|(ours, peer)| ours / peer).collect());
    Figure {
        name,
        ours: median(pairs.iter().map(|pair| pair.0).collect()),
        peer: median(pairs.iter().map(|pair| pair.1).collect()),
        ratio,
        target,
        ok: ratio >= least,
    }
}

/// A size that must stay below a limit.
pub(crate) fn below(name: &'static str, ours: f64, limit: f64, target: &'static str) -> Figure {
    Figure {
        name,
        ours,
        peer: limit,
        ratio: ours / limit,
        target,
        ok: ours < limit,
    }
}

/// `{name: {ours, peer, ratio, target, ok}}`
pub(crate) fn as_json(figures: &[Figure]) -> String {
    let entries = figures.iter().map(|figure| {
        let Figure {
            ours,
            peer,
            ratio,
            target,
            ok,
            ..
        } = figure;
        let value = serde_json::json!({
            "ours": ours, "peer": peer, "ratio": ratio, "target": target, "ok": ok,
        });
        (figure.name.to_owned(), value)
    });
    format!("{}\n", serde_json::Value::Object(entries.collect()))
}

/// A line for each.
pub(crate) fn as_lines(figures: &[Figure]) -> String {
    figures.iter().fold(String::new(), |mut text, figure| {
        let Figure {
            name,
            ours,
            peer,
            ratio,
            target,
            ok,
        } = figure;
        let verdict = if *ok { "ok  " } else { "MISS" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{verdict} {name}: {ours:.1} against {peer:.1}, {ratio:.2} (must be {target})"
        );
        text
    })
}
