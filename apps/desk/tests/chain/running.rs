//! The real program as a child process, unlocked over HTTP, killed without warning.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::world::{DESK_EXE, World};

/// The real program, serving.
pub(crate) struct Running {
    child: Child,
    url: String,
}

impl Running {
    pub(crate) fn start(world: &World) -> Self {
        let mut child = Command::new(DESK_EXE)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--poll-seconds",
                "1",
                "--dir",
            ])
            .arg(world.path("desk"))
            .arg("--site")
            .arg(world.path("site"))
            .env("FH_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().strip_prefix("listening ").unwrap().to_owned();
        Self { child, url }
    }

    /// Two custodians at the unlock page.
    pub(crate) fn unlock(&mut self, world: &World) {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0);
        let agent: ureq::Agent = config.build().into();
        for name in ["Amal", "Basim"] {
            let passphrase = world.passphrase(name);
            let page = agent.get(format!("{}/unlock", self.url));
            let mut page = page.header("accept", "application/json").call().unwrap();
            let page: Value =
                serde_json::from_str(&page.body_mut().read_to_string().unwrap()).unwrap();
            let answer = agent
                .post(format!("{}/unlock", self.url))
                .header("accept", "application/json")
                .header("origin", &self.url)
                .send_form([
                    ("csrf", page["csrf"].as_str().unwrap()),
                    ("custodian", name),
                    ("passphrase", passphrase.expose()),
                ])
                .unwrap();
            assert!(
                answer.status().is_success(),
                "unlocking answered {}",
                answer.status()
            );
        }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
