//! Submitted form values, shown again after an error.

/// Values of a submitted form by field name, and which field is invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormValues {
    fields: Vec<(String, String)>,
    invalid: Option<&'static str>,
    author: String,
}

impl FormValues {
    /// Creates the values; `wrong` is the name of the invalid field.
    pub fn new(fields: Vec<(String, String)>, wrong: Option<&'static str>) -> Self {
        Self { fields, invalid: wrong, author: String::new() }
    }

    /// Sets the name of the signed-in user, which fills an author field that was not submitted.
    #[must_use]
    pub fn with_author(self, author: String) -> Self {
        Self { author, ..self }
    }

    /// The same author without submitted values: for the other forms of a page.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self::default().with_author(self.author.clone())
    }

    /// Value of the author field: as submitted, or the name of the signed-in user.
    pub fn author(&self) -> &str {
        self.get("who").unwrap_or(&self.author)
    }

    /// Value of the first field with that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Values of all fields with that name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether that field is invalid.
    pub fn is_invalid(&self, name: &str) -> bool {
        self.invalid == Some(name)
    }
}
