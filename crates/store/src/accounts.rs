//! Editors and their sessions. Passwords come here as Argon2id strings and leave sealed.

use crate::columns::Place;
use crate::engine::{Tx, args, transact};
use crate::error::StoreError;
use crate::open::Store;
use crate::value::At;
use ledger::Digest;
use newsroom::accounts::{self, Account, Change, Command, Roles};
use newsroom::audit::{Act, Actor, Chain, Entry};
use newsroom::{EditorId, Micros, Private, Refusal};
use zeroize::Zeroizing;

/// An editor, for pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorRecord {
    /// Who.
    pub id: EditorId,
    /// The name they sign in with.
    pub name: String,
    /// What they may be.
    pub roles: Roles,
    /// Whether a password is set.
    pub enrolled: bool,
    /// Whether the account is closed.
    pub closed: bool,
}

/// A counted attempt: check the password against this, then call [`Store::sign_in`].
#[derive(Debug)]
pub struct SignIn {
    /// Who.
    pub editor: EditorId,
    /// The Argon2id string of the right password.
    pub password: Private,
}

/// Someone who is signed in.
#[derive(Debug)]
pub struct WebSession {
    /// Who.
    pub editor: EditorId,
    /// Their name.
    pub name: String,
    /// What they may be.
    pub roles: Roles,
    /// What every form of this session must carry.
    pub csrf: Zeroizing<[u8; 32]>,
    /// When it ends.
    pub until: Micros,
}

type Row = (
    Vec<u8>,
    Vec<u8>,
    i64,
    Option<Vec<u8>>,
    Option<i64>,
    i64,
    Option<i64>,
    i64,
);

impl Store {
    /// Opens an account; the enrolment code's SHA-256 is kept, never the code.
    ///
    /// # Errors
    /// [`Refusal::NameTaken`], [`Refusal::NameInvalid`], [`Refusal::NoRole`].
    pub async fn add_editor(
        &self,
        name: &str,
        roles: Roles,
        enrolment: Digest,
        now: Micros,
    ) -> Result<EditorId, StoreError> {
        let id = EditorId::from_bytes(self.random());
        let account = Account::open(id, name, roles, now)?;
        let index = self
            .columns()
            .index("editors", "name", name.to_lowercase().as_bytes())?;
        let sealed = self.seal(place("name", &id), name.as_bytes())?;
        transact!(self, "add editor", Decide, |tx| {
            let taken: Option<(i64,)> = tx
                .one(
                    "SELECT roles FROM editors WHERE name_index = $1",
                    args![index],
                )
                .await?;
            if taken.is_some() {
                return Err(Refusal::NameTaken.into());
            }
            tx.exec(
                "INSERT INTO editors (id, name, name_index, roles, enrolment, enrolment_until, attempts, closed, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7)",
                args![id, sealed, index, roles.bits(), enrolment, account.enrolment_until, now],
            )
            .await?;
            let entry = Entry::new(Chain::Desk, Actor::Custodians, Act::EditorAdded, now);
            self.append(tx, entry.with("editor", id).with("roles", roles))
                .await?;
            Ok(id)
        })
    }

    /// Whom an enrolment code is for, while it is open.
    ///
    /// # Errors
    /// [`Refusal::EnrolmentSpent`], [`Refusal::EnrolmentExpired`].
    pub async fn enrolment(&self, code: Digest, now: Micros) -> Result<EditorRecord, StoreError> {
        transact!(self, "look up enrolment", Read, |tx| {
            let (account, _) = self.account_by_code(tx, code).await?;
            accounts::decide(&account, Command::Enrol, now)?;
            self.editor_record(tx, &account).await
        })
    }

    /// Spends an enrolment code and sets the first password (as an Argon2id string).
    ///
    /// # Errors
    /// [`Refusal::EnrolmentSpent`], [`Refusal::EnrolmentExpired`].
    pub async fn enrol(
        &self,
        code: Digest,
        password: &Private,
        now: Micros,
    ) -> Result<EditorId, StoreError> {
        transact!(self, "enrol", Decide, |tx| {
            let (account, _) = self.account_by_code(tx, code).await?;
            accounts::decide(&account, Command::Enrol, now)?;
            let sealed = self.seal(place("password", &account.id), password.expose().as_bytes())?;
            tx.exec(
                "UPDATE editors SET password = $1, enrolment = NULL, enrolment_until = NULL, attempts = 0, retry_at = NULL
                 WHERE id = $2",
                args![sealed, account.id],
            )
            .await?;
            let actor = Actor::Editor(account.id);
            self.append(tx, Entry::new(Chain::Desk, actor, Act::EditorEnrolled, now))
                .await?;
            Ok(account.id)
        })
    }

