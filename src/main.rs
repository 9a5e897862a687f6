//! The command `aio`.

fn main() -> std::process::ExitCode {
    aio::cli::main()
}
