//! The name that somebody probably meant, for hints of every stage, also at run time.

/// The candidate that is near enough to `name` to be worth a hint. Of several equally near ones the first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let wanted = folded(name);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // A length that differs by more than the limit cannot be near; this spares most of the tables below.
        if candidate == name || candidate.len().abs_diff(name.len()) > limit(length) * 4 {
            continue;
        }
        let distance = if folded(candidate) == wanted { 0 } else { strsim::osa_distance(name, candidate) };
        let better = best.is_none_or(|(least, _)| distance < least);
        if better && (distance == 0 || distance <= limit(length) && distance < length) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// One slip in a short name, one for each three letters in a longer one.
fn limit(length: usize) -> usize {
    (length / 3).max(1)
}

/// `startsWith`, `StartsWith` and `starts_with` are spellings of one name.
fn folded(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
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
