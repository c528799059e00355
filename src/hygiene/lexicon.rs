//! The words that talk about work is made of, by what they do in a sentence. Frozen: the corpus in
//! `tests/hygiene` says what each change costs.

use std::sync::LazyLock;

use crate::words::{Word, Words, hash_of};

/// What a word does; a set of the constants below.
pub(super) type Class = u64;

/// The speaker alone.
pub(super) const I: Class = 1 << 0;
/// The speaker and others.
pub(super) const WE: Class = 1 << 1;
/// `let`, before `me` or `us`.
pub(super) const LET: Class = 1 << 2;
/// `me`, `us`, the `s` of `let's`.
pub(super) const US: Class = 1 << 3;
/// `my`.
pub(super) const MY: Class = 1 << 4;
/// `have` in any form, and `'ve`.
pub(super) const HAVE: Class = 1 << 5;
/// `was`, `were`, `got`: a state that is over.
pub(super) const WAS: Class = 1 << 6;
/// `am`, `'m`, `are`, `'re`.
pub(super) const AM: Class = 1 << 7;
/// `will`, `'ll`, `going`.
pub(super) const WILL: Class = 1 << 8;
/// `could`, `might`, `would`: what is not decided.
pub(super) const MIGHT: Class = 1 << 9;
/// `should`, `can`, `may`.
pub(super) const MAY: Class = 1 << 10;
/// `did`, `didn't`.
pub(super) const DID: Class = 1 << 11;
/// Words that may stand between a subject and its verb.
pub(super) const BETWEEN: Class = 1 << 12;
/// What people and agents did while they worked, in the past tense.
pub(super) const WORKED: Class = 1 << 13;
/// Past forms that are no participles, so that they tell a story wherever they stand.
pub(super) const TOLD: Class = 1 << 14;
/// Opinions in the present tense.
pub(super) const THINK: Class = 1 << 15;
/// What one may announce to do next.
pub(super) const DO_NEXT: Class = 1 << 16;
/// Agents that only a tool like this has.
pub(super) const AGENT: Class = 1 << 17;
/// Roles that programs are also written about.
pub(super) const ROLE: Class = 1 << 18;
/// What is weighed against each other.
pub(super) const OPTION: Class = 1 << 19;
/// One go at the work.
pub(super) const ATTEMPT: Class = 1 << 20;
/// Which go it was.
pub(super) const PRIOR: Class = 1 << 21;
/// How an option ends, or a judgement of it.
pub(super) const VERDICT: Class = 1 << 22;
/// Doubt.
pub(super) const DOUBT: Class = 1 << 23;
/// What an utterance begins with.
pub(super) const OPENER: Class = 1 << 24;
/// Words of a story: `originally`, `eventually`.
pub(super) const STORY: Class = 1 << 25;
/// Begins a condition or a relative clause.
pub(super) const CONDITION: Class = 1 << 26;
/// Joins clauses without making a condition.
pub(super) const JOINING: Class = 1 << 27;
/// Articles, prepositions and the like: what follows a verb that has no subject.
pub(super) const SMALL: Class = 1 << 28;
/// Duty: what contexts are made of.
pub(super) const MUST: Class = 1 << 29;
/// `somebody`, `nobody`, `everyone`.
pub(super) const SOMEBODY: Class = 1 << 30;
/// A first word without a subject that tells of work: `tried`, `went`.
pub(super) const FRAGMENT: Class = 1 << 31;
/// The same going on: `leaning`, `running`.
pub(super) const GOING_ON: Class = 1 << 32;
/// Begins an idiom.
const IDIOM: Class = 1 << 33;
/// `is`, `are`, `be`, `been`: before a participle.
pub(super) const BE: Class = 1 << 34;
/// Courtesy between speakers.
pub(super) const COURTESY: Class = 1 << 35;
/// Labels of speakers besides agents and roles.
pub(super) const SPEAKER: Class = 1 << 36;
/// Numbers as words, and words for a few.
pub(super) const FEW: Class = 1 << 37;
/// `too`, before a judgement.
pub(super) const TOO: Class = 1 << 38;
/// Forms of `want` and `need` in user stories.
pub(super) const WANT: Class = 1 << 39;

/// What a thought begins with that changes its mind.
pub(super) const HESITATION: Class = 1 << 40;
/// Words for weighing things together.
pub(super) const DEBATE: Class = 1 << 41;

