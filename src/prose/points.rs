//! How much a sentence is talk: rules on the words of one sentence, each worth some points.

use super::lexicon::{
    AFTER, AGENT, ALONE, AM, ARTICLE, AS, ATTEMPT, BACK, BE, BETWEEN, COMPARE, CONDITION, COURTESY, Class,
    DEBATE, DID, DISPUTE, DO, DO_NEXT, DOUBT, FRAGMENT, GIVEN, GOING_ON, HAVE, HESITATION, I, IDIOM, JOINING,
    LENGTHY, LET, MAY, ME, MIGHT, MUST, MY, OBJECT, OPENER, OPINION, OPTION, PRIOR, ROLE, SMALL, SOMEBODY,
    SPEAKER, STEP, STORY, THINK, TO_THAT, TOLD, TOO, US, VERDICT, WANT, WAS, WE, WHEN, WILL, WORKED, idiom,
    may_hold_idiom,
};
use super::past::story;
use super::sentence::{Gap, Sentence, Token};
use crate::words::Word;

pub(super) fn is(token: &Token, class: Class) -> bool {
    token.class & class != 0
}

/// A rule. It gives points only where each of its needs is met by a word of the sentence.
struct Rule {
    needs: &'static [Class],
    points: fn(&[Token]) -> u32,
}

impl Rule {
    fn applies(&self, classes: Class) -> bool {
        self.needs.iter().all(|need| classes & need != 0)
    }
}

const RULES: &[Rule] = &[
    Rule { needs: &[I | WE | LET | MY | ME], points: |tokens| each(tokens, speaker) },
    Rule { needs: &[AGENT | ROLE | SPEAKER], points: label },
    Rule { needs: &[FRAGMENT | GOING_ON], points: fragment },
    Rule { needs: &[AFTER, LENGTHY, DEBATE | BACK], points: debated },
    Rule {
        needs: &[
            TOLD | OPTION | PRIOR | ATTEMPT | AGENT | ROLE | SOMEBODY,
            TOLD | WAS | WORKED | MIGHT | AGENT,
        ],
        points: story,
    },
    Rule { needs: &[DOUBT | STORY | COMPARE | VERDICT], points: tone },
    Rule { needs: &[OPINION, BE | WAS, TO_THAT], points: opinion },
    Rule { needs: &[HESITATION | OPENER | COURTESY], points: opening },
];

/// Whether a sentence of some of these words can have points, apart from its mark; `all` is what they do
/// together.
pub(super) fn may_tell(all: Class, words: &[Word], classes: &[Class]) -> bool {
    RULES.iter().any(|rule| rule.applies(all)) || all & IDIOM != 0 && may_hold_idiom(words, classes)
}

/// How much a sentence is talk.
pub(super) fn points(sentence: &Sentence, tokens: &[Token]) -> u32 {
    let classes = tokens.iter().fold(0, |classes, token| classes | token.class);
    let rules = RULES.iter().filter(|rule| rule.applies(classes));
    let mut points: u32 = rules.map(|rule| (rule.points)(tokens)).sum();
    points += idioms(tokens) + marks(sentence, classes);
    if points == 0 || tokens.iter().all(|token| token.is_quoted) || is_story(tokens) {
        return 0;
    }
    // A duty is a duty, whoever says it.
    points - u32::from(classes & MUST != 0 && classes & I == 0)
}

pub(super) fn each(tokens: &[Token], points: fn(&[Token], usize) -> u32) -> u32 {
    (0..tokens.len()).map(|at| points(tokens, at)).sum()
}

fn idioms(tokens: &[Token]) -> u32 {
    let (mut points, mut at) = (0, 0);
    while at < tokens.len() {
        let rest = tokens[at..].iter().map(|token| token.hash);
        if let Some((weight, length)) = idiom(tokens[at].class, rest) {
            // `When it turned out …` is a case to handle.
            points += if is_conditional(tokens, at) { 1 } else { u32::from(weight) };
            // `That said, …`, `Quick update: …`
            points += u32::from(at == 0 && tokens.get(length).is_some_and(|next| next.gap >= Gap::Clause));
            at += length;
        } else {
            at += 1;
        }
    }
    points
}

