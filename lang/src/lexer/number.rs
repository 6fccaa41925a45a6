//! Numbers: ints in four bases, floats and durations.

use super::LexErrorKind;

#[derive(Debug, PartialEq)]
pub enum Number {
    /// At most 2^63; the parser refuses that value where no minus stands before it.
    Int(u64),
    Float(f64),
    /// In seconds.
    Duration(f64),
}

/// What a run of digits, letters, `_`, with at most one point and one signed exponent, means.
pub fn classify(text: &str) -> Result<Number, LexErrorKind> {
    let bytes = text.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        leading_zero(text)?;
        return int(text, 10);
    }
    if let [b'0', base @ (b'x' | b'o' | b'b' | b'X' | b'O' | b'B'), ..] = bytes {
        let radix = match base {
            b'x' => 16,
            b'o' => 8,
            b'b' => 2,
            _ => return Err(LexErrorKind::BadNumber("the letter of the base is small: `0x`, `0o`, `0b`")),
        };
        return int(&separated(&text[2..], |byte| (byte as char).is_digit(radix))?, radix);
    }
    let mantissa_end =
        bytes.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'_' | b'.')).unwrap_or(bytes.len());
    let (mantissa, tail) = text.split_at(mantissa_end);
    let is_float = mantissa.contains('.');
    let mut digits = String::with_capacity(text.len());
    for (index, part) in mantissa.split('.').enumerate() {
        if index == 0 {
            leading_zero(part)?;
        } else {
            digits.push('.');
        }
        digits.push_str(&separated(part, |byte| byte.is_ascii_digit())?);
    }
    match tail {
        "" if is_float => float(&digits).map(Number::Float),
        "" => int(&digits, 10),
        "ns" => scaled(digits, "e-9"),
        "us" => scaled(digits, "e-6"),
        "ms" => scaled(digits, "e-3"),
        "s" => scaled(digits, ""),
        "m" => Ok(Number::Duration(float(&digits)? * 60.0)),
        "h" => Ok(Number::Duration(float(&digits)? * 3600.0)),
        _ => match tail.strip_prefix(['e', 'E']) {
            Some(exponent) => {
                let (sign, power) = match exponent.strip_prefix(['+', '-']) {
                    Some(power) => (&exponent[..1], power),
                    None => ("", exponent),
                };
                let power = separated(power, |byte| byte.is_ascii_digit())?;
                float(&format!("{digits}e{sign}{power}")).map(Number::Float)
            }
            None => Err(LexErrorKind::BadNumber(
                "a letter directly behind a number must be a unit: ns us ms s m h",
            )),
        },
    }
}

fn leading_zero(digits: &str) -> Result<(), LexErrorKind> {
    if digits.len() > 1 && digits.starts_with('0') {
        return Err(LexErrorKind::BadNumber("a decimal number has no leading zeros; octal is `0o17`"));
    }
    Ok(())
}

/// The digits without the `_` between them.
fn separated(text: &str, is_digit: impl Fn(u8) -> bool) -> Result<String, LexErrorKind> {
    let bytes = text.as_bytes();
    let between = |byte: Option<&u8>| byte.is_some_and(|byte| is_digit(*byte));
    if !between(bytes.first()) || !between(bytes.last()) {
        return Err(LexErrorKind::BadNumber(
            "digits are missing, or the last character is no digit of this base",
        ));
    }
    if !bytes.iter().all(|byte| *byte == b'_' || is_digit(*byte)) {
        return Err(LexErrorKind::BadNumber("it contains a character that is no digit of its base"));
    }
    Ok(text.replace('_', ""))
}

fn int(digits: &str, radix: u32) -> Result<Number, LexErrorKind> {
    match u64::from_str_radix(digits, radix) {
        Ok(value) if value <= 1 << 63 => Ok(Number::Int(value)),
        _ => Err(LexErrorKind::NumberTooLarge),
    }
}

fn float(digits: &str) -> Result<f64, LexErrorKind> {
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(LexErrorKind::NumberTooLarge),
    }
}

/// Rounds once, to the float that is nearest to the written decimal: `0.1ms == 0.0001`.
fn scaled(mut digits: String, exponent: &str) -> Result<Number, LexErrorKind> {
    digits.push_str(exponent);
    float(&digits).map(Number::Duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_they_say() {
        for (text, value) in [
            ("0", Number::Int(0)),
            ("1_000_000", Number::Int(1_000_000)),
            ("0xff", Number::Int(255)),
            ("0xFF_FF", Number::Int(65535)),
            ("0o17", Number::Int(15)),
            ("0b1010", Number::Int(10)),
            ("9223372036854775808", Number::Int(1 << 63)),
            ("1.5", Number::Float(1.5)),
            ("1e9", Number::Float(1e9)),
            ("1E+9", Number::Float(1e9)),
            ("2.5e-3", Number::Float(2.5e-3)),
            ("0.5", Number::Float(0.5)),
            ("250ms", Number::Duration(0.25)),
            ("0.1ms", Number::Duration(0.0001)),
            ("10ns", Number::Duration(1e-8)),
            ("5us", Number::Duration(5e-6)),
            ("1.5s", Number::Duration(1.5)),
            ("3m", Number::Duration(180.0)),
            ("1h", Number::Duration(3600.0)),
        ] {
            assert_eq!(classify(text), Ok(value), "{text}");
        }
        for text in [
            "12abc",
            "0b102",
            "0x",
            "0xg",
            "1_",
            "0x_1",
            "007",
            "1e",
            "1.5e+",
            "3days",
            "9223372036854775809",
            "1e999",
            "0X1f",
            "5min",
            "1e5s",
        ] {
            assert!(classify(text).is_err(), "{text}");
        }
    }
}