/// Things that only people have.
pub(super) const DISPUTE: Class = 1 << 42;
/// What somebody thinks.
pub(super) const OPINION: Class = 1 << 43;
/// A judgement without a measure.
pub(super) const COMPARE: Class = 1 << 44;

/// Words of the trade.
pub(super) const CRAFT: Class = 1 << 45;

/// What a verb without a subject acts on, so that it is no participle.
pub(super) const OBJECT: Class = 1 << 46;
/// What may be counted: `run 2`.
pub(super) const GO: Class = 1 << 47;
/// How long a debate was.
pub(super) const LENGTHY: Class = 1 << 48;
/// Past forms that need no object and are no participles.
pub(super) const ALONE: Class = 1 << 49;

/// `me`.
pub(super) const ME: Class = 1 << 50;
/// `before`.
pub(super) const BEFORE: Class = 1 << 51;
/// `after`.
pub(super) const AFTER: Class = 1 << 52;
/// `do`, before `we`.
pub(super) const DO: Class = 1 << 53;
/// `as`.
pub(super) const AS: Class = 1 << 54;
/// `a`, `an`, `the`, `one`: what a definition begins with.
pub(super) const ARTICLE: Class = 1 << 55;
/// What a further step of a scenario begins with.
pub(super) const STEP: Class = 1 << 56;
/// What a scenario begins with.
pub(super) const GIVEN: Class = 1 << 57;
/// `when`.
pub(super) const WHEN: Class = 1 << 58;
/// `to`, `that`: before what an opinion is about.
pub(super) const TO_THAT: Class = 1 << 59;
/// `back`, as in `back and forth`.
pub(super) const BACK: Class = 1 << 60;
/// The word by which an idiom is noticed.
const KEY: Class = 1 << 61;
/// The same for an idiom that is not enough by itself.
const WEAK_KEY: Class = 1 << 62;

/// `don't`, the beginning of a lesson.
pub(super) const DONT: Class = 1 << 63;

