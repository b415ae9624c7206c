//! A folder of a server that has rsync, over the system's own `rsync` and `ssh`, in the steps of [`super`].
//!
//! The server's key is pinned, ours lies in memory, in a file that only we can read, as long as the transfer takes, and nothing of this
//! machine's own settings for SSH is used.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Output};

use super::snapshot::Snapshot;
use super::{DeployError, Deployed, Fault, Progress, SshSettings, disk, refuse_foreign};

/// Seconds without any answer after which a transfer is given up.
const STANDSTILL: &str = "--timeout=120";
/// Where our key lies while rsync needs it: in memory, on no disk.
const MEMORY: &str = "/dev/shm";

/// Everything but the manifest and its list.
const NOT_LAST: [&str; 2] = ["--exclude=/manifest", "--exclude=/manifest.txt"];
/// The list alone, and the manifest alone.
const LAST: [[&str; 2]; 2] = [
    ["--include=/manifest.txt", "--exclude=*"],
    ["--include=/manifest", "--exclude=*"],
];
/// Media are named by their digests, so that their names and lengths tell.
const MEDIA: [&str; 4] = [
    "--delete",
    "--size-only",
    "--include=/media/***",
    "--exclude=*",
];
/// Everything else is compared byte for byte.
const PAGES: [&str; 5] = [
    "--delete",
    "--checksum",
    "--exclude=/media/",
    NOT_LAST[0],
    NOT_LAST[1],
];

