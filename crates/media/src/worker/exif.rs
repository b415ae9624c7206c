//! What exiftool finds, as findings.

use std::path::Path;

use super::{Stop, tool};
use crate::{Finding, RefusalCode, finding::findings_from_exiftool};

/// All findings of a file in private memory. `-config ''` keeps exiftool from loading any configuration, which is code.
pub(super) fn findings(path: &Path) -> Result<Vec<Finding>, Stop> {
    let path = path.to_string_lossy();
    let arguments = [
        "-config",
        "",
        "-json",
        "-G0:1",
        "-a",
        "-u",
        "-api",
        "largefilesupport=1",
        "-api",
        "struct=0",
        &path,
    ];
    let (json, ended) = tool::run("exiftool", &arguments)?;
    if json.is_empty() && !ended.well() {
        // A file that exiftool cannot read has no findings from it; the decoders decide whether it is damaged.
        return Ok(Vec::new());
    }
    findings_from_exiftool(&json)
        .map_err(|_| Stop::refuse(RefusalCode::ToolCrashed, "exiftool answered nonsense"))
}

/// Name and version, for the report.
pub(super) fn version() -> String {
    tool::version("exiftool", "-ver")
}
