//! The same resources as plain pages: no script, one stylesheet of our own, every text from the service escaped.

use axum::response::Html;
use serde_json::Value as Json;

use super::items::{next, scalar};
use super::link::Base;
use super::{said, told};
use crate::app::ogc::{Collection, Frame, ItemsAnswer, Property, Role};
use crate::http::language::Language;

pub const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}\
table{border-collapse:collapse}th,td{border:1px solid #8888;padding:.25rem .5rem;text-align:start;vertical-align:top}\
dt{font-weight:600}dd{margin:0 0 .25rem 1.5rem;overflow-wrap:anywhere}ul{padding-inline-start:1.5rem}.wide{overflow-x:auto}";

/// Texts this long are shortened on pages: coordinates, mostly. The JSON has them whole.
const LONGEST: usize = 300;

pub fn page(view: &Json, base: &Base, language: Language) -> Html<String> {
    let title = view["title"].as_str().or(view["id"].as_str()).or(view["properties"]["name"].as_str()).unwrap_or("Yutu 舆图");
    let mut body = String::new();
    show(view, &mut body, true);
    whole(title, &body, base, language)
}

pub fn items(
    answer: &ItemsAnswer,
    collection: &Collection,
    properties: &[Property],
    frame: &Frame,
    asked: &[(String, String)],
    base: &Base,
    language: Language,
) -> Html<String> {
    let title = told(collection.layer.title(), language);
    let mut body = format!("<p>{} / {} · {}</p>", answer.items.len(), answer.matched, escaped(&frame.uri));
    let shown: Vec<&Property> = properties.iter().filter(|property| !matches!(property.role, Role::Id | Role::Geometry)).collect();
    body.push_str("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
    body.push_str(&escaped(title));
    body.push_str("\"><table><thead><tr><th scope=\"col\">");
    body.push_str(&said(language, "标识码", "Identifier"));
    for property in &shown {
        body.push_str("</th><th scope=\"col\">");
        body.push_str(told(property.title, language));
    }
    body.push_str("</th></tr></thead><tbody>");
    for item in &answer.items {
        let address = base.formatted(&format!("{}/{}", base.path(), item.id), "html");
        body.push_str(&format!("<tr><th scope=\"row\"><a href=\"{}\">{}</a></th>", escaped(&address), item.id));
        for property in &shown {
            let value = item.properties.iter().find(|(known, _)| known.name == property.name);
            let text = match value.map(|(_, value)| scalar(value, property.whole)) {
                Some(Json::String(text)) => text,
                Some(other) => other.to_string(),
                None => String::new(),
            };
            body.push_str(&format!("<td>{}</td>", escaped(&text)));
        }
        body.push_str("</tr>");
    }
    body.push_str("</tbody></table></div>");
    if let Some(href) = next(answer, asked, base, "html") {
        body.push_str(&format!("<p><a rel=\"next\" href=\"{}\">{}</a></p>", escaped(&href), said(language, "下一页", "The next page")));
    }
    whole(title, &body, base, language)
}

fn whole(title: &str, body: &str, base: &Base, language: Language) -> Html<String> {
    let mut crumbs = format!("<li><a href=\"{}\">OGC API</a></li>", escaped(&base.formatted("", "html")));
    let mut path = String::new();
    for part in base.path().split('/').filter(|part| !part.is_empty()) {
        path.push('/');
        path.push_str(part);
        crumbs.push_str(&format!("<li><a href=\"{}\">{}</a></li>", escaped(&base.formatted(&path, "html")), escaped(part)));
    }
    let code = if language == Language::Chinese { "zh-CN" } else { "en" };
    Html(format!(
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · Yutu 舆图</title><link rel=\"stylesheet\" href=\"/ogc/style.css\"></head><body>\
         <nav aria-label=\"{place}\"><ul>{crumbs}</ul></nav><main><h1>{title}</h1>{body}</main></body></html>",
        title = escaped(title),
        place = said(language, "位置", "Where this is"),
    ))
}

/// Objects as lists of names and values, arrays as lists, links as links.
fn show(value: &Json, out: &mut String, top: bool) {
    match value {
        Json::Object(members) => {
            if let (Some(href), Some(title)) = (members.get("href").and_then(Json::as_str), members.get("title").and_then(Json::as_str)) {
                // As a page where there is one; a template leads nowhere.
                let media = members.get("type").and_then(Json::as_str).unwrap_or_default();
                let rel = members.get("rel").and_then(Json::as_str).unwrap_or_default();
                let link = format!("{} <small>({}, {})</small>", escaped(title), escaped(rel), escaped(media));
                if members.contains_key("templated") {
                    out.push_str(&format!("{link}: <code>{}</code>", escaped(href)));
                } else {
                    let href = if media == "application/json" { href.replace("f=json", "f=html") } else { href.to_owned() };
                    out.push_str(&format!("<a href=\"{}\">{link}</a>", escaped(&href)));
                }
                return;
            }
            out.push_str("<dl>");
            for (name, member) in members.iter().filter(|(name, _)| !(top && *name == "title")) {
                out.push_str(&format!("<dt>{}</dt><dd>", escaped(name)));
                show(member, out, false);
                out.push_str("</dd>");
            }
            out.push_str("</dl>");
        }
        Json::Array(all) if all.iter().any(|one| one.is_object() || one.as_str().is_some_and(|text| text.len() > 20)) => {
            out.push_str("<ul>");
            for one in all {
                out.push_str("<li>");
                show(one, out, false);
                out.push_str("</li>");
            }
            out.push_str("</ul>");
        }
        Json::String(text) => out.push_str(&escaped(text)),
        other => {
            let text = other.to_string();
            let short: String = text.chars().take(LONGEST).collect();
            out.push_str(&escaped(&short));
            if short.len() < text.len() {
                out.push('…');
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