const TABLE: &[(Class, &str)] = &[
    (I, "i"),
    (WE, "we"),
    (LET, "let"),
    (US, "me us s"),
    (MY, "my mine"),
    (HAVE, "have had ve has having"),
    (WAS, "was were got seemed looked felt wasn weren"),
    (AM, "am m re are"),
    (WILL, "will ll gonna going"),
    (MIGHT, "could might would d wouldn couldn"),
    (MAY, "should can may shall cannot"),
    (DID, "did didn"),
    (
        BETWEEN,
        "also just already first initially originally then now finally briefly quickly actually really even still both \
         all only once later eventually simply probably maybe perhaps almost nearly again previously mostly seriously \
         repeatedly kind sort of rather quite not t never at long next therefore thus soon each myself ourselves",
    ),
    (
        WORKED,
        "explored considered tried discussed debated looked weighed evaluated investigated examined compared settled \
         decided opted chose chosen picked leaned leant ruled rejected dropped abandoned discarded scrapped started \
         thought figured realized realised noticed found discovered learned learnt checked searched grepped scanned \
         opened ran reran skimmed reviewed inspected attempted implemented reverted rewrote rewritten patched switched \
         moved went kept brainstormed prototyped sketched benchmarked experimented wondered agreed argued concluded \
         assumed guessed hoped wanted planned ended gave given spent wasted came turned stayed landed postponed parked \
         sided asked talked changed added fixed removed measured tested disagreed forgot forgotten missed left \
         struggled saw seen knew felt believed preferred suggested proposed used made wrote written built took \
         lost misread misunderstood updated adjusted covered finished voted debugged traced probed drew drawn resolved \
         edited deleted overwrote regenerated touched broke broken failed introduced produced stopped crashed hung \
         executed pushed swapped replaced wrapped mocked stubbed renamed split merged pulled installed upgraded \
         suspected disabled enabled commented poked dug played toyed fiddled returned got worked copied liked loved hated disliked voted objected said told printed reported noted pointed complained flagged raised mentioned insisted recommended warned explained claimed requested demanded",
    ),
    (
        TOLD,
        "went came took fell forgot broke knew thought felt saw chose wrote gave began ran drew spoke grew threw stood \
         meant did didn had hadn wasn weren was were realised realized noticed wondered decided tried insisted argued \
         complained disagreed agreed failed failing ended looked seemed wanted said told lay led",
    ),
    (
        THINK,
        "think believe guess suppose suspect wonder feel reckon doubt lean prefer hope assume bet imagine \
         worry fear ",
    ),
    (
        DO_NEXT,
        "try consider explore look check go revisit start use pick drop split merge skip keep leave move put add open \
         read see grep search run rerun print dig test continue proceed turn investigate think rethink begin take make \
         have list sketch map write rewrite fix change create update find get do verify examine inspect figure propose suggest recommend vote remember recall like understand agree disagree know hit put say mean",
    ),
    (AGENT, "subagent subagents qa implementer implementers spec llm coder planners subtask claude gpt"),
    (
        ROLE,
        "planner architect orchestrator reviewer worker agent agents workers reviewers assistant documenter tester model \
         team arch developer",
    ),
    (
        OPTION,
        "option options approach approaches alternative alternatives idea ideas design designs variant variants candidate \
         candidates direction directions proposal proposals layout layouts strategy strategies ways solution solutions \
         plan concept concepts suggestion suggestions version compromise",
    ),
    (
        ATTEMPT,
        "attempt attempts try tries run runs iteration iterations round rounds pass passes go session sessions patch \
         solution implementation approach version shot worker agent time fix effort take commit draft drafts",
    ),
    (
        PRIOR,
        "previous earlier prior last first second third fourth initial original failed other before preceding former \
         old past abandoned aborted two three several",
    ),
    (
        VERDICT,
        "rejected discarded dismissed ruled scrapped abandoned parked voted turned dropped lost killed considered \
         discussed explored sketched survived floated postponed vetoed debated raised overkill heavy complex risky nicer \
         cleaner safer simpler worse better tempting appealing promising fragile messy ugly clever favoured favored \
         preferred picked chosen won table complicated expensive elegant attractive",
    ),
    (
        DOUBT,
        "maybe perhaps probably presumably hopefully apparently supposedly somehow somewhat unsure undecided unclear \
         seems seemed feels felt worth arguably wondering guess debatable tempted",
    ),
    (
        OPENER,
        "okay ok alright yeah yep great good right nice cool fine well honestly frankly \
         actually so anyway basically interesting interestingly perfect understood",
    ),
    (
        STORY,
        "originally initially eventually finally ultimately previously meanwhile afterwards currently recently earlier \
         yesterday unfortunately luckily sadly surprisingly hence anyway again already yet overall meantime lately",
    ),
    (
        CONDITION,
        "if when whenever unless until while where who that which whose whether how what once as after before whatever wherever whoever whichever",
    ),
    (JOINING, "and but so or because since then though although yet however as"),
    (
        SMALL,
        "the a an to into using with at on out of both several some it this that up through over between in for about \
         too around back against towards toward down no not these those all two three from my our whether if by off only \
         more one each",
    ),
    (MUST, "must shall required"),
    (SOMEBODY, "somebody someone nobody everyone everybody noone anyone"),
    (
        FRAGMENT,
        "tried considered went looked explored decided opted ended turned figured realised realized noticed wondered \
         spent wasted gave thought discussed debated weighed started ran reran rewrote reverted attempted experimented \
         investigated settled picked ruled abandoned skimmed grepped brainstormed leant leaned torn stuck agreed got \
         toyed dug poked ",
    ),
    (
        GOING_ON,
        "leaning running rerunning weighing looking moving thinking throwing handing continuing going wondering having \
         considering trying checking digging coming turning starting debating exploring tempted investigating reading",
    ),
    (BE, "is are be been being gets"),
    (COURTESY, "thanks thank sorry apologies glad happy"),
    (SPEAKER, "user human assistant system me you ai bot"),
    (FEW, "two three four several few couple handful various multiple different many other another"),
    (TOO, "too very so overly far"),
    (HESITATION, "hmm hm hmmm oh nope oops ah aha wait hang argh ugh"),
    (DEBATE, "debate debates discussion discussions deliberation thought thinking consideration "),
    (
        DISPUTE,
        "disagreement confusion debate debates pushback consensus objection objections deliberation deliberations controversy",
    ),
    (
        OPINION,
        "suggestion guess suspicion impression feeling concern hunch opinion worry understanding preference theory instinct gut",
    ),
    (COMPARE, "easier better nicer cleaner simpler safer worse harder stranger heavier messier cleverer"),
    (
        CRAFT,
        "test tests tested untested build builds code codebase file files module modules refactor refactored merge merged \
         diff patch patches commit commits commited branch mock mocks mocked stub stubs lint linter types typing compile \
         compiles compiled compiler coverage bug bugs regression dependency dependencies library libraries package naming \
         todo hack workaround fixture fixtures snapshot snapshots suite pipeline ci config import imports caller callers \
         helper helpers function functions edge cases remark remarks rewrite prototype implementation backlog spec stash \
         migration reader writer parser schema",
    ),
    (
        OBJECT,
        "a an the to both several some it this that these those all two three using whether my our around back into through out",
    ),
    (GO, "attempt attempts try tries run runs round rounds pass passes iteration iterations go"),
    (LENGTHY, "some much long longer short more lot endless further careful lengthy plenty"),
    (
        ALONE,
        "tried went looked decided opted ran reran thought wondered gave got stuck torn leaned leant figured realised realized spent wasted rewrote toyed dug poked",
    ),
    (DONT, "don"),
    (ME, "me"),
    (BEFORE, "before"),
    (AFTER, "after"),
    (DO, "do"),
    (AS, "as"),
    (ARTICLE, "a an the one"),
    (STEP, "and then but"),
    (GIVEN, "given scenario feature"),
    (WHEN, "when"),
    (TO_THAT, "to that"),
    (BACK, "back"),
    (WANT, "want need wish can should"),
];

