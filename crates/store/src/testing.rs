//! Throwaway databases for tests: a SQLCipher file, or a PostgreSQL cluster of one's own in a temporary folder.
//!
//! The cluster listens on a socket in that folder alone and ends with the process that started it, however that
//! ends: a shell between the two waits for its input to close. Built with the feature `testing` only.

use crate::error::StoreError;
use crate::open::{Store, StoreKeys};
use keys::{ColumnKey, DatabaseKey, IndexKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Waits until every connection to a SQLCipher database has ended, at most ten seconds.
///
/// A dropped pool ends its connections on threads of their own. A test process that exits meanwhile takes libcrypto's
/// memory away from under them and dies of it, after all its tests have passed.
pub fn connections_have_ended() {
    let connected = || {
        let threads = fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten();
        threads
            .filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok())
            .any(|name| name.starts_with("sqlx-sqlite"))
    };
    let end = Instant::now() + Duration::from_secs(10);
    while connected() && Instant::now() < end {
        std::thread::yield_now();
    }
}

/// Why there is no test database.
#[derive(Debug, thiserror::Error)]
pub enum TestingError {
    /// PostgreSQL is not installed.
    #[error(
        "the tests need PostgreSQL's server programs in /usr/lib/postgresql/*/bin; install Debian's package `postgresql`"
    )]
    NoPostgres,
    /// PostgreSQL refuses to run as root and nobody else is there.
    #[error("PostgreSQL does not run as root, and /etc/passwd has neither `postgres` nor `nobody`")]
    NoUser,
    /// A program failed.
    #[error("{program} failed: {output}")]
    Program {
        /// Which.
        program: String,
        /// What it said.
        output: String,
    },
    /// The machine failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server answered, but not well.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
}

/// Keys made from a seed: equal seeds, equal keys.
#[must_use]
pub fn keys(seed: u8) -> StoreKeys {
    StoreKeys {
        column: ColumnKey::from_bytes([seed; 32]),
        index: IndexKey::from_bytes([seed ^ 0x55; 32]),
    }
}

/// Randomness made from a seed.
#[must_use]
pub fn entropy(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A SQLCipher store in a folder, under keys made from the seed 1.
///
/// # Errors
/// As [`Store::open_sqlite`].
pub async fn sqlcipher(folder: &Path) -> Result<Store, StoreError> {
    sqlcipher_again(folder, 1).await
}

/// As [`sqlcipher`], with randomness of another seed: a desk that starts again makes no id twice.
///
/// # Errors
/// As [`Store::open_sqlite`].
pub async fn sqlcipher_again(folder: &Path, seed: u64) -> Result<Store, StoreError> {
    let key = DatabaseKey::from_bytes([1; 32]);
    Store::open_sqlite(&folder.join("desk.db"), &key, keys(1), entropy(seed)).await
}

/// A store in a fresh database of a throwaway cluster, under keys made from the seed 1.
///
/// # Errors
/// As [`Store::open_postgres`].
pub async fn postgres(url: &str) -> Result<Store, StoreError> {
    postgres_again(url, 1).await
}

/// As [`postgres`], with randomness of another seed.
///
/// # Errors
/// As [`Store::open_postgres`].
pub async fn postgres_again(url: &str, seed: u64) -> Result<Store, StoreError> {
    Store::open_postgres(url, keys(1), entropy(seed)).await
}

/// A PostgreSQL cluster that lives as long as this value, or the process.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    shell: Child,
    user: String,
    databases: AtomicU32,
}

impl Postgres {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// [`TestingError`], in words that say what to install.
    pub fn start() -> Result<Self, TestingError> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("fh-pg-").tempdir()?;
        let user = unprivileged(folder.path())?;
        if let Some(User { uid, gid, .. }) = &user {
            chown(folder.path(), Some(*uid), Some(*gid))?;
        }
        let data = folder.path().join("data");
        let mut initdb = as_user(&programs.join("initdb"), user.as_ref());
        initdb.args([
            "--no-sync",
            "--auth=trust",
            "--username=fh",
            "--encoding=UTF8",
            "--no-locale",
            "--pgdata",
        ]);
        run(initdb.arg(&data))?;
        let shell = start_server(&programs, folder.path(), user.as_ref())?;
        let cluster = Self {
            folder,
            shell,
            user: "fh".to_owned(),
            databases: AtomicU32::new(0),
        };
        cluster.wait(&programs, user.as_ref())?;
        Ok(cluster)
    }

    /// A fresh, empty database; gives its address.
    ///
    /// # Errors
    /// [`TestingError::Sql`].
    pub async fn database(&self) -> Result<String, TestingError> {
        use sqlx::{AssertSqlSafe, ConnectOptions, Executor, postgres::PgConnectOptions};
        let name = format!("fh{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let admin: PgConnectOptions = self.url("postgres").parse()?;
        let mut connection = admin.connect().await?;
        connection
            .execute(AssertSqlSafe(format!(
                "CREATE DATABASE {name} TEMPLATE template0"
            )))
            .await?;
        Ok(self.url(&name))
    }

    /// The folder that holds everything the server writes: tests search it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn url(&self, database: &str) -> String {
        let socket = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://{}@{socket}/{database}", self.user)
    }

    fn wait(&self, programs: &Path, user: Option<&User>) -> Result<(), TestingError> {
        for _ in 0..300 {
            let mut ready = as_user(&programs.join("pg_isready"), user);
            ready.arg("--quiet").arg("--host").arg(self.folder.path());
            if ready.status()?.success() {
                return Ok(());
            }
            // The server says when it is ready only if asked.
            std::thread::sleep(Duration::from_millis(50));
        }
        let output = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(TestingError::Program {
            program: "postgres".to_owned(),
            output,
        })
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Closing its input makes the shell end the server; waiting lets the folder be removed behind it.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

struct User {
    uid: u32,
    gid: u32,
}

fn programs() -> Result<PathBuf, TestingError> {
    let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| TestingError::NoPostgres)?;
    let mut found: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    found.retain(|bin| bin.join("initdb").exists() && bin.join("postgres").exists());
    found.sort();
    found.pop().ok_or(TestingError::NoPostgres)
}

