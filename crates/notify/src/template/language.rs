//! How much of minijinja's language templates have: values, conditions, loops and a few filters.
//!
//! Nothing in it makes a longer text or list of what there is: what it has not could double a text with each line of a
//! template, until there is no memory left.

use crate::SettingsError;
use minijinja::{Environment, filters, tests as conditions};

/// What templates may do.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
/// The deepest that loops nest.
const MOST_LOOPS: usize = 3;

/// An environment with the filters and tests of templates, and nothing else.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
    environment.add_test("defined", conditions::is_defined);
    environment.add_test("none", conditions::is_none);
    environment
}

/// Where in a template a character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Text,
    Comment,
    Tag,
    /// Within a tag, between quotes of this kind.
    Quoted(char),
}

/// Whether a template has nothing but what it may have. What is no template is for minijinja to find.
///
/// # Errors
/// It has more; the error names the line.
pub(super) fn check(source: &str) -> Result<(), SettingsError> {
    let (mut place, mut line, mut loops) = (Place::Text, 1, 0_usize);
    let mut characters = source.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        line += usize::from(character == '\n');
        let next = characters.peek().map_or(' ', |&(_, next)| next);
        match (place, character, next) {
            (Place::Text, '{', '#') => place = Place::Comment,
            (Place::Text, '{', '{' | '%') => {
                characters.next();
                place = Place::Tag;
                // Marks that say what becomes of the spaces around.
                characters.next_if(|&(_, mark)| matches!(mark, '-' | '+'));
                if next == '%' {
                    let rest = source.get(at + 2..).unwrap_or_default();
                    loops = statement(rest.trim_start_matches(['-', '+']), line, loops)?;
                }
            }
            (Place::Comment, '#', '}') | (Place::Tag, '%' | '}', '}') => {
                characters.next();
                place = Place::Text;
            }
            (Place::Tag, '"' | '\'', _) => place = Place::Quoted(character),
            (Place::Quoted(_), '\\', _) => {
                line += usize::from(next == '\n');
                characters.next();
            }
            (Place::Quoted(quote), ..) if quote == character => place = Place::Tag,
            (Place::Tag, '~' | '+' | '*' | ',' | '{', _) => {
                let wrong = format!("has \"{character}\" in line {line}");
                return Err(SettingsError::new(
                    super::NAME,
                    wrong,
                    "a template puts out values, and joins or makes none",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks at the name of a statement; how many loops there are around what follows it.
fn statement(rest: &str, line: usize, loops: usize) -> Result<usize, SettingsError> {
    let rest = rest.trim_start();
    let name =
        rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
    if !STATEMENTS.contains(&name) {
        let right = format!("a template may have {}", STATEMENTS.join(", "));
        return Err(SettingsError::new(
            super::NAME,
            format!("has the statement \"{name}\" in line {line}"),
            right,
        ));
    }
    match name {
        "for" if loops == MOST_LOOPS => {
            let wrong = format!("nests more than {MOST_LOOPS} loops in line {line}");
            Err(SettingsError::new(super::NAME, wrong, "take them apart"))
        }
        "for" => Ok(loops + 1),
        "endfor" => Ok(loops.saturating_sub(1)),
        _ => Ok(loops),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_values_conditions_and_loops() {
        for source in [
            "a ~ b, {c} [d] {# ~ + {{ #} 1 * 2",
            "{{ title[:5] }}{{ lines[0].label }}{{ '~, {%' }}{{ \"a\\\"~\" }}",
            "{%- for line in lines -%}{{ line.text|upper }}{%+ endfor %}",
            "{% if severity == 'critical' %}!{% elif lines|length > 2 %}?{% else %}.{% endif %}",
            "{% for line in [title] %}{{ line }}{% endfor %}",
            "{{ (links|first).url if links else 'none' }}",
        ] {
            assert_eq!(check(source), Ok(()), "{source}");
        }
    }

    #[test]
    fn what_could_make_texts_longer_is_refused() {
        for (source, wrong) in [
            ("\n{{ title ~ title }}", "has \"~\" in line 2"),
            ("{{ title + title }}", "has \"+\" in line 1"),
            ("{{ title * 9 }}", "has \"*\" in line 1"),
            ("{% for a in [title, title] %}", "has \",\" in line 1"),
            ("{{ f(title, title) }}", "has \",\" in line 1"),
            ("{{ {} }}", "has \"{\" in line 1"),
            ("{{ 'a\\'' ~ title }}", "has \"~\" in line 1"),
            ("{#\n#}{% set a = title %}", "has the statement \"set\" in line 2"),
            ("{%- filter upper %}", "has the statement \"filter\" in line 1"),
            ("{% raw %}", "has the statement \"raw\" in line 1"),
            ("{%  %}", "has the statement \"\" in line 1"),
        ] {
            let error = check(source).unwrap_err();
            assert_eq!(error.wrong, wrong, "{source}");
        }
    }
}
