//! Floats in JSON, with the digits and the layout of Python's `repr`.

use std::fmt::Write as _;

/// Powers of ten from here on are written with an exponent.
const LARGE: i32 = 16;

/// Powers of ten up to here are written with an exponent.
const SMALL: i32 = -5;

/// Writes the shortest digits that read back as the same float.
pub(super) fn write(float: f64, out: &mut String) {
    if float.is_nan() {
        return out.push_str("NaN");
    }
    if float.is_infinite() {
        return out.push_str(if float > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an `e`");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a small exponent");
    if (SMALL + 1..LARGE).contains(&exponent) {
        // This layout has the same digits, since both are the shortest ones.
        write!(out, "{float:?}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{mantissa}e{sign}{:02}", exponent.abs())
    }
    .expect("a string takes what is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        let check = |float: f64, text: &str| {
            let mut out = String::new();
            write(float, &mut out);
            assert_eq!(out, text);
        };
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(100_000.0, "100000.0");
        check(1e15, "1000000000000000.0");
        check(1e16, "1e+16");
        check(123_456_789_012_345_680.0, "1.2345678901234568e+17");
        check(0.0001, "0.0001");
        check(0.00012345, "0.00012345");
        check(1e-5, "1e-05");
        check(-1.5e-7, "-1.5e-07");
        check(1e300, "1e+300");
        check(5e-324, "5e-324");
        check(f64::MAX, "1.7976931348623157e+308");
        check(1.0 / 3.0, "0.3333333333333333");
        check(f64::NAN, "NaN");
        check(f64::NEG_INFINITY, "-Infinity");
    }
}
