//! The site brought to hosts: a folder, a bucket of a real S3 service, and a server of OpenSSH with rsync. Whatever is cut,
//! what stands there with a manifest is whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use publish::deploy::{
    DeployError, Deployed, HostSettings, Progress, S3Settings, SshSettings, deploy,
};
use publish::{SiteInput, build};

use crate::files::read;
use crate::sample;

fn now() -> i64 {
    // The servers under test compare the time of a request with their own.
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

fn silent(_: Progress) {}

fn to(site: &Path, host: &HostSettings) -> Result<Deployed, DeployError> {
    deploy(site, host, "one", now, &silent)
}

/// A site, and a later state of it: one story is gone, one is new, one has another title.
fn states() -> [SiteInput; 2] {
    let before = sample::site_at(1);
    let mut after = before.clone();
    after.built_at += 1;
    after.stories[0].en.title.push_str(", again");
    after.stories[0].updated_at += 1;
    let mut more = after.stories[0].clone();
    more.id = "f".repeat(32);
    more.slug = "one-more".to_owned();
    after.stories.remove(1);
    after.stories.push(more);
    [before, after]
}

/// While there is a manifest, all that it lists is there as listed.
fn whole_or_without(files: &BTreeMap<String, Vec<u8>>) -> bool {
    if !files.contains_key("manifest") {
        return false;
    }
    let list = ledger::read_list(&files["manifest.txt"]).unwrap();
    let note = String::from_utf8(files["manifest"].clone()).unwrap();
    assert!(note.contains(&ledger::sha256(&files["manifest.txt"]).to_string()));
    for one in list {
        assert_eq!(
            ledger::sha256(&files[&one.path]),
            one.sha256,
            "{}",
            one.path
        );
    }
    true
}

#[test]
fn a_folder_is_exchanged_as_a_whole_and_a_cut_transfer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (site, target) = (folder.path().join("site"), folder.path().join("disk/www"));
    fs::create_dir(folder.path().join("disk")).unwrap();
    let host = HostSettings::Folder {
        path: target.clone(),
    };
    assert!(matches!(to(&site, &host), Err(DeployError::NoSite(_))));
    let [before, after] = states();
    build(&before, &sample::signer(), &site).unwrap();
    let told = AtomicU64::new(0);
    let count = |progress: Progress| {
        told.fetch_max(progress.files, Ordering::Relaxed);
        assert!(progress.files <= progress.of);
    };
    let done = deploy(&site, &host, "one", now, &count).unwrap();
    assert_eq!(read(&target), read(&site));
    assert_eq!(
        (done.sent, told.into_inner()),
        (read(&site).len() as u64, done.sent)
    );
    assert_eq!(to(&site, &host).unwrap(), Deployed::default());
    build(&after, &sample::signer(), &site).unwrap();
    // What a cut transfer left: some of the files, one of them half, and one that is none of the site's.
    let beside = folder.path().join("disk/.www.incoming");
    fs::create_dir_all(beside.join("en/stories")).unwrap();
    fs::copy(site.join("style.css"), beside.join("style.css")).unwrap();
    fs::write(beside.join("en/index.html"), "half").unwrap();
    fs::write(beside.join("en/stories/foreign.html"), "x").unwrap();
    let done = to(&site, &host).unwrap();
    assert_eq!(read(&target), read(&site));
    assert!(
        done.removed > 3 && done.sent < read(&site).len() as u64,
        "{done:?}"
    );
    let left: Vec<_> = fs::read_dir(folder.path().join("disk")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside it");
    assert!(!fs::read_dir(folder.path()).unwrap().any(|one| {
        one.unwrap()
            .file_name()
            .to_string_lossy()
            .contains("sending")
    }));
}

#[test]
fn a_place_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (site, target) = (folder.path().join("site"), folder.path().join("home"));
    build(&sample::site_at(1), &sample::signer(), &site).unwrap();
    fs::create_dir(&target).unwrap();
    fs::write(target.join("thesis.doc"), "years").unwrap();
    let host = HostSettings::Folder {
        path: target.clone(),
    };
    assert!(matches!(to(&site, &host), Err(DeployError::NotASite(name)) if name == "thesis.doc"));
    assert_eq!(
        fs::read_to_string(target.join("thesis.doc")).unwrap(),
        "years"
    );
}

