//! `POST`, `GET` and `DELETE /api/session`

use axum::Json;
use axum::extract::State;
use axum::http::header::{COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{self, AppError, Message, SESSION_DAYS};
use crate::http::Serving;
use crate::http::language::Language;
use crate::http::params::Body;
use crate::http::problem::{Failure, Problem};
use crate::store::{Account, Role};

const COOKIE_NAME: &str = "yutu_session";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    name: String,
    password: String,
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    name: String,
    display_name: String,
    role: Role,
}

impl From<Account> for SessionView {
    fn from(account: Account) -> Self {
        Self { name: account.name, display_name: account.display_name, role: account.role }
    }
}

/// Logs in; the cookie is for this site and for HTTP only.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = Credentials, responses((status = 200, body = SessionView), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn log_in(
    State(serving): State<Serving>,
    language: Language,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Failure> {
    same_origin(&headers, language)?;
    let logged_in = app::log_in(&serving.app, &credentials.name, credentials.password).await.map_err(|error| Failure(error, language))?;
    let cookie = cookie(&logged_in.token, SESSION_DAYS * 86_400, serving.app.config.secure_cookies);
    Ok(([(SET_COOKIE, cookie)], Json(SessionView::from(logged_in.account))).into_response())
}

/// Who is logged in; 204 when nobody is.
#[utoipa::path(get, path = "/api/session", tag = "session", responses((status = 200, body = SessionView), (status = 204)))]
pub async fn who(State(serving): State<Serving>, language: Language, headers: HeaderMap) -> Result<Response, Failure> {
    let Some(token) = token(&headers) else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let account = app::who(&serving.app, token).await.map_err(|error| Failure(error, language))?;
    Ok(account.map_or_else(|| StatusCode::NO_CONTENT.into_response(), |account| Json(SessionView::from(account)).into_response()))
}

/// Logs out.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses((status = 204)))]
pub async fn log_out(State(serving): State<Serving>, language: Language, headers: HeaderMap) -> Result<Response, Failure> {
    same_origin(&headers, language)?;
    if let Some(token) = token(&headers) {
        app::log_out(&serving.app, token).await.map_err(|error| Failure(error, language))?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie("", 0, serving.app.config.secure_cookies))]).into_response())
}

fn cookie(token: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
        .filter(|token| token.len() == 64)
}

/// A write from another site's page is refused, whatever cookie it carries.
fn same_origin(headers: &HeaderMap, language: Language) -> Result<(), Failure> {
    let Some(origin) = headers.get(ORIGIN).and_then(|value| value.to_str().ok()) else { return Ok(()) };
    let host = headers.get("host").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let same = origin.split_once("://").is_some_and(|(_, authority)| authority == host);
    if same {
        return Ok(());
    }
    let message = Message::new("请求来自其他网站，已拒绝。", "The request comes from another site and is refused.");
    Err(Failure(AppError::Forbidden(message), language))
}
