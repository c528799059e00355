//! How the host's tools are described to our agents. The host's own descriptions are four times as long as
//! everything else in a worker's request; these say what a model cannot guess. Data, no logic.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A tool of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ToolDefinition {
    /// Its name at the host.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What it takes, as a JSON Schema. A tool that takes anything else is another one, and stays as it is.
    #[cfg_attr(test, ts(type = "{ properties: Record<string, unknown> } & Record<string, unknown>"))]
    pub parameters: Value,
}

/// The tools that our agents may use.
pub fn tools() -> Vec<ToolDefinition> {
    let (text, whole) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    vec![
        // What GPT models are offered instead of edit and write. They know the format, others do not.
        tool(
            "apply_patch",
            "Changes files by a patch:\n*** Begin Patch\n*** Add File: a.txt\n+each line of a new file\n\
             *** Update File: src/b.py\n*** Move to: src/c.py\n@@ def greet():\n unchanged\n-old\n+new\n\
             *** Delete File: d.txt\n*** End Patch\nMove to and what follows @@ may be left out.",
            json!({ "patchText": text }),
            &["patchText"],
        ),
        tool(
            "bash",
            "Runs a shell command in the current directory or in workdir. timeout: milliseconds, 120000 by \
             default. Output is cut at 2000 lines; all of it is then in a file that is named.",
            json!({ "command": text, "timeout": whole, "workdir": text }),
            &["command"],
        ),
        tool(
            "edit",
            "Replaces oldString, which occurs exactly once, by newString; with replaceAll each occurrence. \
             Read the file first, and leave the line numbers out.",
            json!({
                "filePath": text, "oldString": text, "newString": text, "replaceAll": { "type": "boolean" },
            }),
            &["filePath", "oldString", "newString"],
        ),
        tool(
            "glob",
            "Finds files by a pattern such as src/**/*.ts.",
            json!({ "pattern": text, "path": text }),
            &["pattern"],
        ),
        tool(
            "grep",
            "Searches files for a regular expression. include: file names such as *.ts.",
            json!({ "pattern": text, "path": text, "include": text }),
            &["pattern"],
        ),
        tool(
            "read",
            "Reads a file, 2000 lines from line offset on, each as `number: text`, or lists a directory.",
            json!({ "filePath": text, "offset": whole, "limit": whole }),
            &["filePath"],
        ),
        tool(
            "write",
            "Writes a whole file. Read it first if it exists.",
            json!({ "content": text, "filePath": text }),
            &["content", "filePath"],
        ),
    ]
}

fn tool(name: &str, description: &str, properties: Value, required: &[&str]) -> ToolDefinition {
    ToolDefinition {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({ "type": "object", "properties": properties, "required": required }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_together_are_small() {
        let bytes = serde_json::to_vec(&tools()).unwrap().len();
        assert!(bytes <= 2_400, "{bytes} bytes");
    }

    #[test]
    fn what_is_required_is_there() {
        for ToolDefinition { name, parameters, .. } in tools() {
            for required in parameters["required"].as_array().unwrap() {
                assert!(
                    parameters["properties"][required.as_str().unwrap()].is_object(),
                    "{name}: {required}"
                );
            }
        }
    }
}
