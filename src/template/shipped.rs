//! The templates that come with the package.

/// Each with its name, in the order they are listed.
pub const SHIPPED: [(&str, &str); 8] = [
    ("crud-feature", include_str!("../../templates/crud-feature.yaml")),
    ("api-endpoint", include_str!("../../templates/api-endpoint.yaml")),
    ("ui-component", include_str!("../../templates/ui-component.yaml")),
    ("bugfix", include_str!("../../templates/bugfix.yaml")),
    ("refactor", include_str!("../../templates/refactor.yaml")),
    ("cli-command", include_str!("../../templates/cli-command.yaml")),
    ("data-migration", include_str!("../../templates/data-migration.yaml")),
    ("test-hardening", include_str!("../../templates/test-hardening.yaml")),
];

/// The text of a shipped template.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
