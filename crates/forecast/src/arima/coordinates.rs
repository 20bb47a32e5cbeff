//! From the numbers that the search moves to ARMA coefficients, and back.

use super::lanes::Lanes;
use super::order::Order;
use super::parameters::Block;
use super::transform::{
    coefficients_to_partial, free_to_stationary, partial_to_coefficients, partial_to_free,
    pull_back_stationary,
};

/// How far from the edge of the admissible region a starting value is kept, as a partial
/// autocorrelation: closer, the search would begin on a plateau.
const START_LIMIT: f64 = 0.997;

/// The search space of one model.
///
/// A block of coefficients without fixed ones moves as partial autocorrelations, so that every
/// point is stationary and invertible. A block with some coefficients fixed moves as it is, and
/// points outside the admissible region cost infinity.
#[derive(Debug, Clone)]
pub(super) struct Coordinates {
    order: Order,
    fixed: Vec<Option<f64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    Partial,
    Direct,
    Constant,
}

impl Coordinates {
    /// `fixed`: one slot for each ARMA coefficient, in the order of the parameter vector.
    pub(super) fn new(order: Order, fixed: &[Option<f64>]) -> Self {
        Self { order, fixed: fixed.to_vec() }
    }

    /// Number of coordinates.
    pub(super) fn len(&self) -> usize {
        self.fixed.iter().filter(|value| value.is_none()).count()
    }

    /// Whether every point is admissible.
    pub(super) fn is_smooth(&self) -> bool {
        self.blocks().all(|(_, _, treatment)| treatment != Treatment::Direct)
    }

    fn blocks(&self) -> impl Iterator<Item = (Block, std::ops::Range<usize>, Treatment)> + '_ {
        let mut start = 0;
        Block::ALL.into_iter().map(move |block| {
            let range = start..start + block.len(&self.order);
            start = range.end;
            let fixed = self.fixed[range.clone()].iter().flatten().count();
            let treatment = match fixed {
                _ if fixed == range.len() => Treatment::Constant,
                0 => Treatment::Partial,
                _ => Treatment::Direct,
            };
            (block, range, treatment)
        })
    }

    /// The coefficients at `point`, and which lanes are admissible.
    pub(super) fn coefficients<const L: usize>(
        &self,
        point: &[Lanes<L>],
    ) -> (Vec<Lanes<L>>, [bool; L]) {
        let mut admissible = [true; L];
        let mut values = Vec::with_capacity(self.fixed.len());
        let mut free = point.iter();
        for slot in &self.fixed {
            let value = slot.map(|value| [value; L]);
            values.push(value.or_else(|| free.next().copied()).unwrap_or([f64::NAN; L]));
        }
        for (block, range, treatment) in self.blocks() {
            let values = &mut values[range];
            match treatment {
                Treatment::Constant => {}
                Treatment::Partial => {
                    free_to_stationary(values);
                    if !block.is_ar() {
                        values.iter_mut().flatten().for_each(|value| *value = -*value);
                    }
                }
                Treatment::Direct => {
                    for (lane, admissible) in admissible.iter_mut().enumerate() {
                        let sign = if block.is_ar() { 1.0 } else { -1.0 };
                        let lane: Vec<f64> = values.iter().map(|v| sign * v[lane]).collect();
                        *admissible &= coefficients_to_partial(&lane).is_some();
                    }
                }
            }
        }
        (values, admissible)
    }

    /// Derivatives with respect to the coordinates, from those with respect to the coefficients
    /// (one slot each).
    pub(super) fn pull_back<const L: usize>(
        &self,
        point: &[Lanes<L>],
        slopes: &[Lanes<L>],
    ) -> Vec<Lanes<L>> {
        let mut result = Vec::with_capacity(point.len());
        for (block, range, treatment) in self.blocks() {
            if treatment != Treatment::Partial {
                let free = range.filter(|&slot| self.fixed[slot].is_none());
                result.extend(free.map(|slot| slopes[slot]));
                continue;
            }
            let free = &point[result.len()..result.len() + range.len()];
            let mut slopes = slopes[range].to_vec();
            if !block.is_ar() {
                slopes.iter_mut().flatten().for_each(|value| *value = -*value);
            }
            pull_back_stationary(free, &mut slopes);
            result.extend(slopes);
        }
        result
    }

    /// The point whose coefficients are close to `coefficients` and well inside the admissible
    /// region.
    pub(super) fn point_near(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut point = Vec::with_capacity(self.len());
        for (block, range, treatment) in self.blocks() {
            let sign = if block.is_ar() { 1.0 } else { -1.0 };
            let values: Vec<f64> = coefficients[range.clone()].iter().map(|v| sign * v).collect();
            match treatment {
                Treatment::Constant => {}
                Treatment::Partial => {
                    let partials = shrunk_partials(values);
                    point.extend(partials.into_iter().map(partial_to_free));
                }
                Treatment::Direct => {
                    let slots = self.fixed[range].iter().zip(&values);
                    point.extend(slots.filter(|(fixed, _)| fixed.is_none()).map(|(_, v)| sign * v));
                }
            }
        }
        point
    }

    /// A point from numbers in (-1, 1), spread over the admissible region.
    pub(super) fn point_from_unit(&self, unit: &[f64]) -> Vec<f64> {
        let mut point = Vec::with_capacity(self.len());
        for (_, range, treatment) in self.blocks() {
            for slot in range {
                if self.fixed[slot].is_none() {
                    let value = unit[point.len()];
                    let partial = treatment == Treatment::Partial;
                    point.push(if partial { partial_to_free(value) } else { value });
                }
            }
        }
        point
    }
}

