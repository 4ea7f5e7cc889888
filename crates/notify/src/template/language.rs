//! Allowed subset of the minijinja language: values, conditions, loops and a few filters.
//!
//! No allowed construct builds a longer text or list from its inputs: with concatenation, each line of a template could
//! double a text until memory runs out.

use crate::SettingsError;
use minijinja::{Environment, filters, tests as conditions};

/// Allowed statements.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
/// Maximum depth of nested loops.
const MAX_LOOPS: usize = 3;

/// Environment with only the allowed filters and tests.
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

/// Lexical context of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    Text,
    Comment,
    Tag,
    /// In a tag, between quotes of this kind.
    Quoted(char),
}

/// Checks that a template uses only allowed constructs. Syntax errors are left to minijinja.
///
/// # Errors
/// A construct is not allowed; the error names the line.
pub(super) fn check(source: &str) -> Result<(), SettingsError> {
    let (mut context, mut line, mut loops) = (Context::Text, 1, 0_usize);
    let mut characters = source.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        line += usize::from(character == '\n');
        let next = characters.peek().map_or(' ', |&(_, next)| next);
        match (context, character, next) {
            (Context::Text, '{', '#') => context = Context::Comment,
            (Context::Text, '{', '{' | '%') => {
                characters.next();
                context = Context::Tag;
                // Whitespace control.
                characters.next_if(|&(_, mark)| matches!(mark, '-' | '+'));
                if next == '%' {
                    let rest = source.get(at + 2..).unwrap_or_default();
                    loops = statement(rest.trim_start_matches(['-', '+']), line, loops)?;
                }
            }
            (Context::Comment, '#', '}') | (Context::Tag, '%' | '}', '}') => {
                characters.next();
                context = Context::Text;
            }
            (Context::Tag, '"' | '\'', _) => context = Context::Quoted(character),
            (Context::Quoted(_), '\\', _) => {
                line += usize::from(next == '\n');
                characters.next();
            }
            (Context::Quoted(quote), ..) if quote == character => context = Context::Tag,
            (Context::Tag, '~' | '+' | '*' | ',' | '{', _) => {
                let problem = format!("contains \"{character}\" in line {line}");
                return Err(SettingsError::new(
                    super::NAME,
                    problem,
                    "templates can output values but not combine them",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Checks the name of a statement; returns the loop depth after it.
fn statement(rest: &str, line: usize, loops: usize) -> Result<usize, SettingsError> {
    let rest = rest.trim_start();
    let name =
        rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
    if !STATEMENTS.contains(&name) {
        let right = format!("allowed statements: {}", STATEMENTS.join(", "));
        return Err(SettingsError::new(
            super::NAME,
            format!("contains the statement \"{name}\" in line {line}"),
            right,
        ));
    }
    match name {
        "for" if loops == MAX_LOOPS => {
            let problem = format!("nests more than {MAX_LOOPS} loops in line {line}");
            Err(SettingsError::new(super::NAME, problem, "reduce the nesting"))
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
    fn values_conditions_and_loops_are_allowed() {
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
    fn constructs_that_grow_texts_are_rejected() {
        for (source, expected) in [
            ("\n{{ title ~ title }}", "contains \"~\" in line 2"),
            ("{{ title + title }}", "contains \"+\" in line 1"),
            ("{{ title * 9 }}", "contains \"*\" in line 1"),
            ("{% for a in [title, title] %}", "contains \",\" in line 1"),
            ("{{ f(title, title) }}", "contains \",\" in line 1"),
            ("{{ {} }}", "contains \"{\" in line 1"),
            ("{{ 'a\\'' ~ title }}", "contains \"~\" in line 1"),
            ("{#\n#}{% set a = title %}", "contains the statement \"set\" in line 2"),
            ("{%- filter upper %}", "contains the statement \"filter\" in line 1"),
            ("{% raw %}", "contains the statement \"raw\" in line 1"),
            ("{%  %}", "contains the statement \"\" in line 1"),
        ] {
            let error = check(source).unwrap_err();
            assert_eq!(error.problem, expected, "{source}");
        }
    }
}
