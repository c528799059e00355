//! Deliberation: sentences that tell how agents came to a task instead of what it is.

use super::finding::{Found, Rule, excerpt};
use super::layout::{BlockKind, Layout};
use super::lexicon::{
    AFTER, AGENT, ALONE, AM, ARTICLE, AS, ATTEMPT, BACK, BE, BEFORE, BETWEEN, COMPARE, CONDITION, COURTESY,
    CRAFT, Class, DEBATE, DID, DISPUTE, DO, DO_NEXT, DONT, DOUBT, FEW, FRAGMENT, GIVEN, GO, GOING_ON, HAVE,
    HESITATION, I, JOINING, LENGTHY, LET, MAY, ME, MIGHT, MUST, MY, OBJECT, OPENER, OPINION, OPTION, PRIOR,
    Pull, ROLE, SMALL, SOMEBODY, SPEAKER, STEP, STORY, THINK, TO_THAT, TOLD, TOO, US, VERDICT, WANT, WAS, WE,
    WHEN, WILL, WORKED, idiom,
};
use super::machine::is_code;
use super::sentence::{Gap, Sentence, Token, sentences};
use crate::words::is_number_hash;

/// From so many points on a sentence is talk.
const ENOUGH: u32 = 3;

/// One finding for each passage of talk. `places` are words that may be part of it.
pub(super) fn findings(text: &str, layout: &Layout, places: &[(usize, Class)]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut next = 0;
    for block in &layout.blocks {
        next += places[next..].iter().take_while(|(place, _)| *place < block.from).count();
        let mut pull = Pull::default();
        for (_, class) in places[next..].iter().take_while(|(place, _)| *place < block.to) {
            pull.add(*class);
            next += 1;
        }
        let asks = text.as_bytes()[block.from..block.to].contains(&b'?');
        if !pull.is_enough(asks) || block.kind == BlockKind::Quote || is_code(text, block) {
            continue;
        }
        let sentences = sentences(&text[block.from..block.to], block.from);
        // A lesson tells what not to do, and why: `Don't X: Y`.
        let first = sentences.first().and_then(|sentence| sentence.tokens.first());
        if first.is_some_and(|first| is(first, DONT)) {
            continue;
        }
        // Cells of tables are often samples.
        let enough = if block.kind == BlockKind::Row { ENOUGH + 1 } else { ENOUGH };
        found.extend(passages(text, &sentences, enough));
    }
    found
}

/// Neighbouring sentences of talk as one; a weak one counts beside another.
fn passages(text: &str, sentences: &[Sentence], enough: u32) -> Vec<Found> {
    let points: Vec<u32> = sentences.iter().map(points).collect();
    let is_talk = |at: usize| {
        let beside = |other: Option<usize>| other.and_then(|other| points.get(other)).copied().unwrap_or(0);
        let neighbour = beside(at.checked_sub(1)).max(beside(Some(at + 1)));
        points[at] >= enough
            || enough == ENOUGH
                && (points[at] >= 2 && neighbour >= 2 || points[at] >= 1 && neighbour >= enough)
    };
    let mut found: Vec<Found> = Vec::new();
    let mut was_talk = false;
    for (at, sentence) in sentences.iter().enumerate() {
        let is_one = is_talk(at);
        match found.last_mut() {
            Some(last) if is_one && was_talk => {
                last.to = sentence.to;
                last.weight = last.weight.max(weight(points[at]));
            }
            _ if is_one => found.push(Found {
                rule: Rule::Deliberation,
                from: sentence.from,
                to: sentence.to,
                weight: weight(points[at]),
                message: String::new(),
            }),
            _ => {}
        }
        was_talk = is_one;
    }
    for passage in &mut found {
        passage.message = format!(
            "\"{}\" tells how the work went, not what to do: leave it out, or say only what was decided",
            excerpt(text, passage.from, passage.to)
        );
    }
    found
}

fn weight(points: u32) -> u8 {
    (50 + 10 * points).min(95) as u8
}

fn is(token: &Token, class: Class) -> bool {
    token.class & class != 0
}

