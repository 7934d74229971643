//! Finds places by what people type.

use std::sync::Arc;
use std::time::Duration;

use super::coordinates::coordinates;
use super::reverse::{ReverseAnswer, ReverseQuestion, reverse};
use super::{App, AppError, Message};
use crate::gazetteer::{Answer, Query};
use crate::live::Health;

/// A search, and the change it must know of.
#[derive(Debug)]
pub struct SearchQuestion {
    pub query: Query,
    pub after_sequence: Option<u64>,
}

#[derive(Debug)]
pub struct SearchAnswer {
    pub answer: Answer,
    pub sequence: u64,
    /// The text was a place in degrees: what is there.
    pub point: Option<PointAnswer>,
}

/// A place asked for by its coordinates.
#[derive(Debug)]
pub struct PointAnswer {
    /// Longitude and latitude.
    pub point: [f64; 2],
    pub answer: ReverseAnswer,
}

/// How far around coordinates is looked for what is there.
const AROUND_M: f64 = 500.0;

/// How long a search waits for the change that it must know of.
const PATIENCE: Duration = Duration::from_secs(5);

/// The places found, best first.
///
/// # Errors
/// `Invalid` for a text that is too long; `Unavailable` until the snapshots are built, or when `after_sequence` is not reached in time.
pub async fn search(app: &Arc<App>, question: SearchQuestion) -> Result<SearchAnswer, AppError> {
    let most = app.config.limits.query_bytes;
    if question.query.text.len() > most {
        return Err(AppError::invalid(
            "q",
            format!("查询文字不得超过 {most} 字节。"),
            format!("The search text may have at most {most} bytes."),
        ));
    }
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    if let Some(sequence) = question.after_sequence
        && !app.live.reached(sequence, PATIENCE).await
    {
        return Err(AppError::Unavailable {
            retry_after_s: 2,
            message: Message::new(
                format!("序号 {sequence} 的变更尚未到达索引。"),
                format!("The index has not reached sequence {sequence} yet."),
            ),
        });
    }
    if let Some(point) = coordinates(&question.query.text) {
        return at_point(app, point, question.query).await;
    }
    let state = app.live.state();
    let sequence = state.snapshot.sequence;
    // The way to a calculation thread and back takes longer than most questions do.
    let answer = match state.gazetteer.search_if_easy(&question.query) {
        Some(answer) => answer,
        None => app.calculations.run(move || state.gazetteer.search(&question.query)).await?,
    };
    Ok(SearchAnswer { answer, sequence, point: None })
}

async fn at_point(app: &Arc<App>, point: [f64; 2], query: Query) -> Result<SearchAnswer, AppError> {
    let [longitude, latitude] = point;
    let lang = if query.lang.starts_with("zh") { "zh" } else { "en" };
    let question = ReverseQuestion { longitude, latitude, layers: query.layers, radius_m: AROUND_M, limit: query.limit, lang };
    let answer = reverse(app, question).await?;
    Ok(SearchAnswer { sequence: answer.sequence, answer: Answer::default(), point: Some(PointAnswer { point, answer }) })
}
