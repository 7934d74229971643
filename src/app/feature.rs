//! One feature, now or at another moment.

use geo_types::Geometry;

use super::{App, AppError, Message};
use crate::crs::{self, Crs};
use crate::domain::{FeatureId, GeometryKind, Layer};
use crate::live;
use crate::store::{self, Found, FoundFeature, Interval, Moment};

/// A feature ready to be shown: with the parts that the public does not see removed, and its geometry in longitude and latitude.
#[derive(Clone, Debug)]
pub struct FeatureAnswer {
    pub found: FoundFeature,
    pub geometry: Option<Geometry<f64>>,
    /// From the point that was asked about.
    pub distance_m: Option<f64>,
}

/// The feature as it held at the moment.
///
/// # Errors
/// `NotFound` when it never was known; `Gone` when it does not hold at that moment.
pub async fn feature(app: &App, layer: Layer, id: FeatureId, moment: Moment) -> Result<FeatureAnswer, AppError> {
    match store::find(&app.pool, layer, id, moment).await? {
        Found::Feature(found) => {
            let when = moment.at.map(|at| Interval { from: Some(at), to: Some(at) });
            let mut answers = prepare(app, vec![*found], when).await?;
            answers.pop().ok_or_else(|| AppError::Internal(anyhow::anyhow!("the feature was lost on the way")))
        }
        Found::Ended { on } => Err(AppError::Gone(Message::new(
            format!("{}的这一要素已于 {on} 终止。加参数 at 可查此前的状态。", layer.title().zh),
            format!("This feature of {} ended on {on}. Ask with `at` for an earlier day.", layer.title().en),
        ))),
        Found::NotYet { from } => Err(AppError::Gone(Message::new(
            format!("{}的这一要素自 {from} 起有效，所问日期尚未生效。", layer.title().zh),
            format!("This feature of {} holds from {from} on, not yet on the day asked about.", layer.title().en),
        ))),
        Found::Removed => Err(AppError::Gone(Message::new(
            format!("{}的这一要素已从登记中删除。加参数 recorded_at 可查此前的登记。", layer.title().zh),
            format!("This feature of {} was removed from the register. Ask with `recorded_at` for what it said before.", layer.title().en),
        ))),
        Found::Never => Err(AppError::NotFound(Message::new(
            format!("{}中没有编号 {id} 的要素。", layer.title().zh),
            format!("There is no feature {id} in {}.", layer.title().en),
        ))),
    }
}

/// Removes what the public does not see and reprojects. `when` they held; `None` is today.
pub(super) async fn prepare(app: &App, mut found: Vec<FoundFeature>, when: Option<Interval>) -> Result<Vec<FeatureAnswer>, AppError> {
    for feature in &mut found {
        make_public(app, feature, when).await?;
    }
    let working = app.working.clone();
    let precision: Vec<f64> =
        found.iter().map(|feature| app.city.layers.get(&feature.record.layer).map_or(0.0, |credits| credits.precision_m)).collect();
    app.calculations
        .run(move || {
            found
                .into_iter()
                .zip(precision)
                .map(|(found, precision_m)| {
                    let mut geometry = found.record.geometry.clone();
                    if let Some(shape) = &mut geometry {
                        if precision_m > 0.0 {
                            use geo::MapCoordsInPlace;
                            let round = |value: f64| (value / precision_m).round() * precision_m;
                            shape.map_coords_in_place(|c| geo_types::Coord { x: round(c.x), y: round(c.y) });
                        }
                        crs::transform(shape, &working, &Crs::wgs84()).map_err(|error| AppError::Internal(error.into()))?;
                    }
                    Ok(FeatureAnswer { found, geometry, distance_m: None })
                })
                .collect()
        })
        .await?
}

/// Puts a case together and removes what the public does not see, but for the digits of the geometry.
pub(super) async fn make_public(app: &App, feature: &mut FoundFeature, when: Option<Interval>) -> Result<(), AppError> {
    assemble_case(app, feature, when).await?;
    if let Some(credits) = app.city.layers.get(&feature.record.layer) {
        feature.record.attributes.retain(|name, _| !credits.hidden.contains(name));
        for (index, field) in feature.record.layer.fields().iter().enumerate() {
            if credits.hidden.contains(field.name) {
                feature.record.fields.set_at(index, None);
            }
        }
    }
    Ok(())
}

/// A case is shown by its footprints of that time.
async fn assemble_case(app: &App, feature: &mut FoundFeature, when: Option<Interval>) -> Result<(), AppError> {
    if feature.record.layer != Layer::Permits {
        return Ok(());
    }
    let Some(case) = feature.record.fields.text("case_no") else { return Ok(()) };
    let footprints = store::find_permit_footprints(&app.pool, &feature.record.region, case, when).await?;
    let is_public = |name: &str| app.city.layers.get(&Layer::PermitFootprints).is_none_or(|credits| !credits.hidden.contains(name));
    let polygons: Vec<_> = footprints
        .iter()
        .filter_map(|footprint| match &footprint.record.geometry {
            Some(Geometry::MultiPolygon(polygons)) => Some(polygons.clone()),
            _ => None,
        })
        .collect();
    if !polygons.is_empty() {
        debug_assert_eq!(Layer::PermitFootprints.geometry(), GeometryKind::Polygon);
        feature.record.geometry = Some(Geometry::MultiPolygon(live::ground(&polygons)));
    }
    let listed = footprints
        .iter()
        .map(|footprint| {
            serde_json::json!({
                "id": footprint.record.id,
                "kind": footprint.record.fields.text("kind").filter(|_| is_public("kind")),
                "source_id": footprint.record.source_id,
            })
        })
        .collect();
    feature.record.attributes.insert("footprints".into(), serde_json::Value::Array(listed));
    Ok(())
}
