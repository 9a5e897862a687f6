//! Generates the parser: `grammar/aio.lalrpop` to `OUT_DIR`; has the program linked for a fast start.

fn main() {
    println!("cargo:rerun-if-changed=grammar");
    let generated = lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .set_out_dir(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"))
        .process();
    if let Err(error) = generated {
        eprintln!("{error}");
        std::process::exit(1);
    }
    // At a fixed address, as the Pythons of Linux distributions are: what would have to be relocated in the tables of a
    // program that can lie anywhere is a third of the pages that it touches before its first line runs.
    let target = |part| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
        if std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default().contains("crt-static") {
            println!("cargo:rustc-link-arg-bins=-static");
        }
    }
}
