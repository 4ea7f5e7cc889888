//! Parser of the silence form.

use crate::services::{NewSilence, SilenceEnd, alert_matchers};
use crate::web::fragments::form::FormError;
use std::time::Duration;
use watchglass_dispatch::{TimeInterval, TimeOfDay, Weekday};
use watchglass_pages::alerts::label_lines;
use watchglass_pages::ui::{FormFields, duration};
use watchglass_reports::parse_time;
use watchglass_rules::AlertKey;

/// Comment of a silence without a comment.
const NO_COMMENT: &str = "(no comment)";

/// Silence of one alert, for the duration `length` of the button or of the field `for`.
///
/// # Errors
/// Invalid duration.
pub(super) fn for_alert(
    key: &AlertKey,
    fields: &FormFields,
    length: Option<&str>,
) -> Result<NewSilence, FormError> {
    Ok(NewSilence {
        matchers: alert_matchers(key),
        end: parse_duration(fields, length)?.map_or(SilenceEnd::Default, SilenceEnd::After),
        author: fields.get("who").to_owned(),
        comment: fields.non_empty("why").unwrap_or_else(|| NO_COMMENT.to_owned()),
        ..NewSilence::default()
    })
}

/// Parses the silence form. The silence itself is validated where it is created.
///
/// # Errors
/// Invalid field.
pub(super) fn parse(fields: &FormFields, length: Option<&str>) -> Result<NewSilence, FormError> {
    let time = |name: &'static str| {
        let text = fields.non_empty(name);
        text.map(|text| parse_time(&text).map_err(|reason| FormError::invalid_field(name, &reason)))
            .transpose()
    };
    let end = match (time("end")?, parse_duration(fields, length)?) {
        (Some(_), Some(_)) => {
            return Err(FormError::invalid_field("end", "set either a duration or an end, not both"));
        }
        (Some(end), None) => SilenceEnd::At(end),
        (None, Some(length)) => SilenceEnd::After(length),
        (None, None) => SilenceEnd::Default,
    };
    Ok(NewSilence {
        id: None,
        name: fields.get("name").to_owned(),
        matchers: label_lines::parse_matchers(fields.get("matchers"))
            .map_err(|reason| FormError::invalid_field("matchers", &reason))?,
        start: time("start")?,
        end,
        weekly: parse_schedule(fields)?,
        author: fields.get("who").to_owned(),
        comment: fields.get("why").to_owned(),
    })
}

fn parse_duration(fields: &FormFields, pressed: Option<&str>) -> Result<Option<Duration>, FormError> {
    let seconds = match pressed {
        Some(pressed) => {
            duration::parse(pressed).map_err(|reason| FormError::invalid_field("do", &reason))?
        }
        None => fields.seconds("for")?,
    };
    Ok(seconds.map(|seconds| Duration::from_secs(u64::from(seconds))))
}

/// Recurring schedule; `None` if all its fields are empty.
fn parse_schedule(fields: &FormFields) -> Result<Option<TimeInterval>, FormError> {
    let is_given = fields.contains("day")
        || ["from", "to", "zone"].into_iter().any(|name| fields.non_empty(name).is_some());
    if !is_given {
        return Ok(None);
    }
    let day = |text: &str| {
        serde_json::from_value::<Weekday>(text.into())
            .map_err(|_| FormError::invalid_field("day", "must be monday, tuesday, … or sunday"))
    };
    let time = |name: &'static str| {
        TimeOfDay::try_from(fields.get(name).to_owned())
            .map_err(|reason| FormError::invalid_field(name, &reason))
    };
    Ok(Some(TimeInterval {
        days: fields.get_all("day").map(day).collect::<Result<_, _>>()?,
        from: time("from")?,
        to: time("to")?,
        zone: fields.non_empty("zone").unwrap_or_else(|| "UTC".to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_pages::ui::label;

    fn fields(pairs: &[(&str, &str)]) -> FormFields {
        FormFields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn read(pairs: &[(&str, &str)]) -> Result<NewSilence, FormError> {
        super::parse(&fields(pairs), None)
    }

    #[test]
    fn forms_are_parsed_to_silences() {
        let silence = read(&[
            ("matchers", "component = disk\nhost =~ web-.*"),
            ("for", "30m"),
            ("who", " ada "),
            ("why", "x"),
        ])
        .unwrap();
        assert_eq!((silence.author.as_str(), silence.matchers.len()), ("ada", 2));
        assert_eq!(silence.end, SilenceEnd::After(Duration::from_secs(1800)));
        assert_eq!(read(&[]).unwrap().end, SilenceEnd::Default);
        let later = read(&[("start", "2026-11-22T18:00:00Z"), ("end", "2026-11-22T19:00:00Z")]).unwrap();
        assert_eq!(later.end, SilenceEnd::At(later.start.unwrap() + Duration::from_secs(3600)));
        let weekly =
            read(&[("day", "monday"), ("day", "friday"), ("from", "22:00"), ("to", "06:00"), ("for", "")])
                .unwrap();
        assert_eq!(weekly.end, SilenceEnd::Default);
        let hours = weekly.weekly.unwrap();
        assert_eq!((hours.days.len(), hours.zone.as_str()), (2, "UTC"));
    }

    #[test]
    fn errors_name_the_invalid_field() {
        for (pairs, field) in [
            (&[("for", "soon")][..], "for"),
            (&[("end", "tomorrow")][..], "end"),
            (&[("start", "x")][..], "start"),
            (&[("end", "2026-11-22T19:00:00Z"), ("for", "2h")][..], "end"),
            (&[("matchers", "disk")][..], "matchers"),
            (&[("day", "someday"), ("from", "22:00"), ("to", "23:00")][..], "day"),
            (&[("day", "monday"), ("from", "22"), ("to", "23:00")][..], "from"),
            (&[("zone", "UTC"), ("from", "22:00")][..], "to"),
        ] {
            let refusal = read(pairs).unwrap_err();
            assert_eq!(refusal.field, Some(field), "{pairs:?}");
            assert!(refusal.message.starts_with(&format!("{}: ", label(field))), "{}", refusal.message);
        }
    }

    #[test]
    fn silence_buttons_match_the_alert() {
        let key = AlertKey { rule: "disk".to_owned(), labels: [("host", "web-1")].into_iter().collect() };
        let of = |length| for_alert(&key, &fields(&[("who", "ada")]), length);
        let silence = of(Some("8h")).unwrap();
        assert_eq!(silence.end, SilenceEnd::After(Duration::from_secs(8 * 3600)));
        assert_eq!(label_lines::format_matchers(&silence.matchers), "rule = disk\nhost = web-1");
        assert_eq!(silence.comment, NO_COMMENT);
        assert_eq!(of(Some("x")).unwrap_err().field, Some("do"));
    }
}
