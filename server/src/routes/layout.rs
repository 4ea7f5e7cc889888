//! Layout editor `/layout`, forms that work without scripts, and the style sheet of the user's layout.

use super::pages::theme;
use crate::app_state::AppState;
use crate::assets::PAGE_ASSETS;
use crate::audit::Actor;
use crate::fragments::FormFields;
use crate::http::html::{document, top_bar};
use crate::http::{ApiError, bad_request, body, run_blocking};
use crate::layouts::{Layout, LayoutChange, Width, sections};
use crate::query::catalogue;
use crate::services::{LayoutEdit, LayoutService};
use app::fragments::{LayoutEditor, LayoutPanel, LayoutSection, section_anchor};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;
use watchglass_auth::{Credential, Principal};

/// URL of the page.
const PAGE_URL: &str = "/layout";
/// URL of the style sheet with the user's layout.
pub(super) const STYLESHEET_URL: &str = "/api/layout.css";
/// Form size limit, in bytes.
const MAX_FORM_BYTES: usize = 4 << 10;

/// User name; only sessions have layouts, tokens do not.
fn user_of(pass: Option<&Principal>) -> Option<&str> {
    pass.filter(|pass| matches!(pass.credential, Credential::Session(_))).map(|pass| pass.name.as_str())
}

/// Layout of the user who sent the request.
pub(super) fn user_layout(state: &AppState, pass: Option<&Principal>) -> Option<Arc<Layout>> {
    state.layouts.get(user_of(pass)?)
}

/// Shows the layout editor.
pub(crate) async fn page(
    State(state): State<AppState>,
    pass: Option<Extension<Principal>>,
    headers: HeaderMap,
) -> Response {
    let layout = user_layout(&state, pass.as_deref());
    editor_page(&state, &headers, StatusCode::OK, layout.as_deref(), None)
}

/// Handles a form of the layout editor.
pub(crate) async fn submit(
    State(state): State<AppState>,
    pass: Option<Extension<Principal>>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = FormFields::new(body::read_form(&headers, body, MAX_FORM_BYTES).await?);
    let layouts: LayoutService = state.service();
    let outcome = run_blocking(move || {
        let (edit, place) = parse_edit(&fields)?;
        layouts.edit(&actor, edit)?;
        Ok::<_, ApiError>(place)
    });
    Ok(match outcome.await? {
        Ok(place) => (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response(),
        Err(error) if error.status() == StatusCode::FORBIDDEN => error.into_response(),
        Err(error) => {
            let layout = user_layout(&state, pass.as_deref());
            let message = format!("Error: {}", error.message());
            editor_page(&state, &headers, error.status(), layout.as_deref(), Some(message))
        }
    })
}

/// The change that a form asks for, and the place on the page to show next.
fn parse_edit(fields: &FormFields) -> Result<(LayoutEdit<'_>, HeaderValue), ApiError> {
    let (panel, section) = (fields.get("panel"), fields.get("section"));
    let (edit, anchor) = match fields.get("do") {
        "reset" => (LayoutEdit::Reset, String::new()),
        word @ ("section-earlier" | "section-later") => {
            let edit = LayoutEdit::Section { section, earlier: word == "section-earlier" };
            (edit, format!("#{}", section_anchor(section)))
        }
        word => {
            let change = parse_change(word).ok_or_else(|| {
                let shown: String = word.chars().take(40).collect();
                bad_request(format!(
                    "unknown action {shown:?}: expected earlier, later, hide, show, usual, wide, full, section-earlier, \
                     section-later or reset"
                ))
            })?;
            (LayoutEdit::Panel { panel, change }, format!("#place-{panel}"))
        }
    };
    // Panel ids of the catalogue are valid in a header.
    let place = HeaderValue::from_str(&format!("{PAGE_URL}{anchor}"));
    Ok((edit, place.unwrap_or(HeaderValue::from_static(PAGE_URL))))
}

fn parse_change(word: &str) -> Option<LayoutChange> {
    Some(match word {
        "earlier" => LayoutChange::Earlier,
        "later" => LayoutChange::Later,
        "hide" => LayoutChange::Hide,
        "show" => LayoutChange::Show,
        _ => LayoutChange::Width(match word {
            "usual" => Width::Normal,
            "wide" => Width::Wide,
            "full" => Width::Full,
            _ => return None,
        }),
    })
}

fn editor_page(
    state: &AppState,
    headers: &HeaderMap,
    status: StatusCode,
    layout: Option<&Layout>,
    refused: Option<String>,
) -> Response {
    let usual = Layout::default();
    let arranged = layout.unwrap_or(&usual).apply(state.metrics.catalogue().clone());
    let with_data = catalogue::panels_with_data(&state.metrics);
    let word = |width: Width| match width {
        Width::Normal => "usual",
        Width::Wide => "wide",
        Width::Full => "full",
    };
    let section = |name: String| {
        let of_section =
            arranged.panels().iter().filter(|panel| panel.section == name && with_data.contains(&panel.id));
        let panels = of_section.map(|panel| {
            let placed = layout.and_then(|layout| layout.placement(&panel.id));
            LayoutPanel {
                id: panel.id.clone(),
                title: panel.title.clone(),
                is_hidden: placed.is_some_and(|placed| placed.hidden),
                width: word(placed.map_or(Width::Normal, |placed| placed.width)),
            }
        });
        LayoutSection { panels: panels.collect(), name }
    };
    let sections = sections(&arranged).into_iter().map(section);
    let sections = sections.filter(|section| !section.panels.is_empty()).collect();
    let html = app::fragments::layout_editor(LayoutEditor {
        error: refused,
        sections,
        is_customised: layout.is_some(),
    });
    let body = format!("{}<main id=\"main\" tabindex=\"-1\">{html}</main>", top_bar(PAGE_URL));
    (status, Html(document("Edit layout", &PAGE_ASSETS.styles, theme(headers), &body))).into_response()
}

/// Style sheet with the widths and hidden panels of the user's layout.
pub(crate) async fn stylesheet(
    State(state): State<AppState>,
    pass: Option<Extension<Principal>>,
) -> Response {
    let layout = user_layout(&state, pass.as_deref());
    let css = layout.map(|layout| layout.stylesheet()).unwrap_or_default();
    ([(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], css).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::fragments::WIDTHS;

    #[test]
    fn each_width_of_the_page_is_accepted() {
        for (word, _) in WIDTHS {
            assert!(matches!(parse_change(word), Some(LayoutChange::Width(_))), "{word}");
        }
        assert_eq!(
            (parse_change("hide"), parse_change("reset"), parse_change("")),
            (Some(LayoutChange::Hide), None, None)
        );
    }
}
