//! The part of `lightningcss` that Trunk calls, without the minifying.

/// Style sheets.
pub mod stylesheet {
    use std::convert::Infallible;

    /// A style sheet, as its text.
    #[derive(Debug)]
    pub struct StyleSheet<'a>(&'a str);

    /// How to read; nothing to choose.
    #[derive(Debug, Default)]
    pub struct ParserOptions;

    /// How to minify; nothing to choose.
    #[derive(Debug, Default)]
    pub struct MinifyOptions;

    /// How to write; it changes nothing here.
    #[derive(Debug, Default)]
    pub struct PrinterOptions {
        /// Whether to leave out white space.
        pub minify: bool,
        /// Where Trunk leaves the default.
        pub project_root: Option<()>,
    }

    /// What was written.
    #[derive(Debug)]
    pub struct ToCssResult {
        /// The style sheet.
        pub code: String,
    }

    impl<'a> StyleSheet<'a> {
        /// Takes any text.
        ///
        /// # Errors
        /// None.
        pub fn parse(code: &'a str, _: ParserOptions) -> Result<Self, Infallible> {
            Ok(Self(code))
        }

        /// Does nothing.
        ///
        /// # Errors
        /// None.
        pub fn minify(&mut self, _: MinifyOptions) -> Result<(), Infallible> {
            Ok(())
        }

        /// The text as it was read.
        ///
        /// # Errors
        /// None.
        pub fn to_css(&self, _: PrinterOptions) -> Result<ToCssResult, Infallible> {
            Ok(ToCssResult { code: self.0.to_owned() })
        }
    }
}
