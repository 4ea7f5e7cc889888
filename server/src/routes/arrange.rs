//! Where people arrange the panels: `/arrange`, a page of forms that needs no scripts, and the style sheet that makes it so.

use super::html::{document, top_bar};
use super::pages::{PAGE_ASSETS, theme};
use super::{ApiError, Shared, body};
use crate::arranging::{Change, Layout, Width, sections};
use crate::core::Core;
use crate::fragments::Fields;
use app::fragments::{Arrange, ArrangePanel, ArrangeSection, anchor};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;
use watchglass_access::{By, Pass};

/// Address of the page.
const ARRANGE: &str = "/arrange";
/// Address of the style sheet of whoever asks.
pub(super) const STYLE_SHEET: &str = "/api/layout.css";
/// The longest form that is read, in bytes.
const LONGEST: usize = 4 << 10;

/// Whose arrangement it is: people have one, tokens have not.
fn person(pass: Option<&Pass>) -> Option<&str> {
    pass.filter(|pass| matches!(pass.by, By::Session(_))).map(|pass| pass.name.as_str())
}

/// How whoever asks has arranged the panels.
pub(super) fn layout(core: &Core, pass: Option<&Pass>) -> Option<Arc<Layout>> {
    core.layouts.of(person(pass)?)
}

/// The panels, and what can be done with them.
pub(crate) async fn page(
    State(shared): State<Shared>,
    pass: Option<Extension<Pass>>,
    headers: HeaderMap,
) -> Response {
    let layout = layout(&shared.core, pass.as_deref());
    show(&shared.core, &headers, StatusCode::OK, layout.as_deref(), None)
}

/// Does what the form asks for.
pub(crate) async fn act(
    State(shared): State<Shared>,
    pass: Option<Extension<Pass>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = Fields::new(body::read_form(&headers, body, LONGEST).await?);
    let Some(user) = person(pass.as_deref()).map(str::to_owned) else {
        let message = "Panels are arranged by people who are signed in: a token has no pages";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message.to_owned()));
    };
    let before = shared.core.layouts.of(&user);
    let done = shared.ask(move |core| arrange(core, &user, &fields)).await?;
    Ok(match done {
        Ok(place) => (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response(),
        Err((status, reason)) => show(&shared.core, &headers, status, before.as_deref(), Some(reason)),
    })
}

/// What `act` asks for; where to go on, or why it is not done.
fn arrange(core: &Core, user: &str, fields: &Fields) -> Result<HeaderValue, (StatusCode, String)> {
    let refused = |reason: String| (StatusCode::BAD_REQUEST, reason);
    let mut layout = core.layouts.of(user).as_deref().cloned().unwrap_or_default();
    let (catalogue, panel, section) = (core.catalogue(), fields.get("panel"), fields.get("section"));
    let word = fields.get("do");
    let (is_there, place) = match word {
        "reset" => (true, String::new()),
        "section-earlier" | "section-later" => (
            layout.change_section(catalogue, section, word == "section-earlier"),
            format!("#{}", anchor(section)),
        ),
        _ => {
            let Some(change) = change(word) else {
                let shown: String = word.chars().take(40).collect();
                return Err(refused(format!(
                    "Not done: {shown:?} is nothing that can be done: there are earlier, later, hide, show, usual, \
                     wide, full, section-earlier, section-later and reset"
                )));
            };
            let seen = core.shown_panels();
            let is_seen = |panel: &str| seen.iter().any(|seen| seen == panel);
            (layout.change(catalogue, panel, change, is_seen), format!("#place-{panel}"))
        }
    };
    if !is_there {
        let named = if panel.is_empty() { section } else { panel };
        let named: String = named.chars().take(40).collect();
        return Err(refused(format!("Not done: there is no panel or section {named:?}")));
    }
    let kept = core.layouts.keep(user, (word != "reset").then_some(layout));
    kept.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("Not done: {error}")))?;
    // A panel that is there has an id that fits into a header.
    let place = HeaderValue::from_str(&format!("{ARRANGE}{place}"));
    Ok(place.unwrap_or(HeaderValue::from_static(ARRANGE)))
}

fn change(word: &str) -> Option<Change> {
    Some(match word {
        "earlier" => Change::Earlier,
        "later" => Change::Later,
        "hide" => Change::Hide,
        "show" => Change::Show,
        _ => Change::Width(match word {
            "usual" => Width::Usual,
            "wide" => Width::Wide,
            "full" => Width::Full,
            _ => return None,
        }),
    })
}

fn show(
    core: &Core,
    headers: &HeaderMap,
    status: StatusCode,
    layout: Option<&Layout>,
    refused: Option<String>,
) -> Response {
    let usual = Layout::default();
    let arranged = layout.unwrap_or(&usual).arrange(core.catalogue().clone());
    let seen = core.shown_panels();
    let word = |width: Width| match width {
        Width::Usual => "usual",
        Width::Wide => "wide",
        Width::Full => "full",
    };
    let section = |name: String| {
        let of_section =
            arranged.panels().iter().filter(|panel| panel.section == name && seen.contains(&panel.id));
        let panels = of_section.map(|panel| {
            let placed = layout.and_then(|layout| layout.placed(&panel.id));
            ArrangePanel {
                id: panel.id.clone(),
                title: panel.title.clone(),
                is_hidden: placed.is_some_and(|placed| placed.hidden),
                width: word(placed.map_or(Width::Usual, |placed| placed.width)),
            }
        });
        ArrangeSection { panels: panels.collect(), name }
    };
    let sections = sections(&arranged).into_iter().map(section);
    let sections = sections.filter(|section| !section.panels.is_empty()).collect();
    let html = app::fragments::arrange(Arrange { refused, sections, is_changed: layout.is_some() });
    let body = format!("{}<main id=\"main\" tabindex=\"-1\">{html}</main>", top_bar(ARRANGE));
    (status, Html(document("Arrange panels", &PAGE_ASSETS.styles, theme(headers), &body))).into_response()
}

/// What the pages of whoever asks look like, beyond the order of their panels.
pub(crate) async fn style_sheet(State(shared): State<Shared>, pass: Option<Extension<Pass>>) -> Response {
    let layout = layout(&shared.core, pass.as_deref());
    let sheet = layout.map(|layout| layout.style_sheet()).unwrap_or_default();
    ([(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], sheet).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::fragments::WIDTHS;

    #[test]
    fn each_width_that_the_page_offers_can_be_asked_for() {
        for (word, _) in WIDTHS {
            assert!(matches!(change(word), Some(Change::Width(_))), "{word}");
        }
        assert_eq!((change("hide"), change("reset"), change("")), (Some(Change::Hide), None, None));
    }
}