/// How much a sentence is talk.
fn points(sentence: &Sentence) -> u32 {
    let tokens = sentence.tokens.as_slice();
    if tokens.iter().all(|token| token.is_quoted) || is_story(tokens) {
        return 0;
    }
    let mut points = 0;
    let mut at = 0;
    while at < tokens.len() {
        let rest = tokens[at..].iter().map(|token| if token.is_quoted { 0 } else { token.hash });
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
    let each =
        |points: fn(&[Token], usize) -> u32| (0..tokens.len()).map(|at| points(tokens, at)).sum::<u32>();
    points += each(speaker) + label(tokens) + fragment(tokens) + debated(tokens) + mood(sentence);
    // The same verbs, seen in different ways, count once.
    let story = each(weighing) + each(earlier) + each(told_by) + few_of(tokens);
    points += story.max(told(tokens));
    // A duty is a duty, whoever says it.
    let is_duty = tokens.iter().any(|token| is(token, MUST)) && !tokens.iter().any(|token| is(token, I));
    points.saturating_sub(u32::from(is_duty))
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
fn verb_after(tokens: &[Token], at: usize) -> Option<(usize, &Token)> {
    const BETWEEN_MAX: usize = 3;
    let rest = tokens.iter().enumerate().skip(at + 1).take(BETWEEN_MAX + 1);
    let mut rest = rest.take_while(|(_, token)| token.gap < Gap::Clause);
    rest.find(|(_, token)| !is(token, BETWEEN) || is(token, WORKED | HAVE))
}

/// Whether a condition or a relative clause began before a word, anywhere in the sentence.
fn is_conditional(tokens: &[Token], at: usize) -> bool {
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

/// Options and what became of them.
fn weighing(tokens: &[Token], at: usize) -> u32 {
    const NEAR: usize = 6;
    let is_pronoun = is(&tokens[at], PRIOR) && tokens.get(at + 1).is_some_and(|next| is(next, WAS));
    if !is(&tokens[at], OPTION) && !is_pronoun || is_conditional(tokens, at) {
        return 0;
    }
    let near: Vec<&Token> = clause_after(tokens, at).take(NEAR).collect();
    let Some(was) = near.iter().position(|token| is(token, WAS | TOLD)) else {
        // `Options rejected by …` are options of a program.
        return u32::from(
            near.iter().any(|token| is(token, MIGHT) || is(token, VERDICT) && is(token, WORKED)),
        );
    };
    let is_passive = was > 0 && is(near[was - 1], BE);
    let judged = near[was..].iter().any(|token| is(token, VERDICT | COMPARE));
    match (is_passive, judged) {
        (true, _) => 0,
        (false, true) => 3,
        (false, false) => 1,
    }
}

/// The words after one, up to the end of its clause or the beginning of a condition.
fn clause_after(tokens: &[Token], at: usize) -> impl Iterator<Item = &Token> {
    let goes_on = |token: &&Token| token.gap < Gap::Clause && (!is(token, CONDITION) || is(token, JOINING));
    tokens[at + 1..].iter().take_while(goes_on)
}

/// Earlier goes at the same work, and how they ended.
fn earlier(tokens: &[Token], at: usize) -> u32 {
    const NEAR: usize = 5;
    if !is(&tokens[at], ATTEMPT) || is_conditional(tokens, at) {
        return 0;
    }
    let is_prior =
        at > 0 && is(&tokens[at - 1], PRIOR) || tokens.get(at + 1).is_some_and(|next| is(next, BEFORE));
    let is_counted = is(&tokens[at], GO) && tokens.get(at + 1).is_some_and(is_number)
        || is(&tokens[at], GO) && at > 0 && is_number(&tokens[at - 1]);
    if !is_prior && !is_counted {
        return 0;
    }
    // `The worker before forgot …`
    let from = at + usize::from(tokens.get(at + 1).is_some_and(|next| is(next, BEFORE)));
    let mut near =
        clause_after(tokens, from).take(NEAR).take_while(|token| !is(token, BE | MAY | WILL | MUST));
    3 * u32::from(near.any(|token| is(token, WORKED | TOLD | WAS)))
}

fn is_number(token: &Token) -> bool {
    !token.is_quoted && is_number_hash(token.hash)
}

/// What agents, roles and nobody in particular did or said.
fn told_by(tokens: &[Token], at: usize) -> u32 {
    let token = &tokens[at];
    if !is(token, AGENT | ROLE | SOMEBODY) || is_conditional(tokens, at) {
        return 0;
    }
    let from = match tokens.get(at + 1..) {
        Some([first, ..]) if is(first, BEFORE) => at + 2,
        _ => at,
    };
    let Some((_, verb)) = verb_after(tokens, from) else {
        return 0;
    };
    match is(verb, WORKED | TOLD) && !is(verb, CONDITION) {
        true if is(token, AGENT) || tokens.iter().any(|token| is(token, CRAFT)) => 3,
        true => 2,
        false => u32::from(is(token, AGENT) && !is(verb, BE | MUST)),
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

/// `three candidates were …`, `out of the two variants`.
fn few_of(tokens: &[Token]) -> u32 {
    let pair = tokens.windows(2).position(|pair| is(&pair[0], FEW) && is(&pair[1], OPTION));
    let was = |at: usize| {
        let around = tokens[at.saturating_sub(3)..].iter().take(9);
        around.into_iter().any(|token| is(token, WAS | TOLD))
    };
    match pair {
        Some(at) if !is_conditional(tokens, at) && was(at) => 2,
        _ => 0,
    }
}

/// `After some discussion …`, at the beginning only: elsewhere it is an event like others.
fn debated(tokens: &[Token]) -> u32 {
    const NEAR: usize = 5;
    let is_after = tokens.first().is_some_and(|first| is(first, AFTER));
    let is_debate = |token: &Token| is(token, DEBATE | BACK);
    let near = || tokens.iter().take(NEAR);
    3 * u32::from(is_after && near().any(|token| is(token, LENGTHY)) && near().any(is_debate))
}

/// Verbs that can only be a story.
fn told(tokens: &[Token]) -> u32 {
    let told = tokens.iter().enumerate().filter(|(at, token)| {
        let is_participle = *at > 0 && is(&tokens[at - 1], BE | HAVE);
        is(token, TOLD) && !is_participle && !is_conditional(tokens, *at)
    });
    (told.count() as u32).min(2)
}

/// Doubt and tone.
fn mood(sentence: &Sentence) -> u32 {
    let tokens = sentence.tokens.as_slice();
    let count = |class: Class| tokens.iter().filter(|token| is(token, class)).count() as u32;
    let mut points = count(DOUBT).min(2) + count(STORY).min(1);
    let judged = tokens.windows(2).filter(|pair| is(&pair[0], TOO) && is(&pair[1], VERDICT)).count() as u32;
    points += judged.min(1) + count(COMPARE).min(1);
    let is_told = points > 0 && tokens.iter().any(|token| is(token, TOLD | WAS | HAVE));
    points += u32::from(is_told) * (2 * count(DISPUTE) + count(DEBATE)).min(2);
    let holds = |at: usize| {
        const NEAR: usize = 4;
        let mut near = tokens[at..].windows(2).take(NEAR);
        is(&tokens[at], OPINION) && near.any(|pair| is(&pair[0], BE | WAS) && is(&pair[1], TO_THAT))
    };
    points += 2 * u32::from((0..tokens.len()).any(holds));
    if let [first, second, ..] = tokens {
        let is_opener = is(first, OPENER) && (second.gap >= Gap::Clause || is(second, OPENER | I | WE | LET));
        points += 3 * u32::from(is(first, HESITATION) && second.gap == Gap::Clause);
        points += 2 * u32::from(is_opener)
            + 3 * u32::from(is(first, COURTESY) && (is(second, SMALL | WE | I) || second.gap >= Gap::Clause));
    }
    let asks = tokens.iter().any(|token| is(token, I | WE | MIGHT | MAY | DOUBT));
    points + u32::from(sentence.is_question) * (1 + u32::from(asks)) + u32::from(sentence.is_exclaimed)
}
