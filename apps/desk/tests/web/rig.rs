//! A newsroom served on a loopback port, and people with browsers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use desk::auth::{Auth, Cost};
use desk::config::{Database, DeskFolder};
use desk::desk::{Desk, DeskOptions};
use desk::founding::{Founding, Handover, found};
use desk::web;
use keys::Passphrase;
use newsroom::Micros;
use newsroom::accounts::Roles;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;
use store::testing::Postgres;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Both editors and the safety editor share it; nobody guesses it.
pub(crate) const PASSWORD: &str = "lamp harbour violet orchard";
/// An editor, another one, and the safety editor.
pub(crate) const EDITORS: [&str; 3] = ["Hala", "Omar", "سلمى"];

/// Which database the record is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlcipher,
    Postgres,
}

/// A newsroom whose pages are served.
pub(crate) struct Newsroom {
    pub(crate) runtime: Runtime,
    pub(crate) desk: Desk,
    pub(crate) url: String,
    pub(crate) handover: Handover,
    clock: Arc<AtomicI64>,
    _postgres: Option<Postgres>,
    dir: TempDir,
}

/// How a newsroom is set up before its desk starts.
pub(crate) struct Setting {
    pub(crate) engine: Engine,
    pub(crate) public_origin: Option<&'static str>,
    /// Called between founding and starting: the place to put cells into the spool.
    pub(crate) before: fn(&Runtime, &DeskFolder, &Handover),
}

impl Setting {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            public_origin: None,
            before: |_, _, _| {},
        }
    }
}

impl Newsroom {
    /// Founded and served, locked.
    pub(crate) fn locked(setting: &Setting) -> Self {
        let runtime = Runtime::new().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let folder = DeskFolder::new(dir.path().join("desk"));
        let postgres = (setting.engine == Engine::Postgres).then(|| Postgres::start().unwrap());
        let database = match &postgres {
            None => Database::Sqlcipher,
            Some(cluster) => Database::Postgres {
                url: runtime.block_on(cluster.database()).unwrap(),
            },
        };
        let now = jiff::Timestamp::now().as_microsecond();
        let handover = runtime
            .block_on(found(
                &folder,
                &founding(database),
                &mut ChaCha20Rng::seed_from_u64(7),
                Micros(now),
            ))
            .unwrap();
        (setting.before)(&runtime, &folder, &handover);
        let clock = Arc::new(AtomicI64::new(now));
        let site = dir.path().join("site");
        let (desk, url) = runtime.block_on(serve(&folder, site, clock.clone(), setting));
        Self {
            runtime,
            desk,
            url,
            handover,
            clock,
            _postgres: postgres,
            dir,
        }
    }

    /// Unlocked by two custodians.
    pub(crate) fn open(setting: &Setting) -> Self {
        let newsroom = Self::locked(setting);
        newsroom.unlock();
        newsroom
    }

    /// Two custodians enter their passphrases.
    pub(crate) fn unlock(&self) {
        for (name, passphrase) in self.handover.passphrases.iter().take(2) {
            let passphrase = Passphrase::new(passphrase.expose());
            let entered = self.desk.enter_share(name, passphrase);
            self.runtime.block_on(entered).unwrap();
        }
    }

    /// Where the public site is built.
    pub(crate) fn site(&self) -> std::path::PathBuf {
        self.dir.path().join("site")
    }