#[test]
fn what_leads_nowhere_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    build(&sample::site_at(1), &sample::signer(), &site).unwrap();
    let s3 = |endpoint: &str, prefix: &str| {
        let mut settings = bucket("127.0.0.1:1".parse().unwrap());
        (settings.endpoint, settings.prefix) = (endpoint.to_owned(), prefix.to_owned());
        HostSettings::S3(settings)
    };
    for host in [
        s3("http://s3.example", ""),
        s3("https://s3.example", "/x/"),
        s3("https://s3.example", "x"),
        s3("https://s3.example", "../x/"),
    ] {
        let told = to(&site, &host);
        assert!(
            matches!(told, Err(DeployError::Address(_) | DeployError::Setting(_))),
            "{told:?}"
        );
    }
    let ssh = |host: &str, user: &str, path: &str| {
        HostSettings::Ssh(SshSettings {
            host: host.to_owned(),
            port: 22,
            user: user.to_owned(),
            path: path.to_owned(),
            key: String::new(),
            server_key: "ssh-ed25519 AAAA".to_owned(),
            proxy: None,
        })
    };
    for host in [
        ssh("-oProxyCommand=x", "u", "www"),
        ssh("h", "u v", "www"),
        ssh("h", "u", "www; rm"),
        ssh("h", "u", ""),
    ] {
        assert!(
            matches!(to(&site, &host), Err(DeployError::Setting(_))),
            "{host:?}"
        );
    }
    let name = deploy(&site, &s3("https://s3.example", ""), "../x", now, &silent);
    assert!(matches!(name, Err(DeployError::Setting(_))));
}

/// A program of the test's own that ends with it.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn bucket(address: SocketAddr) -> S3Settings {
    S3Settings {
        endpoint: format!("http://{address}"),
        region: "us-east-1".to_owned(),
        bucket: "news".to_owned(),
        prefix: "site/".to_owned(),
        key: "testing".to_owned(),
        secret: "testing".to_owned(),
        proxy: None,
    }
}

/// moto's S3, with an empty bucket.
fn s3() -> (Program, SocketAddr) {
    let python = crate::channels::installed("python").join("environment/bin/python3");
    // Printed once it listens; ends when its input does.
    let program = r#"
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(*server.get_host_and_port(), flush=True)
sys.stdin.read()
"#;
    let mut child = Command::new(python)
        .args(["-c", program])
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (host, port) = line.trim().split_once(' ').unwrap();
    let address = format!("{host}:{port}").parse().unwrap();
    assert_eq!(plain(address, "PUT", "/news").0, 200);
    (Program(child), address)
}

/// One request without a signature, which moto takes: status, headers in small letters, and body.
fn plain(address: SocketAddr, method: &str, path: &str) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {path} HTTP/1.0\r\nhost: {address}\r\nauthorization: AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request\r\ncontent-length: 0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head[9..12].parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}

/// What stands in the bucket, as its own listing says.
fn standing(address: SocketAddr) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let (_, _, body) = plain(address, "GET", "/news?max-keys=100000");
    let listing = String::from_utf8(body).unwrap();
    for key in listing.split("<Key>").skip(1) {
        let key = key.split('<').next().unwrap();
        let path = key.strip_prefix("site/").unwrap();
        files.insert(
            path.to_owned(),
            plain(address, "GET", &format!("/news/{key}")).2,
        );
    }
    files
}

#[test]
fn peer_s3_holds_the_site_with_types_and_times_and_nothing_that_is_gone() {
    let (_server, address) = s3();
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    let host = HostSettings::S3(bucket(address));
    let [before, after] = states();
    build(&before, &sample::signer(), &site).unwrap();
    let done = to(&site, &host).unwrap();
    assert_eq!(standing(address), read(&site));
    assert_eq!(done.sent, read(&site).len() as u64);
    assert_eq!(to(&site, &host).unwrap(), Deployed::default());
    let header = |path: &str| plain(address, "HEAD", &format!("/news/site/{path}")).1;
    assert!(header("en/atom.xml").contains("content-type: application/atom+xml; charset=utf-8"));
    assert!(header("en/index.html").contains("cache-control: public, max-age=60"));
    assert!(header("manifest").contains("cache-control: no-cache"));
    let media = read(&site)
        .into_keys()
        .find(|path| path.starts_with("media/"))
        .unwrap();
    assert!(header(&media).contains("immutable"));
    build(&after, &sample::signer(), &site).unwrap();
    let done = to(&site, &host).unwrap();
    assert_eq!(standing(address), read(&site));
    assert!(
        done.removed > 3 && done.sent < read(&site).len() as u64,
        "{done:?}"
    );
    // Without its own note of what stands there everything is sent anew, and it is the same.
    fs::remove_file(folder.path().join(".site.sent-one")).unwrap();
    assert_eq!(to(&site, &host).unwrap().sent, read(&site).len() as u64);
    assert_eq!(standing(address), read(&site));
    let mut wrong = bucket(address);
    wrong.bucket = "other".to_owned();
    let wrong = HostSettings::S3(wrong);
    assert!(matches!(
        to(&site, &wrong),
        Err(DeployError::Host(publish::channels::Fault::Account { .. }))
    ));
}

/// A line to the service that breaks for good after so many requests, and what stood there after each.
fn breaking(to: SocketAddr, after: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let passed = AtomicU64::new(0);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            if passed.fetch_add(1, Ordering::Relaxed) < after {
                std::thread::spawn(move || relay(stream, to));
            }
        }
    });
    address
}

/// One request and its answer, then the connection ends.
fn relay(mut from: TcpStream, to: SocketAddr) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if from.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length = text
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next()?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if from.read_exact(&mut body).is_err() {
        return;
    }
    let text = String::from_utf8(head)
        .unwrap()
        .replacen("\r\n", "\r\nconnection: close\r\n", 1);
    let mut server = TcpStream::connect(to).unwrap();
    server.write_all(text.as_bytes()).unwrap();
    server.write_all(&body).unwrap();
    let _ = std::io::copy(&mut server, &mut from);
}

