//! Floats in JSON, with the digits and the layout of Python's `repr`.

use std::fmt::Write as _;

/// From so many digits on, two texts of one length may both read back as the float.
const AMBIGUOUS: usize = 16;

/// Writes the shortest digits that read back as the same float.
pub(super) fn write(float: f64, out: &mut String) {
    if float.is_nan() {
        return out.push_str("NaN");
    }
    if float.is_sign_negative() {
        out.push('-');
    }
    if float.is_infinite() {
        return out.push_str("Infinity");
    }
    let scientific = shortest(float.abs());
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an `e`");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a small exponent");
    let power = exponent.unsigned_abs() as usize;
    match exponent {
        -4..0 => write_fraction(&mantissa.replace('.', ""), power, out),
        0..16 => write_whole(&mantissa.replace('.', ""), power + 1, out),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(out, "{mantissa}e{sign}{power:02}").expect("a string takes what is written");
        }
    }
}

/// Returns mantissa and exponent; of two that are equally near, Python takes the even one.
fn shortest(float: f64) -> String {
    let shortest = format!("{float:e}");
    let mantissa = shortest.bytes().take_while(|byte| *byte != b'e');
    let digits = mantissa.filter(u8::is_ascii_digit).count();
    if digits < AMBIGUOUS {
        return shortest;
    }
    let nearest = format!("{float:.*e}", digits - 1);
    if nearest.parse() == Ok(float) { nearest } else { shortest }
}

/// Writes digits whose first one stands at that place behind the point.
fn write_fraction(digits: &str, place: usize, out: &mut String) {
    out.push_str("0.");
    out.extend(std::iter::repeat_n('0', place - 1));
    out.push_str(digits);
}

/// Writes digits of which so many stand before the point.
fn write_whole(digits: &str, count: usize, out: &mut String) {
    let (whole, fraction) = digits.split_at(count.min(digits.len()));
    out.push_str(whole);
    out.extend(std::iter::repeat_n('0', count - whole.len()));
    out.push('.');
    out.push_str(if fraction.is_empty() { "0" } else { fraction });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(float: f64, text: &str) {
        let mut out = String::new();
        write(float, &mut out);
        assert_eq!(out, text);
    }

    #[test]
    fn floats_are_written_as_python_writes_them() {
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(100_000.0, "100000.0");
        check(-12.5, "-12.5");
        check(1e15, "1000000000000000.0");
        check(1e16, "1e+16");
        check(123_456_789_012_345_680.0, "1.2345678901234568e+17");
        check(0.5, "0.5");
        check(0.0001, "0.0001");
        check(0.000_123_45, "0.00012345");
        check(1e-5, "1e-05");
        check(-1.5e-7, "-1.5e-07");
        check(1e300, "1e+300");
        check(5e-324, "5e-324");
        check(f64::MAX, "1.7976931348623157e+308");
        check(1.0 / 3.0, "0.3333333333333333");
        check(f64::NAN, "NaN");
        check(-f64::NAN, "NaN");
        check(f64::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn last_digit_is_even_where_two_are_equally_near() {
        check(7_417_692_932_968_389.0 / 4.0, "1854423233242097.2");
        check(661_497_954_403_813.0 / 8.0, "82687244300476.62");
        check(-1_890_117_986_805_521.0 / 8.0, "-236264748350690.12");
        check(5.684_341_886_080_802e-14, "5.684341886080802e-14");
    }
}
