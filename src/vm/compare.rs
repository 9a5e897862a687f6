//! Comparisons: `==`, `<` and the others, in CPython's order of who is asked.

use super::items::{item_at, item_count, with_bytes};
use super::{Raise, Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::table::same_text;
use crate::objects::{
    BigInt, BoundMethod, Complex, Dict, DictView, Function, Instance, List, MappingProxy, Native, Range, Set,
    Slice, Tuple, ViewKind,
};
use crate::text::int::{compare_big, compare_small};
use std::cmp::Ordering;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
}

impl CompareOp {
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Eq => "==",
            Self::Ne => "!=",
        }
    }

    /// The special method's name.
    #[must_use]
    pub fn name(self, vm: &Vm) -> Gc<Str> {
        match self {
            Self::Lt => vm.names.__lt__,
            Self::Le => vm.names.__le__,
            Self::Gt => vm.names.__gt__,
            Self::Ge => vm.names.__ge__,
            Self::Eq => vm.names.__eq__,
            Self::Ne => vm.names.__ne__,
        }
    }

    /// What the other side is asked: `a < b` is `b > a`.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
        }
    }

    #[must_use]
    #[inline(always)]
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
        }
    }

    #[must_use]
    pub const fn is_equality(self) -> bool {
        matches!(self, Self::Eq | Self::Ne)
    }
}

/// Tuples nested deeper than this are compared where depth is counted.
const PLAIN_DEPTH: usize = 16;

impl Vm {
    /// `a op b`
    #[inline]
    pub fn compare(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        if a.both_ints(b) {
            return Ok(Value::bool(op.holds(a.signed_bits().cmp(&b.signed_bits()))));
        }
        if let (Some(x), Some(y)) = (a.cast::<Instance>(), b.cast::<Instance>())
            && x.shape() == y.shape()
            && let Some(result) = self.compare_alike(op, a, b)?
        {
            return Ok(result);
        }
        match plain_compare(op, a, b).or_else(|| self.plain_sequences(op, a, b)) {
            Some(result) => Ok(Value::bool(result)),
            None => self.compare_slowly(op, a, b),
        }
    }

