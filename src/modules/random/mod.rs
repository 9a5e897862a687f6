//! `random`: the class `Random`, its seeds and its state. The functions of the module are the methods of one hidden
//! instance. Every function gives what CPython gives for the same seed.

mod choosing;
mod distributions;
mod twister;

use super::{ModuleSpec, embed, set};
use crate::heap::{Gc, Value};
use crate::objects::{Boxed, ByteArray, Bytes, Class, Dict, NativeData, Tuple};
use crate::vm::{Result, Vm};
use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;
use sha2::{Digest, Sha512};
use std::any::Any;
use std::hash::{BuildHasher, RandomState};
use twister::{Twister, WORDS};

pub static SPEC: ModuleSpec = ModuleSpec { name: "random", natives: &[], init };

/// What `getstate` marks its result with.
const VERSION: i64 = 3;

struct Generator {
    twister: Twister,
    /// `gauss` makes two numbers at a time.
    spare: Option<f64>,
}

impl NativeData for Generator {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The generator of a receiver.
#[derive(Clone, Copy)]
struct Source(Option<Gc<Boxed>>);

impl Source {
    fn of(args: &[Value]) -> Self {
        Self(args[0].cast())
    }

    /// Every receiver was checked to be a generator.
    fn with<R: Default>(&mut self, f: impl FnOnce(&mut Generator) -> R) -> R {
        self.0.as_mut().and_then(Gc::<Boxed>::data_as::<Generator>).map(f).unwrap_or_default()
    }

    fn float(&mut self) -> f64 {
        self.with(|g| g.twister.float())
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.with(|g| g.twister.below(limit))
    }

    fn below_big(&mut self, limit: &BigInt) -> BigInt {
        self.with(|g| g.twister.below_big(limit))
    }
}

fn is_generator(v: Value) -> bool {
    v.cast::<Boxed>().is_some_and(|b| b.data.as_any().is::<Generator>())
}

/// Without a seed: from the host; under virtual time always the same, so that runs repeat.
fn unseeded(vm: &Vm) -> Twister {
    if let Some(seed) = vm.host.seed {
        return Twister::from_words(&[seed as u32, (seed >> 32) as u32]);
    }
    if vm.host.virtual_time {
        return Twister::from_words(&[0]);
    }
    let mut words = [0u32; 8];
    for pair in words.chunks_exact_mut(2) {
        let bits = RandomState::new().hash_one(0);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
        pair.copy_from_slice(&[bits as u32, (bits >> 32) as u32]);
    }
    Twister::from_words(&words)
}

fn from_bytes(bytes: &[u8]) -> Twister {
    let mut all = bytes.to_vec();
    all.extend_from_slice(&Sha512::digest(bytes));
    Twister::from_int(&BigInt::from_bytes_be(Sign::Plus, &all))
}

/// The 64-bit mixing of characters that version 1 seeds by.
fn from_old_text(codes: &[u64]) -> Twister {
    let first = codes.first().map_or(0, |c| c << 7);
    let x = codes.iter().fold(first, |x, c| x.wrapping_mul(1_000_003) ^ c) ^ codes.len() as u64;
    Twister::from_int(&x.into())
}

fn seeded(vm: &mut Vm, seed: Value, version: i64) -> Result<Twister> {
    if seed.is_none() {
        return Ok(unseeded(vm));
    }
    let plain = vm.unwrap(seed);
    if let Some(s) = plain.as_str() {
        return Ok(if version == 1 {
            from_old_text(&s.as_str().chars().map(u64::from).collect::<Vec<_>>())
        } else {
            from_bytes(s.as_str().as_bytes())
        });
    }
    if let Some(b) = plain.cast::<Bytes>() {
        return Ok(if version == 1 {
            from_old_text(&b.value.iter().copied().map(u64::from).collect::<Vec<_>>())
        } else {
            from_bytes(&b.value)
        });
    }
    if let Some(b) = plain.cast::<ByteArray>() {
        return Ok(from_bytes(&b.value));
    }
    if let Some(i) = vm.big_of(plain) {
        return Ok(Twister::from_int(&i));
    }
    if plain.is_float() {
        #[expect(clippy::cast_sign_loss, reason = "the bits are the seed")]
        let hash = vm.hash(plain)? as u64;
        return Ok(Twister::from_int(&hash.into()));
    }
    Err(vm.type_error("The only supported seed types are:\nNone, int, float, str, bytes, and bytearray."))
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let twister = seeded(vm, args[1], 2)?;
    // The class itself: the one among the ancestors whose layout is the box.
    let class =
        args[0].cast::<Class>().and_then(|c| c.mro.iter().copied().find(|c| c.name.as_str() == "Random"));
    let Some(class) = class else { return Err(vm.type_error("Random.__new__(X): X is not a type object")) };
    let boxed = vm.heap.boxed(class, Generator { twister, spare: None }).value();
    vm.wrap_payload(args[0], boxed)
}

fn seed(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let version = vm.small_int_of(args[2]).unwrap_or(2);
    let twister = seeded(vm, args[1], version)?;
    Source::of(args).with(|g| *g = Generator { twister, spare: None });
    Ok(Value::NONE)
}

fn random(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.float(Source::of(args).float()))
}

fn getrandbits(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let k = vm.index_i64(args[1])?;
    let Ok(k) = usize::try_from(k) else {
        return Err(vm.value_error("number of bits must be non-negative"));
    };
    if k > 1 << 33 {
        return Err(vm.memory_error(""));
    }
    vm.make_room(k / 4)?;
    let bits = Source::of(args).with(|g| g.twister.bits(k));
    Ok(vm.heap.big_int(bits))
}

