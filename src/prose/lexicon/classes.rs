//! The words that talk about work is made of, by what they do in a sentence.

/// What a word does; a set of the constants below.
pub(crate) type Class = u64;

/// Each class with its words. A word may be of several.
macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident = $words:literal)*) => {
        #[allow(clippy::upper_case_acronyms, non_camel_case_types, reason = "each is the place of a constant")]
        enum Place { $($name),* }
        $($(#[$doc])* pub(crate) const $name: Class = 1 << Place::$name as u32;)*
        pub(super) const CLASSES: &[(Class, &str)] = &[$(($name, $words)),*];
    };
}

classes! {
    /// The speaker alone.
    I = "i"
    /// The speaker and others.
    WE = "we"
    /// `let`, before `me` or `us`.
    LET = "let"
    /// `me`, `us`, the `s` of `let's`.
    US = "me us s"
    /// `my`.
    MY = "my mine"
    /// `have` in any form, and `'ve`.
    HAVE = "have had ve has having"
    /// `was`, `were`, `got`: a state that is over.
    WAS = "was were got seemed looked felt wasn weren"
    /// `am`, `'m`, `are`, `'re`.
    AM = "am m re are"
    /// `will`, `'ll`, `going`.
    WILL = "will ll gonna going"
    /// `could`, `might`, `would`: what is not decided.
    MIGHT = "could might would d wouldn couldn"
    /// `should`, `can`, `may`.
    MAY = "should can may shall cannot"
    /// `did`, `didn't`.
    DID = "did didn"
    /// Words that may stand between a subject and its verb.
    BETWEEN = "\
        also just already first initially originally then now finally briefly quickly actually really even \
        still both all only once later eventually simply probably maybe perhaps almost nearly again \
        previously mostly seriously repeatedly kind sort of rather quite not t never at long next \
        therefore thus soon each myself ourselves"
    /// What people and agents did while they worked, in the past tense.
    WORKED = "\
        explored considered tried discussed debated looked weighed evaluated investigated examined \
        compared settled decided opted chose chosen picked leaned leant ruled rejected dropped abandoned \
        discarded scrapped started thought figured realized realised noticed found discovered learned \
        learnt checked searched grepped scanned opened ran reran skimmed reviewed inspected attempted \
        implemented reverted rewrote rewritten patched switched moved went kept brainstormed prototyped \
        sketched benchmarked experimented wondered agreed argued concluded assumed guessed hoped wanted \
        planned ended gave given spent wasted came turned stayed landed postponed parked sided asked \
        talked changed added fixed removed measured tested disagreed forgot forgotten missed left \
        struggled saw seen knew felt believed preferred suggested proposed used made wrote written built \
        took lost misread misunderstood updated adjusted covered finished voted debugged traced probed \
        drew drawn resolved edited deleted overwrote regenerated touched broke broken failed introduced \
        produced stopped crashed hung executed pushed swapped replaced wrapped mocked stubbed renamed \
        split merged pulled installed upgraded suspected disabled enabled commented poked dug played toyed \
        fiddled returned got worked copied liked loved hated disliked voted objected said told printed \
        reported noted pointed complained flagged raised mentioned insisted recommended warned explained \
        claimed requested demanded"
    /// Past forms that are no participles, so that they tell a story wherever they stand.
    TOLD = "\
        went came took fell forgot broke knew thought felt saw chose wrote gave began ran drew spoke grew \
        threw stood meant did didn had hadn wasn weren was were realised realized noticed wondered decided \
        tried insisted argued complained disagreed agreed failed failing ended looked seemed wanted said \
        told lay led"
    /// Opinions in the present tense.
    THINK = "\
        think believe guess suppose suspect wonder feel reckon doubt lean prefer hope assume bet imagine \
        worry fear"
    /// What one may announce to do next.
    DO_NEXT = "\
        try consider explore look check go revisit start use pick drop split merge skip keep leave move \
        put add open read see grep search run rerun print dig test continue proceed turn investigate think \
        rethink begin take make have list sketch map write rewrite fix change create update find get do \
        verify examine inspect figure propose suggest recommend vote remember recall like understand agree \
        disagree know hit put say mean"
    /// Agents that only a tool like this has.
    AGENT = "subagent subagents qa implementer implementers spec llm coder planners subtask claude gpt"
    /// Roles that programs are also written about.
    ROLE = "\
        planner architect orchestrator reviewer worker agent agents workers reviewers assistant documenter \
        tester model team arch developer"
    /// What is weighed against each other.
    OPTION = "\
        option options approach approaches alternative alternatives idea ideas design designs variant \
        variants candidate candidates direction directions proposal proposals layout layouts strategy \
        strategies ways solution solutions plan concept concepts suggestion suggestions version compromise"
    /// One go at the work.
    ATTEMPT = "\
        attempt attempts try tries run runs iteration iterations round rounds pass passes go session \
        sessions patch solution implementation approach version shot worker agent time fix effort take \
        commit draft drafts"
    /// Which go it was.
    PRIOR = "\
        previous earlier prior last first second third fourth initial original failed other before \
        preceding former old past abandoned aborted two three several"
    /// How an option ends, or a judgement of it.
    VERDICT = "\
        rejected discarded dismissed ruled scrapped abandoned parked voted turned dropped lost killed \
        considered discussed explored sketched survived floated postponed vetoed debated raised overkill \
        heavy complex risky nicer cleaner safer simpler worse better tempting appealing promising fragile \
        messy ugly clever favoured favored preferred picked chosen won table complicated expensive elegant \
        attractive"
    /// Doubt.
    DOUBT = "\
        maybe perhaps probably presumably hopefully apparently supposedly somehow somewhat unsure \
        undecided unclear seems seemed feels felt worth arguably wondering guess debatable tempted"
    /// What an utterance begins with.
    OPENER = "\
        okay ok alright yeah yep great good right nice cool fine well honestly frankly actually so anyway \
        basically interesting interestingly perfect understood"
    /// Words of a story: `originally`, `eventually`.
    STORY = "\
        originally initially eventually finally ultimately previously meanwhile afterwards currently \
        recently earlier yesterday unfortunately luckily sadly surprisingly hence anyway again already yet \
        overall meantime lately"
    /// Begins a condition or a relative clause.
    CONDITION = "\
        if when whenever unless until while where who that which whose whether how what once as after \
        before whatever wherever whoever whichever"
    /// Joins clauses without making a condition.
    JOINING = "and but so or because since then though although yet however as"
    /// Articles, prepositions and the like: what follows a verb that has no subject.
    SMALL = "\
        the a an to into using with at on out of both several some it this that up through over between in \
        for about too around back against towards toward down no not these those all two three from my our \
        whether if by off only more one each"
    /// Duty: what contexts are made of.
    MUST = "must shall required"
    /// `somebody`, `nobody`, `everyone`.
    SOMEBODY = "somebody someone nobody everyone everybody noone anyone"
    /// A first word without a subject that tells of work: `tried`, `went`.
    FRAGMENT = "\
        tried considered went looked explored decided opted ended turned figured realised realized noticed \
        wondered spent wasted gave thought discussed debated weighed started ran reran rewrote reverted \
        attempted experimented investigated settled picked ruled abandoned skimmed grepped brainstormed \
        leant leaned torn stuck agreed got toyed dug poked"
    /// The same going on: `leaning`, `running`.
    GOING_ON = "\
        leaning running rerunning weighing looking moving thinking throwing handing continuing going \
        wondering having considering trying checking digging coming turning starting debating exploring \
        tempted investigating reading"
    /// Begins an idiom.
    IDIOM = ""
    /// `is`, `are`, `be`, `been`: before a participle.
    BE = "is are be been being gets"
    /// Courtesy between speakers.
    COURTESY = "thanks thank sorry apologies glad happy"
    /// Labels of speakers besides agents and roles.
    SPEAKER = "user human assistant system me you ai bot"
    /// Numbers as words, and words for a few.
    FEW = "two three four several few couple handful various multiple different many other another"
    /// `too`, before a judgement.
    TOO = "too very so overly far"
    /// Forms of `want` and `need` in user stories.
    WANT = "want need wish can should"
    /// What a thought begins with that changes its mind.
    HESITATION = "hmm hm hmmm oh nope oops ah aha wait hang argh ugh"
    /// Words for weighing things together.
    DEBATE = "debate debates discussion discussions deliberation thought thinking consideration"
    /// Things that only people have.
    DISPUTE = "\
        disagreement confusion debate debates pushback consensus objection objections deliberation \
        deliberations controversy"
    /// What somebody thinks.
    OPINION = "\
        suggestion guess suspicion impression feeling concern hunch opinion worry understanding preference \
        theory instinct gut"
    /// A judgement without a measure.
    COMPARE = "easier better nicer cleaner simpler safer worse harder stranger heavier messier cleverer"
    /// Words of the trade.
    CRAFT = "\
        test tests tested untested build builds code codebase file files module modules refactor \
        refactored merge merged diff patch patches commit commits commited branch mock mocks mocked stub \
        stubs lint linter types typing compile compiles compiled compiler coverage bug bugs regression \
        dependency dependencies library libraries package naming todo hack workaround fixture fixtures \
        snapshot snapshots suite pipeline ci config import imports caller callers helper helpers function \
        functions edge cases remark remarks rewrite prototype implementation backlog spec stash migration \
        reader writer parser schema"
    /// What a verb without a subject acts on, so that it is no participle.
    OBJECT = "\
        a an the to both several some it this that these those all two three using whether my our around \
        back into through out"
    /// What may be counted: `run 2`.
    GO = "attempt attempts try tries run runs round rounds pass passes iteration iterations go"
    /// How long a debate was.
    LENGTHY = "some much long longer short more lot endless further careful lengthy plenty"
    /// Past forms that need no object and are no participles.
    ALONE = "\
        tried went looked decided opted ran reran thought wondered gave got stuck torn leaned leant \
        figured realised realized spent wasted rewrote toyed dug poked"
    /// `me`.
    ME = "me"
    /// `before`.
    BEFORE = "before"
    /// `after`.
    AFTER = "after"
    /// `do`, before `we`.
    DO = "do"
    /// `as`.
    AS = "as"
    /// `a`, `an`, `the`, `one`: what a definition begins with.
    ARTICLE = "a an the one"
    /// What a further step of a scenario begins with.
    STEP = "and then but"
    /// What a scenario begins with.
    GIVEN = "given scenario feature"
    /// `when`.
    WHEN = "when"
    /// `to`, `that`: before what an opinion is about.
    TO_THAT = "to that"
    /// `back`, as in `back and forth`.
    BACK = "back"
    /// The word by which an idiom is noticed.
    KEY = ""
    /// The same for an idiom that is not enough by itself.
    WEAK_KEY = ""
    /// `don't`, the beginning of a lesson.
    DONT = "don"
}
