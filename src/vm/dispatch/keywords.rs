//! Calls with one keyword argument, bound where it lies.

use super::calls::{call_kw_otherwise, call_method_kw_otherwise};
use super::site::{Site, fill};
use super::state::State;
use super::{Halt, Vm};
use crate::bytecode::op::Op;
use crate::heap::{Gc, Value};
use crate::objects::{CodeObject, Function};
use crate::vm::{Activation, Return};

// With one keyword, for a function that takes only positional arguments, of which `Extra` knows where it was the last time.
// If that is where it lies, the call is one without keywords; else it is left to `$apart`.
macro_rules! call_with_name {
    ($s:ident, $site:expr, $apart:ident, $otherwise:ident) => {{
        let site = Site { width: 2, ..$site };
        let place = usize::from($s.op().after(1).a()).wrapping_sub(1);
        if let Some(function) = site.callee.cast::<Function>()
            && let code = function.code
            && let positional = usize::from(code.named.1)
            && place < positional
            && place >= usize::from(code.named.0)
            // SAFETY: the names of the parameters come first among those of the locals.
            && unsafe { code.locals.get_unchecked(place) }.value() == Site::name(&$s)
            && $s.act().frame.is_none()
        {
            if place + 1 != site.n {
                return $s.then($apart);
            }
            let missing = positional - site.n;
            let window = $s.regs.wrapping_add(site.first);
            let top = window.wrapping_add(code.registers as usize);
            if missing <= function.default_count() && $s.has_room(top) && $s.spend() {
                fill(window.wrapping_add(positional), missing, function);
                $s.save(site.width);
                let dst = $s.op().c();
                return $s.enter(function, window, top, (Return::Register, dst));
            }
        }
        $s.then($otherwise)
    }};
}

// The same where the keyword goes to a parameter farther on: those between have defaults.
macro_rules! call_with_name_apart {
    ($s:ident, $site:expr, $otherwise:ident) => {{
        let site = Site { width: 2, ..$site };
        // SAFETY: whoever leaves the op to this handler saw that it is one, and has such a parameter.
        let function: Gc<Function> = unsafe { site.callee.cast_unchecked() };
        let place = usize::from($s.op().after(1).a()) - 1;
        let taken = site.n - 1;
        if place > taken {
            let positional = usize::from(function.code.named.1);
            let missing = positional - taken;
            let window = $s.regs.wrapping_add(site.first);
            let top = window.wrapping_add(function.code.registers as usize);
            if missing <= function.default_count() && $s.has_room(top) && $s.spend() {
                let v = $s.reg(site.first + taken);
                fill(window.wrapping_add(positional), missing, function);
                $s.set(site.first + place, v);
                $s.save(site.width);
                let dst = $s.op().c();
                return $s.enter(function, window, top, (Return::Register, dst));
            }
        }
        $s.then($otherwise)
    }};
}

handlers! {
    fn call_kw(s) {
        call_with_name!(s, Site::call(&s), call_kw_apart, call_kw_otherwise)
    }

    fn call_kw_apart(s) {
        call_with_name_apart!(s, Site::call(&s), call_kw_otherwise)
    }

    fn call_method_kw(s) {
        call_with_name!(s, Site::method(&s), call_method_kw_apart, call_method_kw_otherwise)
    }

    fn call_method_kw_apart(s) {
        call_with_name_apart!(s, Site::method(&s), call_method_kw_otherwise)
    }
}
