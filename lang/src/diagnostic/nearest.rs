//! The name that somebody probably meant, for hints of every stage, also at run time.

/// The candidate that is near enough to `name` to be worth a hint. Of several equally near ones the first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let limit = limit(length);
    let wanted = letters(name);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == name {
            continue;
        }
        // Most candidates are ruled out by their letters and lengths, which is much cheaper than the distance.
        let different = (letters(candidate) ^ wanted).count_ones() as usize;
        let near_in_length =
            candidate.len().abs_diff(name.len()) <= if candidate.is_ascii() { limit } else { limit * 4 };
        let distance = if different == 0 && same_but_for_style(candidate, name) {
            0
        } else if near_in_length && different <= 2 * limit && best.is_none_or(|(least, _)| least > 1) {
            strsim::osa_distance(name, candidate)
        } else {
            continue;
        };
        let better = best.is_none_or(|(least, _)| distance < least);
        if better && (distance == 0 || distance <= limit && distance < length) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// One slip in a short name, one for each three letters in a longer one.
fn limit(length: usize) -> usize {
    (length / 3).max(1)
}

/// Which letters a name has, as bits, whatever their case and without `_`. One slip changes at most two of them.
fn letters(name: &str) -> u64 {
    // For letters of ASCII `| 32` makes lower case, and `_` becomes the last bit.
    name.bytes().fold(0, |set, byte| set | 1 << ((byte | 32) & 63)) & !(1 << 63)
}

/// `startsWith`, `StartsWith` and `starts_with` are spellings of one name.
fn same_but_for_style(a: &str, b: &str) -> bool {
    fn folded(name: &str) -> impl Iterator<Item = char> {
        name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase)
    }
    folded(a).eq(folded(b))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_near_and_other_names_are_not() {
        let names = ["print", "starts_with", "total", "x", "xs", "length"];
        assert_eq!(nearest("pritn", names), Some("print"));
        assert_eq!(nearest("startsWith", names), Some("starts_with"));
        assert_eq!(nearest("totl", names), Some("total"));
        assert_eq!(nearest("Total", names), Some("total"));
        assert_eq!(nearest("y", names), None);
        assert_eq!(nearest("count", names), None);
        assert_eq!(nearest("print", names), None);
        assert_eq!(nearest("", names), None);
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(nearest("colour", ["colons", "color", "colours"]), Some("color"));
    }
}
