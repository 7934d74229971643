//! Logging in and out.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use chrono::{TimeDelta, Utc};
use rand::RngCore;
use sha2::{Digest, Sha256};

use super::{App, AppError, Message};
use crate::store::{Account, Accounts, Role};

/// A login lasts so long at most.
pub const SESSION_DAYS: i64 = 7;
const SHORTEST_PASSWORD: usize = 10;
const LONGEST_PASSWORD: usize = 256;

/// A fresh login: the account and the secret for the cookie.
#[derive(Debug)]
pub struct LoggedIn {
    pub account: Account,
    pub token: String,
}

/// Failed logins by name, to slow down guessing.
#[derive(Debug, Default)]
pub struct Attempts {
    failed: Mutex<HashMap<String, (u32, Instant)>>,
}

impl Attempts {
    const FREE: u32 = 5;
    const PAUSE: Duration = Duration::from_secs(60);
    const MOST_NAMES: usize = 10_000;

    /// Seconds to wait before the next try.
    fn wait_s(&self, name: &str) -> Option<u64> {
        let failed = self.failed.lock().ok()?;
        let (count, last) = failed.get(name)?;
        let left = Self::PAUSE.checked_sub(last.elapsed())?;
        (*count >= Self::FREE).then_some(left.as_secs() + 1)
    }

    fn note(&self, name: &str, success: bool) {
        let Ok(mut failed) = self.failed.lock() else { return };
        if success {
            failed.remove(name);
            return;
        }
        if failed.len() >= Self::MOST_NAMES {
            failed.retain(|_, (_, last)| last.elapsed() < Self::PAUSE);
        }
        let entry = failed.entry(name.to_owned()).or_insert((0, Instant::now()));
        if entry.1.elapsed() >= Self::PAUSE {
            entry.0 = 0;
        }
        *entry = (entry.0 + 1, Instant::now());
    }
}

/// Checks name and password and opens a session.
///
/// # Errors
/// `Unauthorized` whatever of the two was wrong; `TooMany` after five failures in a minute.
pub async fn log_in(app: &App, name: &str, password: String) -> Result<LoggedIn, AppError> {
    let refused = || AppError::Unauthorized(Message::new("用户名或密码不正确。", "Name or password is not right."));
    if let Some(retry_after_s) = app.logins.wait_s(name) {
        return Err(AppError::TooMany {
            retry_after_s,
            message: Message::new("登录失败次数过多，请稍后再试。", "Too many failed logins; try again later."),
        });
    }
    if name.len() > 64 || password.len() > LONGEST_PASSWORD {
        return Err(refused());
    }
    let accounts = Accounts(app.pool.clone());
    let hash = accounts.password_hash(name).await?;
    // The same work is done for a name that does not exist, so that time tells nothing.
    let known = hash.is_some();
    let right = tokio::task::spawn_blocking(move || match hash {
        Some(hash) => verify(&password, &hash),
        None => {
            let _ = hash_password(&password);
            false
        }
    })
    .await
    .map_err(|error| AppError::Internal(error.into()))?;
    app.logins.note(name, known && right);
    if !(known && right) {
        return Err(refused());
    }
    let mut secret = [0u8; 32];
    rand::rng().fill_bytes(&mut secret);
    let token = hex::encode(secret);
    let digest = token_digest(&token);
    accounts.open_session(name, &digest, Utc::now() + TimeDelta::days(SESSION_DAYS)).await?;
    let account = accounts.session(&digest).await?.ok_or_else(refused)?;
    Ok(LoggedIn { account, token })
}

/// Whose session the cookie's secret opens.
///
/// # Errors
/// When the store fails.
pub async fn who(app: &App, token: &str) -> Result<Option<Account>, AppError> {
    Ok(Accounts(app.pool.clone()).session(&token_digest(token)).await?)
}

/// Ends the session.
///
/// # Errors
/// When the store fails.
pub async fn log_out(app: &App, token: &str) -> Result<(), AppError> {
    Ok(Accounts(app.pool.clone()).close_session(&token_digest(token)).await?)
}

/// Makes an account.
///
/// # Errors
/// `Invalid` for a name or password that cannot be; `Conflict` when the name is taken.
pub async fn add_account(accounts: &Accounts, name: &str, display_name: &str, role: Role, password: &str) -> Result<(), AppError> {
    let valid_name = name.len() >= 2
        && name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
    if !valid_name {
        return Err(AppError::invalid(
            "name",
            "用户名须以小写字母开头，由 2 至 64 个小写字母、数字或 . _ - 组成。",
            "A login name begins with a small letter and has 2 to 64 of a-z 0-9 . _ -.",
        ));
    }
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&password.len()) {
        return Err(AppError::invalid(
            "password",
            format!("密码须有 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 字节。"),
            format!("A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} bytes."),
        ));
    }
    let hash = hash_password(password)?;
    accounts.add(name, display_name, role, &hash).await?;
    Ok(())
}

/// Argon2id with the library's recommended parameters.
fn hash_password(password: &str) -> Result<String, AppError> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| AppError::Internal(anyhow::anyhow!("{error}")))?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn token_digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_opens_its_own_hash_only() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse", &hash));
        assert!(!verify("correct horsf", &hash));
        assert!(!verify("correct horse", "no hash at all"));
    }

    #[test]
    fn the_sixth_failure_in_a_minute_has_to_wait() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            assert_eq!(attempts.wait_s("li"), None);
            attempts.note("li", false);
        }
        assert!(attempts.wait_s("li").is_some());
        assert_eq!(attempts.wait_s("wang"), None);
        attempts.note("li", true);
        assert_eq!(attempts.wait_s("li"), None);
    }
}