fn randbytes(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = vm.index_i64(args[1])?;
    let Ok(n) = usize::try_from(n) else {
        return Err(vm.value_error("number of bits must be non-negative"));
    };
    if n > 1 << 30 {
        return Err(vm.memory_error(""));
    }
    vm.make_room(n.saturating_mul(3))?;
    let mut bytes = Source::of(args).with(|g| g.twister.bits(n * 8)).magnitude().to_bytes_le();
    bytes.resize(n, 0);
    Ok(vm.heap.bytes(bytes).into())
}

fn getstate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (words, spare) = Source::of(args).with(|g| {
        let mut words = g.twister.words.to_vec();
        words.push(u32::try_from(g.twister.used).unwrap_or(0));
        (words, g.spare)
    });
    let words: Vec<Value> = words.into_iter().map(|w| Value::int(w.into())).collect();
    let spare = match spare {
        Some(f) => vm.float(f),
        None => Value::NONE,
    };
    let words = vm.tuple(&words);
    Ok(vm.tuple(&[Value::int(VERSION), words, spare]))
}

fn setstate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(state) = args[1].cast::<Tuple>() else {
        return Err(vm.type_error("state vector must be a tuple"));
    };
    let parts = state.items();
    let version = parts.first().copied().unwrap_or(Value::NONE);
    if parts.len() != 3 || vm.small_int_of(version) != Some(VERSION) {
        let version = vm.to_str(version)?;
        let version = version.as_str();
        return Err(vm.value_error(format!(
            "state with version {version} passed to Random.setstate() of version {VERSION}"
        )));
    }
    let Some(given) = parts[1].cast::<Tuple>() else {
        return Err(vm.type_error("state vector must be a tuple"));
    };
    if given.items().len() != WORDS + 1 {
        return Err(vm.value_error("state vector is the wrong size"));
    }
    let mut words = [0; WORDS];
    for (word, &v) in words.iter_mut().zip(given.items()) {
        *word = vm.big_of(v).and_then(|i| i.to_u32()).unwrap_or(0);
    }
    let used = given.items()[WORDS].as_int().and_then(|i| usize::try_from(i).ok()).filter(|&i| i <= WORDS);
    let Some(used) = used else { return Err(vm.value_error("invalid state")) };
    let spare = parts[2].as_float();
    Source::of(args).with(|g| *g = Generator { twister: Twister { words, used }, spare });
    Ok(Value::NONE)
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let class = vm.native_class("Random", "random", vm.types.object, &[CLASS, METHODS]);
    set(vm, dict, "Random", class);
    let twister = unseeded(vm);
    let hidden = vm.heap.boxed(class, Generator { twister, spare: None }).value();
    for def in METHODS {
        let function = vm.heap.native(def, hidden);
        set(vm, dict, def.name(), function);
    }
    embed(vm, dict, "<random>", include_str!("../lib/random_system.aio"))
}

crate::natives! { static CLASS:
    "__new__(cls, x=None)" => new;
}

crate::methods! { static METHODS for fn is_generator, "Random":
    /// Initialize internal state from a seed: None, int, float, str, bytes or bytearray.
    "seed(self, a=None, version=2)" => seed;
    /// random() -> x in the interval [0, 1).
    "random(self, /)" => random;
    /// getrandbits(k) -> x. Generates an int with k random bits.
    "getrandbits(self, k, /)" => getrandbits;
    /// Generate n random bytes.
    "randbytes(self, n)" => randbytes;
    /// Return internal state; can be passed to setstate() later.
    "getstate(self)" => getstate;
    /// Restore internal state from object returned by getstate().
    "setstate(self, state)" => setstate;
    /// Choose a random item from range(stop) or range(start, stop[, step]).
    "randrange(self, start, stop=None, step=...)" => choosing::randrange;
    /// Return random integer in range [a, b], including both end points.
    "randint(self, a, b)" => choosing::randint;
    /// Choose a random element from a non-empty sequence.
    "choice(self, seq)" => choosing::choice;
    /// Return a k sized list of population elements chosen with replacement.
    "choices(self, population, weights=None, *, cum_weights=None, k=1)" => choosing::choices;
    /// Shuffle list x in place, and return None.
    "shuffle(self, x)" => choosing::shuffle;
    /// Chooses k unique random elements from a population sequence.
    "sample(self, population, k, *, counts=None)" => choosing::sample;
    /// Get a random number in the range [a, b) or [a, b] depending on rounding.
    "uniform(self, a, b)" => distributions::uniform;
    /// Triangular distribution.
    "triangular(self, low=..., high=..., mode=None)" => distributions::triangular;
    /// Normal distribution.
    "normalvariate(self, mu=..., sigma=...)" => distributions::normalvariate;
    /// Gaussian distribution.
    "gauss(self, mu=..., sigma=...)" => distributions::gauss;
    /// Log normal distribution.
    "lognormvariate(self, mu, sigma)" => distributions::lognormvariate;
    /// Exponential distribution.
    "expovariate(self, lambd=...)" => distributions::expovariate;
    /// Circular data distribution.
    "vonmisesvariate(self, mu, kappa)" => distributions::vonmisesvariate;
    /// Gamma distribution. Not the gamma function!
    "gammavariate(self, alpha, beta)" => distributions::gammavariate;
    /// Beta distribution.
    "betavariate(self, alpha, beta)" => distributions::betavariate;
    /// Pareto distribution. alpha is the shape parameter.
    "paretovariate(self, alpha)" => distributions::paretovariate;
    /// Weibull distribution.
    "weibullvariate(self, alpha, beta)" => distributions::weibullvariate;
    /// Binomial random variable: the number of successes in n trials.
    "binomialvariate(self, n=1, p=...)" => distributions::binomialvariate;
}
