//! Errors over HTTP: RFC 9457 problems with a stable type, in the reader's language. The inner text stays in the log.

use std::any::Any;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::language::Language;
use crate::app::{AppError, Message};

/// An error as the reader gets it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem.
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    status: u16,
    /// What is wrong, and what to do.
    detail: String,
    /// The parameter or member that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

/// An app error and the language to tell it in.
#[derive(Debug)]
pub struct Failure(pub AppError, pub Language);

impl Failure {
    pub fn invalid(language: Language, field: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self(AppError::invalid(field, zh, en), language)
    }
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &Message, detail: &Message, language: Language) -> Self {
        Self {
            kind,
            title: language.of(title).to_owned(),
            status: status.as_u16(),
            detail: language.of(detail).to_owned(),
            field: None,
            retry_after_s: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after_s;
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Failure(error, language) = self;
        let new = |status, kind, zh: &str, en: &str, detail: &Message| Problem::new(status, kind, &Message::new(zh, en), detail, language);
        match error {
            AppError::NotFound(detail) => new(StatusCode::NOT_FOUND, "urn:yutu:problem:not-found", "未找到", "Not found", &detail),
            AppError::Gone(detail) => new(StatusCode::GONE, "urn:yutu:problem:gone", "已失效", "Gone", &detail),
            AppError::Invalid { field, message } => {
                let mut problem = new(StatusCode::BAD_REQUEST, "urn:yutu:problem:invalid", "请求有误", "Invalid request", &message);
                problem.field = Some(field);
                problem
            }
            AppError::Unauthorized(detail) => {
                new(StatusCode::UNAUTHORIZED, "urn:yutu:problem:unauthorized", "未登录", "Not logged in", &detail)
            }
            AppError::Forbidden(detail) => new(StatusCode::FORBIDDEN, "urn:yutu:problem:forbidden", "没有权限", "Not allowed", &detail),
            AppError::Conflict(detail) => new(StatusCode::CONFLICT, "urn:yutu:problem:conflict", "冲突", "Conflict", &detail),
            AppError::TooMany { retry_after_s, message } => {
                let mut problem =
                    new(StatusCode::TOO_MANY_REQUESTS, "urn:yutu:problem:too-many", "请求过于频繁", "Too many requests", &message);
                problem.retry_after_s = Some(retry_after_s);
                problem
            }
            AppError::Unavailable { retry_after_s, message } => {
                let mut problem = new(StatusCode::SERVICE_UNAVAILABLE, "urn:yutu:problem:unavailable", "暂不可用", "Unavailable", &message);
                problem.retry_after_s = Some(retry_after_s);
                problem
            }
            AppError::Internal(error) => {
                tracing::error!(error = format!("{error:#}"), "a request failed");
                internal(language)
            }
        }
        .into_response()
    }
}

fn internal(language: Language) -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "urn:yutu:problem:internal",
        &Message::new("内部错误", "Internal error"),
        &Message::new("服务出错，已记入日志。", "The service failed; the log has the details."),
        language,
    )
}

/// The fallback for paths that there are not.
pub(super) async fn no_such_path(language: Language, uri: Uri) -> Failure {
    let path: String = uri.path().chars().take(200).collect();
    Failure(AppError::NotFound(Message::new(format!("没有这个地址：{path}"), format!("There is nothing at {path}"))), language)
}

/// The fallback for a path that does not take the method.
pub(super) async fn wrong_method(language: Language, method: Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "urn:yutu:problem:method",
        &Message::new("方法不可用", "Method not allowed"),
        &Message::new(format!("此地址不接受 {method}。"), format!("This address does not take {method}.")),
        language,
    )
}

/// A handler panicked: the panic hook has told the log.
#[allow(clippy::needless_pass_by_value, reason = "the layer hands over the box")]
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    internal(Language::Chinese).into_response()
}

/// The server has too much to do.
pub(super) fn overloaded(language: Language) -> Response {
    Failure(AppError::busy(), language).into_response()
}

/// The answer took too long.
pub(super) fn too_slow(language: Language) -> Response {
    let message = Message::new("未能及时完成，请稍后再试。", "The answer took too long; try again later.");
    Failure(AppError::Unavailable { retry_after_s: 5, message }, language).into_response()
}

/// The content is of a kind that cannot be read here.
pub(super) fn wrong_media(detail: &Message, language: Language) -> Response {
    let title = Message::new("内容类型不支持", "Unsupported media type");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "urn:yutu:problem:media-type", &title, detail, language).into_response()
}

/// An answer of the framework that has a status and no words of ours.
pub(super) fn unworded(status: StatusCode, language: Language) -> Response {
    if status.is_server_error() {
        return internal(language).into_response();
    }
    let (kind, title) = match status {
        StatusCode::NOT_FOUND => ("urn:yutu:problem:not-found", Message::new("未找到", "Not found")),
        _ => ("urn:yutu:problem:invalid", Message::new("请求有误", "Invalid request")),
    };
    let detail = Message::new("请求无法处理。", "The request cannot be answered.");
    Problem::new(status, kind, &title, &detail, language).into_response()
}

/// Rejections of axum's own extractors, told as problems.
pub(super) trait Rejected {
    fn tell(self, language: Language) -> Response;
}

impl Rejected for QueryRejection {
    fn tell(self, language: Language) -> Response {
        let text = self.body_text();
        Failure::invalid(
            language,
            "query",
            format!("查询参数无法理解：{text}"),
            format!("The query parameters cannot be understood: {text}"),
        )
        .into_response()
    }
}

impl Rejected for PathRejection {
    fn tell(self, language: Language) -> Response {
        Failure::invalid(language, "path", "地址无法理解。", "The address cannot be understood.").into_response()
    }
}

impl Rejected for JsonRejection {
    fn tell(self, language: Language) -> Response {
        let status = self.status();
        let text = self.body_text();
        let (kind, zh, en) = match status {
            StatusCode::PAYLOAD_TOO_LARGE => ("urn:yutu:problem:too-large", "内容过大", "Too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ("urn:yutu:problem:media-type", "内容类型不支持", "Unsupported media type"),
            _ => ("urn:yutu:problem:invalid", "请求有误", "Invalid request"),
        };
        let status = if status == StatusCode::UNPROCESSABLE_ENTITY { StatusCode::BAD_REQUEST } else { status };
        let detail = Message::new(format!("请求内容无法理解：{text}"), format!("The content cannot be understood: {text}"));
        Problem::new(status, kind, &Message::new(zh, en), &detail, language).into_response()
    }
}
