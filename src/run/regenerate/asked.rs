//! What a person asked for: `/regenerate <feature id> [--times N]` or `--all [--keep-going]`.

use serde::Serialize;

use crate::run::ground::TRUST_CONFIG;

/// More versions than this cost more than they teach.
const TIMES: std::ops::RangeInclusive<u32> = 2..=5;

/// The arguments of the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub which: Which,
    /// How often each feature is built.
    pub times: u32,
    /// The features after a red one are built too.
    pub keeps_going: bool,
    /// Gates that are red before any work do not judge it.
    pub allow_red: bool,
}

/// Which features are built again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Which {
    /// One, as the person named it.
    One(String),
    /// Every deployed one.
    All,
}

/// Reads the arguments.
pub fn read(arguments: &str) -> Result<Asked, String> {
    let mut names = Vec::new();
    let mut asked = Asked { which: Which::All, times: 1, keeps_going: false, allow_red: false };
    let mut is_all = false;
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("--all", "") => is_all = true,
            ("--keep-going", "") => asked.keeps_going = true,
            ("--allow-red", "") => asked.allow_red = true,
            (TRUST_CONFIG, "") => {}
            ("--times", value) => {
                let value = if value.is_empty() { words.next().unwrap_or_default() } else { value };
                asked.times = times(value)?;
            }
            (option, _) if option.starts_with('-') => {
                return Err(format!("/regenerate has no option {word}. {USAGE}"));
            }
            _ => names.push(word.to_owned()),
        }
    }
    match (names.as_slice(), is_all) {
        ([], false) => Err(format!("/regenerate needs the id of a feature. {USAGE}")),
        ([_, ..], true) => Err(format!("/regenerate takes a feature or --all, not both. {USAGE}")),
        ([_, _, ..], false) => Err(format!("/regenerate takes one feature at a time. {USAGE}")),
        ([], true) if asked.times > 1 => Err(format!("--times is for one feature, not for --all. {USAGE}")),
        ([], true) => Ok(asked),
        ([_], false) if asked.keeps_going => {
            Err(format!("--keep-going goes with --all: there is nothing after one feature. {USAGE}"))
        }
        ([name], false) => Ok(Asked { which: Which::One(name.clone()), ..asked }),
    }
}

const USAGE: &str = "It takes a feature, as in `/regenerate feature-001`, perhaps with --times N (2 to 5); or --all, \
                     perhaps with --keep-going; and --allow-red and --trust-config as /implement does.";

fn times(value: &str) -> Result<u32, String> {
    let number = value.parse().ok().filter(|number| TIMES.contains(number));
    number.ok_or_else(|| {
        format!("--times needs a number from {} to {}, not `{value}`. {USAGE}", TIMES.start(), TIMES.end())
    })
}

impl Asked {
    /// The same request in the same words, for what goes on with it. `--keep-going` changes how it goes on,
    /// not what it is.
    pub fn key(&self, feature: &str) -> String {
        match (&self.which, self.times) {
            (Which::All, _) => "--all".to_owned(),
            (Which::One(_), 1) => feature.to_owned(),
            (Which::One(_), times) => format!("{feature} --times {times}"),
        }
    }

    /// The command that goes on with it.
    pub fn command(&self, feature: &str) -> String {
        let keeps_going = if self.keeps_going { " --keep-going" } else { "" };
        let allow_red = if self.allow_red { " --allow-red" } else { "" };
        format!("/regenerate {}{keeps_going}{allow_red}", self.key(feature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_for() {
        let one = read("feature-001 --times 3").unwrap();
        assert_eq!((one.which.clone(), one.times), (Which::One("feature-001".into()), 3));
        assert_eq!(one.command("feature-001-cart"), "/regenerate feature-001-cart --times 3");
        assert_eq!(read("--times=2 1").unwrap().times, 2);
        let all = read("--all --keep-going --trust-config").unwrap();
        assert_eq!((all.which.clone(), all.keeps_going), (Which::All, true));
        assert_eq!(all.command(""), "/regenerate --all --keep-going");
        assert_eq!(all.key(""), read("--all").unwrap().key(""));
    }

    #[test]
    fn what_cannot() {
        let cases = [
            ("", "needs the id"),
            ("a b", "one feature at a time"),
            ("a --all", "not both"),
            ("--all --times 2", "for one feature"),
            ("a --keep-going", "goes with --all"),
            ("a --times", "not ``"),
            ("a --times 1", "not `1`"),
            ("a --times 6", "from 2 to 5"),
            ("a --times x", "not `x`"),
            ("a --fast", "no option --fast"),
            ("a --all=yes", "no option --all=yes"),
        ];
        for (arguments, told) in cases {
            let problem = read(arguments).unwrap_err();
            assert!(problem.contains(told), "{arguments}: {problem}");
        }
    }
}