#[test]
fn peer_s3_cut_anywhere_never_shows_a_manifest_over_a_mixture_and_goes_on() {
    let (_server, address) = s3();
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    let [before, after] = states();
    build(&before, &sample::signer(), &site).unwrap();
    to(&site, &HostSettings::S3(bucket(address))).unwrap();
    let first = read(&site);
    build(&after, &sample::signer(), &site).unwrap();
    let sent = Arc::new(Mutex::new(0_usize));
    let (mut without, mut rounds) = (0, 0);
    loop {
        rounds += 1;
        assert!(rounds < 60, "it never arrives");
        // The signature names the host: the line in between must be it.
        let line = breaking(address, 40);
        let mut settings = bucket(line);
        settings.endpoint = format!("http://{line}");
        let counted = sent.clone();
        let count = move |_: Progress| *counted.lock().unwrap() += 1;
        let told = deploy(&site, &HostSettings::S3(settings), "one", now, &count);
        let files = standing(address);
        let whole = whole_or_without(&files);
        if told.is_ok() {
            assert!(whole);
            assert_eq!(files, read(&site));
            break;
        }
        without += u32::from(!whole);
    }
    let sent = *sent.lock().unwrap();
    assert!(without > 0 && rounds > 3, "{without} of {rounds}");
    // All that differs, and again what was under way at a cut.
    let differs = read(&site)
        .iter()
        .filter(|(path, bytes)| first.get(*path) != Some(bytes))
        .count();
    assert!(
        sent >= differs && sent < differs + rounds * 8,
        "{sent} files were sent for {differs}"
    );
}

/// OpenSSH on loopback with keys of its own.
struct Sshd {
    _program: Program,
    port: u16,
    key: String,
    server_key: String,
}

impl Sshd {
    fn start(folder: &Path) -> Self {
        for name in ["server", "client"] {
            let key = folder.join(name);
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(&key)
                .status();
            assert!(made.unwrap().success());
        }
        let authorized = folder.join("authorized");
        fs::copy(folder.join("client.pub"), &authorized).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = folder.join("config");
        fs::write(
            &config,
            format!(
                "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPasswordAuthentication no\nUsePAM no\nStrictModes no\nPidFile none\n",
                folder.join("server").display(),
                authorized.display()
            ),
        )
        .unwrap();
        fs::create_dir_all("/run/sshd").unwrap();
        let mut child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it did not start");
        }
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self {
            _program: Program(child),
            port,
            key: fs::read_to_string(folder.join("client")).unwrap(),
            server_key: fs::read_to_string(folder.join("server.pub"))
                .unwrap()
                .trim()
                .to_owned(),
        }
    }

    fn settings(&self, path: &Path) -> SshSettings {
        let me = Command::new("id").arg("-un").output().unwrap();
        SshSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: String::from_utf8(me.stdout).unwrap().trim().to_owned(),
            path: path.to_str().unwrap().to_owned(),
            key: self.key.clone(),
            server_key: self.server_key.clone(),
            proxy: None,
        }
    }
}

#[test]
fn peer_ssh_brings_the_site_takes_away_what_is_gone_and_trusts_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let sshd = Sshd::start(folder.path());
    let (site, target) = (
        folder.path().join("site"),
        PathBuf::from(folder.path()).join("www"),
    );
    let host = HostSettings::Ssh(sshd.settings(&target));
    let [before, after] = states();
    build(&before, &sample::signer(), &site).unwrap();
    let done = to(&site, &host).unwrap();
    assert_eq!(read(&target), read(&site));
    assert_eq!(done.sent, read(&site).len() as u64, "{done:?}");
    assert_eq!(to(&site, &host).unwrap(), Deployed::default());
    build(&after, &sample::signer(), &site).unwrap();
    // Cut after the manifest was taken away, in the middle of replacing.
    fs::remove_file(target.join("manifest")).unwrap();
    fs::copy(site.join("en/index.html"), target.join("en/index.html")).unwrap();
    let done = to(&site, &host).unwrap();
    assert_eq!(read(&target), read(&site));
    assert!(
        done.removed > 3 && done.sent < read(&site).len() as u64,
        "{done:?}"
    );
    // Another server under that name is not spoken to, and somebody else's folder is left alone.
    let mut other = sshd.settings(&target);
    other.server_key = fs::read_to_string(folder.path().join("client.pub"))
        .unwrap()
        .trim()
        .to_owned();
    let told = to(&site, &HostSettings::Ssh(other));
    assert!(
        matches!(
            &told,
            Err(DeployError::Host(publish::channels::Fault::Account { .. }))
        ),
        "{told:?}"
    );
    fs::write(target.join("thesis.doc"), "years").unwrap();
    assert!(matches!(to(&site, &host), Err(DeployError::NotASite(name)) if name == "thesis.doc"));
}
