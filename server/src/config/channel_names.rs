//! Channel names in routes: each must be a configured channel.

use super::Settings;
use super::file::FileProblem;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use watchglass_dispatch::ALL_CHANNELS;

/// Fields of a route with channel names.
const FIELDS: [&str; 2] = ["channels", "escalate_to"];

/// Checks the routes of a file against its channels. A message for an unknown channel would never arrive.
///
/// # Errors
/// The first unknown channel, with the known ones.
pub(super) fn check(table: &DeTable<'_>, settings: &Settings) -> Result<(), FileProblem> {
    let routes = table.get("notifications").and_then(|value| value.get_ref().get("routes"));
    let Some(DeValue::Array(routes)) = routes.map(Spanned::get_ref) else { return Ok(()) };
    for (index, route) in routes.iter().enumerate() {
        for field in FIELDS {
            let Some(DeValue::Array(names)) = route.get_ref().get(field).map(Spanned::get_ref) else {
                continue;
            };
            for name in names.iter() {
                let Some(text) = name.get_ref().as_str() else { continue };
                if text != ALL_CHANNELS && !settings.channels.contains_key(text) {
                    let known: Vec<&str> = settings.channels.keys().map(String::as_str).collect();
                    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                    let message = format!(
                        "notifications.routes[{index}].{field}: unknown channel {text:?}; configured channels: {known}"
                    );
                    return Err((Some(name.span().start), message));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::read_file;
    use super::Settings;

    fn error(text: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchglass.toml");
        std::fs::write(&path, text).unwrap();
        let error = read_file(&path, &mut Settings::default()).err()?;
        Some(error.to_string().replace(&folder.path().display().to_string(), ""))
    }

    #[test]
    fn unknown_channels_of_routes_are_rejected_with_file_line_and_key() {
        let channels = "[channels.hook]\nkind = 'webhook'\nurl = 'https://a.example/'\n\
                        [channels.mail]\nkind = 'webhook'\nurl = 'https://b.example/'\n";
        let route = "[[notifications.routes]]\nname = 'all'\n";
        for (text, expected) in [
            (
                format!("{route}channels = [\n'mail', 'hok']\n{channels}"),
                "/watchglass.toml, line 4: notifications.routes[0].channels: unknown channel \"hok\"; \
                 configured channels: hook, mail",
            ),
            (
                format!(
                    "{channels}{route}channels = ['hook']\n[[notifications.routes]]\nname = 'b'\nchannels = []\n\
                     escalate_after_seconds = 60\nescalate_to = ['pager']\n"
                ),
                "/watchglass.toml, line 14: notifications.routes[1].escalate_to: unknown channel \"pager\"; \
                 configured channels: hook, mail",
            ),
            (
                format!("{route}channels = ['hook']\n"),
                "/watchglass.toml, line 3: notifications.routes[0].channels: unknown channel \"hook\"; \
                 configured channels: none",
            ),
            // The former name of the section.
            (
                "[[telling.routes]]\nname = 'all'\nchannels = ['hok']\n".to_owned(),
                "/watchglass.toml, line 3: notifications.routes[0].channels: unknown channel \"hok\"; \
                 configured channels: none",
            ),
        ] {
            assert_eq!(error(&text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(error(&format!("{route}channels = ['*']\n")), None);
        assert_eq!(error(&format!("{route}channels = ['hook', 'mail']\n{channels}")), None);
    }
}
