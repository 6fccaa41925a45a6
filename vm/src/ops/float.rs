//! Floats as text: the fewest digits that read back as the same float, always with a point or an exponent.

/// Appends `float` as `print` shows it: without an exponent where 0.0001 ≤ |x| < 1e16.
pub fn write_float(out: &mut String, float: f64) {
    if !float.is_finite() {
        out.push_str(if float.is_nan() {
            "nan"
        } else if float > 0.0 {
            "inf"
        } else {
            "-inf"
        });
        return;
    }
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(float);
    match text.split_once("0.0000") {
        // ryu has no exponent down to 1e-5.
        Some((sign @ ("" | "-"), digits)) if !digits.is_empty() => {
            out.push_str(sign);
            write_mantissa(out, digits, "e-5");
        }
        _ => out.push_str(text),
    }
}

/// Appends `float` with an exponent and the fewest digits: `1e0`, `1.5e-7`.
pub fn write_exponent(out: &mut String, float: f64) {
    if float.is_finite() {
        out.push_str(&format!("{float:e}"));
    } else {
        write_float(out, float);
    }
}

fn write_mantissa(out: &mut String, digits: &str, exponent: &str) {
    let (first, rest) = digits.split_at(1);
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out.push_str(exponent);
}

/// As [`write_float`].
pub fn float_text(float: f64) -> String {
    let mut out = String::new();
    write_float(&mut out, float);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn floats_have_a_point_or_an_exponent() {
        for (float, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.0, "0.0"),
            (0.1, "0.1"),
            (100.0, "100.0"),
            (0.0001, "0.0001"),
            (0.00015, "0.00015"),
            (0.00001, "1e-5"),
            (-0.000012, "-1.2e-5"),
            (0.0000999, "9.99e-5"),
            (1.5e-7, "1.5e-7"),
            (1e15, "1000000000000000.0"),
            (123456789012345680.0, "1.2345678901234568e17"),
            (1e16, "1e16"),
            (1e300, "1e300"),
            (10.00001, "10.00001"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e308"),
            (5e-324, "5e-324"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float_text(float), text);
        }
    }

    proptest! {
        #[test]
        fn floats_read_back(bits: u64) {
            let float = f64::from_bits(bits);
            prop_assume!(!float.is_nan());
            let text = float_text(float);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
            prop_assert!(!float.is_finite() || text.contains(['.', 'e']));
            let size = float.abs();
            prop_assert_eq!(text.contains('e'), float.is_finite() && size != 0.0 && !(0.0001..1e16).contains(&size));
        }
    }
}
