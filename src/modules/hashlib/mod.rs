//! `hashlib`: the algorithms are RustCrypto's; the classes and functions around them are in `hashlib.aio`.

use super::asyncio::boxes::{data, is_box, make, native_data};
use super::{ModuleSpec, embed, set};
use crate::heap::{Gc, Value};
use crate::objects::Dict;
use crate::vm::items::with_bytes;
use crate::vm::{Result, Vm};
use sha2::Digest;
use shake::digest::{ExtendableOutput, Update, XofReader};

pub static SPEC: ModuleSpec = ModuleSpec { name: "hashlib", natives: NATIVES, init };

crate::natives! { static NATIVES:
    "_start(name, /)" => start;
    "_start_blake2(which, size, key, salt, person, /)" => start_blake2;
}

/// A hash on its way.
trait Hasher {
    fn feed(&mut self, bytes: &[u8]);
    /// The digest of what was seen so far; `length` counts for those alone that may have any.
    fn digest(&self, length: usize) -> Vec<u8>;
    fn boxed(&self) -> Box<dyn Hasher>;
}

#[derive(Clone)]
struct Fixed<D>(D);

impl<D: Digest + Clone + 'static> Hasher for Fixed<D> {
    fn feed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn digest(&self, _length: usize) -> Vec<u8> {
        self.0.clone().finalize().to_vec()
    }

    fn boxed(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }
}

#[derive(Clone)]
struct Extendable<D>(D);

impl<D: Update + ExtendableOutput + Clone + 'static> Hasher for Extendable<D> {
    fn feed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn digest(&self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.clone().finalize_xof().read(&mut bytes);
        bytes
    }

    fn boxed(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }
}

impl Hasher for blake2b_simd::State {
    fn feed(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn digest(&self, _length: usize) -> Vec<u8> {
        self.finalize().as_bytes().to_vec()
    }

    fn boxed(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }
}

impl Hasher for blake2s_simd::State {
    fn feed(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn digest(&self, _length: usize) -> Vec<u8> {
        self.finalize().as_bytes().to_vec()
    }

    fn boxed(&self) -> Box<dyn Hasher> {
        Box::new(self.clone())
    }
}

struct State(Box<dyn Hasher>);

native_data!(State, |_this, _t| ());

crate::methods! { static STATE for fn is_box::<State>, "hashlib._State":
    "update(self, data, /)" => update;
    "digest(self, length, /)" => digest;
    "copy(self, /)" => copy;
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let object = vm.types.object;
    let class = vm.native_class("_State", "hashlib", object, &[STATE]);
    set(vm, dict, "_State", class);
    embed(vm, dict, "<hashlib>", include_str!("hashlib.aio"))
}

fn state_class(vm: &mut Vm) -> Result<Value> {
    let (module, name) = (vm.intern("hashlib"), vm.intern("_State"));
    let found = vm.modules.table.get_str(module);
    match found {
        Some(module) => vm.get_attr(module, name),
        None => Err(vm.runtime_error("the module 'hashlib' has been removed")),
    }
}

fn fixed<D: Digest + Clone + 'static>() -> Box<dyn Hasher> {
    Box::new(Fixed(D::new()))
}

fn extendable<D: Default + Update + ExtendableOutput + Clone + 'static>() -> Box<dyn Hasher> {
    Box::new(Extendable(D::default()))
}

/// The state of an algorithm that has seen nothing yet; None if there is no such algorithm.
fn start(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let state = match args[0].as_str().map_or("", |s| s.text()) {
        "md5" => fixed::<md5::Md5>(),
        "sha1" => fixed::<sha1::Sha1>(),
        "sha224" => fixed::<sha2::Sha224>(),
        "sha256" => fixed::<sha2::Sha256>(),
        "sha384" => fixed::<sha2::Sha384>(),
        "sha512" => fixed::<sha2::Sha512>(),
        "sha3_224" => fixed::<sha3::Sha3_224>(),
        "sha3_256" => fixed::<sha3::Sha3_256>(),
        "sha3_384" => fixed::<sha3::Sha3_384>(),
        "sha3_512" => fixed::<sha3::Sha3_512>(),
        "shake_128" => extendable::<shake::Shake128>(),
        "shake_256" => extendable::<shake::Shake256>(),
        _ => return Ok(Value::NONE),
    };
    made(vm, state)
}

/// The state of a BLAKE2 hash: "b" or "s", the digest's size, key, salt and person, all of which `hashlib.aio` has
/// checked.
fn start_blake2(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let size = usize::try_from(vm.index_i64(args[1])?).unwrap_or(1);
    let [key, salt, person] =
        [args[2], args[3], args[4]].map(|v| with_bytes(v, <[u8]>::to_vec).unwrap_or_default());
    let state: Box<dyn Hasher> = if args[0].as_str().is_some_and(|s| s.text() == "b") {
        let mut params = blake2b_simd::Params::new();
        Box::new(params.hash_length(size).key(&key).salt(&salt).personal(&person).to_state())
    } else {
        let mut params = blake2s_simd::Params::new();
        Box::new(params.hash_length(size).key(&key).salt(&salt).personal(&person).to_state())
    };
    made(vm, state)
}

fn made(vm: &mut Vm, state: Box<dyn Hasher>) -> Result<Value> {
    let class = state_class(vm)?;
    make(vm, class, class, State(state))
}

fn update(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let done = with_bytes(args[1], |bytes| data::<State, _>(args[0], |state| state.0.feed(bytes)));
    if done.is_some() {
        return Ok(Value::NONE);
    }
    Err(match args[1].as_str() {
        Some(_) => vm.type_error("Strings must be encoded before hashing"),
        None => vm.type_error("object supporting the buffer API required"),
    })
}

fn digest(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let length = usize::try_from(vm.index_i64(args[1])?).unwrap_or(0);
    vm.make_room(length)?;
    let bytes = data::<State, _>(args[0], |state| state.0.digest(length));
    Ok(vm.heap.bytes(bytes).value())
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let state = data::<State, _>(args[0], |state| state.0.boxed());
    made(vm, state)
}