    /// What a method of the language says of two instances of one class; `None` if there is none.
    fn compare_alike(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Option<Value>> {
        let name = op.name(self);
        let class = self.type_of(a);
        let Some(function) = self.lookup(class, name).filter(|f| f.is::<Function>()) else { return Ok(None) };
        let base = self.roots.len();
        self.roots.extend([a, b]);
        let mut result = self.call(function, &[a, b]);
        if let Ok(Value::NOT_IMPLEMENTED) = result {
            result = self.ask_compare(op.swapped(), b, a);
        }
        self.roots.truncate(base);
        match result? {
            Value::NOT_IMPLEMENTED => self.undecided(op, a, b).map(Some),
            answer => Ok(Some(answer)),
        }
    }

    /// Neither side knows.
    fn undecided(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        match op {
            CompareOp::Eq => Ok(Value::bool(a == b)),
            CompareOp::Ne => Ok(Value::bool(a != b)),
            _ => Err(self.unorderable(op, a, b)),
        }
    }

    /// Lists or tuples whose items need no code of the language to be compared.
    fn plain_sequences(&self, op: CompareOp, a: Value, b: Value) -> Option<bool> {
        let (x, y): (&[Value], &[Value]) = match a.kind()? {
            Kind::Tuple => (a.cast::<Tuple>()?.all(), b.cast::<Tuple>()?.all()),
            Kind::List => (&a.cast::<List>()?.items, &b.cast::<List>()?.items),
            _ => return None,
        };
        if op.is_equality() && x.len() != y.len() {
            return Some(op == CompareOp::Ne);
        }
        for (&x, &y) in x.iter().zip(y) {
            if !self.plain_equal(x, y)? {
                return if op.is_equality() { Some(op == CompareOp::Ne) } else { plain_compare(op, x, y) };
            }
        }
        Some(op.holds(x.len().cmp(&y.len())))
    }

    /// The truth of `a op b`.
    pub fn compare_bool(&mut self, op: CompareOp, a: Value, b: Value) -> Result<bool> {
        let result = self.compare(op, a, b)?;
        match result.as_bool() {
            Some(truth) => Ok(truth),
            None => self.truthy(result),
        }
    }

    /// `a < b`, if that takes no code of the language.
    #[inline]
    #[must_use]
    pub fn plain_less(&self, a: Value, b: Value) -> Option<bool> {
        if a.both_ints(b) {
            return Some(a.signed_bits() < b.signed_bits());
        }
        match a.kind() {
            Some(Kind::Instance) => return None,
            Some(Kind::Tuple) => {
                if let (Some(x), Some(y)) = (a.cast::<Tuple>(), b.cast::<Tuple>())
                    && let (Some(x), Some(y)) = (x.items().first(), y.items().first())
                    && x.both_ints(*y)
                    && x != y
                {
                    return Some(x.signed_bits() < y.signed_bits());
                }
            }
            _ => (),
        }
        plain_compare(CompareOp::Lt, a, b).or_else(|| self.plain_sequences(CompareOp::Lt, a, b))
    }

    pub fn less(&mut self, a: Value, b: Value) -> Result<bool> {
        self.compare_bool(CompareOp::Lt, a, b)
    }

    /// `a is b or a == b`
    #[inline]
    pub fn equals(&mut self, a: Value, b: Value) -> Result<bool> {
        match self.plain_equal(a, b) {
            Some(equal) => Ok(equal),
            None => self.compare_bool(CompareOp::Eq, a, b),
        }
    }

    /// Equality as far as it takes no code of the language; `None` if it does. Identity counts as equality.
    #[must_use]
    #[inline]
    pub fn plain_equal(&self, a: Value, b: Value) -> Option<bool> {
        if a == b {
            return Some(true);
        }
        if a.both_ints(b) {
            return Some(false);
        }
        self.plain_equal_nested(a, b, PLAIN_DEPTH)
    }

    fn plain_equal_nested(&self, a: Value, b: Value, depth: usize) -> Option<bool> {
        if a == b {
            return Some(true);
        }
        if a.both_ints(b) {
            return Some(false);
        }
        if let (Some(x), Some(y)) = (a.cast::<Tuple>(), b.cast::<Tuple>()) {
            if x.len() != y.len() {
                return Some(false);
            }
            if depth == 0 {
                return None;
            }
            for (&x, &y) in x.items().iter().zip(y.items()) {
                match self.plain_equal_nested(x, y, depth - 1) {
                    Some(true) => (),
                    other => return other,
                }
            }
            return Some(true);
        }
        if let Some(result) = plain_compare(CompareOp::Eq, a, b) {
            return Some(result);
        }
        let (x, y) = (self.sort_of(a), self.sort_of(b));
        match (x, y) {
            (Sort::Asks, _) | (_, Sort::Asks) => None,
            (Sort::Other, Sort::Other) => None,
            // Identical ones were found above; numbers and texts were compared there.
            _ => Some(false),
        }
    }

    fn sort_of(&self, v: Value) -> Sort {
        let Some(kind) = v.kind() else { return Sort::Plain };
        match kind {
            Kind::Float
            | Kind::BigInt
            | Kind::Complex
            | Kind::Str
            | Kind::Function
            | Kind::Code
            | Kind::Module => Sort::Plain,
            Kind::Generator | Kind::Coroutine | Kind::Iter | Kind::Future | Kind::Task => Sort::Plain,
            Kind::Class => {
                let meta = self.type_of(v);
                if meta == self.types.type_ { Sort::Plain } else { Sort::Asks }
            }
            Kind::Instance | Kind::Exception => {
                if self.type_of(v).flags.eq || !self.payload(v).is_unbound() {
                    Sort::Asks
                } else {
                    Sort::Plain
                }
            }
            Kind::Boxed => Sort::Asks,
            _ => Sort::Other,
        }
    }

    /// Whether its class, rather than this file, says how it is compared.
    fn asks(v: Value) -> bool {
        matches!(v.kind(), Some(Kind::Instance | Kind::Exception | Kind::Boxed | Kind::Class))
    }

    #[cold]
    fn compare_slowly(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        self.enter()?;
        let result = self.releasing(|vm| {
            vm.root(a);
            vm.root(b);
            if Self::asks(a) || Self::asks(b) {
                vm.rich_compare(op, a, b)
            } else {
                vm.compare_builtins(op, a, b)
            }
        });
        self.leave();
        let result = result?;
        if result == Value::NOT_IMPLEMENTED { self.undecided(op, a, b) } else { Ok(result) }
    }

    fn unorderable(&mut self, op: CompareOp, a: Value, b: Value) -> Raise {
        let (x, y, symbol) = (self.class_name(a), self.class_name(b), op.symbol());
        self.type_error(format!("'{symbol}' not supported between instances of '{x}' and '{y}'"))
    }

    fn rich_compare(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        let (x, y) = (self.type_of(a), self.type_of(b));
        let mut reflected = false;
        if x != y && y.is_subclass_of(x) {
            reflected = true;
            let result = self.ask_compare(op.swapped(), b, a)?;
            if result != Value::NOT_IMPLEMENTED {
                return Ok(result);
            }
        }
        let result = self.ask_compare(op, a, b)?;
        if result != Value::NOT_IMPLEMENTED || reflected {
            return Ok(result);
        }
        self.ask_compare(op.swapped(), b, a)
    }

    /// What `a`'s class says of `a op b`; NotImplemented if nothing.
    fn ask_compare(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        if Self::asks(a) {
            let quiet = a.is::<crate::objects::Instance>() && op.is_equality() && !self.type_of(a).flags.eq;
            if !quiet {
                let name = op.name(self);
                if let Some(result) = self.call_special(a, name, &[b])? {
                    return Ok(result);
                }
                self.check_blocked(a, name)?;
                if op == CompareOp::Ne {
                    return self.not_equal(a, b);
                }
            }
        }
        self.compare_payloads(op, a, b)
    }

    /// `a != b` of a class that defines only `__eq__`.
    fn not_equal(&mut self, a: Value, b: Value) -> Result<Value> {
        let name = self.names.__eq__;
        match self.call_special(a, name, &[b])? {
            Some(result) if result != Value::NOT_IMPLEMENTED => Ok(Value::bool(!self.truthy(result)?)),
            Some(result) => Ok(result),
            None => self.compare_payloads(CompareOp::Ne, a, b),
        }
    }

    /// A special method that is None says that the operation is not for this class.
    pub(super) fn check_blocked(&mut self, v: Value, name: Gc<Str>) -> Result<()> {
        let class = self.type_of(v);
        if v.is_object() && self.lookup(class, name) == Some(Value::NONE) {
            return Err(self.type_error("'NoneType' object is not callable"));
        }
        Ok(())
    }

    fn compare_payloads(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        let (a, b) = (self.unwrap(a), self.unwrap(b));
        match plain_compare(op, a, b) {
            Some(result) => Ok(Value::bool(result)),
            None => self.compare_builtins(op, a, b),
        }
    }

    /// `a op b` of built-in values, as their own special methods have it: NotImplemented for what they do not know.
    pub fn compare_builtins(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        if let Some(result) = plain_compare(op, a, b) {
            return Ok(Value::bool(result));
        }
        let (Some(x), Some(y)) = (a.kind(), b.kind()) else { return Ok(Value::NOT_IMPLEMENTED) };
        match (x, y) {
            (Kind::List, Kind::List) | (Kind::Tuple, Kind::Tuple) => self.compare_sequences(op, a, b),
            (Kind::Set | Kind::FrozenSet | Kind::DictView, Kind::Set | Kind::FrozenSet | Kind::DictView) => {
                self.compare_sets(op, a, b)
            }
            (Kind::MappingProxy, _) => match a.cast::<MappingProxy>() {
                Some(proxy) => self.compare(op, proxy.dict.value(), b),
                None => Ok(Value::NOT_IMPLEMENTED),
            },
            (Kind::Slice, Kind::Slice) => {
                let parts =
                    |v: Value| v.cast::<Slice>().map(|s| [s.start, s.stop, s.step]).unwrap_or_default();
                let (left, right) = (self.heap.tuple(&parts(a)), self.heap.tuple(&parts(b)));
                self.compare(op, left.value(), right.value())
            }
            _ if !op.is_equality() => Ok(Value::NOT_IMPLEMENTED),
            _ => match self.equal_builtins(a, b)? {
                Some(equal) => Ok(Value::bool(equal == (op == CompareOp::Eq))),
                None => Ok(Value::NOT_IMPLEMENTED),
            },
        }
    }

    fn equal_builtins(&mut self, a: Value, b: Value) -> Result<Option<bool>> {
        if let (Some(x), Some(y)) = (a.cast::<Dict>(), b.cast::<Dict>()) {
            return self.equal_dicts(x, y).map(Some);
        }
        if let (Some(x), Some(y)) = (a.cast::<Range>(), b.cast::<Range>()) {
            return self.equal_ranges(x, y).map(Some);
        }
        if let (Some(x), Some(y)) = (a.cast::<BoundMethod>(), b.cast::<BoundMethod>()) {
            return Ok(Some(x.receiver == y.receiver && self.equals(x.function, y.function)?));
        }
        if let (Some(x), Some(y)) = (a.cast::<Native>(), b.cast::<Native>()) {
            return Ok(Some(x.receiver == y.receiver && std::ptr::eq(x.def, y.def)));
        }
        Ok(None)
    }

    /// Lists or tuples: the first items that differ decide.
    fn compare_sequences(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        if op.is_equality() && item_count(a) != item_count(b) {
            return Ok(Value::bool(op == CompareOp::Ne));
        }
        let mut i = 0;
        let base = self.roots.len();
        // Looked up anew each time: the comparisons may change a list.
        while let (Some(x), Some(y)) = (item_at(a, i), item_at(b, i)) {
            self.roots.truncate(base);
            self.root(x);
            self.root(y);
            if !self.equals(x, y)? {
                return match op {
                    CompareOp::Eq => Ok(Value::FALSE),
                    CompareOp::Ne => Ok(Value::TRUE),
                    _ => self.compare(op, x, y),
                };
            }
            i += 1;
        }
        Ok(Value::bool(op.holds(item_count(a).cmp(&item_count(b)))))
    }

    fn equal_dicts(&mut self, a: Gc<Dict>, b: Gc<Dict>) -> Result<bool> {
        if a.table.len() != b.table.len() {
            return Ok(false);
        }
        let mut slot = 0;
        while let Some(at) = a.table.next_slot(slot) {
            let (key, value) = (a.table.key_at(at), a.table.value_at(at));
            let base = self.roots.len();
            self.root(key);
            self.root(value);
            let hash = a.table.hash_at(at);
            let Some(other) = self.find_slot(b.into(), hash, key)? else { return Ok(false) };
            let other = b.table.value_at(other);
            self.root(other);
            if !self.equals(value, other)? {
                return Ok(false);
            }
            self.roots.truncate(base);
            slot = at + 1;
        }
        Ok(true)
    }

    fn equal_ranges(&mut self, a: Gc<Range>, b: Gc<Range>) -> Result<bool> {
        let (x, y) = (self.range_length(a), self.range_length(b));
        if !self.equals(x, y)? {
            return Ok(false);
        }
        if x == Value::int(0) {
            return Ok(true);
        }
        Ok(self.equals(a.start, b.start)? && (x == Value::int(1) || self.equals(a.step, b.step)?))
    }

    /// Sets and views of keys and items: the order is that of subsets.
    fn compare_sets(&mut self, op: CompareOp, a: Value, b: Value) -> Result<Value> {
        let (Some(x), Some(y)) = (set_len(a), set_len(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
        Ok(Value::bool(match op {
            CompareOp::Eq => x == y && self.is_subset(a, b)?,
            CompareOp::Ne => x != y || !self.is_subset(a, b)?,
            CompareOp::Le => x <= y && self.is_subset(a, b)?,
            CompareOp::Lt => x < y && self.is_subset(a, b)?,
            CompareOp::Ge => x >= y && self.is_subset(b, a)?,
            CompareOp::Gt => x > y && self.is_subset(b, a)?,
        }))
    }

    /// Whether every item of `a`, a set or view, is in `b`.
    fn is_subset(&mut self, a: Value, b: Value) -> Result<bool> {
        if let (Some(x), Some(y)) = (a.cast::<Set>(), b.cast::<Set>()) {
            return self.table_is_subset(x, y);
        }
        let all = self.collect(a)?;
        let mut i = 0;
        while let Some(&item) = all.items.get(i) {
            if !self.contains(b, item)? {
                return Ok(false);
            }
            i += 1;
        }
        Ok(true)
    }

    /// Whether every item of `a` is in `b`.
    pub fn table_is_subset(&mut self, a: Gc<Set>, b: Gc<Set>) -> Result<bool> {
        let mut slot = 0;
        while let Some(at) = a.table.next_slot(slot) {
            let key = a.table.key_at(at);
            let hash = a.table.hash_at(at);
            if self.find_slot(b.into(), hash, key)?.is_none() {
                return Ok(false);
            }
            slot = at + 1;
        }
        Ok(true)
    }
}

/// Who decides what a value is equal to.
enum Sort {
    /// It is equal to what `plain_compare` says, and to itself.
    Plain,
    /// Code of the language, or of its class.
    Asks,
    /// A built-in container, compared by `compare_builtins`.
    Other,
}

/// Compares numbers, strings and bytes; `None` for all else, and for what has no order.
#[inline]
fn plain_compare(op: CompareOp, a: Value, b: Value) -> Option<bool> {
    if a.both_ints(b) {
        return Some(op.holds(a.signed_bits().cmp(&b.signed_bits())));
    }
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        return Some(match op {
            CompareOp::Eq => same_text(x, y),
            CompareOp::Ne => !same_text(x, y),
            // UTF-8 has the order of code points.
            _ => op.holds(x.as_str().cmp(y.as_str())),
        });
    }
    if let (Some(x), Some(y)) = (a.inline_float(), b.inline_float()) {
        return Some(holds_for(op, x.partial_cmp(&y)));
    }
    let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) else {
        return with_bytes(a, |x| with_bytes(b, |y| op.holds(x.cmp(y)))).flatten();
    };
    match (x, y) {
        (Number::Complex(..), _) | (_, Number::Complex(..)) => {
            let equal = complex_equal(x, y);
            match op {
                CompareOp::Eq => Some(equal),
                CompareOp::Ne => Some(!equal),
                _ => None,
            }
        }
        _ => Some(holds_for(op, x.order(y))),
    }
}

/// NaN makes every comparison false but `!=`.
fn holds_for(op: CompareOp, order: Option<Ordering>) -> bool {
    order.map_or(op == CompareOp::Ne, |o| op.holds(o))
}

#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Big(Gc<BigInt>),
    Float(f64),
    Complex(f64, f64),
}

