//! `yutu serve`

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Database, ServeArgs, store};
use crate::app::{self, App, Attempts, Calculations, City, Credits, Message, TileCache};
use crate::config::{BaseMap, Config, Limits};
use crate::domain::Layer;
use crate::http;
use crate::import::{Bilingual, Pack};
use crate::live::{self, Health, Live, Publicity, Settings};
use crate::store::{Pool, StoreError};
use crate::telemetry;

const CONNECTIONS: u32 = 12;

pub(super) fn run(args: &ServeArgs) -> Result<ExitCode> {
    telemetry::start_log(args.log_format, telemetry::SERVER_FILTER);
    let pack = Pack::read(&args.city)?;
    let base_map = args.base_map.as_deref().map(read_base_map).transpose()?;
    let database = Arc::new(Database::open(&args.database)?);
    let limits = Limits { tile_cache_bytes: u64::from(args.tile_cache_mb) << 20, ..Limits::default() };
    let config = Config { listen: args.listen, limits, base_map, secure_cookies: args.secure_cookies };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(serve(config, &pack, &database));
    // Blocking work that is still under way is not worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(database);
    result?;
    // Past the C libraries' own end: a calculation thread that is still there would use what they have freed, and crash.
    signal_hook::low_level::exit(0)
}

async fn serve(config: Config, pack: &Pack, database: &Arc<Database>) -> Result<()> {
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("无法监听 {listen} / cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let metrics = telemetry::start_metrics()?;
    let pool = store::connect(database, &pack.city.time_zone, CONNECTIONS).await?;
    let working = store::working_of(&pool, pack).await?;
    app::warm_up(&working);
    let live = Arc::new(Live::new());
    let app = Arc::new(App {
        city: city(pack),
        working: working.clone(),
        pool: pool.clone(),
        live: Arc::clone(&live),
        tiles: TileCache::new(config.limits.tile_cache_bytes, &live),
        calculations: Calculations::new(config.limits.waiting_calculations),
        logins: Attempts::default(),
        listeners: AtomicUsize::new(0),
        config,
    });
    let reviving = tokio::spawn(revive(Arc::clone(&live), Arc::clone(database)));
    tokio::spawn(announce(Arc::clone(&live)));
    tokio::spawn(app::keep_warm(Arc::clone(&app)));
    tracing::info!(city = pack.city.id, "listening on http://{address}");
    let settings = Settings { working, publicity: publicity(pack) };
    let result = tokio::select! {
        () = http::serve(listener, app, metrics, stopped()) => Ok(()),
        // Never ends but by an error that no waiting cures.
        error = follow(live, pool, settings) => Err(error),
    };
    reviving.abort();
    result
}

/// Brings the schema up to date, waiting for a database that is away, and follows it.
async fn follow(live: Arc<Live>, pool: Pool, settings: Settings) -> anyhow::Error {
    let mut told = false;
    loop {
        match store::prepare(&pool, &settings.working).await {
            Ok(_) => break,
            Err(StoreError::Unreachable(error)) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%error, "waiting for the database");
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return error.into(),
        }
    }
    live::follow(live, pool, settings).await;
    anyhow!("the follower ended")
}

/// Says when everything is there, with the figure people ask for.
async fn announce(live: Arc<Live>) {
    live.built().await;
    tracing::info!(sequence = live.state().snapshot.sequence, "ready");
}

/// Starts the keeper of the private database again when it was killed.
async fn revive(live: Arc<Live>, database: Arc<Database>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if live.health() == Health::Following {
            continue;
        }
        let database = Arc::clone(&database);
        let revived = tokio::task::spawn_blocking(move || database.lease().map_or(Ok(()), crate::cluster::Lease::revive)).await;
        match revived {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = format!("{error:#}"), "the private database cannot be started"),
            Err(error) => tracing::warn!(%error, "the private database cannot be started"),
        }
    }
}

async fn stopped() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
}

fn read_base_map(path: &Path) -> Result<BaseMap> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("无法读取底图说明 / cannot read the base map description {shown}"))?;
    let map: BaseMap = toml::from_str(&text).with_context(|| format!("底图说明有误 / the base map description {shown} is wrong"))?;
    map.origin().with_context(|| format!("底图地址无效 / {shown}: url {:?} is not an http or https address", map.url))?;
    Ok(map)
}

fn message(text: &Bilingual) -> Message {
    Message::new(&text.zh, &text.en)
}

/// The pack's words for the app.
fn city(pack: &Pack) -> City {
    let city = &pack.city;
    let layers = Layer::ALL
        .into_iter()
        .map(|layer| {
            let settings = city.layers.get(&layer);
            let credits = Credits {
                attribution: settings.and_then(|settings| settings.attribution.as_ref()).map(message),
                licence: settings.and_then(|settings| settings.licence.clone()),
                hidden: settings.map(|settings| settings.hidden.iter().cloned().collect()).unwrap_or_default(),
                precision_m: settings.and_then(|settings| settings.precision_m).unwrap_or(city.public_precision_m),
            };
            (layer, credits)
        })
        .collect();
    City {
        id: city.id.clone(),
        name: message(&city.name),
        fictional: city.fictional,
        notice: city.notice.as_ref().map(message),
        time_zone: city.time_zone.clone(),
        layers,
    }
}

pub(super) fn publicity(pack: &Pack) -> BTreeMap<Layer, Publicity> {
    let of = |(layer, credits): (Layer, Credits)| (layer, Publicity { precision_m: credits.precision_m, hidden: credits.hidden });
    city(pack).layers.into_iter().map(of).collect()
}