pub(super) fn deploy(
    snapshot: &Snapshot,
    settings: &SshSettings,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<Deployed, DeployError> {
    let way = Way::new(settings)?;
    let roots = way.roots()?;
    refuse_foreign(roots.iter().map(String::as_str), snapshot.listed())?;
    let mut done = Deployed::default();
    let mut run = |rules: &[&str]| {
        let one = way.send(snapshot.root(), rules)?;
        done.sent += one.sent;
        done.bytes += one.bytes;
        done.removed += one.removed;
        tell(Progress {
            files: done.sent,
            of: snapshot.listed().len() as u64,
            bytes: done.bytes,
        });
        Ok::<(), DeployError>(())
    };
    // What is new, media first: nothing that stands there changes by it.
    run(&["--ignore-existing", "--include=/media/***", "--exclude=*"])?;
    run(&["--ignore-existing", NOT_LAST[0], NOT_LAST[1]])?;
    if way.differs(snapshot)? {
        way.take_manifest()?;
        run(&[&["--delay-updates", "--delete-after"], &PAGES[..]].concat())?;
        run(&MEDIA)?;
        for last in LAST {
            run(&[&["--checksum"], &last[..]].concat())?;
        }
    }
    Ok(done)
}

struct Way {
    /// Holds our key and the server's.
    secrets: tempfile::TempDir,
    shell: String,
    place: String,
}

impl Way {
    fn new(settings: &SshSettings) -> Result<Self, DeployError> {
        let name = |text: &str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
            !text.is_empty() && !text.starts_with('-') && text.bytes().all(plain)
        };
        let below = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
        for (sound, what) in [
            (name(&settings.host), "server's name"),
            (name(&settings.user), "user's name"),
            (
                settings.path.bytes().all(below) && !settings.path.is_empty(),
                "path",
            ),
            (settings.server_key.lines().count() == 1, "server's key"),
        ] {
            if !sound {
                return Err(DeployError::Setting(what));
            }
        }
        let memory = Path::new(MEMORY);
        let secrets = tempfile::tempdir_in(memory).map_err(disk(memory))?;
        let host = if settings.port == 22 {
            settings.host.clone()
        } else {
            format!("[{}]:{}", settings.host, settings.port)
        };
        write(&secrets.path().join("key"), &settings.key)?;
        write(
            &secrets.path().join("known"),
            &format!("{host} {}\n", settings.server_key),
        )?;
        Ok(Self {
            shell: shell(&secrets, settings)?,
            place: format!(
                "{}@{}:{}/",
                settings.user,
                bracketed(&settings.host),
                settings.path.trim_end_matches('/')
            ),
            secrets,
        })
    }

    /// One run of rsync; what it did is counted from what it says of each file.
    fn send(&self, from: &Path, rules: &[&str]) -> Result<Deployed, DeployError> {
        let mut command = self.rsync();
        command.args([
            "--recursive",
            "--times",
            "--partial-dir=.rsync-partial",
            "--out-format=%i %l %n",
        ]);
        let from = format!("{}/", from.display());
        let output = command.args(rules).arg(from).arg(&self.place).output();
        let output = checked(output.map_err(disk(Path::new("rsync"))))?;
        let mut done = Deployed::default();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            // `<f+++++++++ 5 en/a.html`, `*deleting   0 en/b.html`; folders are none of the site's files.
            let mut fields = line.split_whitespace();
            let what = fields.next().unwrap_or_default();
            let bytes = fields.next().and_then(|bytes| bytes.parse::<u64>().ok());
            if what.starts_with("<f") {
                done.sent += 1;
                done.bytes += bytes.unwrap_or(0);
            } else if what == "*deleting" && !line.ends_with('/') {
                done.removed += 1;
            }
        }
        Ok(done)
    }

    /// Whether anything there is not as it should be.
    fn differs(&self, snapshot: &Snapshot) -> Result<bool, DeployError> {
        let [list, note] = LAST.map(|last| [&["--checksum"], &last[..]].concat());
        for rules in [&note[..], &list, &PAGES, &MEDIA] {
            let rules = [&["--dry-run"], rules].concat();
            if self.send(snapshot.root(), &rules)? != Deployed::default() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What stands in the place's root; nothing where there is none yet.
    fn roots(&self) -> Result<Vec<String>, DeployError> {
        let mut command = self.rsync();
        let output = command.arg("--list-only").arg(&self.place).output();
        let output = output.map_err(disk(Path::new("rsync")))?;
        // 23: "some files could not be transferred", here the place itself.
        let words = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(23) && words.contains("No such file or directory") {
            return Ok(Vec::new());
        }
        let output = checked(Ok(output))?;
        let text = String::from_utf8_lossy(&output.stdout);
        // `drwxr-xr-x          4,096 2026/11/22 18:01:00 en`
        let names = text.lines().filter_map(|line| {
            let mut fields = line.split_whitespace();
            let name = fields.by_ref().nth(4)?;
            let more: Vec<&str> = fields.collect();
            Some([&[name], &more[..]].concat().join(" "))
        });
        Ok(names
            .filter(|name| !matches!(name.as_str(), "." | ".rsync-partial" | ".~tmp~"))
            .collect())
    }

    /// Removes the manifest: from here on there is nothing to check against until all is there.
    fn take_manifest(&self) -> Result<(), DeployError> {
        let empty = self.secrets.path().join("empty");
        fs::create_dir_all(&empty).map_err(disk(&empty))?;
        let [_, [only, rest]] = LAST;
        self.send(&empty, &["--delete", only, rest]).map(|_| ())
    }

    fn rsync(&self) -> Command {
        let mut command = Command::new("rsync");
        command
            .env("LC_ALL", "C")
            .env_remove("RSYNC_RSH")
            .args([STANDSTILL, "-e", &self.shell]);
        command
    }
}

/// The command by which rsync reaches the server. What stands in it was checked: rsync splits it at spaces.
fn shell(secrets: &tempfile::TempDir, settings: &SshSettings) -> Result<String, DeployError> {
    let folder = secrets
        .path()
        .to_str()
        .filter(|path| !path.contains([' ', '"', '\'']));
    let folder = folder.ok_or(DeployError::Setting("folder of the site"))?;
    let proxy = settings.proxy.map_or_else(String::new, |proxy| {
        format!(" -o 'ProxyCommand=nc -X 5 -x {proxy} %h %p'")
    });
    Ok(format!(
        "ssh -F /dev/null -p {} -i {folder}/key -o IdentitiesOnly=yes -o UserKnownHostsFile={folder}/known \
         -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=60{proxy}",
        settings.port
    ))
}

fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

fn write(path: &Path, text: &str) -> Result<(), DeployError> {
    let mut options = fs::File::options();
    let file = options.create_new(true).write(true).mode(0o600).open(path);
    let mut file = file.map_err(disk(path))?;
    let own = fs::Permissions::from_mode(0o600);
    file.set_permissions(own)
        .and_then(|()| file.write_all(text.as_bytes()))
        .map_err(disk(path))
}

/// What rsync's ends mean: a line that broke is tried again, a door that stays shut is looked at by a person.
fn checked(output: Result<Output, DeployError>) -> Result<Output, DeployError> {
    let output = output?;
    if output.status.success() {
        return Ok(output);
    }
    let all = String::from_utf8_lossy(&output.stderr);
    let told = all
        .lines()
        .filter(|line| !line.trim_matches(['@', ' ']).is_empty());
    let words = told.take(3).collect::<Vec<_>>().join(" · ");
    let shut = ["Host key verification failed", "Permission denied"];
    Err(match output.status.code() {
        _ if shut.iter().any(|words| all.contains(words)) => Fault::account(&words).into(),
        Some(10 | 12 | 30 | 35 | 255) => Fault::later(&words).into(),
        _ => DeployError::Program {
            program: "rsync",
            words,
        },
    })
}
