//! `_files`: files as the system has them, with a buffer for each direction. What text is, and what may be asked of a
//! file, is said in `io`, in the language.

use super::ModuleSpec;
use super::asyncio::boxes::{data, is_box, native_data};
use super::set;
use crate::heap::{Gc, Value};
use crate::objects::sequence::BytesLike;
use crate::vm::{Raise, Result, Vm};
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::rc::{Rc, Weak};

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "_files",
    natives: NATIVES,
    init: |vm, dict| {
        let object = vm.types.object;
        let class = vm.native_class("File", "_files", object, &[FILE]);
        set(vm, dict, "File", class);
        vm.file_class = class.value();
        Ok(())
    },
};

/// How much is written or read at once.
const BUFFER: usize = 1 << 16;

/// An open file.
pub struct OpenFile {
    file: Option<File>,
    /// What was read ahead, and how much of it is used.
    ahead: Vec<u8>,
    used: usize,
    /// What waits to be written.
    behind: Vec<u8>,
}

impl OpenFile {
    fn file(&mut self) -> std::io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| std::io::Error::other("the file is closed"))
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> std::io::Result<()> {
        if !self.behind.is_empty() {
            let behind = std::mem::take(&mut self.behind);
            self.file()?.write_all(&behind)?;
        }
        Ok(())
    }

    /// Forgets what was read ahead, so that the system's position is the program's.
    fn settle(&mut self) -> std::io::Result<()> {
        self.flush()?;
        let unused = self.ahead.len() - self.used;
        self.ahead.clear();
        self.used = 0;
        if unused > 0 {
            let back = -i64::try_from(unused).unwrap_or(0);
            self.file()?.seek(SeekFrom::Current(back))?;
        }
        Ok(())
    }

    /// Reads ahead; false at the end.
    fn fill(&mut self) -> std::io::Result<bool> {
        self.flush()?;
        self.ahead.clear();
        self.used = 0;
        let mut ahead = std::mem::take(&mut self.ahead);
        let result = self.file()?.take(BUFFER as u64).read_to_end(&mut ahead);
        self.ahead = ahead;
        Ok(result? > 0)
    }

    fn read(&mut self, limit: Option<usize>) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            let wanted = limit.map_or(usize::MAX, |limit| limit - out.len());
            let end = self.ahead.len().min(self.used.saturating_add(wanted));
            out.extend_from_slice(&self.ahead[self.used..end]);
            self.used = end;
            if limit.is_some_and(|limit| out.len() >= limit) {
                return Ok(out);
            }
            if limit.is_none() {
                self.flush()?;
                self.file()?.read_to_end(&mut out)?;
                return Ok(out);
            }
            if !self.fill()? {
                return Ok(out);
            }
        }
    }

    fn read_line(&mut self, limit: Option<usize>) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        loop {
            let wanted = limit.map_or(usize::MAX, |limit| limit - out.len());
            let rest = &self.ahead[self.used..];
            let line = rest.iter().position(|&b| b == b'\n').map(|i| i + 1);
            let n = line.unwrap_or(rest.len()).min(wanted);
            out.extend_from_slice(&rest[..n]);
            self.used += n;
            let done = line.is_some() || limit.is_some_and(|limit| out.len() >= limit);
            if done || !self.fill()? {
                return Ok(out);
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.used < self.ahead.len() {
            self.settle()?;
        }
        self.behind.extend_from_slice(bytes);
        if self.behind.len() >= BUFFER { self.flush() } else { Ok(()) }
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.flush();
    }
}

/// The files that are to be flushed when the program ends.
pub type OpenFiles = Vec<Weak<RefCell<OpenFile>>>;

struct Handle(Rc<RefCell<OpenFile>>);

native_data!(Handle, |_this, _t| ());

crate::natives! { static NATIVES:
    /// Open a file: what to do, as letters of a mode.
    "open(path, mode, /)" => open;
}

crate::methods! { static FILE for fn is_box::<Handle>, "File":
    "read(self, limit=None, /)" => read;
    "readline(self, limit=None, /)" => read_line;
    "write(self, data, /)" => write;
    "write_text(self, text, /)" => write_text;
    "seek(self, offset, whence=0, /)" => seek;
    "tell(self, /)" => tell;
    "truncate(self, size, /)" => truncate;
    "flush(self, /)" => flush;
    "close(self, /)" => close;
    "isatty(self, /)" => is_terminal;
    "seekable(self, /)" => seekable;
    "fileno(self, /)" => number;
}

impl Vm {
    /// Writes what waits in open files: at the end, and before somebody looks at the disk. A file that the program
    /// has let go of is closed by then in CPython.
    pub fn flush_files(&mut self) {
        self.open_files.retain(|file| match file.upgrade() {
            Some(file) => {
                // Whoever closes or flushes the file is told; here nobody is.
                let _ = file.borrow_mut().flush();
                true
            }
            None => false,
        });
    }

