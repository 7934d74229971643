//! What can be wrong with a question, by what the asker can do about it.

use crate::store::StoreError;

/// A text for people, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub zh: String,
    pub en: String,
}

impl Message {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

#[derive(Debug)]
pub enum AppError {
    /// There is no such thing.
    NotFound(Message),
    /// There was such a thing.
    Gone(Message),
    /// The question itself is at fault.
    Invalid { field: String, message: Message },
    /// Who asks is not known.
    Unauthorized(Message),
    /// Who asks is known and may not.
    Forbidden(Message),
    /// What is there stands against it.
    Conflict(Message),
    /// Too often.
    TooMany { retry_after_s: u64, message: Message },
    /// Not now.
    Unavailable { retry_after_s: u64, message: Message },
    /// Our fault; the text is for the log only.
    Internal(anyhow::Error),
}

impl AppError {
    pub fn invalid(field: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Invalid { field: field.to_owned(), message: Message::new(zh, en) }
    }

    pub fn starting() -> Self {
        Self::Unavailable {
            retry_after_s: 2,
            message: Message::new("服务正在启动，请稍候再试。", "The service is starting; try again shortly."),
        }
    }

    /// Too much is waiting already.
    pub fn busy() -> Self {
        Self::Unavailable {
            retry_after_s: 1, message: Message::new("服务繁忙，请稍候再试。", "The service is busy; try again shortly.")
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable(source) => {
                // The follower tells the log that the database is away, once; each request would tell it again.
                tracing::debug!(error = %source, "the database does not answer");
                Self::Unavailable {
                    retry_after_s: 5,
                    message: Message::new(
                        "数据库暂时无法访问，请稍后再试。",
                        "The database cannot be reached at the moment; try again later.",
                    ),
                }
            }
            StoreError::Conflict(detail) => {
                tracing::info!(detail, "a write conflicts");
                Self::Conflict(Message::new("与已有记录冲突。", "This conflicts with what is already recorded."))
            }
            other => Self::Internal(other.into()),
        }
    }
}
