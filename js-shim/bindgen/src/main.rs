//! `bindgen <in.wasm> <out-dir>`: wraps the built core for JavaScript.
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(input), Some(output)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: bindgen <in.wasm> <out-dir>");
        return ExitCode::from(2);
    };
    let wrap = || {
        Bindgen::new()
            .input_path(&input)
            .out_name("core")
            .typescript(true)
            .web(true)?
            .omit_default_module_path(true)
            .reset_state_function(true)
            .remove_name_section(true)
            .remove_producers_section(true)
            .generate(&output)
    };
    match wrap() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error:?}");
            ExitCode::FAILURE
        }
    }
}
