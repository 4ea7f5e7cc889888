//! Parser of the silence form.

use super::form_fields::{FormError, FormFields};
use super::{duration, label_lines};
use crate::notifications::DEFAULT_SILENCE_DURATION;
use std::time::Duration;
use watchglass_dispatch::{Silence, TimeInterval, TimeOfDay, Weekday, spans_hosts};
use watchglass_model::Timestamp;
use watchglass_reports::parse_time;
use watchglass_rules::{AlertKey, Matcher, Operator};

/// Maximum number of matchers of a silence.
const MAX_MATCHERS: usize = 10;
/// Names that match a property of the alert instead of a label of the series.
const PROPERTIES: [&str; 4] = ["rule", "severity", "component", "subject"];
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
    id: String,
    now: Timestamp,
) -> Result<Silence, FormError> {
    let equal = |(label, value): (&str, &str)| Matcher {
        label: label.to_owned(),
        operator: Operator::Equal,
        value: value.to_owned(),
    };
    // An alert that other hosts raise as well is silenced on all of them.
    let is_any_host = spans_hosts(&key.labels);
    let labels = key.labels.iter().filter(|(label, _)| !PROPERTIES.contains(label));
    let labels = labels.filter(|(label, _)| !is_any_host || *label != "host").map(equal);
    let matchers = [equal(("rule", &key.rule))].into_iter().chain(labels).take(MAX_MATCHERS);
    Ok(Silence {
        id,
        name: String::new(),
        matchers: matchers.collect(),
        start: now,
        end: Some(now + self::parse_duration(fields, length)?.unwrap_or(DEFAULT_SILENCE_DURATION)),
        weekly: None,
        author: fields.get("who").to_owned(),
        reason: fields.non_empty("why").unwrap_or_else(|| NO_COMMENT.to_owned()),
    })
}

/// Parses the silence form. The silence itself is validated where it is created.
///
/// # Errors
/// Invalid field.
pub(super) fn parse(
    fields: &FormFields,
    length: Option<&str>,
    id: String,
    now: Timestamp,
) -> Result<Silence, FormError> {
    let time = |name: &'static str| {
        let text = fields.non_empty(name);
        text.map(|text| parse_time(&text).map_err(|reason| FormError::invalid_field(name, &reason)))
            .transpose()
    };
    let weekly = parse_schedule(fields)?;
    let start = time("start")?.unwrap_or(now);
    let end = match (time("end")?, self::parse_duration(fields, length)?) {
        (Some(_), Some(_)) => {
            return Err(FormError::invalid_field("end", "set either a duration or an end, not both"));
        }
        (Some(end), None) => Some(end),
        (None, Some(length)) => Some(start + length),
        (None, None) if weekly.is_some() => None,
        (None, None) => Some(start + DEFAULT_SILENCE_DURATION),
    };
    Ok(Silence {
        id,
        name: fields.get("name").to_owned(),
        matchers: label_lines::parse_matchers(fields.get("matchers"))
            .map_err(|reason| FormError::invalid_field("matchers", &reason))?,
        start,
        end,
        weekly,
        author: fields.get("who").to_owned(),
        reason: fields.get("why").to_owned(),
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

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn fields(pairs: &[(&str, &str)]) -> FormFields {
        FormFields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn read(pairs: &[(&str, &str)]) -> Result<Silence, FormError> {
        super::parse(&fields(pairs), None, "s1".to_owned(), NOW)
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
        assert_eq!(silence.end, Some(NOW + Duration::from_secs(1800)));
        assert_eq!(read(&[]).unwrap().end, Some(NOW + DEFAULT_SILENCE_DURATION));
        let later = read(&[("start", "2026-11-22T18:00:00Z"), ("end", "2026-11-22T19:00:00Z")]).unwrap();
        assert_eq!(later.end.unwrap().millis_since(later.start), 3_600_000);
        let weekly =
            read(&[("day", "monday"), ("day", "friday"), ("from", "22:00"), ("to", "06:00"), ("for", "")])
                .unwrap();
        assert_eq!(weekly.end, None);
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
            assert!(refusal.message.contains(&format!("({field}): ")), "{}", refusal.message);
        }
    }

    #[test]
    fn silence_buttons_match_the_alert() {
        let key = AlertKey {
            rule: "disk".to_owned(),
            labels: [("host", "web-1"), ("component", "of the series")].into_iter().collect(),
        };
        let of = |length| for_alert(&key, &fields(&[("who", "ada")]), length, "s1".to_owned(), NOW);
        let silence = of(Some("8h")).unwrap();
        assert_eq!(silence.end, Some(NOW + Duration::from_secs(8 * 3600)));
        assert_eq!(label_lines::format_matchers(&silence.matchers), "rule = disk\nhost = web-1");
        assert_eq!(silence.check(), Ok(()));
        assert_eq!(of(Some("x")).unwrap_err().field, Some("do"));
    }
}
