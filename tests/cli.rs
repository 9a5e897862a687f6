//! The command line from outside: exit codes, streams, files that are no scripts.

#![allow(clippy::disallowed_methods, reason = "it waits for another process, in real time")]

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

type Tried = Result<(), Box<dyn std::error::Error>>;

fn aio() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aio"));
    command.stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> std::io::Result<(i32, String, String)> {
    Ok(parts(&aio().args(args).output()?))
}

fn parts(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A file that is removed again.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("aio-cli-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes)?;
        Ok(Self(path))
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_missing_file_and_a_directory_are_said_in_one_line() -> Tried {
    let missing = "aio: can't open file 'no/such.aio': [Errno 2] No such file or directory\n";
    assert_eq!(run(&["no/such.aio"])?, (2, String::new(), missing.into()));
    let folder = "aio: can't open file 'src': [Errno 21] Is a directory\n";
    assert_eq!(run(&["src"])?, (2, String::new(), folder.into()));
    Ok(())
}

#[test]
fn bytes_that_are_no_text_are_a_syntax_error() -> Tried {
    let file = Temporary::new("latin1.aio", b"x = 1\ny = '\xe9'\n")?;
    let (code, out, err) = run(&[file.name()])?;
    assert_eq!((code, out.as_str()), (1, ""));
    let last = err.lines().last().unwrap_or_default();
    assert!(last.starts_with("SyntaxError: Non-UTF-8 code starting with '\\xe9' in file"), "{err}");
    assert!(err.contains(":2:6"), "{err}");
    Ok(())
}

#[test]
fn random_bytes_never_crash() -> Tried {
    let mut state = 12_345_u64;
    for round in 0..20 {
        let mut bytes = Vec::new();
        for _ in 0..400 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let [byte, ..] = state.to_be_bytes();
            bytes.push(if round % 2 == 0 { byte & 0x7f } else { byte });
        }
        let file = Temporary::new(&format!("random{round}.aio"), &bytes)?;
        let (code, _, err) = run(&[file.name()])?;
        assert_eq!(code, 1, "{err}");
    }
    Ok(())
}

#[test]
fn a_line_of_ten_megabytes_has_a_short_error() -> Tried {
    let text = format!("x = [{}\n$", "1, ".repeat(3_500_000));
    let file = Temporary::new("long.aio", text.as_bytes())?;
    let started = Instant::now();
    let (code, _, err) = run(&[file.name()])?;
    assert_eq!(code, 1);
    assert!(err.len() < 20_000, "{} bytes", err.len());
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    Ok(())
}

#[test]
fn deep_nesting_is_an_error_or_runs() -> Tried {
    for (open, close) in [("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("f(", ")")] {
        let text = format!("x = {}1{}\n", open.repeat(10_000), close.repeat(10_000));
        let file = Temporary::new("deep.aio", text.as_bytes())?;
        let (code, _, err) = run(&[file.name()])?;
        assert!(code == 0 || code == 1, "{code}: {err}");
    }
    Ok(())
}

#[test]
fn very_many_names_are_too_many() -> Tried {
    let names = |with: &str| (0..70_000).map(|i| format!("a{i}{with}")).collect::<Vec<_>>().join(",");
    for text in [format!("def f(*, {}): pass\n", names("=1")), format!("{} = range(5)\n", names(""))] {
        let file = Temporary::new("names.aio", text.as_bytes())?;
        let (code, _, err) = run(&[file.name()])?;
        assert_eq!((code, err.lines().last()), (1, Some("SyntaxError: too many local variables")));
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_file_without_end_is_refused() -> Tried {
    let (code, _, err) = run(&["/dev/zero"])?;
    assert_eq!((code, err.as_str()), (2, "aio: can't run '/dev/zero': longer than 256 MiB\n"));
    Ok(())
}

#[test]
fn steps_and_memory_can_be_limited() -> Tried {
    let script = "import sys\ntry:\n    while True: pass\nfinally:\n    print('never')\n";
    let (code, out, err) = run(&["--max-steps", "100000", "-c", script])?;
    assert_eq!((code, out.as_str(), err.as_str()), (124, "", "aio: stopped after --max-steps\n"));
    let script = "import asyncio\nasync def spin():\n    while True:\n        try: await asyncio.sleep(0)\n        except BaseException: pass\nasyncio.create_task(spin())\nawait spin()\n";
    assert_eq!(run(&["--max-steps", "100000", "-c", script])?.0, 124);
    for grow in ["x.append(x)", "x += x or [0]", "x = [x, 'a' * 9999]", "x.extend(range(10**9))"] {
        let script = format!(
            "def grow():\n    x = []\n    while True:\n        {grow}\ntry:\n    grow()\nexcept MemoryError as e:\n    print(type(e))\n    print(len([0] * 10**6))"
        );
        let (code, out, err) = run(&["--max-memory", "64", "-c", &script])?;
        assert_eq!((code, out.as_str()), (0, "<class 'MemoryError'>\n1000000\n"), "{grow}: {err}");
    }
    Ok(())
}

#[test]
fn code_on_the_command_line_gets_its_arguments() -> Tried {
    let (code, out, err) = run(&["-c", "import sys; print(sys.argv)", "--version", "-c", "x"])?;
    assert_eq!((code, out.as_str()), (0, "['-c', '--version', '-c', 'x']\n"), "{err}");
    Ok(())
}

#[test]
fn stdin_is_a_script() -> Tried {
    for args in [&["-"][..], &[]] {
        let mut child = aio().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().ok_or("stdin")?.write_all(b"print('from stdin')\n")?;
        assert_eq!(parts(&child.wait_with_output()?).1, "from stdin\n");
    }
    Ok(())
}

#[test]
fn version_help_and_usage() -> Tried {
    assert_eq!(run(&["--version"])?, (0, format!("aio {}\n", env!("CARGO_PKG_VERSION")), String::new()));
    let (code, out, _) = run(&["--help"])?;
    assert!(code == 0 && out.contains("--virtual-time") && out.contains("disasm"), "{out}");
    assert_eq!(run(&["--no-such-option"])?.0, 2);
    assert_eq!(run(&["--recursion-limit", "0", "x.aio"])?.0, 2);
    Ok(())
}

#[test]
fn exit_codes_are_cpythons() -> Tried {
    let cases = [
        ("pass", 0, ""),
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(None)", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit(-1)", 255, ""),
        ("import sys; sys.exit(256)", 0, ""),
        ("import sys; sys.exit(True)", 1, ""),
        ("import sys; sys.exit('gone')", 1, "gone"),
        ("raise SystemExit(4)", 4, ""),
        ("raise SystemExit", 0, ""),
        ("raise ValueError('no such thing')", 1, "ValueError: no such thing"),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
        ("x = (", 1, "SyntaxError: '(' was never closed"),
    ];
    for (script, expected, last) in cases {
        let (code, _, err) = run(&["-c", script])?;
        assert_eq!((code, err.lines().last().unwrap_or_default()), (expected, last), "{script}: {err}");
    }
    Ok(())
}

#[test]
fn a_seed_picks_the_order_of_tasks() -> Tried {
    let script = "import asyncio, random\n\
        async def w(n):\n    for i in range(3): print(n, i); await asyncio.sleep(0)\n\
        async def main(): await asyncio.gather(*[w(c) for c in 'abcd']); print(random.random())\n\
        asyncio.run(main())";
    let mut seen = std::collections::BTreeSet::new();
    for seed in ["1", "2", "3"] {
        let (code, first, _) = run(&["--seed", seed, "-c", script])?;
        let (_, second, _) = run(&["--seed", seed, "-c", script])?;
        assert_eq!((code, &first), (0, &second), "the same seed gives the same run");
        let mut lines: Vec<&str> = first.lines().collect();
        assert_eq!(lines.len(), 13);
        lines.pop();
        for worker in ["a", "b", "c", "d"] {
            let own: Vec<&str> = lines.iter().copied().filter(|l| l.starts_with(worker)).collect();
            assert_eq!(own, ["0", "1", "2"].map(|i| format!("{worker} {i}")));
        }
        seen.insert(first);
    }
    assert_eq!(seen.len(), 3, "another seed gives another order");
    Ok(())
}

#[test]
fn a_closed_pipe_is_no_error() -> Tried {
    let script = "i = 0\nwhile True:\n    i += 1\n    print(i)\n";
    let mut child = aio().args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut some = [0; 100];
    child.stdout.take().ok_or("stdout")?.read_exact(&mut some)?;
    let (code, _, err) = parts(&child.wait_with_output()?);
    assert_eq!((code, err.as_str()), (141, ""));
    Ok(())
}

#[test]
fn stdout_and_stderr_keep_their_order() -> Tried {
    let file = Temporary::new("both.txt", b"")?;
    let both = std::fs::File::create(&file.0)?;
    let script = "import sys\nprint('one')\nprint('two', file=sys.stderr)\nprint('three')\n1 / 0\n";
    let status = aio().args(["-c", script]).stdout(both.try_clone()?).stderr(both).status()?;
    assert_eq!(status.code(), Some(1));
    let text = std::fs::read_to_string(&file.0)?;
    assert!(
        text.starts_with("one\ntwo\nthree\n") && text.ends_with("\nZeroDivisionError: division by zero\n"),
        "{text}"
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn ctrl_c_raises_keyboard_interrupt() -> Tried {
    let scripts = [
        "print('ready', flush=True)\nwhile True: pass\n",
        "import time\nprint('ready', flush=True)\ntime.sleep(60)\n",
        "import asyncio\nprint('ready', flush=True)\nawait asyncio.sleep(60)\n",
        // Natives that loop for long.
        "print('ready', flush=True)\nsum(range(10**12))\n",
        "print('ready', flush=True)\nmax(map(abs, range(10**12)))\n",
        "print('ready', flush=True)\n'x' in range(10**12)\n",
        "l = [str(i) if i % 2 else (i,) for i in range(9)]\nprint('ready', flush=True)\nfor x in zip(iter(int, 1)): pass\n",
        "print('ready', flush=True)\nany(iter(int, 1))\n",
        "print('ready', flush=True)\npow(3, (1 << 90000) - 1, (1 << 90000) - 1)\n",
        "import random\nprint('ready', flush=True)\nrandom.gammavariate(float('nan'), 1)\n",
    ];
    for script in scripts {
        let mut child = aio().args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut ready = [0; 6];
        child.stdout.as_mut().ok_or("stdout")?.read_exact(&mut ready)?;
        Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
        let (code, _, err) = parts(&child.wait_with_output()?);
        assert_eq!((code, err.lines().last()), (130, Some("KeyboardInterrupt")), "{err}");
    }
    Ok(())
}

/// A folder that is removed again.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("aio-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        for (file, text) in files {
            std::fs::write(path.join(file), text)?;
        }
        Ok(Self(path))
    }

    fn run(&self, args: &[&str]) -> std::io::Result<(i32, String, String)> {
        Ok(parts(&aio().args(args).current_dir(&self.0).output()?))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn golden_tests_compare_what_scripts_print() -> Tried {
    let sleeper = "await asyncio.sleep(3600)\nprint('done')\n";
    let folder = Folder::new(
        "golden",
        &[
            ("good.aio", "print('one')\n"),
            ("good.out", "one\n"),
            ("sleeper.aio", sleeper),
            ("sleeper.out", "done\n"),
            ("fails.aio", "# args: 4\nimport sys\nprint('a')\nsys.exit(int(sys.argv[1]))\n"),
            ("fails.out", "b\n"),
            ("fails.code", "3\n"),
            ("no_test.aio", "print('never run')\n"),
        ],
    )?;
    let (code, out, err) = folder.run(&["test", "--junit", "report.xml"])?;
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.starts_with("FAILED  fails.aio\n    stdout differs (- expected, + printed):\n"), "{out}");
    assert!(out.contains("    - b\n    + a\n    exit code 4, expected 3\n"), "{out}");
    assert!(out.contains("\nok      good.aio\nok      sleeper.aio\n3 tests in "), "{out}");
    assert!(out.ends_with("2 passed, 1 failed\n"), "{out}");
    let report = std::fs::read_to_string(folder.0.join("report.xml"))?;
    assert!(report.contains("<testsuite name=\"aio\" tests=\"3\" failures=\"1\""), "{report}");

    let (code, out, _) = folder.run(&["test", "-k", "good", "-q"])?;
    assert!(code == 0 && out.starts_with("1 test in "), "{out}");
    assert_eq!(folder.run(&["test", "no_test.aio"])?.0, 2);
    assert_eq!(folder.run(&["test", "missing"])?.0, 2);

    let (code, out, _) = folder.run(&["test", "--bless", "fails.aio", "no_test.aio"])?;
    assert!(code == 0 && out.contains("blessed no_test.aio\n"), "{out}");
    assert_eq!(std::fs::read_to_string(folder.0.join("no_test.out"))?, "never run\n");
    assert_eq!(std::fs::read_to_string(folder.0.join("fails.code"))?, "4\n");
    assert_eq!(folder.run(&["test"])?.0, 0);
    Ok(())
}

#[test]
fn a_golden_test_that_hangs_fails() -> Tried {
    let folder = Folder::new("hangs", &[("hangs.aio", "while True: pass\n"), ("hangs.out", "")])?;
    let (code, out, _) = folder.run(&["test", "--timeout", "0.2"])?;
    assert!(code == 1 && out.contains("still running after 0.2 s"), "{out}");
    Ok(())
}

#[test]
fn completions_and_manual_come_from_the_definition() -> Tried {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, out, err) = run(&["completions", shell])?;
        assert!(code == 0 && err.is_empty() && out.contains("virtual-time"), "{shell}: {out}{err}");
    }
    let (code, out, _) = run(&["man"])?;
    assert!(code == 0 && out.contains(".TH aio 1") && out.contains("virtual\\-time"), "{out}");
    Ok(())
}

#[test]
fn examples_have_no_findings() -> Tried {
    let (code, out, err) = run(&["check", "examples"])?;
    assert!(code == 0 && err.is_empty() && out.starts_with("nothing found in "), "{out}{err}");
    Ok(())
}

#[test]
fn findings_are_mended_and_written_for_programs() -> Tried {
    let wrong = "import json\nimport time\n\n\nasync def main():\n    time.sleep(1)\n    asyncio.sleep(2)\n    asyncio.run(work())\n\n\n\
                 async def work():\n    await asyncio.sleep(1)\n\n\nasyncio.run(main())\n";
    let folder = Folder::new("check", &[("a.aio", wrong), ("b.aio", "def f(:\n"), ("c.txt", "no script")])?;
    let (code, out, _) = folder.run(&["check", "--format", "github", "a.aio"])?;
    assert_eq!(code, 1);
    assert!(out.contains("::error file=a.aio,line=7,col=5,endLine=7,endColumn=21,title=A101::"), "{out}");
    let (code, out, _) =
        folder.run(&["check", "--format", "json", "a.aio", "--select", "all", "--ignore", "A5,RUF029"])?;
    assert!(code == 1 && out.starts_with("[\n  {\"file\": \"a.aio\", \"code\": \"A301\""), "{out}");
    let (code, out, _) = folder.run(&["check", "--format", "sarif"])?;
    assert!(
        code == 1 && out.contains("\"version\": \"2.1.0\"") && out.contains("\"ruleId\": \"E0105\""),
        "{out}"
    );
    let (code, out, _) = folder.run(&["check", "--fix", "a.aio"])?;
    assert!(code == 0 && out.contains("mended 5"), "{out}");
    assert_eq!(
        std::fs::read_to_string(folder.0.join("a.aio"))?,
        "\n\nasync def main():\n    await asyncio.sleep(1)\n    await asyncio.sleep(2)\n    await work()\n\n\n\
         async def work():\n    await asyncio.sleep(1)\n\n\nasyncio.run(main())\n"
    );
    assert_eq!(folder.run(&["check", "missing.aio"])?.0, 2);
    assert_eq!(folder.run(&["check", "--select", "A999"])?.0, 2);
    Ok(())
}

#[test]
fn rules_are_explained() -> Tried {
    let (code, out, _) = run(&["explain", "RUF006"])?;
    assert!(code == 0 && out.starts_with("A102 task-dropped (warning)\n"), "{out}");
    assert_eq!(run(&["explain"])?.1.lines().count(), aio::lint::RULES.len());
    assert_eq!(run(&["explain", "A999"])?.0, 2);
    Ok(())
}
