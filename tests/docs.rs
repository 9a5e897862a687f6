//! Runs the examples of the documentation: a fenced block `aio` must print what the block `text` behind it holds, and
//! nothing where there is none. `AIO_BLESS=1` writes what is printed into the blocks that are there.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

type Tried<T> = Result<T, Box<dyn Error>>;

fn pages() -> Tried<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("docs/language.md")];
    for entry in fs::read_dir(root.join("docs/language"))? {
        pages.push(entry?.path());
    }
    pages.sort();
    Ok(pages)
}

fn output(script: &str) -> Tried<String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_aio"))
        .args(["--virtual-time", "--no-color", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("stdin")?.write_all(script.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The page with its outputs as they are; how many examples it has.
fn checked(page: &str) -> Tried<(String, usize)> {
    let (mut out, mut examples) = (String::new(), 0);
    let mut rest = page;
    while let Some((before, block)) = rest.split_once("```aio\n") {
        let (script, after) = block.split_once("```\n").ok_or("a block without end")?;
        let printed = output(script).map_err(|error| format!("{script}\n{error}"))?;
        write!(out, "{before}```aio\n{script}```\n")?;
        examples += 1;
        rest = after;
        if let Some(block) = after.strip_prefix("\n```text\n") {
            let (_, after) = block.split_once("```\n").ok_or("a block without end")?;
            write!(out, "\n```text\n{printed}```\n")?;
            rest = after;
        } else if !printed.is_empty() {
            return Err(format!("{script}\nprints what is not shown:\n{printed}").into());
        }
    }
    out.push_str(rest);
    Ok((out, examples))
}

#[test]
fn the_examples_print_what_is_shown() -> Tried<()> {
    let bless = std::env::var_os("AIO_BLESS").is_some_and(|value| value == "1");
    let mut examples = 0;
    for path in pages()? {
        let page = fs::read_to_string(&path)?;
        let (real, count) = checked(&page).map_err(|error| format!("{}: {error}", path.display()))?;
        examples += count;
        if bless {
            fs::write(&path, &real)?;
        }
        let different = page.lines().zip(real.lines()).find(|(a, b)| a != b);
        assert!(bless || page == real, "{}: shown and printed: {different:#?}", path.display());
    }
    assert!(examples > 20, "only {examples} examples");
    Ok(())
}

#[test]
fn the_page_of_rules_is_made_from_their_table() -> Tried<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check.md");
    let page = aio::cli::check::manual();
    if std::env::var_os("AIO_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &page)?;
    }
    assert!(fs::read_to_string(&path)? == page, "docs/check.md is old: AIO_BLESS=1 cargo test --test docs");
    Ok(())
}