/// `As an editor I want …`, and the steps of a scenario: `And I have chosen …`.
fn is_story(tokens: &[Token]) -> bool {
    let [first, second, ..] = tokens else {
        return false;
    };
    if is(first, STEP) && is(second, I) && first.is_first {
        return true;
    }
    // `When I looked into it, …` is a story of another kind.
    let past = |pair: &[Token]| is(&pair[0], I | WE) && is(&pair[1], WORKED | TOLD | HAVE);
    let is_past = tokens.windows(2).take(3).any(past);
    if is(first, GIVEN) || is(first, WHEN) && !is_past {
        return true;
    }
    let wants = || tokens.windows(2).any(|pair| is(&pair[0], I | WE) && is(&pair[1], WANT));
    is(first, AS) && is(second, ARTICLE) && wants()
}

/// The first word after `at` that is not only between a subject and its verb.
pub(super) fn verb_after(tokens: &[Token], at: usize) -> Option<(usize, &Token)> {
    const BETWEEN_MAX: usize = 3;
    let rest = tokens.iter().enumerate().skip(at + 1).take(BETWEEN_MAX + 1);
    let mut rest = rest.take_while(|(_, token)| token.gap < Gap::Clause);
    rest.find(|(_, token)| !is(token, BETWEEN) || is(token, WORKED | HAVE))
}

/// Whether a condition or a relative clause began before a word, anywhere in the sentence.
pub(super) fn is_conditional(tokens: &[Token], at: usize) -> bool {
    tokens[..at].iter().any(|token| is(token, CONDITION) && !is(token, JOINING))
}

/// First persons: what they did, think, or will do.
fn speaker(tokens: &[Token], at: usize) -> u32 {
    let token = &tokens[at];
    let next = tokens.get(at + 1);
    if is(token, LET) {
        return match next {
            Some(next) if next.gap == Gap::Apostrophe && is(next, US) => {
                if tokens.get(at + 2).is_some_and(|verb| is(verb, DO_NEXT | THINK)) { 3 } else { 2 }
            }
            Some(next) if is(next, ME) => 3,
            Some(next) if is(next, US) => 2,
            _ => 0,
        };
    }
    let after_noun = tokens.get(at + 2).is_some_and(|verb| is(verb, WORKED | TOLD) && verb.gap < Gap::Clause);
    if is(token, MY) && after_noun {
        return 3;
    }
    if is(token, MY) && next.is_some_and(|next| is(next, OPINION | OPTION | WORKED)) {
        return 3;
    }
    if is(token, MY) || is(token, ME) && !(at > 0 && is(&tokens[at - 1], LET)) {
        return 2;
    }
    if !is(token, I | WE) {
        return 0;
    }
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    // `Should we …?`
    if before.is_some_and(|before| is(before, MAY | MIGHT | DID | DO)) {
        return 2;
    }
    let Some((verb_at, verb)) = verb_after(tokens, at) else {
        return 0;
    };
    if is(token, I) {
        let says =
            is(verb, WORKED | TOLD | THINK | WILL | HAVE | AM | DID | MIGHT | WAS | MAY | DO_NEXT | WANT);
        return if says { 3 } else { 0 };
    }
    // `Orders we rejected`, `places that we explored`: whose orders and places they are.
    let is_relative = before.is_some_and(|before| {
        token.gap == Gap::Space && !is(before, JOINING) || is(before, CONDITION) && !is(before, JOINING)
    });
    let is_going_on = is(verb, AM) && verb_after(tokens, verb_at).is_some_and(|(_, next)| is(next, GOING_ON));
    let perfect =
        is(verb, HAVE) && verb_after(tokens, verb_at).is_some_and(|(_, next)| is(next, WORKED | WAS | BE));
    let strong = perfect
        || is_going_on
        || is(verb, DID | WAS)
        || is(verb, WORKED | TOLD)
        || is(verb, THINK) && !is(verb, WANT);
    match (strong, is_relative) {
        (true, false) => 3,
        (false, false) if is(verb, MIGHT | WILL) => 2,
        _ => 1,
    }
}

/// `Planner: …`, `[qa] …`
fn label(tokens: &[Token]) -> u32 {
    const WORDS_MIN: usize = 4;
    let head = tokens.iter().take(3).position(|token| token.gap == Gap::Colon).filter(|at| *at > 0);
    let named = |tokens: &[Token]| tokens.iter().any(|token| is(token, AGENT | ROLE | SPEAKER));
    match head {
        // `Worker: a process that …` says what a word means.
        Some(at) if tokens.len() >= at + WORDS_MIN && named(&tokens[..at]) && !is(&tokens[at], ARTICLE) => {
            if tokens[..at].iter().any(|token| is(token, AGENT)) {
                3
            } else {
                2
            }
        }
        _ => 0,
    }
}

