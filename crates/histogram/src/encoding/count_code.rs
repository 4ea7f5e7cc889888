//! Code of the counts of a sample.

use super::adaptive::Adaptive;
use super::bits::{BitCount, BitReader, BitSink, BitWriter};
use super::layout::{Layout, Prediction};
use super::whole::WholeCounts;
use crate::DecodeError;

/// Code of counts: the prediction that makes them shortest (0 linear, 10 last, 11 zero), a bit that is 1 if there are
/// negative differences to it, then the differences.
///
/// Differences are: how many are 0 before the next that is not, then its absolute value minus 1, then, if there are
/// negative ones, a bit that is 1 for them. The last zeros are counted, too.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CountCode {
    zeros: Adaptive,
    size: Adaptive,
}

impl CountCode {
    /// Writes the counts, all of whose keys the layout has, and advances the layout.
    pub(super) fn put(&mut self, out: &mut BitWriter, layout: &mut Layout, counts: &WholeCounts) {
        let candidates = Prediction::ALL.map(|prediction| {
            let (mut code, mut cost) = (*self, BitCount::default());
            let residuals = layout.residuals(counts, prediction);
            code.put_predicted(&mut cost, prediction, &residuals);
            (cost.0, prediction, residuals)
        });
        if let Some((_, prediction, residuals)) = candidates.into_iter().min_by_key(|(cost, ..)| *cost) {
            self.put_predicted(out, prediction, &residuals);
            layout.advance(&residuals, prediction);
        }
    }

    fn put_predicted(&mut self, out: &mut impl BitSink, prediction: Prediction, residuals: &[i64]) {
        match prediction {
            Prediction::Linear => out.put(0b0, 1),
            Prediction::Last => out.put(0b10, 2),
            Prediction::Zero => out.put(0b11, 2),
        }
        let is_signed = residuals.iter().any(|residual| *residual < 0);
        out.put(u64::from(is_signed), 1);
        let mut zeros = 0;
        for residual in residuals {
            if *residual == 0 {
                zeros += 1;
                continue;
            }
            self.zeros.put(out, zeros);
            zeros = 0;
            self.size.put(out, residual.unsigned_abs() - 1);
            if is_signed {
                out.put(u64::from(*residual < 0), 1);
            }
        }
        if zeros > 0 {
            self.zeros.put(out, zeros);
        }
    }

    /// Reads the counts of a layout, and advances it.
    pub(super) fn get(&mut self, bits: &mut BitReader<'_>, layout: &mut Layout) -> Result<(), DecodeError> {
        let prediction = match bits.bit()? {
            false => Prediction::Linear,
            true if bits.bit()? => Prediction::Zero,
            true => Prediction::Last,
        };
        let is_signed = bits.bit()?;
        let mut residuals = Vec::with_capacity(layout.len());
        while residuals.len() < layout.len() {
            let left = layout.len() - residuals.len();
            let zeros = usize::try_from(self.zeros.get(bits)?).ok().filter(|zeros| *zeros <= left);
            let zeros = zeros.ok_or(DecodeError::Damaged("too many counts"))?;
            residuals.resize(residuals.len() + zeros, 0);
            if zeros < left {
                let size = self.size.get(bits)?.wrapping_add(1) as i64;
                residuals.push(if is_signed && bits.bit()? { size.wrapping_neg() } else { size });
            }
        }
        layout.advance(&residuals, prediction);
        Ok(())
    }
}