impl Number {
    #[inline]
    fn of(v: Value) -> Option<Self> {
        if let Some(i) = v.as_int() {
            return Some(Self::Int(i));
        }
        if let Some(f) = v.as_float() {
            return Some(Self::Float(f));
        }
        if let Some(b) = v.as_bool() {
            return Some(Self::Int(i64::from(b)));
        }
        if let Some(big) = v.cast::<BigInt>() {
            return Some(Self::Big(big));
        }
        v.cast::<Complex>().map(|c| Self::Complex(c.real, c.imag))
    }

    /// Exact, also between integers and floats.
    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(x), Self::Int(y)) => Some(x.cmp(&y)),
            (Self::Float(x), Self::Float(y)) => x.partial_cmp(&y),
            (Self::Big(x), Self::Big(y)) => Some(x.value.cmp(&y.value)),
            (Self::Int(x), Self::Float(y)) => compare_small(x, y),
            (Self::Float(x), Self::Int(y)) => compare_small(y, x).map(Ordering::reverse),
            (Self::Big(x), Self::Float(y)) => compare_big(&x.value, y),
            (Self::Float(x), Self::Big(y)) => compare_big(&y.value, x).map(Ordering::reverse),
            (Self::Int(_), Self::Big(y)) => {
                Some(if is_negative(y) { Ordering::Greater } else { Ordering::Less })
            }
            (Self::Big(x), Self::Int(_)) => {
                Some(if is_negative(x) { Ordering::Less } else { Ordering::Greater })
            }
            _ => None,
        }
    }
}

fn is_negative(big: Gc<BigInt>) -> bool {
    big.value.sign() == num_bigint::Sign::Minus
}

fn complex_equal(x: Number, y: Number) -> bool {
    match (x, y) {
        (Number::Complex(a, b), Number::Complex(c, d)) => a == c && b == d,
        (Number::Complex(a, b), real) | (real, Number::Complex(a, b)) => {
            b == 0.0 && real.order(Number::Float(a)) == Some(Ordering::Equal)
        }
        _ => false,
    }
}

/// The size of a set or of a view that is compared like one.
fn set_len(v: Value) -> Option<usize> {
    if let Some(set) = v.cast::<Set>() {
        return Some(set.table.len());
    }
    let view = v.cast::<DictView>()?;
    (view.kind != ViewKind::Values).then(|| view.dict.table.len())
}