/// Phrases with what they weigh; 3 is enough for a sentence to be talk.
const IDIOMS: &[(u8, &[&str])] = &[
    (
        3,
        &[
            "second thought",
            "second thoughts",
            "come to think",
            "thinking about it",
            "thinking about this",
            "in hindsight",
            "in retrospect",
            "with hindsight",
            "looking back",
            "scratch that",
            "as discussed above",
            "as discussed before",
            "as discussed earlier",
            "as discussed in",
            "as mentioned above",
            "as mentioned before",
            "as mentioned earlier",
            "as agreed in",
            "as agreed earlier",
            "tempted to",
            "used to be",
            "stuck on",
            "stuck with",
            "struggling with",
            "fighting with",
            "wrestling with",
            "struggled with",
            "random thought",
            "crazy thought",
            "wild thought",
            "silly idea",
            "stray thought",
            "went wrong",
            "root cause was",
            "did not scale",
            "didn t scale",
            "never worked",
            "fell apart",
            "blew up",
            "bit us",
            "could not agree",
            "couldn t agree",
            "put to a vote",
            "next up",
            "doing this now",
            "work in progress",
            "so i",
            "so we went",
            "so we decided",
            "why it failed",
            "what happened was",
            "that was it",
            "was then ignored",
            "ignored so far",
            "trying a",
            "can of worms",
            "feel free to",
            "just an opinion",
            "just my",
            "was argued",
            "plan b",
            "doing that now",
            "did the trick",
            "nothing conclusive",
            "no clear answer",
            "no clear winner",
            "tempting to",
            "bear with me",
            "as far as i",
            "from what i",
            "so be it",
            "my two cents",
            "long story",
            "in a nutshell",
            "for the record",
            "keep in mind that we",
            "sorry for",
            "excuse the",
            "thinking out loud",
            "to be honest",
            "leaning towards",
            "leaning toward",
            "lean towards",
            "not sure",
            "not so sure",
            "not certain",
            "not convinced",
            "not entirely sure",
            "not entirely happy",
            "not entirely convinced",
            "not quite sure",
            "no strong opinion",
            "hard to say",
            "hard to tell",
            "turned out",
            "turns out",
            "after some debate",
            "after a long debate",
            "pan out",
            "changed our mind",
            "changed my mind",
            "changed our minds",
            "gave up on",
            "given up on",
            "for what it s worth",
            "note to self",
            "lesson learned",
            "lessons learned",
            "lesson was",
            "dig deeper",
            "look into that",
            "let me know",
            "what if we",
            "what about if",
            "having said that",
            "that being said",
            "all things considered",
            "devil s advocate",
            "picks this up",
            "pick this up",
            "hand over to",
            "torn between",
            "torn on",
            "on the fence",
            "not my favourite",
            "not my favorite",
            "out loud",
            "spitballing",
            "wild idea",
            "crazy idea",
            "just a thought",
            "food for thought",
            "thought process",
            "chain of thought",
            "get back to this",
            "come back to this",
            "my bad",
            "sounds like a plan",
            "got it",
            "hold on a",
            "give me a",
            "had a look",
            "tests pass now",
            "passes now",
            "works now",
            "is green now",
            "agree to disagree",
            "agreed to disagree",
            "could also try",
            "alternative would be",
            "alternative would have",
            "alternative was",
            "other option was",
            "another option would",
            "case can be made",
        ],
    ),
    (
        2,
        &[
            "that said",
            "for now",
            "in the end",
            "at first",
            "after all",
            "in theory",
            "in practice",
            "what if",
            "how about",
            "why not",
            "what about",
            "should we",
            "do we",
            "can we",
            "could we",
            "shall we",
            "may we",
            "could be worth",
            "worth a",
            "worth trying",
            "worth keeping",
            "so far",
            "at this point",
            "right now",
            "at the moment",
            "one could",
            "one might",
            "you could",
            "you might",
            "we d",
            "would have been",
            "kept failing",
            "keeps failing",
            "ran into",
            "running into",
            "by accident",
            "by mistake",
            "out of time",
            "run out",
            "ran out",
            "on the one hand",
            "on the other hand",
            "the upside",
            "the downside",
            "for the time being",
            "later phase",
            "out of scope",
            "in mind",
            "point of view",
            "no idea",
            "too clever",
            "voted down",
            "turned down",
            "set aside",
            "the concern",
            "main concern",
            "my concern",
            "time is short",
            "trade off",
            "trade offs",
            "tradeoff",
            "tradeoffs",
            "quick and dirty",
            "boring one",
            "boring choice",
            "could not find",
            "couldn t find",
            "didn t find",
            "did not find",
            "doesn t seem",
            "does not seem",
            "last time",
            "another story",
            "came out of",
            "to be confirmed",
            "might be",
            "short version",
            "is obsolete",
            "good enough",
            "looks like",
            "seems like",
            "planning session",
            "planning phase",
            "planning round",
            "planning meeting",
            "during planning",
            "our discussion",
            "our chat",
            "our call",
            "left off",
            "good point",
            "fair point",
            "take a look",
            "quick look",
            "a closer look",
            "another look",
            "on balance",
            "makes sense",
            "sounds good",
            "all green",
            "never mind",
            "handing over",
            "moving on to",
            "as discussed",
            "as agreed",
            "as mentioned",
            "another idea",
            "one more idea",
            "another thought",
            "worker before",
            "agent before",
            "no luck",
            "same error",
            "still failing",
            "still fails",
            "still red",
            "did not work",
            "didn t work",
            "did not help",
            "didn t help",
            "open question",
            "quick update",
            "short update",
            "to recap",
            "to summarise",
            "to summarize",
            "as an aside",
            "by the way",
            "side note",
            "here s what",
            "here s my",
            "here is what",
            "up next",
            "still open",
            "still to do",
            "left to do",
            "remaining work",
            "the rest is",
            "thrown away",
            "threw away",
            "rolled back",
            "got reverted",
            "was reverted",
            "had to go",
            "blocked on",
            "done with",
            "finished with",
            "in progress",
            "whoever picks",
            "whoever takes",
            "hand over",
            "handed over",
            "handover",
            "to cut a",
            "dead end",
            "rabbit hole",
            "drawing board",
            "back and forth",
            "pros and cons",
            "gut feeling",
            "what bothers",
            "what worries",
            "what surprised",
            "what struck",
            "half done",
        ],
    ),
];

