//! The collections, and what their items have, can be asked and sorted by.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::ask::{Ask, Format, json};
use super::landing::answer;
use crate::app::ogc;
use crate::http::Serving;
use crate::http::params::Place;
use crate::http::problem::Failure;
use crate::http::view::ogc::schema::{self, Purpose};
use crate::http::view::ogc::{collection, html};

pub async fn collections(State(serving): State<Serving>, ask: Ask) -> Result<Response, Failure> {
    ask.only(&[])?;
    let all = ogc::collections(&serving.app).map_err(|error| Failure(error, ask.language))?;
    answer(&ask, &collection::list(&serving.app, &all, &ask.base, ask.language))
}

pub async fn collection(State(serving): State<Serving>, ask: Ask, Place(id): Place<String>) -> Result<Response, Failure> {
    ask.only(&[])?;
    let one = ogc::collection(&serving.app, &id).map_err(|error| Failure(error, ask.language))?;
    answer(&ask, &collection::page(&serving.app, &one, &ask.base, ask.language))
}

pub async fn schema(serving: State<Serving>, ask: Ask, id: Place<String>) -> Result<Response, Failure> {
    described(&serving, &ask, &id.0, Purpose::Returned)
}

pub async fn queryables(serving: State<Serving>, ask: Ask, id: Place<String>) -> Result<Response, Failure> {
    described(&serving, &ask, &id.0, Purpose::Queried)
}

pub async fn sortables(serving: State<Serving>, ask: Ask, id: Place<String>) -> Result<Response, Failure> {
    described(&serving, &ask, &id.0, Purpose::Sorted)
}

fn described(serving: &Serving, ask: &Ask, id: &str, purpose: Purpose) -> Result<Response, Failure> {
    ask.only(&[])?;
    let one = ogc::collection(&serving.app, id).map_err(|error| Failure(error, ask.language))?;
    let view = schema::schema(&serving.app.city, one.layer, purpose, &ask.base, ask.language);
    Ok(match ask.format(&[Format::Json, Format::Html])? {
        Format::Html => html::page(&view, &ask.base, ask.language).into_response(),
        _ => json("application/schema+json", &view),
    })
}
