//! A table through the service: read no faster than it is answered, in small pieces of work that let other questions go first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};
use tokio::sync::OwnedSemaphorePermit;

use super::place::Place;
use super::{Wash, WashForm};
use crate::app::compute::{self, Calculations};
use crate::app::{App, AppError};
use crate::formats::rows::Form;
use crate::live::Health;

/// Rows of one turn on a calculation thread: a few milliseconds.
const ROWS_A_TURN: usize = 16;
/// Bytes taken apart between two looks at what waits.
const PIECE_BYTES: usize = 16 << 10;
/// How long the work lets other questions go first before it takes its turn like them.
const PATIENCE: Duration = Duration::from_millis(500);
const AGAIN: Duration = Duration::from_millis(50);

/// The answer, of which the first rows are known.
pub struct Washed {
    pub form: Form,
    /// Ends with an error when the table could not be answered to its end; its last row says why.
    pub bytes: BoxStream<'static, Result<Bytes, std::io::Error>>,
}

impl std::fmt::Debug for Washed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Washed").field("form", &self.form).finish_non_exhaustive()
    }
}

/// What is already written gets out before an answer is broken off.
const LAST_WORDS: Duration = Duration::from_millis(500);

struct Flow<G: Send + 'static> {
    app: Arc<App>,
    /// Lent to a calculation thread while it works.
    wash: Option<Wash>,
    input: BoxStream<'static, Option<Bytes>>,
    rest: Bytes,
    is_ended: bool,
    failure: Option<AppError>,
    until: Instant,
    place: Place<G>,
}

/// Answers a table row by row, in its order. `place` is kept until the last byte is out.
///
/// # Errors
/// `Unavailable` until the snapshots are built; `Invalid` for what is known to be wrong once the first rows are there.
pub async fn geocode<E: 'static>(
    app: &Arc<App>,
    form: WashForm,
    input: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    place: impl Send + 'static,
) -> Result<Washed, AppError> {
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    let state = app.live.state();
    let limits = app.config.limits.batch;
    let is_english = !form.query.lang.starts_with("zh");
    let wash = Wash::new(Arc::clone(&state.gazetteer), state.snapshot.sequence, form, limits)?;
    let mut flow = Flow {
        app: Arc::clone(app),
        wash: Some(wash),
        input: input.map(Result::ok).boxed(),
        rest: Bytes::new(),
        is_ended: false,
        failure: None,
        until: Instant::now() + limits.time,
        place: Place::new(place, limits.silence),
    };
    // Until a first row is answered, whatever is wrong can be told as a problem.
    let mut first = Vec::new();
    while flow.wash.as_ref().is_none_or(|wash| wash.counts().rows == 0) {
        let Some(bytes) = flow.next().await? else { break };
        first.extend_from_slice(&bytes);
    }
    let form = flow.wash.as_ref().and_then(Wash::out).ok_or_else(lost)?;
    let rest = stream::unfold(Some(flow), move |flow| async move {
        let mut flow = flow?;
        match flow.next().await {
            Ok(bytes) => bytes.map(|bytes| (stream::iter([Ok(bytes)]).boxed(), Some(flow))),
            Err(error) => {
                let why = in_words(error, is_english);
                let last: Bytes = flow.wash.as_ref().map(|wash| wash.last_words(&why)).unwrap_or_default().into();
                let broken = stream::once(async {
                    tokio::time::sleep(LAST_WORDS).await;
                    Err(std::io::Error::other("the table was not answered to its end"))
                });
                Some((stream::iter([Ok(last)]).chain(broken).boxed(), None))
            }
        }
    });
    let bytes = stream::iter([Ok(first.into())]).chain(rest.flatten()).boxed();
    Ok(Washed { form, bytes })
}

impl<G: Send + 'static> Flow<G> {
    /// The next bytes of the answer; `None` at its end.
    async fn next(&mut self) -> Result<Option<Bytes>, AppError> {
        if self.place.is_given_up() {
            return Err(AppError::invalid("body", "结果长时间没有被读取，已停止。", "The answer was not read for too long."));
        }
        self.place.step();
        let next = self.make().await;
        self.place.step();
        next
    }

    async fn make(&mut self) -> Result<Option<Bytes>, AppError> {
        let limits = self.app.config.limits.batch;
        loop {
            if Instant::now() > self.until {
                let minutes = limits.time.as_secs() / 60;
                return Err(AppError::invalid(
                    "body",
                    format!("超过 {minutes} 分钟，请把表分成几份。"),
                    format!("It takes more than {minutes} minutes; split the table."),
                ));
            }
            let mut wash = self.wash.take().ok_or_else(lost)?;
            if wash.is_waiting() {
                let turn = match turn(&self.app.calculations, self.until).await {
                    Ok(turn) => turn,
                    Err(busy) => {
                        self.wash = Some(wash);
                        return Err(busy);
                    }
                };
                let (wash, done) = compute::run(turn, move || {
                    let done = wash.work(ROWS_A_TURN, false);
                    (wash, done)
                })
                .await?;
                self.wash = Some(wash);
                let bytes = done?;
                if !bytes.is_empty() {
                    return Ok(Some(bytes.into()));
                }
                continue;
            }
            // What came before a fault is answered first.
            if let Some(failure) = self.failure.take() {
                self.wash = Some(wash);
                return Err(failure);
            }
            if self.is_ended {
                self.wash = Some(wash);
                return Ok(None);
            }
            if self.rest.is_empty() {
                match tokio::time::timeout(limits.silence, self.input.next()).await {
                    Ok(Some(Some(bytes))) => self.rest = bytes,
                    Ok(Some(None)) => self.failure = Some(AppError::invalid("body", "表没有传完。", "The table did not come to its end.")),
                    Ok(None) => {
                        self.is_ended = true;
                        self.failure = wash.end().err();
                    }
                    Err(_) => {
                        let seconds = limits.silence.as_secs();
                        let zh = format!("{seconds} 秒没有收到数据，已停止。");
                        self.failure = Some(AppError::invalid("body", zh, format!("Nothing came for {seconds} seconds.")));
                    }
                }
            } else {
                let piece = self.rest.split_to(PIECE_BYTES.min(self.rest.len()));
                self.failure = wash.take(&piece).err();
            }
            self.wash = Some(wash);
        }
    }
}

/// A turn that lets other questions go first for a while, and then waits like them; being busy is no reason to give up a table.
async fn turn(calculations: &Calculations, until: Instant) -> Result<OwnedSemaphorePermit, AppError> {
    if let Ok(turn) = tokio::time::timeout(PATIENCE, calculations.idle_turn()).await {
        return turn;
    }
    loop {
        match calculations.turn().await {
            Err(AppError::Unavailable { .. }) if Instant::now() < until => tokio::time::sleep(AGAIN).await,
            other => return other,
        }
    }
}

fn in_words(error: AppError, is_english: bool) -> String {
    let message = match error {
        AppError::Invalid { message, .. } | AppError::Unavailable { message, .. } => message,
        other => {
            tracing::error!(error = ?other, "a table was not answered to its end");
            crate::app::Message::new("内部错误，表没有答完，请再试。", "Internal error: the table was not answered to its end; try again.")
        }
    };
    let (zh, en) = (format!("到此为止：{}", message.zh), format!("Stopped here: {}", message.en));
    if is_english { en } else { zh }
}

fn lost() -> AppError {
    AppError::Internal(anyhow::anyhow!("the table is not where it should be"))
}