struct Lexicon {
    /// Open addressing by the upper bits of the hash; 0 is empty.
    words: Vec<(u64, Class)>,
    /// Hashes of the words, and the weight; sorted.
    idioms: Vec<(Vec<u64>, u8)>,
}

/// Far more places than words, so that a look-up rarely goes on.
const PLACES_LOG: u32 = 12;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon { words: vec![(0, 0); 1 << PLACES_LOG], idioms: Vec::new() };
    for (class, list) in TABLE {
        for word in list.split_whitespace() {
            lexicon.add(hash_of(word), *class);
        }
    }
    for (weight, phrases) in IDIOMS {
        for phrase in *phrases {
            let words: Vec<_> = Words::new(phrase).collect();
            // A rare word is the best key; a phrase with a word that pulls by itself needs none.
            let class = |word: &Word| class_in(&lexicon.words, word.hash);
            let rank = |word: &&Word| (class(word) & COMMON == 0, word.to - word.from);
            let pulls = words.iter().any(|word| class(word) & STRONG & !KEY != 0);
            let key = words.iter().max_by_key(rank).filter(|_| !pulls).map(|word| word.hash);
            let first = words.first().map(|word| word.hash);
            let noticed = if *weight >= 3 { KEY } else { WEAK_KEY };
            for (hash, class) in [(key, noticed), (first, IDIOM)] {
                if let Some(hash) = hash {
                    lexicon.add(hash, class);
                }
            }
            lexicon.idioms.push((words.iter().map(|word| word.hash).collect(), *weight));
        }
    }
    lexicon.idioms.sort();
    lexicon
});

