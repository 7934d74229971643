//! Items of another time than now come from the store, where the validity of every version is kept.

use std::collections::HashSet;

use tokio::sync::mpsc;

use super::items::Test;
use super::page::Page;
use crate::app::{App, AppError, Credits};
use crate::domain::Layer;
use crate::live::{self, Footprints};
use crate::spatial::{Feature, Shape, Tag};
use crate::store::{Interval, Reading, SnapshotRow};

/// Rows read at once.
const BATCH: usize = 5000;

/// Offers every feature that held within the interval and passes; says at which sequence.
pub(super) async fn fill(
    app: &App,
    layer: Layer,
    interval: Interval,
    mut page: Page<Feature>,
    mut test: Test,
) -> Result<(Page<Feature>, Test, u64), AppError> {
    let mut reading = Reading::begin(&app.pool).await?;
    let sequence = reading.sequence;
    let mut footprints = Footprints::new();
    if layer == Layer::Permits {
        let (send, mut receive) = mpsc::channel(1);
        let (read, ()) = tokio::join!(
            async {
                let send = send;
                reading.held(Layer::PermitFootprints, interval, BATCH, &send).await
            },
            async {
                while let Some(rows) = receive.recv().await {
                    live::collect_footprints(&rows, &mut footprints);
                }
            }
        );
        read?;
    }
    let credits = app.city.layers.get(&layer).cloned().unwrap_or_default();
    let (send, mut receive) = mpsc::channel(1);
    let consume = async {
        let mut footprints = footprints;
        while let Some(rows) = receive.recv().await {
            let credits = credits.clone();
            (page, test, footprints) = app
                .calculations
                .run(move || {
                    for mut row in rows {
                        if layer == Layer::Permits {
                            live::assemble(&mut row, &footprints);
                        }
                        let feature = shown(layer, row, &credits);
                        if test.passes(&feature) {
                            page.offer(feature);
                        }
                    }
                    (page, test, footprints)
                })
                .await?;
        }
        Ok::<_, AppError>((page, test))
    };
    let produce = async {
        let send = send;
        reading.held(layer, interval, BATCH, &send).await
    };
    let (produced, consumed) = tokio::join!(produce, consume);
    produced?;
    let (page, test) = consumed?;
    Ok((page, test, sequence))
}

/// As the public sees it, the same as the snapshot in memory has it.
pub(super) fn shown(layer: Layer, row: SnapshotRow, credits: &Credits) -> Feature {
    let hidden: &HashSet<String> = &credits.hidden;
    let name_en = live::english(&row).map(Into::into);
    let tags = row.fields.iter().enumerate().filter(|(_, (field, _))| field.in_tiles && !hidden.contains(field.name));
    let tags = tags.filter_map(|(index, (_, value))| Some(Tag { field: u8::try_from(index).ok()?, value: value?.clone() })).collect();
    debug_assert_ne!(layer, Layer::PermitFootprints, "footprints are not shown by themselves");
    let geometry = row.geometry.map(|geometry| live::rounded(geometry, credits.precision_m));
    Feature {
        id: row.id,
        region: row.region,
        name: row.name,
        name_en,
        tags,
        working: geometry.map_or(Shape::None, Shape::from_geometry),
        mercator: Shape::None,
    }
}