/// Sentences and clauses without a subject that tell of work: `Tried the other one, no luck`.
fn fragment(tokens: &[Token]) -> u32 {
    let tells = |at: usize| {
        let follow = if is(&tokens[at], ALONE) { SMALL | WORKED | OBJECT } else { OBJECT };
        let follows = tokens.get(at + 1).is_some_and(|next| is(next, follow) || next.is_quoted);
        follows && is(&tokens[at], FRAGMENT)
    };
    let first = match tokens.first() {
        Some(token) if is(token, FRAGMENT) && tells(0) => 3,
        Some(token) if is(token, GOING_ON) && tokens.get(1).is_some_and(|next| is(next, SMALL)) => 2,
        _ => 0,
    };
    let later = (1..tokens.len()).any(|at| {
        let is_open = tokens[at].gap >= Gap::Clause || is(&tokens[at - 1], JOINING);
        is_open && tells(at) && !is_conditional(tokens, at)
    });
    first + u32::from(later)
}

/// `After some discussion …`, at the beginning only: elsewhere it is an event like others.
fn debated(tokens: &[Token]) -> u32 {
    const NEAR: usize = 5;
    let is_after = tokens.first().is_some_and(|first| is(first, AFTER));
    let is_debate = |token: &Token| is(token, DEBATE | BACK);
    let near = || tokens.iter().take(NEAR);
    3 * u32::from(is_after && near().any(|token| is(token, LENGTHY)) && near().any(is_debate))
}

/// Doubt and judgement.
fn tone(tokens: &[Token]) -> u32 {
    let count = |class: Class| tokens.iter().filter(|token| is(token, class)).count() as u32;
    let mut points = count(DOUBT).min(2) + count(STORY).min(1);
    let judged = tokens.windows(2).filter(|pair| is(&pair[0], TOO) && is(&pair[1], VERDICT)).count() as u32;
    points += judged.min(1) + count(COMPARE).min(1);
    let is_told = points > 0 && tokens.iter().any(|token| is(token, TOLD | WAS | HAVE));
    points + u32::from(is_told) * (2 * count(DISPUTE) + count(DEBATE)).min(2)
}

/// What somebody thinks: `My guess is that …`.
fn opinion(tokens: &[Token]) -> u32 {
    let holds = |at: usize| {
        const NEAR: usize = 4;
        let mut near = tokens[at..].windows(2).take(NEAR);
        is(&tokens[at], OPINION) && near.any(|pair| is(&pair[0], BE | WAS) && is(&pair[1], TO_THAT))
    };
    2 * u32::from((0..tokens.len()).any(holds))
}

/// What only speech begins with.
fn opening(tokens: &[Token]) -> u32 {
    let [first, second, ..] = tokens else {
        return 0;
    };
    let is_opener = is(first, OPENER) && (second.gap >= Gap::Clause || is(second, OPENER | I | WE | LET));
    let is_courtesy = is(first, COURTESY) && (is(second, SMALL | WE | I) || second.gap >= Gap::Clause);
    3 * u32::from(is(first, HESITATION) && second.gap == Gap::Clause)
        + 2 * u32::from(is_opener)
        + 3 * u32::from(is_courtesy)
}

/// Questions and exclamations.
fn marks(sentence: &Sentence, classes: Class) -> u32 {
    let asks = classes & (I | WE | MIGHT | MAY | DOUBT) != 0;
    u32::from(sentence.is_question) * (1 + u32::from(asks)) + u32::from(sentence.is_exclaimed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lexicon::{Pull, known};
    use super::super::sentence::Sentences;
    use super::*;
    use crate::words::Words;

    proptest! {
        #[test]
        fn a_quick_look_misses_nothing(
            text in "((we|i|let|me|us|my|the|a|it|so|not|sure|second|thought|planner|qa|nobody|tried|went|was|did|\
                option|plan|attempt|first|two|rejected|better|too|maybe|already|after|some|debate|guess|is|that|\
                hmm|thanks|tradeoffs|in|hindsight|leaning|must)[ ,:.!\"'-]{1,2}){0,10}",
        ) {
            let words: Vec<Word> = Words::new(&text).collect();
            let mut sentences = Sentences::default();
            let classes: Vec<Class> = words.iter().map(|word| known().class_of(word.hash)).collect();
            sentences.read(&text, 0, &words, &classes);
            let most = sentences.iter().map(|(sentence, tokens)| points(sentence, tokens)).max().unwrap_or(0);
            let all = Pull::of(&classes).classes;
            prop_assert!(may_tell(all, &words, &classes) || most < 2);
        }
    }
}