/// Stationary coefficients close to `coefficients`.
pub(super) fn nearest_stationary(coefficients: Vec<f64>) -> Vec<f64> {
    let mut values: Vec<Lanes<1>> =
        shrunk_partials(coefficients).into_iter().map(|r| [r]).collect();
    partial_to_coefficients(&mut values);
    values.into_iter().map(|value| value[0]).collect()
}

/// Partial autocorrelations of `coefficients`; roots outside are pulled in until they exist.
fn shrunk_partials(mut coefficients: Vec<f64>) -> Vec<f64> {
    // Each pass moves every root of the polynomial towards zero by a tenth.
    for _ in 0..60 {
        if let Some(partials) = coefficients_to_partial(&coefficients) {
            return partials.into_iter().map(|r| r.clamp(-START_LIMIT, START_LIMIT)).collect();
        }
        let mut factor = 1.0;
        for value in &mut coefficients {
            factor *= 0.9;
            *value *= factor;
        }
    }
    vec![0.0; coefficients.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_coefficients_agree_inside() {
        let order: Order = "2,0,1x0,0,1,4".parse().unwrap();
        let coordinates = Coordinates::new(order, &[None; 4]);
        let wanted = [0.5, -0.3, 0.4, -0.6];
        let point = coordinates.point_near(&wanted);
        let lanes: Vec<[f64; 1]> = point.iter().map(|&x| [x]).collect();
        let (values, admissible) = coordinates.coefficients(&lanes);
        assert_eq!(admissible, [true]);
        for (value, wanted) in values.iter().zip(wanted) {
            assert!((value[0] - wanted).abs() < 1e-14);
        }
    }

    #[test]
    fn a_fixed_coefficient_stays_and_the_others_move_directly() {
        let coordinates = Coordinates::new(Order::new(2, 0, 1), &[None, Some(0.2), Some(0.1)]);
        assert_eq!(coordinates.len(), 1);
        assert!(!coordinates.is_smooth());
        let (values, admissible) = coordinates.coefficients(&[[0.3, 0.9]]);
        assert_eq!(values, [[0.3, 0.9], [0.2, 0.2], [0.1, 0.1]]);
        // 0.9 + 0.2 > 1 is outside the stationary triangle.
        assert_eq!(admissible, [true, false]);
    }
}
