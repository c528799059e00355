//! What differs between two versions of a spec, for a person.

use crate::backlog::TaskSpec;

/// The changes as lines of a diff, field by field; empty when there are none.
pub fn changes(old: &TaskSpec, new: &TaskSpec) -> Vec<String> {
    // A line of its own for each line of a longer text, so that each has its sign.
    let one = |text: &str| text.trim().lines().map(str::to_owned).collect::<Vec<_>>();
    let fields = [
        ("title", one(&old.title), one(&new.title)),
        ("description", one(&old.description), one(&new.description)),
        ("acceptance", old.acceptance.clone(), new.acceptance.clone()),
        ("files", old.scope.files_hint.clone(), new.scope.files_hint.clone()),
        ("constraints", old.context.constraints.clone(), new.context.constraints.clone()),
        ("patterns", old.context.patterns.clone(), new.context.patterns.clone()),
        ("gotchas", old.context.gotchas.clone(), new.context.gotchas.clone()),
    ];
    let mut lines = Vec::new();
    for (name, old, new) in fields {
        let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {name}: {line}"));
        lines.extend(gone);
        let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {name}: {line}"));
        lines.extend(come);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::samples::valid;

    #[test]
    fn only_what_differs_is_told() {
        let old = crate::backlog::parse_draft(&format!("```yaml\n{}```", valid())).unwrap()[0].clone();
        assert!(changes(&old, &old).is_empty());
        let mut new = old.clone();
        new.description = format!("{}\nSum prices in cents.\n", old.description.trim());
        new.acceptance.push("0.1 + 0.2 is 0.30".into());
        new.context.gotchas.clear();
        let lines = changes(&old, &new);
        assert!(!lines.iter().any(|line| line.starts_with("- description")), "{lines:?}");
        assert!(lines.contains(&"+ description: Sum prices in cents.".to_owned()));
        assert!(lines.contains(&"+ acceptance: 0.1 + 0.2 is 0.30".to_owned()));
        assert!(!lines.iter().any(|line| line.starts_with("- acceptance")), "{lines:?}");
    }
}
