//! The events of `/api/live`.

use axum::response::sse;
use serde_json::{Value as Json, json};

use crate::domain::Layer;
use crate::live::{Event, Live};

pub fn hello(live: &Live) -> sse::Event {
    named("hello", &json!({ "sequence": live.state().snapshot.sequence }))
}

/// To a listener that missed something.
pub fn everything(live: &Live) -> sse::Event {
    let layers: Vec<Json> = Layer::public().map(|layer| json!({ "layer": layer, "extents": null })).collect();
    named("change", &json!({ "sequence": live.state().snapshot.sequence, "layers": layers }))
}

pub fn event(event: &Event) -> sse::Event {
    match event {
        Event::Changed { sequence, layers } => {
            let layers: Vec<Json> = layers
                .iter()
                .map(|change| {
                    let boxes = change.extents.as_ref().map(|extents| {
                        extents.iter().map(|extent| [extent.min[0], extent.min[1], extent.max[0], extent.max[1]]).collect::<Vec<_>>()
                    });
                    json!({ "layer": change.layer, "extents": boxes })
                })
                .collect();
            named("change", &json!({ "sequence": sequence, "layers": layers }))
        }
        Event::Stale { sequence, since } => named("stale", &json!({ "sequence": sequence, "since": since })),
        Event::Fresh { sequence } => named("fresh", &json!({ "sequence": sequence })),
    }
}

fn named(name: &str, data: &Json) -> sse::Event {
    sse::Event::default().event(name).data(data.to_string())
}
