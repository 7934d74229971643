//! Accounts and their login sessions.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::StoreError;

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Clerk,
    NameOfficer,
    Planner,
    Reviewer,
    Supervisor,
    Admin,
}

/// No role has this name.
#[derive(Debug, thiserror::Error)]
#[error("no role is called {0:?}; there are: clerk, name_officer, planner, reviewer, supervisor, admin")]
pub struct UnknownRole(String);

/// An account as others may see it.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    pub name: String,
    pub display_name: String,
    pub role: Role,
    pub created_at: DateTime<Utc>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// The accounts in the store.
#[derive(Clone, Debug)]
pub struct Accounts(pub PgPool);

type Row = (String, String, String, DateTime<Utc>, Option<DateTime<Utc>>);

fn account((name, display_name, role, created_at, disabled_at): Row) -> Result<Account, StoreError> {
    let role = role.parse().map_err(|error: UnknownRole| StoreError::Unreadable(error.to_string()))?;
    Ok(Account { name, display_name, role, created_at, disabled_at })
}

impl Accounts {
    pub async fn add(&self, name: &str, display_name: &str, role: Role, password_hash: &str) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO account (name, display_name, role, password_hash) VALUES ($1, $2, $3, $4)")
            .bind(name)
            .bind(display_name)
            .bind(role.to_string())
            .bind(password_hash)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    pub async fn list(&self) -> Result<Vec<Account>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as("SELECT name, display_name, role, created_at, disabled_at FROM account ORDER BY name")
            .fetch_all(&self.0)
            .await?;
        rows.into_iter().map(account).collect()
    }

    /// Closes the account and ends its sessions. `false`: there is no open account of this name.
    pub async fn disable(&self, name: &str) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let done = sqlx::query("UPDATE account SET disabled_at = now() WHERE name = $1 AND disabled_at IS NULL")
            .bind(name)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        sqlx::query("DELETE FROM login_session WHERE account = $1").bind(name).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done > 0)
    }

    /// The hash to check a password against; `None`: no open account of this name.
    pub async fn password_hash(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT password_hash FROM account WHERE name = $1 AND disabled_at IS NULL")
            .bind(name)
            .fetch_optional(&self.0)
            .await?)
    }

    pub async fn open_session(&self, name: &str, token_sha256: &[u8], expires_at: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM login_session WHERE expires_at < now()").execute(&self.0).await?;
        sqlx::query("INSERT INTO login_session (token_sha256, account, expires_at) VALUES ($1, $2, $3)")
            .bind(token_sha256)
            .bind(name)
            .bind(expires_at)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Whose session it is, while it and the account are open.
    pub async fn session(&self, token_sha256: &[u8]) -> Result<Option<Account>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT a.name, a.display_name, a.role, a.created_at, a.disabled_at FROM login_session s JOIN account a ON a.name = s.account
             WHERE s.token_sha256 = $1 AND s.expires_at > now() AND a.disabled_at IS NULL",
        )
        .bind(token_sha256)
        .fetch_optional(&self.0)
        .await?;
        row.map(account).transpose()
    }

    pub async fn close_session(&self, token_sha256: &[u8]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM login_session WHERE token_sha256 = $1").bind(token_sha256).execute(&self.0).await?;
        Ok(())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Clerk => "clerk",
            Role::NameOfficer => "name_officer",
            Role::Planner => "planner",
            Role::Reviewer => "reviewer",
            Role::Supervisor => "supervisor",
            Role::Admin => "admin",
        })
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        [Role::Clerk, Role::NameOfficer, Role::Planner, Role::Reviewer, Role::Supervisor, Role::Admin]
            .into_iter()
            .find(|role| role.to_string() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}
