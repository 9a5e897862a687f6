//! `_os`: what `os` asks of the system.

use super::{ModuleSpec, set};
use crate::heap::{Gc, Value};
use crate::objects::{Bytes, Dict};
use crate::vm::items::with_bytes;
use crate::vm::{Result, Vm};
use std::path::PathBuf;

pub static SPEC: ModuleSpec = ModuleSpec { name: "_os", natives: NATIVES, init };

crate::natives! { static NATIVES:
    /// Return the path of an object: text, bytes, or what its `__fspath__` gives.
    "fspath(path)" => fspath;
    "getcwd()" => getcwd;
    "chdir(path)" => chdir;
    "listdir(path='.')" => listdir;
    "entries(path, /)" => entries;
    "mkdir(path, mode=511, *, dir_fd=None)" => mkdir;
    "rmdir(path, *, dir_fd=None)" => rmdir;
    "remove(path, *, dir_fd=None)" => remove;
    "unlink(path, *, dir_fd=None)" => remove;
    "rename(src, dst)" => rename;
    "replace(src, dst)" => rename;
    "symlink(src, dst)" => symlink;
    "link(src, dst)" => link;
    "readlink(path)" => readlink;
    "chmod(path, mode)" => chmod;
    "stat_parts(path, follow, /)" => stat_parts;
    "exists(path, /)" => exists;
    "getpid()" => getpid;
    "getppid()" => getppid;
    "cpu_count()" => cpu_count;
    "random(size, /)" => random;
    "strerror(code, /)" => strerror;
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let mut environment = vm.heap.dict();
    set(vm, dict, "environment", environment);
    for (name, value) in vm.host.environment.clone() {
        let (name, value) = (vm.intern(&name), vm.str(&value));
        environment.set_str(name, value);
    }
    Ok(())
}

/// The path that an argument means.
pub fn path_of(vm: &mut Vm, v: Value) -> Result<PathBuf> {
    let path = fspath(vm, &[v])?;
    let text = match (vm.unwrap(path).as_str(), path.cast::<Bytes>()) {
        (Some(text), _) => text.text().to_owned(),
        (None, Some(bytes)) => String::from_utf8_lossy(&bytes.value).into_owned(),
        (None, None) => String::new(),
    };
    if text.contains('\0') {
        return Err(vm.value_error("embedded null byte"));
    }
    Ok(PathBuf::from(text))
}

fn fspath(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let is_path = |vm: &Vm, v: Value| vm.unwrap(v).as_str().is_some() || v.is::<Bytes>();
    if is_path(vm, args[0]) {
        return Ok(args[0]);
    }
    let class = vm.class_name(args[0]);
    let Some(path) = vm.call_special(args[0], vm.names.__fspath__, &[])? else {
        return Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {class}")));
    };
    if is_path(vm, path) {
        return Ok(vm.root(path));
    }
    let got = vm.class_name(path);
    Err(vm.type_error(format!("expected {class}.__fspath__() to return str or bytes, not {got}")))
}

/// Does something with the path in the first argument.
/// How an error names a path: as text, unless it was given as text or bytes.
fn shown(vm: &mut Vm, given: Value, path: &std::path::Path) -> Value {
    let plain = vm.unwrap(given);
    if plain.as_str().is_some() || with_bytes(plain, |_| ()).is_some() {
        return given;
    }
    vm.str(&path.to_string_lossy())
}

fn on_path<R>(vm: &mut Vm, args: &[Value], f: impl FnOnce(&PathBuf) -> std::io::Result<R>) -> Result<R> {
    let path = path_of(vm, args[0])?;
    vm.flush_files();
    f(&path).map_err(|error| {
        let name = shown(vm, args[0], &path);
        vm.os_error(&error, &[name])
    })
}

fn on_two_paths(
    vm: &mut Vm,
    args: &[Value],
    f: impl FnOnce(&PathBuf, &PathBuf) -> std::io::Result<()>,
) -> Result<Value> {
    let (first, second) = (path_of(vm, args[0])?, path_of(vm, args[1])?);
    f(&first, &second).map_err(|error| {
        let names = [shown(vm, args[0], &first), shown(vm, args[1], &second)];
        vm.os_error(&error, &names)
    })?;
    Ok(Value::NONE)
}

fn getcwd(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let folder = std::env::current_dir().map_err(|error| vm.os_error(&error, &[]))?;
    Ok(vm.str(&folder.to_string_lossy()))
}