impl Lexicon {
    fn add(&mut self, hash: u64, class: Class) {
        let places = self.words.len();
        let mut at = place(hash);
        while self.words[at].0 != 0 && self.words[at].0 != hash {
            at = (at + 1) % places;
        }
        self.words[at].0 = hash;
        self.words[at].1 |= class;
    }
}

fn place(hash: u64) -> usize {
    (hash >> (64 - PLACES_LOG)) as usize
}

fn class_in(words: &[(u64, Class)], hash: u64) -> Class {
    let mut at = place(hash);
    loop {
        match words[at] {
            (known, class) if known == hash => return class,
            (0, _) => return 0,
            _ => at = (at + 1) % words.len(),
        }
    }
}

/// Words that are everywhere: bad keys.
const COMMON: Class = SMALL | BETWEEN | MAY | FEW | CONDITION | BE | DO_NEXT | HAVE | JOINING | PRIOR;
/// One such word in a block is enough for a closer look.
const STRONG: Class =
    I | WE | LET | MY | ME | AGENT | SOMEBODY | HESITATION | COURTESY | ALONE | KEY | DISPUTE | OPINION;
/// One of these …
const NOUN: Class = ROLE | OPTION | ATTEMPT | DEBATE;
/// … with one of these is enough.
const PAST: Class = WAS | TOLD | WORKED | MIGHT;
/// Two of these are enough.
const MOOD: Class = DOUBT | STORY | OPENER | VERDICT | FRAGMENT | GOING_ON | TOLD | WAS | WEAK_KEY;

/// Whether the words of a block, with how many of them are of `MOOD`, make a closer look worth while.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pull {
    classes: Class,
    moods: u32,
}

impl Pull {
    /// Adds a word.
    pub fn add(&mut self, class: Class) {
        self.classes |= class;
        self.moods += u32::from(class & MOOD != 0);
    }

    /// Whether it is enough; a question needs less.
    pub fn is_enough(self, asks: bool) -> bool {
        let has = |class: Class| self.classes & class != 0;
        has(STRONG) || has(NOUN) && has(PAST) || self.moods >= 2 || asks && (has(MIGHT) || self.moods > 0)
    }
}

/// Classes that count for a closer look.
pub(super) const TRIGGER: Class = STRONG | NOUN | PAST | MOOD;

/// At least as many as there are triggers.
pub(super) const TRIGGERS: usize = 1_024;

/// The hashes of all words that make a closer look worth while.
pub(super) fn triggers() -> impl Iterator<Item = u64> {
    LEXICON.words.iter().filter(|(_, class)| class & TRIGGER != 0).map(|(hash, _)| *hash)
}

/// What a word does; 0 for all others.
#[inline]
pub(super) fn class_of(hash: u64) -> Class {
    class_in(&LEXICON.words, hash)
}

/// The weight and the length of the longest idiom at the beginning of some words.
pub(super) fn idiom(class: Class, words: impl Iterator<Item = u64> + Clone) -> Option<(u8, usize)> {
    if class & IDIOM == 0 {
        return None;
    }
    let first = words.clone().next()?;
    let idioms = &LEXICON.idioms;
    let from = idioms.partition_point(|(hashes, _)| hashes[0] < first);
    let candidates = idioms[from..].iter().take_while(|(hashes, _)| hashes[0] == first);
    let fits = |hashes: &[u64]| words.clone().take(hashes.len()).eq(hashes.iter().copied());
    let longest = candidates.filter(|(hashes, _)| fits(hashes)).max_by_key(|(hashes, _)| hashes.len());
    longest.map(|(hashes, weight)| (*weight, hashes.len()))
}