    /// Counts an attempt to sign in, before the password is checked. `None`: nobody of that name can sign in (check
    /// the password against a dummy all the same, so that the time tells nothing).
    ///
    /// # Errors
    /// [`Refusal::TooManyAttempts`].
    pub async fn begin_sign_in(
        &self,
        name: &str,
        now: Micros,
    ) -> Result<Option<SignIn>, StoreError> {
        let index = self
            .columns()
            .index("editors", "name", name.to_lowercase().as_bytes())?;
        transact!(self, "begin sign-in", Decide, |tx| {
            let id: Option<(Vec<u8>,)> = tx
                .one("SELECT id FROM editors WHERE name_index = $1", args![index])
                .await?;
            let Some((id,)) = id else { return Ok(None) };
            let id = EditorId::from_bytes(At("editors", "id").bytes(&id)?);
            let (account, password) = self.account(tx, id).await?;
            let (true, Some(password)) = (account.is_active(), password) else {
                return Ok(None);
            };
            for change in accounts::decide(&account, Command::Attempt, now)? {
                self.apply_account(tx, &account, &change, now).await?;
            }
            let password = self.open_text(place("password", &id), &password)?;
            Ok(Some(SignIn {
                editor: id,
                password,
            }))
        })
    }

    /// The password of a counted attempt was right: begins a session under the SHA-256 of its token.
    ///
    /// # Errors
    /// [`Refusal::NotAnEditor`] when the account was closed meanwhile.
    pub async fn sign_in(
        &self,
        editor: EditorId,
        token_hash: Digest,
        csrf: &[u8; 32],
        now: Micros,
    ) -> Result<WebSession, StoreError> {
        transact!(self, "sign in", Decide, |tx| {
            let (account, _) = self.account(tx, editor).await?;
            let mut until = now;
            for change in accounts::decide(&account, Command::SignIn, now)? {
                if let Change::SignedIn { session_until } = change {
                    until = session_until;
                }
                self.apply_account(tx, &account, &change, now).await?;
            }
            let sealed = self.seal(csrf_place(&token_hash), csrf)?;
            tx.exec(
                "INSERT INTO web_sessions (token_hash, editor, csrf, created_at, until) VALUES ($1, $2, $3, $4, $5)",
                args![token_hash, editor, sealed, now, until],
            )
            .await?;
            tx.exec("DELETE FROM web_sessions WHERE until < $1", args![now])
                .await?;
            let name = self.editor_name(tx, editor).await?;
            Ok(WebSession {
                editor,
                name,
                roles: account.roles,
                csrf: Zeroizing::new(*csrf),
                until,
            })
        })
    }

