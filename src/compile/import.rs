//! `import` and `from ... import`.

use super::Compiler;
use crate::bytecode::op::{Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{Ident, ImportAlias};

impl<'a> Compiler<'a> {
    /// `import a.b` binds `a`; `import a.b as c` binds the module `a.b`.
    pub fn import(&mut self, aliases: &'a [ImportAlias], span: Span) {
        for alias in aliases {
            let mark = self.unit.mark();
            let module = self.unit.alloc();
            let id = self.unit.name_constant16(&alias.name.name);
            let whole = u16::from(alias.asname.is_some());
            self.unit.emit(Op::new(Opcode::ImportName, module, id, whole), span);
            if let Some(name) = &alias.asname {
                self.store_name(&name.name, module, span);
            } else {
                let first = alias.name.name.split('.').next().unwrap_or_default();
                self.store_name(&first.into(), module, span);
            }
            self.unit.release(mark);
        }
    }

    pub fn import_from(
        &mut self,
        module: Option<&'a Ident>,
        names: &'a [ImportAlias],
        level: u32,
        star: bool,
        span: Span,
    ) {
        let path = module.map_or("", |module| &*module.name);
        if level == 0 && path == "__future__" {
            // The other features are older than the language.
            self.annotations_stay_text |= names.iter().any(|alias| &*alias.name.name == "annotations");
            return;
        }
        let Ok(level) = u8::try_from(level) else {
            return self.report(404, span, "too many dots in a relative import");
        };
        let source = self.unit.alloc();
        let id = self.unit.name_constant16(path);
        self.unit.emit(Op::new(Opcode::ImportName, source, id, 1).with_x(level), span);
        if star {
            self.unit.emit(Op::new(Opcode::ImportStar, source, 0, 0), span);
        }
        for alias in names {
            let value = self.unit.alloc();
            let id = self.unit.name_constant16(&alias.name.name);
            self.unit.emit(Op::new(Opcode::ImportFrom, value, source, id), alias.name.span);
            let target = alias.asname.as_ref().unwrap_or(&alias.name);
            self.store_name(&target.name, value, target.span);
            self.unit.release(value);
        }
    }
}
