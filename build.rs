//! Generates the parser: `grammar/aio.lalrpop` to `OUT_DIR`.

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
}