    /// Whose session a token is, by its SHA-256; `None` when there is none, it has ended or the account is closed.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn web_session(
        &self,
        token_hash: Digest,
        now: Micros,
    ) -> Result<Option<WebSession>, StoreError> {
        transact!(self, "look up session", Read, |tx| {
            let row: Option<(Vec<u8>, Vec<u8>, i64)> = tx
                .one(
                    "SELECT editor, csrf, until FROM web_sessions WHERE token_hash = $1",
                    args![token_hash],
                )
                .await?;
            let Some((editor, csrf, until)) = row else {
                return Ok(None);
            };
            let editor = EditorId::from_bytes(At("web_sessions", "editor").bytes(&editor)?);
            let (account, _) = self.account(tx, editor).await?;
            if !account.is_active() || now >= Micros(until) {
                return Ok(None);
            }
            let csrf = self.open(csrf_place(&token_hash), &csrf)?;
            let csrf = Zeroizing::new(At("web_sessions", "csrf").bytes(&csrf)?);
            let name = self.editor_name(tx, editor).await?;
            Ok(Some(WebSession {
                editor,
                name,
                roles: account.roles,
                csrf,
                until: Micros(until),
            }))
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn sign_out(&self, token_hash: Digest, now: Micros) -> Result<(), StoreError> {
        transact!(self, "sign out", Decide, |tx| {
            let row: Option<(Vec<u8>,)> = tx
                .one(
                    "SELECT editor FROM web_sessions WHERE token_hash = $1",
                    args![token_hash],
                )
                .await?;
            let Some((editor,)) = row else { return Ok(()) };
            let editor = EditorId::from_bytes(At("web_sessions", "editor").bytes(&editor)?);
            tx.exec(
                "DELETE FROM web_sessions WHERE token_hash = $1",
                args![token_hash],
            )
            .await?;
            self.append(
                tx,
                Entry::new(
                    Chain::Desk,
                    Actor::Editor(editor),
                    Act::EditorSignedOut,
                    now,
                ),
            )
            .await?;
            Ok(())
        })
    }

    /// Ends every session: the desk is being locked.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn end_sessions(&self) -> Result<u64, StoreError> {
        transact!(self, "end sessions", Work, |tx| Ok(tx
            .exec("DELETE FROM web_sessions", &[])
            .await?))
    }

    /// A fresh enrolment code for someone who lost their password; the old one stops working, sessions end.
    ///
    /// # Errors
    /// [`Refusal::NotAnEditor`].
    pub async fn reissue_enrolment(
        &self,
        editor: EditorId,
        code: Digest,
        now: Micros,
    ) -> Result<(), StoreError> {
        transact!(self, "reissue enrolment", Decide, |tx| {
            let (account, _) = self.account(tx, editor).await?;
            for change in accounts::decide(&account, Command::Reissue, now)? {
                self.apply_account(tx, &account, &change, now).await?;
            }
            tx.exec(
                "UPDATE editors SET enrolment = $1 WHERE id = $2",
                args![code, editor],
            )
            .await?;
            Ok(())
        })
    }

    /// Closes an account for good: it cannot sign in, and its approvals no longer count.
    ///
    /// # Errors
    /// [`Refusal::NotAnEditor`].
    pub async fn close_editor(&self, editor: EditorId, now: Micros) -> Result<(), StoreError> {
        transact!(self, "close editor", Decide, |tx| {
            let (account, _) = self.account(tx, editor).await?;
            for change in accounts::decide(&account, Command::Close, now)? {
                self.apply_account(tx, &account, &change, now).await?;
            }
            Ok(())
        })
    }

    /// All editors, oldest account first.
    ///
    /// # Errors
    /// The engine's failure.
    pub async fn editors(&self) -> Result<Vec<EditorRecord>, StoreError> {
        transact!(self, "list editors", Read, |tx| {
            let ids: Vec<(Vec<u8>,)> = tx
                .all("SELECT id FROM editors ORDER BY created_at, id", &[])
                .await?;
            let mut out = Vec::with_capacity(ids.len());
            for (id,) in ids {
                let (account, _) = self
                    .account(tx, EditorId::from_bytes(At("editors", "id").bytes(&id)?))
                    .await?;
                out.push(self.editor_record(tx, &account).await?);
            }
            Ok(out)
        })
    }

    pub(crate) async fn must_be_active(&self, tx: &mut Tx, by: EditorId) -> Result<(), StoreError> {
        if self.editor_facts(tx, by).await?.active {
            Ok(())
        } else {
            Err(Refusal::NotAnEditor.into())
        }
    }

    pub(crate) async fn editor_name(
        &self,
        tx: &mut Tx,
        id: EditorId,
    ) -> Result<String, StoreError> {
        let row: Option<(Vec<u8>,)> = tx
            .one("SELECT name FROM editors WHERE id = $1", args![id])
            .await?;
        let Some((sealed,)) = row else {
            return Err(Refusal::NotAnEditor.into());
        };
        Ok(self
            .open_text(place("name", &id), &sealed)?
            .expose()
            .to_owned())
    }

    /// An account and its sealed password.
    pub(crate) async fn account(
        &self,
        tx: &mut Tx,
        id: EditorId,
    ) -> Result<(Account, Option<Vec<u8>>), StoreError> {
        let row: Option<Row> = tx
            .one(
                "SELECT id, name, roles, password, enrolment_until, attempts, retry_at, closed FROM editors WHERE id = $1",
                args![id],
            )
            .await?;
        account_from(row.ok_or(Refusal::NotAnEditor)?)
    }

    async fn account_by_code(
        &self,
        tx: &mut Tx,
        code: Digest,
    ) -> Result<(Account, Option<Vec<u8>>), StoreError> {
        let row: Option<Row> = tx
            .one(
                "SELECT id, name, roles, password, enrolment_until, attempts, retry_at, closed FROM editors
                 WHERE enrolment = $1",
                args![code],
            )
            .await?;
        account_from(row.ok_or(Refusal::EnrolmentSpent)?)
    }

    async fn editor_record(
        &self,
        tx: &mut Tx,
        account: &Account,
    ) -> Result<EditorRecord, StoreError> {
        let name = self.editor_name(tx, account.id).await?;
        let Account {
            id,
            roles,
            enrolled,
            closed,
            ..
        } = *account;
        Ok(EditorRecord {
            id,
            name,
            roles,
            enrolled,
            closed,
        })
    }

    async fn apply_account(
        &self,
        tx: &mut Tx,
        account: &Account,
        change: &Change,
        now: Micros,
    ) -> Result<(), StoreError> {
        let id = account.id;
        let by_editor = |act| Entry::new(Chain::Desk, Actor::Editor(id), act, now);
        let by_custodians =
            |act| Entry::new(Chain::Desk, Actor::Custodians, act, now).with("editor", id);
        match change {
            Change::Enrolled => {}
            Change::AttemptCounted { attempts, retry_at } => {
                let sql = "UPDATE editors SET attempts = $1, retry_at = $2 WHERE id = $3";
                tx.exec(sql, args![*attempts, *retry_at, id]).await?;
                if *attempts == accounts::FREE_ATTEMPTS {
                    self.append(tx, by_editor(Act::EditorThrottled)).await?;
                }
            }
            Change::SignedIn { .. } => {
                tx.exec(
                    "UPDATE editors SET attempts = 0, retry_at = NULL WHERE id = $1",
                    args![id],
                )
                .await?;
                self.append(tx, by_editor(Act::EditorSignedIn)).await?;
            }
            Change::Reissued { until } => {
                let sql = "UPDATE editors SET password = NULL, enrolment_until = $1, attempts = 0, retry_at = NULL WHERE id = $2";
                tx.exec(sql, args![*until, id]).await?;
                tx.exec("DELETE FROM web_sessions WHERE editor = $1", args![id])
                    .await?;
                self.append(tx, by_custodians(Act::EditorReissued)).await?;
            }
            Change::Closed => {
                tx.exec("UPDATE editors SET closed = 1, password = NULL, enrolment = NULL WHERE id = $1", args![id]).await?;
                tx.exec("DELETE FROM web_sessions WHERE editor = $1", args![id])
                    .await?;
                self.append(tx, by_custodians(Act::EditorClosed)).await?;
            }
        }
        Ok(())
    }
}

fn place<'a>(column: &'static str, id: &'a EditorId) -> Place<'a> {
    Place {
        table: "editors",
        column,
        row: id.as_bytes(),
    }
}

fn csrf_place(token_hash: &Digest) -> Place<'_> {
    Place {
        table: "web_sessions",
        column: "csrf",
        row: token_hash.as_bytes(),
    }
}

fn account_from(row: Row) -> Result<(Account, Option<Vec<u8>>), StoreError> {
    let (id, _, roles, password, enrolment_until, attempts, retry_at, closed) = row;
    let bits = At("editors", "roles").number(roles)?;
    let account = Account {
        id: EditorId::from_bytes(At("editors", "id").bytes(&id)?),
        roles: At("editors", "roles").word(Roles::from_bits(bits))?,
        enrolment_until: enrolment_until.map(Micros),
        enrolled: password.is_some(),
        attempts: At("editors", "attempts").number(attempts)?,
        retry_at: retry_at.map(Micros),
        closed: closed != 0,
    };
    Ok((account, password))
}
