//! The part of `idna_adapter` that `idna` calls: host names that are more than ASCII are refused.

/// A property that no character has.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

/// How a character joins its neighbours.
pub type JoiningType = Nothing;
/// Some ways to join.
pub type JoiningTypeMask = Nothing;
/// In which direction a character is read.
pub type BidiClass = Nothing;
/// Some directions.
pub type BidiClassMask = Nothing;

/// Joins to the left.
pub const LEFT_OR_DUAL_JOINING_MASK: JoiningTypeMask = Nothing;
/// Joins to the right.
pub const RIGHT_OR_DUAL_JOINING_MASK: JoiningTypeMask = Nothing;
/// From right to left.
pub const RTL_MASK: BidiClassMask = Nothing;
/// May begin a label.
pub const FIRST_BC_MASK: BidiClassMask = Nothing;
/// May end a label from left to right.
pub const LAST_LTR_MASK: BidiClassMask = Nothing;
/// May end a label from right to left.
pub const LAST_RTL_MASK: BidiClassMask = Nothing;
/// May be in a label from left to right.
pub const MIDDLE_LTR_MASK: BidiClassMask = Nothing;
/// May be in a label from right to left.
pub const MIDDLE_RTL_MASK: BidiClassMask = Nothing;

impl Nothing {
    /// A mask of nothing.
    pub fn to_mask(self) -> Self {
        self
    }

    /// Never.
    pub fn intersects(self, _: Self) -> bool {
        false
    }

    /// Never.
    pub fn is_transparent(self) -> bool {
        false
    }

    /// Always.
    pub fn is_ltr(self) -> bool {
        true
    }

    /// Never.
    pub fn is_nonspacing_mark(self) -> bool {
        false
    }

    /// Never.
    pub fn is_european_number(self) -> bool {
        false
    }

    /// Never.
    pub fn is_arabic_number(self) -> bool {
        false
    }
}

/// Knows no character.
#[derive(Debug, Default)]
pub struct Adapter;

impl Adapter {
    /// One that knows nothing.
    pub const fn new() -> Self {
        Self
    }

    /// Never.
    pub fn is_virama(&self, _: char) -> bool {
        false
    }

    /// Never.
    pub fn is_mark(&self, _: char) -> bool {
        false
    }

    /// No direction.
    pub fn bidi_class(&self, _: char) -> BidiClass {
        Nothing
    }

    /// No way to join.
    pub fn joining_type(&self, _: char) -> JoiningType {
        Nothing
    }

    /// The same characters; what is not ASCII becomes the character that `idna` refuses.
    pub fn map_normalize<'a, I: Iterator<Item = char> + 'a>(
        &'a self,
        characters: I,
    ) -> impl Iterator<Item = char> + 'a {
        characters.map(|character| if character.is_ascii() { character } else { char::REPLACEMENT_CHARACTER })
    }

    /// As [`Adapter::map_normalize`].
    pub fn normalize_validate<'a, I: Iterator<Item = char> + 'a>(
        &'a self,
        characters: I,
    ) -> impl Iterator<Item = char> + 'a {
        self.map_normalize(characters)
    }
}
