//! What became of options, attempts and those who made them.

use super::lexicon::{
    AGENT, ATTEMPT, BE, BEFORE, COMPARE, CONDITION, CRAFT, FEW, GO, HAVE, JOINING, MAY, MIGHT, MUST, OPTION,
    PRIOR, ROLE, SOMEBODY, TOLD, VERDICT, WAS, WILL, WORKED,
};
use super::points::{each, is, is_conditional, verb_after};
use super::sentence::{Gap, Token};
use crate::words::is_number_hash;

/// The same verbs, seen in different ways, count once.
pub(super) fn story(tokens: &[Token]) -> u32 {
    let seen = each(tokens, weighing) + each(tokens, earlier) + each(tokens, told_by) + few_of(tokens);
    seen.max(told(tokens))
}

/// Options and what became of them.
fn weighing(tokens: &[Token], at: usize) -> u32 {
    const NEAR: usize = 6;
    let is_pronoun = is(&tokens[at], PRIOR) && tokens.get(at + 1).is_some_and(|next| is(next, WAS));
    if !is(&tokens[at], OPTION) && !is_pronoun || is_conditional(tokens, at) {
        return 0;
    }
    let near = &tokens[at + 1..][..clause_after(tokens, at).take(NEAR).count()];
    let Some(was) = near.iter().position(|token| is(token, WAS | TOLD)) else {
        // `Options rejected by …` are options of a program.
        return u32::from(
            near.iter().any(|token| is(token, MIGHT) || is(token, VERDICT) && is(token, WORKED)),
        );
    };
    let is_passive = was > 0 && is(&near[was - 1], BE);
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

/// Verbs that can only be a story.
fn told(tokens: &[Token]) -> u32 {
    let told = tokens.iter().enumerate().filter(|(at, token)| {
        let is_participle = *at > 0 && is(&tokens[at - 1], BE | HAVE);
        is(token, TOLD) && !is_participle && !is_conditional(tokens, *at)
    });
    (told.count() as u32).min(2)
}
