//! Makes the files that the tests examine, with the tools a reporter's camera, phone or office stands for.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A folder for one test's inputs. Test material only: it may lie on a disk.
pub(crate) struct Inputs {
    folder: TempDir,
}

impl Inputs {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A picture with some detail.
    pub(crate) fn picture(&self, name: &str, size: &str) -> PathBuf {
        let path = self.path(name);
        ffmpeg(
            &[
                "-f",
                "lavfi",
                "-i",
                &format!("testsrc2=size={size}:rate=1"),
                "-frames:v",
                "1",
                "-q:v",
                "3",
            ],
            &path,
        );
        path
    }

    /// A clip with sound.
    pub(crate) fn clip(&self, name: &str, size: &str, seconds: &str) -> PathBuf {
        let path = self.path(name);
        let video = format!("testsrc2=size={size}:rate=30:duration={seconds}");
        let sound = format!("sine=frequency=440:duration={seconds}");
        ffmpeg(
            &[
                "-f",
                "lavfi",
                "-i",
                &video,
                "-f",
                "lavfi",
                "-i",
                &sound,
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
                "-c:a",
                "aac",
            ],
            &path,
        );
        path
    }

    /// A sound.
    pub(crate) fn sound(&self, name: &str, seconds: &str) -> PathBuf {
        let path = self.path(name);
        ffmpeg(
            &[
                "-f",
                "lavfi",
                "-i",
                &format!("sine=frequency=440:duration={seconds}"),
                "-c:a",
                "libmp3lame",
            ],
            &path,
        );
        path
    }

    /// A HEIC, tiled as phones do.
    pub(crate) fn heic(&self, name: &str, size: &str) -> PathBuf {
        let picture = self.picture(&format!("{name}.png"), size);
        let path = self.path(name);
        run("heif-enc", &["-q", "60", "-o", text(&path), text(&picture)]);
        path
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn run(tool: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(tool)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{tool}: {error}"));
    assert!(
        output.status.success(),
        "{tool} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

pub(crate) fn ffmpeg(arguments: &[&str], to: &Path) {
    let mut all = vec!["-nostdin", "-v", "error", "-y"];
    all.extend(arguments);
    all.push(text(to));
    run("ffmpeg", &all);
}

pub(crate) fn exiftool(arguments: &[&str], on: &Path) {
    let mut all = vec!["-q", "-m", "-overwrite_original"];
    all.extend(arguments);
    all.push(text(on));
    run("exiftool", &all);
}

impl Inputs {
    /// Two pages with text and a drawing, with the objects an office program leaves.
    pub(crate) fn document(&self, name: &str) -> PathBuf {
        let page = |words: &str| {
            format!("BT /F1 36 Tf 72 600 Td ({words}) Tj ET 0.8 0.2 0.2 rg 100 100 300 200 re f")
        };
        let (one, two) = (page("Order number one"), page("Second page"));
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R 5 0 R] /Count 2 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 7 0 R >> >> /Contents 4 0 R >>".to_owned(),
            format!("<< /Length {} >>\nstream\n{one}\nendstream", one.len()),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 7 0 R >> >> /Contents 6 0 R >>".to_owned(),
            format!("<< /Length {} >>\nstream\n{two}\nendstream", two.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        ];
        self.pdf(name, &objects, "")
    }

    /// A PDF of those objects (object 1 is the catalog).
    pub(crate) fn pdf(&self, name: &str, objects: &[String], trailer: &str) -> PathBuf {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        let mut places = Vec::new();
        for (number, object) in objects.iter().enumerate() {
            places.push(bytes.len());
            bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
        }
        let index = bytes.len();
        bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
        for place in &places {
            bytes.extend(format!("{place:010} 00000 n \n").bytes());
        }
        bytes.extend(
            format!(
                "trailer\n<< /Size {} /Root 1 0 R {trailer} >>\nstartxref\n{index}\n%%EOF\n",
                places.len() + 1
            )
            .bytes(),
        );
        self.write(name, &bytes)
    }
}
