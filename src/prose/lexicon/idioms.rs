//! Phrases that talk about work is made of.

/// Phrases, parted by commas, with what they weigh; 3 is enough for a sentence to be talk.
pub(super) const IDIOMS: [(u8, &str); 2] = [(3, SURE), (2, LIKELY)];

const SURE: &str = "\
    second thought, second thoughts, come to think, thinking about it, thinking about this, \
    in hindsight, in retrospect, with hindsight, looking back, scratch that, as discussed above, \
    as discussed before, as discussed earlier, as discussed in, as mentioned above, \
    as mentioned before, as mentioned earlier, as agreed in, as agreed earlier, tempted to, used to be, \
    stuck on, stuck with, struggling with, fighting with, wrestling with, struggled with, \
    random thought, crazy thought, wild thought, silly idea, stray thought, went wrong, root cause was, \
    did not scale, didn t scale, never worked, fell apart, blew up, bit us, could not agree, \
    couldn t agree, put to a vote, next up, doing this now, work in progress, so i, so we went, \
    so we decided, why it failed, what happened was, that was it, was then ignored, ignored so far, \
    trying a, can of worms, feel free to, just an opinion, just my, was argued, plan b, doing that now, \
    did the trick, nothing conclusive, no clear answer, no clear winner, tempting to, bear with me, \
    as far as i, from what i, so be it, my two cents, long story, in a nutshell, for the record, \
    keep in mind that we, sorry for, excuse the, thinking out loud, to be honest, leaning towards, \
    leaning toward, lean towards, not sure, not so sure, not certain, not convinced, not entirely sure, \
    not entirely happy, not entirely convinced, not quite sure, no strong opinion, hard to say, \
    hard to tell, turned out, turns out, after some debate, after a long debate, pan out, \
    changed our mind, changed my mind, changed our minds, gave up on, given up on, for what it s worth, \
    note to self, lesson learned, lessons learned, lesson was, dig deeper, look into that, let me know, \
    what if we, what about if, having said that, that being said, all things considered, \
    devil s advocate, picks this up, pick this up, hand over to, torn between, torn on, on the fence, \
    not my favourite, not my favorite, out loud, spitballing, wild idea, crazy idea, just a thought, \
    food for thought, thought process, chain of thought, get back to this, come back to this, my bad, \
    sounds like a plan, got it, hold on a, give me a, had a look, tests pass now, passes now, \
    works now, is green now, agree to disagree, agreed to disagree, could also try, \
    alternative would be, alternative would have, alternative was, other option was, \
    another option would, case can be made";

const LIKELY: &str = "\
    that said, for now, in the end, at first, after all, in theory, in practice, what if, how about, \
    why not, what about, should we, do we, can we, could we, shall we, may we, could be worth, worth a, \
    worth trying, worth keeping, so far, at this point, right now, at the moment, one could, one might, \
    you could, you might, we d, would have been, kept failing, keeps failing, ran into, running into, \
    by accident, by mistake, out of time, run out, ran out, on the one hand, on the other hand, \
    the upside, the downside, for the time being, later phase, out of scope, in mind, point of view, \
    no idea, too clever, voted down, turned down, set aside, the concern, main concern, my concern, \
    time is short, trade off, trade offs, tradeoff, tradeoffs, quick and dirty, boring one, \
    boring choice, could not find, couldn t find, didn t find, did not find, doesn t seem, \
    does not seem, last time, another story, came out of, to be confirmed, might be, short version, \
    is obsolete, good enough, looks like, seems like, planning session, planning phase, planning round, \
    planning meeting, during planning, our discussion, our chat, our call, left off, good point, \
    fair point, take a look, quick look, a closer look, another look, on balance, makes sense, \
    sounds good, all green, never mind, handing over, moving on to, as discussed, as agreed, \
    as mentioned, another idea, one more idea, another thought, worker before, agent before, no luck, \
    same error, still failing, still fails, still red, did not work, didn t work, did not help, \
    didn t help, open question, quick update, short update, to recap, to summarise, to summarize, \
    as an aside, by the way, side note, here s what, here s my, here is what, up next, still open, \
    still to do, left to do, remaining work, the rest is, thrown away, threw away, rolled back, \
    got reverted, was reverted, had to go, blocked on, done with, finished with, in progress, \
    whoever picks, whoever takes, hand over, handed over, handover, to cut a, dead end, rabbit hole, \
    drawing board, back and forth, pros and cons, gut feeling, what bothers, what worries, \
    what surprised, what struck, half done";
