//! Where a site goes and how one gets in there, as the desk keeps it sealed.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A host of the site.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum HostSettings {
    /// A folder of this machine: a disk, a share, below a web server.
    Folder {
        /// The folder that is exchanged.
        path: PathBuf,
    },
    /// A bucket.
    S3(S3Settings),
    /// A folder of a server.
    Ssh(SshSettings),
}

/// A bucket of S3's kind.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Settings {
    /// The service's address.
    pub endpoint: String,
    /// Its region.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What all names begin with; empty, or ending in `/`.
    pub prefix: String,
    /// The access key's name.
    pub key: String,
    /// The access key's secret.
    pub secret: String,
    /// The SOCKS5 port to go through, such as Tor's.
    pub proxy: Option<SocketAddr>,
}

/// A folder of a server that has rsync, over SSH.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SshSettings {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who we are there.
    pub user: String,
    /// The folder.
    pub path: String,
    /// The private key, as OpenSSH writes it, without a passphrase.
    pub key: String,
    /// The server's own public key (`ssh-ed25519 AAAA...`): another one is not spoken to.
    pub server_key: String,
    /// The SOCKS5 port to go through, such as Tor's.
    pub proxy: Option<SocketAddr>,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Settings({}/{})", self.endpoint, self.bucket)
    }
}

impl fmt::Debug for SshSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SshSettings({}:{})", self.host, self.path)
    }
}

impl Drop for S3Settings {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Drop for SshSettings {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_back_and_do_not_print_what_opens() {
        let text = r#"{"s3":{"endpoint":"https://s3.example","region":"x","bucket":"b","prefix":"","key":"k","secret":"hush","proxy":null}}"#;
        let settings: HostSettings = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&settings).unwrap(), text);
        assert!(!format!("{settings:?}").contains("hush"));
        for wrong in [
            r#"{"ftp":{}}"#,
            r#"{"folder":{"path":"/x","more":1}}"#,
            r#"{"folder":{}}"#,
        ] {
            assert!(
                serde_json::from_str::<HostSettings>(wrong).is_err(),
                "{wrong}"
            );
        }
    }
}
