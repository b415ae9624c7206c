//! Reach from a log to the page: through the program, into the record, and nothing of any reader anywhere.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use crate::rig::{EDITORS, Engine, Newsroom, Setting, Visitor};

const ADDRESS: &str = "203.0.113.77";

fn day(before: i64) -> String {
    let at = Timestamp::now().as_second() - before * 86_400;
    Timestamp::from_second(at)
        .unwrap()
        .strftime("%Y-%m-%d")
        .to_string()
}

/// Lines of one page on one day; nonces differ by `salt`.
fn lines(salt: u32, count: u32, day: &str, origin: &str, path: &str) -> String {
    let one = |n| {
        format!(
            "fh1\t{day}\t{:032x}\tGET\t200\t{origin}\treader\t{path}\n",
            u64::from(salt) << 32 | n
        )
    };
    (0..u64::from(count)).map(one).collect()
}

fn desk_folder(newsroom: &Newsroom) -> PathBuf {
    newsroom.site().with_file_name("desk")
}

fn read(newsroom: &Newsroom, log: &Path) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_fh-desk"))
        .args(["--lang", "en", "reach", "read", "--dir"])
        .arg(desk_folder(newsroom))
        .arg(log)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

/// The page's data once as much was counted.
fn counted(visitor: &Visitor, requests: u64) -> Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let page = visitor.data("/reach").json();
        let days = page["days"].as_array().unwrap();
        if days
            .iter()
            .map(|day| day["requests"].as_u64().unwrap())
            .sum::<u64>()
            >= requests
        {
            return page;
        }
        assert!(Instant::now() < end, "{page}");
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

fn on(engine: Engine) {
    let newsroom = Newsroom::open(&Setting::new(engine));
    let editor = newsroom.signed_in(EDITORS[0]);
    assert_eq!(
        newsroom.visitor().page("/reach").status,
        303,
        "only for editors"
    );
    assert!(
        editor
            .page("/reach")
            .body
            .contains("Nothing has been counted")
    );
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("reach.log");
    let text = [
        lines(1, 37, &day(2), "DE", "/ar/stories/x.html"),
        lines(2, 4, &day(2), "SY", "/ar/stories/x.html"),
        lines(3, 20, &day(1), ADDRESS, "/en/"),
        lines(4, 3, &day(1), "FR", "/en/about.html"),
        lines(5, 50, &day(0), "DE", "/en/"),
    ];
    std::fs::write(&log, text.concat()).unwrap();
    let told = read(&newsroom, &log);
    assert!(
        told.contains("64") && told.contains("pages shown were counted."),
        "{told:?}"
    );
    let told = read(&newsroom, &log);
    assert!(told.contains("0") && !told.contains("64"), "{told:?}");
    let page = counted(&editor, 60);
    let find = |list: &str, name: &str, what: &str| {
        let all = page[list].as_array().unwrap();
        let found = all.iter().find(|one| one[name] == what);
        found.map(|one| one["requests"].as_u64().unwrap())
    };
    assert_eq!(find("countries", "country", "DE"), Some(30));
    assert_eq!(find("countries", "country", "SY"), None, "four are too few");
    assert_eq!(find("countries", "country", "unknown"), Some(20));
    assert_eq!(find("countries", "country", "other"), Some(10));
    assert_eq!(find("pages", "page", "ar/stories/x.html"), Some(40));
    assert_eq!(find("pages", "page", "en/about.html"), None);
    assert_eq!(find("days", "day", &day(2)), Some(40));
    for (tongue, words) in [("en", "Germany"), ("ar", "ألمانيا")] {
        let shown = editor.get(
            "/reach?days=90",
            &[("accept", "text/html"), ("accept-language", tongue)],
        );
        assert_eq!(shown.status, 200);
        assert!(
            shown.body.contains(words) && shown.body.contains("<rect"),
            "{}",
            shown.body
        );
    }
    for file in walkdir::WalkDir::new(desk_folder(&newsroom)) {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let bytes = std::fs::read(file.path()).unwrap();
            let holds = bytes
                .windows(ADDRESS.len())
                .any(|window| window == ADDRESS.as_bytes());
            assert!(!holds, "{}", file.path().display());
        }
    }
}

#[test]
fn a_log_becomes_counts_on_the_page_and_no_address_is_kept() {
    on(Engine::Sqlcipher);
}

#[test]
fn a_log_becomes_counts_on_postgres_too() {
    on(Engine::Postgres);
}

/// The configurations that we ship, in Debian's nginx: what it writes is read.
#[test]
fn peer_nginx_writes_what_is_read() {
    for (config, format, origin) in [
        ("nginx.conf", "fh_reach", "-"),
        ("nginx-address.conf", "fh_reach_address", "127.0.0.1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../docs/reach")
            .join(config);
        std::fs::create_dir_all(root.join("site/en")).unwrap();
        std::fs::write(root.join("site/en/index.html"), "a page").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let at = root.display();
        let whole = format!(
            "pid {at}/pid;\nerror_log {at}/error.log;\ndaemon off;\nmaster_process off;\nevents {{}}\nhttp {{\n include {};\n \
             client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n \
             server {{ listen 127.0.0.1:{port}; root {at}/site; access_log {at}/reach.log {format}; }}\n}}\n",
            shipped.display()
        );
        // Its workers are another user's when we are root.
        std::fs::set_permissions(root, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        let conf = root.join("nginx.conf");
        std::fs::write(&conf, whole).unwrap();
        let mut nginx = Command::new("/usr/sbin/nginx")
            .arg("-c")
            .arg(&conf)
            .env("TZ", "UTC")
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let ask = |path: &str, host: &str, agent: &str| {
            let request = ureq::get(format!("{url}{path}"))
                .header("host", host)
                .header("user-agent", agent);
            request.call().map(|answer| answer.status().as_u16())
        };
        let end = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "nginx does not listen");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        assert_eq!(ask("/en/?from=her", "news.example", browser).unwrap(), 200);
        assert_eq!(ask("/en/", "abc.onion", browser).unwrap(), 200);
        assert_eq!(ask("/en/", "news.example", "Googlebot/2.1").unwrap(), 200);
        assert!(ask("/en/none.html", "news.example", browser).is_err());
        // A line is written after its answer has gone out.
        let log = loop {
            let log = std::fs::read_to_string(root.join("reach.log")).unwrap();
            if log.lines().count() >= 4 || Instant::now() > end {
                break log;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        };
        nginx.kill().unwrap();
        nginx.wait().unwrap();
        assert!(!log.contains("from=her") && !log.contains("Gecko"), "{log}");
        assert_eq!(log.contains("127.0.0.1"), origin == "127.0.0.1");
        let read: Vec<_> = log
            .lines()
            .map(|line| publish::reach::read_line(line.as_bytes()).unwrap())
            .collect();
        assert_eq!(read.len(), 4);
        let counting: Vec<_> = read
            .iter()
            .filter_map(|line| line.request.as_ref())
            .collect();
        assert_eq!(counting.len(), 2, "{log}");
        assert!(
            counting
                .iter()
                .all(|request| request.page == "en/index.html")
        );
        assert_eq!(counting[1].origin, publish::reach::Origin::Onion);
    }
}
