//! How well the rules of hygiene tell clean contexts from contaminated ones, on a labelled corpus.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod corpus;

#[test]
fn peek() {
    let cases = corpus::cases();
    println!("{}", cases.len());
    for at in [3, 700, 620, 607, 611, 613, 616, 617, 618, 619, 1210, 1230, 1290] {
        let c = &cases[at];
        println!(
            "=== {} {} {:?} {} bytes foreign {}",
            c.name,
            c.family,
            c.spans,
            c.text.len(),
            c.foreign.iter().map(|f| f.text.len()).sum::<usize>()
        );
        println!("{}", c.text);
        for s in &c.spans {
            println!("SPAN: {:?}", &c.text[s.0..s.1]);
        }
    }
}