fn chdir(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    on_path(vm, args, |path| std::env::set_current_dir(path))?;
    Ok(Value::NONE)
}

fn listdir(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let here = vm.str(".");
    let path = if args[0].is_none() { here } else { args[0] };
    let names = on_path(vm, &[path], |path| {
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>()
    })?;
    let names = names.iter().map(|name| vm.str(&name.to_string_lossy())).collect();
    Ok(vm.list(names))
}

/// The names in a folder, each with whether it is a folder, a file, a link.
fn entries(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let found = on_path(vm, args, |path| {
        let entries = std::fs::read_dir(path)?.map(|entry| {
            let entry = entry?;
            let kind = entry.file_type()?;
            Ok((entry.file_name(), kind.is_dir(), kind.is_file(), kind.is_symlink()))
        });
        entries.collect::<std::io::Result<Vec<_>>>()
    })?;
    let list = vm.heap.list(Vec::new());
    vm.root(list);
    for (name, folder, file, link) in found {
        let name = vm.str(&name.to_string_lossy());
        let row = vm.tuple(&[name, Value::bool(folder), Value::bool(file), Value::bool(link)]);
        vm.heap.push(list, row);
    }
    Ok(list.value())
}

fn mkdir(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use std::os::unix::fs::DirBuilderExt;
    let mode = u32::try_from(vm.index_i64(args[1])?).unwrap_or(0o777);
    on_path(vm, args, |path| std::fs::DirBuilder::new().mode(mode).create(path))?;
    Ok(Value::NONE)
}

fn rmdir(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    on_path(vm, args, |path| std::fs::remove_dir(path))?;
    Ok(Value::NONE)
}

fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    on_path(vm, args, |path| std::fs::remove_file(path))?;
    Ok(Value::NONE)
}

fn rename(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    on_two_paths(vm, args, |from, to| std::fs::rename(from, to))
}

fn symlink(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    on_two_paths(vm, args, |from, to| std::os::unix::fs::symlink(from, to))
}

fn link(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    on_two_paths(vm, args, |from, to| std::fs::hard_link(from, to))
}

fn readlink(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let target = on_path(vm, args, |path| std::fs::read_link(path))?;
    Ok(vm.str(&target.to_string_lossy()))
}

fn chmod(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use std::os::unix::fs::PermissionsExt;
    let mode = u32::try_from(vm.index_i64(args[1])?).unwrap_or(0);
    on_path(vm, args, |path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)))?;
    Ok(Value::NONE)
}

/// mode, inode, device, links, user, group, size, and the times of access, change and status in nanoseconds.
fn stat_parts(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use std::os::unix::fs::MetadataExt;
    let follow = vm.truthy(args[1])?;
    let found =
        on_path(
            vm,
            args,
            |path| if follow { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) },
        )?;
    let time = |seconds: i64, nanoseconds: i64| seconds.saturating_mul(1_000_000_000) + nanoseconds;
    let unsigned = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let parts = [
        i64::from(found.mode()),
        unsigned(found.ino()),
        unsigned(found.dev()),
        unsigned(found.nlink()),
        i64::from(found.uid()),
        i64::from(found.gid()),
        unsigned(found.size()),
        time(found.atime(), found.atime_nsec()),
        time(found.mtime(), found.mtime_nsec()),
        time(found.ctime(), found.ctime_nsec()),
    ];
    let parts: Vec<Value> = parts.into_iter().map(|n| vm.int(n)).collect();
    Ok(vm.tuple(&parts))
}

fn exists(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let path = path_of(vm, args[0])?;
    Ok(Value::bool(path.exists()))
}

fn getpid(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::int(std::process::id().into()))
}

fn getppid(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::int(std::os::unix::process::parent_id().into()))
}

fn cpu_count(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Value::int(count as i64))
}

/// Bytes from the system's source of randomness.
fn random(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    use std::io::Read;
    let Ok(size) = usize::try_from(vm.index_i64(args[0])?) else {
        return Err(vm.value_error("negative argument not allowed"));
    };
    if size > 1 << 28 {
        return Err(vm.memory_error("that many random bytes do not fit in memory"));
    }
    let mut bytes = vec![0; size];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    read.map_err(|error| vm.os_error(&error, &[]))?;
    Ok(vm.heap.bytes(bytes).value())
}

fn strerror(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let code = i32::try_from(vm.index_i64(args[0])?).unwrap_or(0);
    let text = std::io::Error::from_raw_os_error(code).to_string();
    Ok(vm.str(text.split(" (os error").next().unwrap_or_default()))
}
