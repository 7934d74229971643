//! The items of a collection.

use std::collections::HashSet;

use geo::{BoundingRect, CoordsIter};
use geo_types::Geometry;

use super::candidate::Candidate;
use super::frame::{Frame, Window};
use super::history;
use super::page::{Page, SortKey};
use super::properties::{Property, Role, properties};
use crate::app::feature::make_public;
use crate::app::{App, AppError, Message};
use crate::cql2::{Answer, Expression};
use crate::crs::Crs;
use crate::domain::{Extent, FeatureId, Layer};
use crate::live::Health;
use crate::spatial::{Feature, LayerIndex, Shape};
use crate::store::{self, FoundFeature, Interval, SnapshotRow};

/// Positions on a page, about; it ends early rather than hold more.
const PAGE_POSITIONS: usize = 400_000;

#[derive(Clone, Debug)]
pub struct ItemsQuestion {
    pub layer: Layer,
    pub limit: usize,
    pub bbox: Option<Bbox>,
    /// `None` is now.
    pub datetime: Option<Interval>,
    pub filter: Option<Filter>,
    pub sort: Vec<SortKey>,
    pub token: Option<String>,
    pub frame: Frame,
}

/// Boxes of a system, x first; two where one would go over the antimeridian.
#[derive(Clone, Debug)]
pub struct Bbox {
    pub frame: Frame,
    pub boxes: Vec<Extent>,
}

/// Geometries in it are x first.
#[derive(Clone, Debug)]
pub struct Filter {
    pub frame: Frame,
    pub expression: Expression,
}

/// An item in the system that was asked for.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: FeatureId,
    /// Name and value; those without a value are left out.
    pub properties: Vec<(Property, Answer<'static>)>,
    /// x first
    pub geometry: Option<Geometry<f64>>,
}

/// An item, and what else is known of it: its names, sources and attributes.
#[derive(Clone, Debug)]
pub struct WholeItem {
    pub item: Item,
    /// Without the geometry, which the item has.
    pub found: FoundFeature,
}

#[derive(Clone, Debug)]
pub struct ItemsAnswer {
    pub items: Vec<Item>,
    /// On all pages together.
    pub matched: usize,
    pub next: Option<String>,
    pub sequence: u64,
}

/// What decides whether a feature matches.
pub(super) struct Test {
    properties: Vec<Property>,
    bbox: Option<Bbox>,
    filter: Option<Filter>,
    working: Crs,
}

/// A page of the items that match.
///
/// # Errors
/// `Unavailable` until the snapshots are built, or when another time is asked for and the database is away; `Invalid` for a bad token.
pub async fn items(app: &App, question: ItemsQuestion) -> Result<ItemsAnswer, AppError> {
    if app.live.health() == Health::Starting {
        return Err(AppError::starting());
    }
    let properties = properties(&app.city, question.layer);
    let ItemsQuestion { layer, limit, bbox, datetime, filter, sort, token, frame } = question;
    let test = Test { properties, bbox, filter, working: app.working.clone() };
    if let Some(interval) = datetime {
        let page = Page::new(layer, &sort, limit, token.as_deref())?;
        let (page, test, sequence) = history::fill(app, layer, interval, page, test).await?;
        return app
            .calculations
            .run(move || {
                let matched = page.matched;
                let (found, next) = page.finish(PAGE_POSITIONS, positions);
                ItemsAnswer { items: found.iter().map(|feature| test.item(feature, &frame)).collect(), matched, next, sequence }
            })
            .await;
    }
    let state = app.live.state();
    app.calculations
        .run(move || {
            let mut page = Page::new(layer, &sort, limit, token.as_deref())?;
            test.fill(state.snapshot.layer(layer), &mut page);
            let matched = page.matched;
            let (found, next) = page.finish(PAGE_POSITIONS, positions);
            let items = found.into_iter().map(|feature| test.item(feature, &frame)).collect();
            Ok(ItemsAnswer { items, matched, next, sequence: state.snapshot.sequence })
        })
        .await?
}