    /// Somebody with a browser of their own.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.url)
    }

    /// An editor who has set a password and signed in.
    pub(crate) fn signed_in(&self, name: &str) -> Visitor {
        self.enrol(name);
        let visitor = self.visitor();
        let reply = visitor.sign_in(name, PASSWORD);
        assert_eq!(reply.status, 303, "{}", reply.body);
        visitor
    }

    /// Sets an editor's password.
    pub(crate) fn enrol(&self, name: &str) {
        let page = format!("/enrol/{}", self.code(name));
        let reply = self.visitor().post(&page, &page, &[("password", PASSWORD)]);
        assert_eq!(reply.status, 303, "{}", reply.body);
    }

    /// An editor's enrolment code.
    pub(crate) fn code(&self, name: &str) -> String {
        let of = |entry: &&(String, zeroize::Zeroizing<String>)| entry.0 == name;
        let code = self.handover.enrolments.iter().find(of).unwrap();
        code.1.to_string()
    }

    /// Lets the pages' clock go on.
    pub(crate) fn later(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Drop for Newsroom {
    fn drop(&mut self) {
        self.runtime.block_on(self.desk.stop());
        store::testing::connections_have_ended();
    }
}

fn founding(database: Database) -> Founding {
    Founding {
        organisation: "Pages Test".into(),
        custodians: vec!["Amal".into(), "Basil".into(), "Dima".into()],
        threshold: 2,
        editors: vec![
            (EDITORS[0].into(), Roles::EDITOR),
            (EDITORS[1].into(), Roles::EDITOR),
            (EDITORS[2].into(), Roles::SAFETY),
        ],
        database,
        cost: keys::Cost::FOR_TESTS,
        words: keys::Words::English,
    }
}

async fn serve(
    folder: &DeskFolder,
    site: std::path::PathBuf,
    clock: Arc<AtomicI64>,
    setting: &Setting,
) -> (Desk, String) {
    let options = DeskOptions {
        folder: folder.clone(),
        site,
        base_url: "https://news.example".into(),
        onion_url: None,
        poll: std::time::Duration::from_secs(1),
        worker: Some(env!("CARGO_BIN_EXE_fh-desk").into()),
    };
    let desk = Desk::start(options, CancellationToken::new()).unwrap();
    let settings = web::Settings {
        public_origin: setting.public_origin.map(str::to_owned),
        clock: Arc::new(move || clock.load(Ordering::Relaxed)),
        auth: Auth::with_cost(Cost::for_tests()),
        zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = web::router(desk.clone(), settings);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (desk, url)
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// The code of a problem document.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

/// One person with a cookie jar.
pub(crate) struct Visitor {
    agent: ureq::Agent,
    base: String,
}

impl Visitor {
    pub(crate) fn new(base: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        Self {
            agent,
            base: base.to_owned(),
        }
    }

    /// A page as a browser asks for it.
    pub(crate) fn page(&self, path: &str) -> Reply {
        self.get(path, &[("accept", "text/html"), ("accept-language", "en")])
    }

    /// A page as a tool asks for it.
    pub(crate) fn data(&self, path: &str) -> Reply {
        self.get(path, &[("accept", "application/json")])
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        reply(request.call().unwrap())
    }

    /// Fills in the form of a page and posts it.
    pub(crate) fn post(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf(page);
        let mut form = vec![("csrf", csrf.as_str())];
        form.extend_from_slice(fields);
        self.send(action, &form, &[])
    }

    /// Posts exactly this.
    pub(crate) fn send(
        &self,
        action: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = self.agent.post(format!("{}{action}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "accept") {
            request = request.header("accept", "application/json");
        }
        reply(request.send_form(form.iter().copied()).unwrap())
    }

    /// Posts a body of any kind, as a tool does.
    pub(crate) fn send_body(&self, action: &str, kind: &str, body: &[u8]) -> Reply {
        let request = self
            .agent
            .post(format!("{}{action}", self.base))
            .header("accept", "application/json")
            .header("content-type", kind);
        reply(request.send(body).unwrap())
    }

    /// The token that a page's forms carry.
    pub(crate) fn csrf(&self, page: &str) -> String {
        let reply = self.data(page);
        let csrf = reply.json()["csrf"].as_str().map(str::to_owned);
        csrf.unwrap_or_else(|| panic!("{page} has no token: {}", reply.body))
    }

    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Reply {
        let fields = [("name", name), ("password", password)];
        self.post("/sign-in", "/sign-in", &fields)
    }
}

fn reply(mut response: ureq::http::Response<ureq::Body>) -> Reply {
    let bytes = response.body_mut().read_to_vec().unwrap();
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
    }
}