    /// The OSError for what the system said; `paths` are those that it said it about.
    pub fn os_error(&mut self, error: &std::io::Error, paths: &[Value]) -> Raise {
        let Some(number) = error.raw_os_error() else {
            let class = self.exceptions.OSError;
            return self.error(class, error.to_string());
        };
        let text = error.to_string();
        let text = self.str(text.split(" (os error").next().unwrap_or_default());
        self.root(text);
        let mut args = vec![Value::int(number.into()), text];
        args.extend(paths.first());
        if let Some(&second) = paths.get(1) {
            args.extend([Value::NONE, second]);
        }
        let class = self.exceptions.OSError.value();
        match self.call(class, &args) {
            Ok(exception) => Raise(exception),
            Err(raise) => raise,
        }
    }
}

fn open(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let path = super::os::path_of(vm, args[0])?;
    vm.flush_files();
    let mode = args[1].as_str().map_or("", Gc::text);
    let has = |c: char| mode.contains(c);
    let mut options = OpenOptions::new();
    options.read(has('r') || has('+'));
    match () {
        () if has('w') => options.write(true).create(true).truncate(true),
        () if has('x') => options.write(true).create_new(true),
        () if has('a') => options.append(true).create(true),
        () => options.write(has('+')),
    };
    let opened = options.open(&path).and_then(|file| {
        if file.metadata().is_ok_and(|m| m.is_dir()) {
            // EISDIR, which the system says only when somebody reads.
            return Err(std::io::Error::from_raw_os_error(21));
        }
        Ok(file)
    });
    let file = opened.map_err(|error| vm.os_error(&error, &args[..1]))?;
    let open = OpenFile { file: Some(file), ahead: Vec::new(), used: 0, behind: Vec::new() };
    let open = Rc::new(RefCell::new(open));
    vm.open_files.push(Rc::downgrade(&open));
    let class = vm.file_class.cast().unwrap_or(vm.types.object);
    Ok(vm.heap.boxed(class, Handle(open)).value())
}

/// Works on the file of a receiver.
fn with<R>(vm: &mut Vm, v: Value, f: impl FnOnce(&mut OpenFile) -> std::io::Result<R>) -> Result<R> {
    let open = data::<Handle, _>(v, |handle| Rc::clone(&handle.0));
    let result = f(&mut open.borrow_mut());
    result.map_err(|error| vm.os_error(&error, &[]))
}

fn limit(vm: &mut Vm, v: Value) -> Result<Option<usize>> {
    Ok(if v.is_none() { None } else { usize::try_from(vm.index_i64(v)?).ok() })
}

fn read(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let limit = limit(vm, args[1])?;
    let bytes = with(vm, args[0], |file| file.read(limit))?;
    Ok(vm.heap.bytes(bytes).value())
}

fn read_line(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let limit = limit(vm, args[1])?;
    let bytes = with(vm, args[0], |file| file.read_line(limit))?;
    Ok(vm.heap.bytes(bytes).value())
}

fn write(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let plain = vm.unwrap(args[1]);
    let Some(bytes) = BytesLike::of(plain) else {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("a bytes-like object is required, not '{class}'")));
    };
    let n = bytes.len();
    with(vm, args[0], |file| file.write(&bytes))?;
    Ok(Value::int(n as i64))
}

/// UTF-8, the usual encoding, needs no bytes in between.
fn write_text(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let plain = vm.unwrap(args[1]);
    let Some(text) = plain.as_str() else {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("write() argument must be str, not {class}")));
    };
    with(vm, args[0], |file| file.write(text.text().as_bytes()))?;
    Ok(Value::int(text.chars() as i64))
}

fn seek(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let offset = vm.index_i64(args[1])?;
    let to = match args[2].as_int() {
        Some(1) => SeekFrom::Current(offset),
        Some(2) => SeekFrom::End(offset),
        _ => SeekFrom::Start(u64::try_from(offset).unwrap_or(0)),
    };
    let at = with(vm, args[0], |file| {
        file.settle()?;
        file.file()?.seek(to)
    })?;
    Ok(vm.int(i64::try_from(at).unwrap_or(i64::MAX)))
}

fn tell(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let at = with(vm, args[0], |file| {
        let (ahead, behind) = ((file.ahead.len() - file.used) as u64, file.behind.len() as u64);
        Ok(file.file()?.stream_position()?.saturating_sub(ahead) + behind)
    })?;
    Ok(vm.int(i64::try_from(at).unwrap_or(i64::MAX)))
}

fn truncate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let size = u64::try_from(vm.index_i64(args[1])?).unwrap_or(0);
    with(vm, args[0], |file| {
        file.settle()?;
        file.file()?.set_len(size)
    })?;
    Ok(args[1])
}

fn flush(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    with(vm, args[0], OpenFile::flush)?;
    Ok(Value::NONE)
}

fn close(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    with(vm, args[0], |file| {
        let flushed = file.flush();
        file.file = None;
        flushed
    })?;
    Ok(Value::NONE)
}

fn is_terminal(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use std::io::IsTerminal;
    Ok(Value::bool(with(vm, args[0], |file| Ok(file.file()?.is_terminal()))?))
}

fn seekable(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(with(vm, args[0], |file| Ok(file.file()?.stream_position().is_ok()))?))
}

fn number(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use std::os::fd::AsRawFd;
    Ok(Value::int(with(vm, args[0], |file| Ok(file.file()?.as_raw_fd()))?.into()))
}
