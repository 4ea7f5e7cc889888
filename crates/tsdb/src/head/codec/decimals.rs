//! Decimal numbers as integers, as [ALP](https://doi.org/10.1145/3626717) does.

/// Maximum number of decimals.
pub(super) const MAX_DIGITS: u8 = 6;
/// Integers up to this are exact as f64.
const MAX_EXACT: f64 = 9e15;
/// One in so many values may be no decimal number.
const EXCEPTIONS: usize = 16;

/// Values as integers number × 10^digits.
pub(super) struct Decimals {
    pub(super) digits: u8,
    pub(super) numbers: Vec<i64>,
    /// Indices of values that are no such number. Their integers are those of their neighbours.
    pub(super) exceptions: Vec<usize>,
}

/// 10^digits.
pub(super) fn scale(digits: u8) -> f64 {
    10_f64.powi(i32::from(digits))
}

/// The value of an integer: the same for encoder and decoder, so that all bits are the same.
pub(super) fn value(number: i64, scale: f64) -> f64 {
    number as f64 / scale
}

impl Decimals {
    /// The values with as few decimals as possible, unless too many have too many decimals.
    pub(super) fn new(values: &[f64]) -> Option<Self> {
        (0..=MAX_DIGITS).find_map(|digits| Self::with_digits(values, digits))
    }

    fn with_digits(values: &[f64], digits: u8) -> Option<Self> {
        let scale = scale(digits);
        let most = values.len() / EXCEPTIONS;
        let (mut numbers, mut exceptions) = (Vec::with_capacity(values.len()), Vec::new());
        let mut last = None;
        for (place, &wanted) in values.iter().enumerate() {
            let scaled = wanted * scale;
            let number = (scaled + 0.5_f64.copysign(scaled)) as i64;
            if scaled.abs() < MAX_EXACT && value(number, scale).to_bits() == wanted.to_bits() {
                last = Some(number);
                numbers.push(number);
                continue;
            }
            if exceptions.len() == most {
                return None;
            }
            exceptions.push(place);
            numbers.push(last.unwrap_or_default());
        }
        // Those before the first number.
        let begin = numbers.iter().zip(0..).find(|(_, place)| !exceptions.contains(place));
        if let Some((&number, place)) = begin {
            numbers.iter_mut().take(place).for_each(|before| *before = number);
        }
        Some(Self { digits, numbers, exceptions })
    }
}