/// Whom to run as: `None` is whoever runs the tests, unless that is root.
fn unprivileged(mine: &Path) -> Result<Option<User>, TestingError> {
    if fs::metadata(mine)?.uid() != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        passwd.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            match fields[..] {
                [user, _, uid, gid, ..] if user == name => Some(User {
                    uid: uid.parse().ok()?,
                    gid: gid.parse().ok()?,
                }),
                _ => None,
            }
        })
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .map(Some)
        .ok_or(TestingError::NoUser)
}

fn as_user(program: &Path, user: Option<&User>) -> Command {
    let mut command = Command::new(program);
    if let Some(User { uid, gid, .. }) = user {
        command.uid(*uid).gid(*gid);
    }
    command.current_dir("/");
    command
}

fn run(command: &mut Command) -> Result<(), TestingError> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_program().to_string_lossy().into_owned();
    Err(TestingError::Program {
        program,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn start_server(
    programs: &Path,
    folder: &Path,
    user: Option<&User>,
) -> Result<Child, TestingError> {
    const KEEP_UNTIL_INPUT_CLOSES: &str = r#"
        "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c max_connections=200 >"$2/log" 2>&1 &
        server=$!
        cat >/dev/null
        kill -INT "$server"
        wait "$server"
        rm -rf "$2""#;
    let mut shell = as_user(Path::new("/bin/sh"), user);
    shell
        .args(["-c", KEEP_UNTIL_INPUT_CLOSES, "sh"])
        .arg(programs)
        .arg(folder);
    // Its own group: Ctrl-C ends the tests first, and the server because of that.
    shell
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(shell.spawn()?)
}

/// Every sealed column but those whose rows end with the keys, as table and column.
#[must_use]
pub fn sealed_columns() -> Vec<(&'static str, &'static str)> {
    let columns = crate::sealed::SEALED.iter();
    columns.map(|one| (one.table, one.column)).collect()
}

/// Opens every sealed value there is: table, column, the row as places name it, the value.
///
/// # Errors
/// [`StoreError::Damaged`] names the column of the first that does not open.
pub async fn everything_sealed(store: &Store) -> Result<Vec<Opened>, StoreError> {
    crate::engine::transact!(store, "open everything", Read, |tx| {
        let mut all = Vec::new();
        for column in crate::sealed::SEALED {
            let rows: Vec<crate::sealed::Found> = tx
                .all(column.select, crate::engine::args![i64::MAX, 0_i64])
                .await?;
            for found in rows {
                let row = column.row(&found.key)?;
                let value = store.open(column.place(&row), &found.sealed)?.to_vec();
                all.push((column.table, column.column, row, value));
            }
        }
        Ok(all)
    })
}

/// Puts another value into the place of a sealed one, as somebody with the newsroom's keys could.
///
/// # Errors
/// [`StoreError::Missing`] when nothing is there; the engine's failure.
pub async fn alter_sealed(
    store: &Store,
    (table, column, row): (&str, &str, &[u8]),
    value: &[u8],
) -> Result<(), StoreError> {
    crate::engine::transact!(store, "alter sealed", Work, |tx| {
        let missing = || StoreError::Missing {
            what: "sealed value",
            id: format!("{table}.{column}"),
        };
        let mut registered = crate::sealed::SEALED.iter();
        let registered = registered.find(|one| (one.table, one.column) == (table, column));
        let register = registered.ok_or_else(missing)?;
        let rows: Vec<crate::sealed::Found> = tx
            .all(register.select, crate::engine::args![i64::MAX, 0_i64])
            .await?;
        for found in rows {
            if register.row(&found.key)? == row {
                let sealed = store.seal(register.place(row), value)?;
                crate::rekey::put(tx, register, &found.key, &sealed).await?;
                return Ok(());
            }
        }
        Err(missing())
    })
}

/// A sealed value, opened: table, column, row, value.
pub type Opened = (&'static str, &'static str, Vec<u8>, Vec<u8>);