/// A single item with everything that is known of it: in its last version within the interval, `None` is now. It is read from the
/// store, where names, sources and attributes are.
///
/// # Errors
/// `NotFound` when it is not known or did not hold then; `Unavailable` when the database is away.
pub async fn item(app: &App, layer: Layer, id: &str, datetime: Option<Interval>, frame: Frame) -> Result<WholeItem, AppError> {
    let unknown = AppError::NotFound(Message::new(
        format!("{}中没有编号为 {id:?} 的要素。", layer.title().zh),
        format!("There is no item {id:?} in {}.", layer.title().en),
    ));
    let Ok(id) = id.parse::<FeatureId>() else { return Err(unknown) };
    let Some(mut found) = store::find_held(&app.pool, layer, id, datetime).await? else { return Err(unknown) };
    make_public(app, &mut found, datetime).await?;
    let credits = app.city.layers.get(&layer).cloned().unwrap_or_default();
    let test = Test { properties: properties(&app.city, layer), bbox: None, filter: None, working: app.working.clone() };
    app.calculations
        .run(move || {
            let record = &mut found.record;
            let row = SnapshotRow {
                region: record.region.as_str().into(),
                id,
                name: record.name.as_deref().map(Into::into),
                names: record.names.clone(),
                fields: record.fields.clone(),
                geometry: record.geometry.take(),
            };
            WholeItem { item: test.item(&history::shown(layer, row, &credits), &frame), found }
        })
        .await
}

impl Test {
    pub(super) fn passes(&self, feature: &Feature) -> bool {
        let candidate = |frame| Candidate::new(feature, &self.properties, frame, &self.working);
        self.bbox.as_ref().is_none_or(|bbox| candidate(&bbox.frame).meets(&bbox.boxes))
            && self.filter.as_ref().is_none_or(|filter| filter.expression.passes(&candidate(&filter.frame)))
    }

    fn fill<'a>(&self, index: &'a LayerIndex, page: &mut Page<&'a Feature>) {
        if self.bbox.is_none() && self.filter.is_none() && page.is_by_id() {
            page.matched = index.len();
            for feature in index.iter_after(page.begins_after()) {
                page.keep(feature);
                if page.is_full() {
                    return;
                }
            }
            return;
        }
        let mut seen = HashSet::new();
        let windows = self.windows();
        let several = windows.as_ref().is_some_and(|windows| windows.len() > 1);
        let mut offer = |feature: &'a Feature| {
            if self.passes(feature) && (!several || seen.insert(feature.id)) {
                page.offer(feature);
            }
        };
        match windows {
            None => index.iter().for_each(offer),
            Some(windows) => windows.iter().for_each(|window| match window {
                Window::Mercator(extent) => index.window_mercator(extent).for_each(&mut offer),
                Window::Working(extent) => index.window(extent).for_each(&mut offer),
            }),
        }
    }

    /// Where to look; `None` is everywhere.
    fn windows(&self) -> Option<Vec<Window>> {
        if let Some(bbox) = &self.bbox {
            return bbox.boxes.iter().map(|extent| bbox.frame.window(extent)).collect();
        }
        let filter = self.filter.as_ref()?;
        let rect = filter.expression.must_touch()?.bounding_rect()?;
        let extent = Extent { min: rect.min().into(), max: rect.max().into() };
        filter.frame.window(&extent).map(|window| vec![window])
    }

    fn item(&self, feature: &Feature, frame: &Frame) -> Item {
        let value = |property: &Property| Some((property.clone(), owned(property.of(feature)?)));
        Item {
            id: feature.id,
            properties: self.properties.iter().filter(|property| property.role != Role::Id).filter_map(value).collect(),
            geometry: frame.geometry(feature, &self.working),
        }
    }
}

fn owned(answer: Answer<'_>) -> Answer<'static> {
    match answer {
        Answer::Text(text) => Answer::Text(text.into_owned().into()),
        Answer::Number(number) => Answer::Number(number),
        Answer::Boolean(value) => Answer::Boolean(value),
        Answer::Date(date) => Answer::Date(date),
        Answer::Time(time) => Answer::Time(time),
    }
}

fn positions(feature: &Feature) -> usize {
    match &feature.working {
        Shape::Geometry(geometry) => geometry.coords_count(),
        Shape::Point(_) | Shape::None => 1,
    }
}
