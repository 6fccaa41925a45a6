//! Strings, byte strings, interning.

use proptest::prelude::*;

use super::*;

#[test]
fn properties_of_texts() {
    let mut heap = Heap::new(1);
    let ascii = heap.str("hello");
    assert!(ascii.is_ascii() && ascii.len() == 5 && ascii.char_count() == 5);
    assert_eq!((ascii.char_at(4), ascii.char_at(5)), (Some('o'), None));
    let wide = heap.str("añ→𝄞z");
    assert!(!wide.is_ascii() && wide.char_count() == 5 && wide.len() == 11);
    assert_eq!((wide.char_at(3), wide.char_at(4), wide.char_at(5)), (Some('𝄞'), Some('z'), None));
    assert_eq!(wide.slice_chars(1, 4), "ñ→𝄞");
    assert_eq!((wide.slice_chars(4, 2), wide.slice_chars(7, 9), wide.slice_chars(3, 99)), ("", "", "𝄞z"));
    let joined = heap.concat(&["a", "", "ñ", "b"]);
    assert_eq!((joined.as_str(), joined.char_count()), ("añb", 3));
    let twice = heap.concat_strs(&[ascii, wide]);
    assert_eq!((twice.as_str(), twice.char_count()), ("helloañ→𝄞z", 10));
    assert!(heap.substring(ascii, 0, 5) == ascii);
    assert!(
        heap.substring(ascii, 1, 2) == heap.intern("e") && heap.substring(ascii, 3, 3) == heap.empty_str()
    );
    let euro = heap.char_str('€');
    assert_eq!((euro.as_str(), euro.char_count()), ("€", 1));
    let data = heap.bytes(&[0, 255, 7]);
    assert_eq!((data.as_slice(), data.len()), (&[0, 255, 7][..], 3));
}

#[test]
fn short_strings_stay() {
    let mut heap = Heap::new(2);
    let (a, empty) = (heap.char_str('a'), heap.empty_str());
    collect(&mut heap, &[]);
    assert!(heap.char_str('a') == a && heap.empty_str() == empty && heap.intern("a") == a);
}

#[test]
fn interning() {
    let mut heap = Heap::new(3);
    let (one, other) = (heap.str("name"), heap.str("name"));
    assert!(one != other && one.same_text(&other));
    assert!(heap.intern_str(one) == one && heap.intern_str(other) == one && heap.intern("name") == one);
    assert!(
        one.same_text(&other)
            && other.same_text(&one)
            && one.hash(heap.hashes()) == other.hash(heap.hashes())
    );
    let different = heap.intern("nane");
    assert!(!one.same_text(&different) && !other.same_text(&different));
}

#[test]
fn hashes_depend_on_the_seed() {
    let (one, other) = (Hashes::new(1), Hashes::new(2));
    assert_ne!(one.text(b"key"), other.text(b"key"));
    assert_ne!(one.word(77), other.word(77));
    assert_ne!(one.text(b""), 0);
}

proptest! {
    #[test]
    fn characters_are_counted_as_rust_does(text in any_text(), a in 0..200_usize, b in 0..200_usize) {
        let mut heap = Heap::new(4);
        let str = heap.str(&text);
        let chars: Vec<char> = text.chars().collect();
        prop_assert_eq!(str.char_count(), chars.len());
        prop_assert_eq!(str.char_at(a), chars.get(a).copied());
        let expected: String = chars.iter().take(b).skip(a).collect();
        prop_assert_eq!(str.slice_chars(a, b), expected.as_str());
        let part = heap.substring(str, a, b);
        prop_assert_eq!(part.as_str(), expected.as_str());
        let offset = str.byte_offset(a);
        let before: usize = chars.iter().take(a).map(|char| char.len_utf8()).sum();
        prop_assert_eq!(offset, before);
        prop_assert_eq!(str.char_index(offset), a.min(chars.len()));
        let mut walked = Vec::new();
        let mut at = 0;
        while let Some((char, next)) = str.char_from(at) {
            walked.push(char);
            at = next;
        }
        prop_assert_eq!(walked, chars);
    }
}

/// ASCII, mixed, and long enough for the block-wise search.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,40}", "[aé→𝄞]{0,300}", "\\PC{0,20}"]
}
