//! How much a sentence is worth, and what can be left out of one.

/// Openings and fillers that say nothing, in lower case; what follows them stays.
const FILLERS: [&str; 34] = [
    "please note that ",
    "it is worth noting that ",
    "it is worth mentioning that ",
    "it should be noted that ",
    "it is important to note that ",
    "it is important that ",
    "it is important to ",
    "note that ",
    "as mentioned above, ",
    "as mentioned before, ",
    "as mentioned earlier, ",
    "as discussed, ",
    "as already mentioned, ",
    "keep in mind that ",
    "bear in mind that ",
    "needless to say, ",
    "in general, ",
    "generally speaking, ",
    "basically, ",
    "essentially, ",
    "of course, ",
    "in other words, ",
    "for what it is worth, ",
    "at the end of the day, ",
    "as you can see, ",
    "to be clear, ",
    "moreover, ",
    "furthermore, ",
    "additionally, ",
    "in addition, ",
    "obviously, ",
    "clearly, ",
    "also, ",
    "however, ",
];
/// Long ways to say something and short ones.
const LONG_WAYS: [(&str, &str); 14] = [
    (" in order to ", " to "),
    (" due to the fact that ", " because "),
    (" at this point in time", " now"),
    (" in the event that ", " if "),
    (" with regard to ", " about "),
    (" with respect to ", " about "),
    (" a large number of ", " many "),
    (" is able to ", " can "),
    (" are able to ", " can "),
    (" for the purpose of ", " for "),
    (" as well as ", " and "),
    (" really ", " "),
    (" very ", " "),
    (" basically ", " "),
];

/// A sentence's worth by its words; the place in the text is judged elsewhere.
pub(super) fn worth(sentence: &str, atoms: usize) -> i32 {
    const DEMANDS: [&str; 14] = [
        "must", "shall", "should", "require", "exactly", "at least", "at most", "ensure", " only ", "return",
        "reject", "accept", "always", "fail",
    ];
    const TALK: [&str; 18] = [
        "we ",
        "i ",
        "i'm",
        "let's",
        "let us",
        "as mentioned",
        "as discussed",
        "in general",
        "basically",
        "note that",
        "it is worth",
        "historically",
        "originally",
        "at first",
        "for example",
        "think",
        "background",
        "perhaps",
    ];
    let text = sentence.to_lowercase();
    let demands = DEMANDS.iter().filter(|word| text.contains(**word)).count().min(3) as i32;
    let talk =
        TALK.iter().filter(|word| text.starts_with(**word) || text.contains(&format!(" {word}"))).count();
    20 * demands + 10 * atoms.min(6) as i32 - 15 * talk.min(3) as i32
}

/// The sentence without words that say nothing; `None` when there are none.
pub(super) fn without_fillers(sentence: &str) -> Option<String> {
    let mut text = sentence.to_owned();
    while let Some(rest) = FILLERS.iter().find_map(|filler| {
        let head = text.get(..filler.len())?;
        head.eq_ignore_ascii_case(filler).then(|| text[filler.len()..].to_owned())
    }) {
        text = capitalized(&rest);
    }
    for (long, short) in LONG_WAYS {
        if text.contains(long) {
            text = text.replace(long, short);
        }
    }
    (text.len() < sentence.len() && !text.is_empty()).then_some(text)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_uppercase(), chars.as_str())
        }
        _ => text.to_owned(),
    }
}

/// The parts of a sentence that it can do without, from its end: `(…)`, and `, which …`, `, so that …`
/// or `because …` up to the next comma or the end. Each is tried on its own by the caller.
pub(super) fn asides(sentence: &str) -> Vec<(usize, usize)> {
    const STARTS: [&str; 17] = [
        ", which ",
        ", so that ",
        ", because ",
        " because ",
        ", since ",
        ", as ",
        ", although ",
        ", even though ",
        ", for example ",
        ", e.g. ",
        ", i.e. ",
        ", although ",
        ", while ",
        ", given that ",
        ", especially ",
        ", in particular ",
        " – ",
    ];
    let end = sentence.trim_end_matches(['.', '!', '?']).len();
    let mut found = Vec::new();
    for start in STARTS {
        for (from, _) in sentence[..end].match_indices(start) {
            let after = from + start.len();
            // The later comma belongs to the aside when the sentence goes on behind it.
            let to = sentence[after..end].find(", ").map_or(end, |comma| after + comma);
            found.push((from, to));
            if to != end {
                found.push((from, end));
            }
        }
    }
    for (from, _) in sentence.match_indices(" (") {
        if let Some(close) = sentence[from..].find(')') {
            found.push((from, from + close + 1));
        }
    }
    found.sort_unstable_by_key(|(from, to)| (std::cmp::Reverse(to - from), *from));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_nothing_go() {
        assert_eq!(
            without_fillers("Please note that it waits in order to stop.").as_deref(),
            Some("It waits to stop.")
        );
        assert_eq!(
            without_fillers("Of course, it is important that a worker is able to stop.").as_deref(),
            Some("A worker can stop.")
        );
        assert_eq!(without_fillers("A worker stops."), None);
    }

    #[test]
    fn demands_are_worth_more_than_talk() {
        assert!(worth("It must reject empty rates.", 0) > worth("It is nice.", 0));
        assert!(worth("We think that it is nice.", 0) < worth("It is nice.", 0));
    }

    #[test]
    fn asides_are_found() {
        let text = "It stops (as asked), which is good, and waits.";
        let cut: Vec<&str> = asides(text).iter().map(|(from, to)| &text[*from..*to]).collect();
        assert_eq!(cut, [", which is good, and waits", ", which is good", " (as asked)"]);
    }
}
