//! The syntax tree: spanned nodes without behaviour. What each node means is CPython's `ast` module's business:
//! the names are the same where that is possible.

use crate::source::Span;
use std::rc::Rc;

/// An identifier, in NFKC.
pub type Name = Rc<str>;

/// Identifies a node that opens a scope (function, lambda, class, comprehension, module); unique in one tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// An identifier with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    pub name: Name,
    pub span: Span,
}

/// A whole source. Its scope is `ScopeId(0)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    pub body: Vec<Stmt>,
    pub span: Span,
    /// One more than the largest scope id in the tree.
    pub scopes: u32,
}

pub type Body = Vec<Stmt>;

#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    pub span: Span,
    pub kind: StmtKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    Expr(Expr),
    /// `a = b = value`: at least one target.
    Assign {
        targets: Vec<Expr>,
        value: Expr,
    },
    AugAssign {
        target: Expr,
        op: BinOp,
        value: Expr,
    },
    /// `target: annotation = value`; `simple` when the target is a bare name without parentheses.
    AnnAssign {
        target: Expr,
        annotation: Expr,
        value: Option<Expr>,
        simple: bool,
    },
    Delete(Vec<Expr>),
    Pass,
    Break,
    Continue,
    Return(Option<Expr>),
    Raise {
        exc: Option<Expr>,
        cause: Option<Expr>,
    },
    Global(Vec<Ident>),
    Nonlocal(Vec<Ident>),
    Assert {
        test: Expr,
        message: Option<Expr>,
    },
    /// `import a.b as c, d`
    Import(Vec<ImportAlias>),
    /// `from ..module import names`; `names` is empty for `*`.
    ImportFrom {
        module: Option<Ident>,
        names: Vec<ImportAlias>,
        level: u32,
        star: bool,
    },
    /// `if`, each `elif`, and `else` (empty when absent).
    If {
        branches: Vec<(Expr, Body)>,
        orelse: Body,
    },
    While {
        test: Expr,
        body: Body,
        orelse: Body,
    },
    For {
        target: Expr,
        iter: Expr,
        body: Body,
        orelse: Body,
        is_async: bool,
    },
    With {
        items: Vec<WithItem>,
        body: Body,
        is_async: bool,
    },
    /// `star` for `except*`.
    Try {
        body: Body,
        handlers: Vec<ExceptHandler>,
        orelse: Body,
        finally: Body,
        star: bool,
    },
    Match {
        subject: Expr,
        cases: Vec<MatchCase>,
    },
    FunctionDef(Box<FunctionDef>),
    ClassDef(Box<ClassDef>),
    /// `type Name[T] = value`
    TypeAlias {
        name: Ident,
        type_params: TypeParams,
        value: Expr,
        scope: ScopeId,
    },
    /// Where a mistake was repaired so that the rest can be parsed; always with a diagnostic.
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ImportAlias {
    /// Dotted as written.
    pub name: Ident,
    pub asname: Option<Ident>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WithItem {
    pub context: Expr,
    pub target: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExceptHandler {
    pub span: Span,
    pub kind: Option<Expr>,
    pub name: Option<Ident>,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MatchCase {
    pub span: Span,
    pub pattern: Pattern,
    pub guard: Option<Expr>,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDef {
    pub name: Ident,
    pub decorators: Vec<Expr>,
    pub type_params: TypeParams,
    pub params: Params,
    pub returns: Option<Expr>,
    pub body: Body,
    pub is_async: bool,
    pub scope: ScopeId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClassDef {
    pub name: Ident,
    pub decorators: Vec<Expr>,
    pub type_params: TypeParams,
    /// Bases and keywords.
    pub args: Vec<Arg>,
    pub body: Body,
    pub scope: ScopeId,
}

/// `[T: bound = default, *Ts, **P]`; the scope is that of the names.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeParams {
    pub items: Vec<TypeParam>,
    pub scope: ScopeId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TypeParam {
    pub name: Ident,
    pub kind: TypeParamKind,
    /// Each is evaluated in a scope of its own, when it is asked for.
    pub bound: Option<(ScopeId, Expr)>,
    pub default: Option<(ScopeId, Expr)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeParamKind {
    TypeVar,
    TypeVarTuple,
    ParamSpec,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    /// How many of `positional` stand before `/`.
    pub positional_only: usize,
    pub positional: Vec<Param>,
    /// `*args`
    pub varargs: Option<Param>,
    pub keyword_only: Vec<Param>,
    /// `**kwargs`
    pub varkw: Option<Param>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: Ident,
    pub annotation: Option<Expr>,
    pub default: Option<Expr>,
}

/// A call's argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    Positional(Expr),
    Keyword(Ident, Expr),
    /// `*iterable`
    Star(Expr),
    /// `**mapping`
    DoubleStar(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub span: Span,
    /// The height of the tree below: 1 for a leaf. The parser bounds it, so that recursion over a tree is safe.
    pub depth: u16,
    pub kind: ExprKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Name(Name),
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// An integer beyond `i64`, in decimal or with its `0x`/`0o`/`0b` prefix, underscores removed.
    BigInt(Box<str>),
    Float(f64),
    /// The imaginary part.
    Imaginary(f64),
    /// Adjacent literals already joined.
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    /// An f-string, with the literals next to it joined in.
    FString(Vec<FStringPart>),
    Tuple(Vec<Expr>),
    List(Vec<Expr>),
    Set(Vec<Expr>),
    /// `(None, mapping)` for `**mapping`.
    Dict(Vec<(Option<Expr>, Expr)>),
    ListComp(Box<Comp>),
    SetComp(Box<Comp>),
    /// The key is `Comp::element`, the value `Comp::value`.
    DictComp(Box<Comp>),
    GeneratorExp(Box<Comp>),
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        left: Box<Expr>,
        op: BinOp,
        right: Box<Expr>,
    },
    /// `a and b and c`: at least two values.
    BoolOp {
        op: BoolOp,
        values: Vec<Expr>,
    },
    /// `a < b <= c`
    Compare {
        left: Box<Expr>,
        rest: Vec<(CmpOp, Expr)>,
    },
    Conditional {
        test: Box<Expr>,
        body: Box<Expr>,
        orelse: Box<Expr>,
    },
    /// `target := value`
    Named {
        target: Ident,
        value: Box<Expr>,
    },
    Lambda(Box<Lambda>),
    Call {
        func: Box<Expr>,
        args: Vec<Arg>,
    },
    Attribute {
        value: Box<Expr>,
        attr: Ident,
    },
    Subscript {
        value: Box<Expr>,
        index: Box<Expr>,
    },
    /// Only inside a subscript (possibly in a tuple).
    Slice {
        lower: Option<Box<Expr>>,
        upper: Option<Box<Expr>>,
        step: Option<Box<Expr>>,
    },
    /// `*value` in a display, a target or a subscript.
    Starred(Box<Expr>),
    Await(Box<Expr>),
    Yield(Option<Box<Expr>>),
    YieldFrom(Box<Expr>),
    /// Where a mistake was repaired; always with a diagnostic.
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FStringPart {
    Literal(Rc<str>),
    Field(Box<FStringField>),
}

/// `{value!conversion:spec}`; `{value=}` puts its text into the literal before it.
#[derive(Clone, Debug, PartialEq)]
pub struct FStringField {
    pub span: Span,
    pub value: Expr,
    pub conversion: Option<Conversion>,
    /// Empty when absent.
    pub spec: Vec<FStringPart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    Str,
    Repr,
    Ascii,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    pub params: Params,
    pub body: Expr,
    pub scope: ScopeId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Comp {
    pub element: Expr,
    /// Of a dict comprehension only.
    pub value: Option<Expr>,
    pub clauses: Vec<CompClause>,
    pub scope: ScopeId,
}

/// `for target in iter if a if b`
#[derive(Clone, Debug, PartialEq)]
pub struct CompClause {
    pub target: Expr,
    pub iter: Expr,
    pub conditions: Vec<Expr>,
    pub is_async: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Not,
    Neg,
    Pos,
    Invert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    MatMul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    LShift,
    RShift,
    BitAnd,
    BitOr,
    BitXor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmpOp {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    Is,
    IsNot,
    In,
    NotIn,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub span: Span,
    pub kind: PatternKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// `_`
    Wildcard,
    Capture(Ident),
    /// A literal (number, string, signed or complex number) or a dotted name: compared with `==`.
    Value(Expr),
    /// `None`, `True`, `False`: compared with `is`.
    Singleton(Expr),
    Sequence(Vec<Pattern>),
    /// `*name` or `*_` (None) inside a sequence.
    Star(Option<Ident>),
    Mapping {
        items: Vec<(Expr, Pattern)>,
        rest: Option<Ident>,
    },
    Class {
        class: Box<Expr>,
        positional: Vec<Pattern>,
        keywords: Vec<(Ident, Pattern)>,
    },
    Or(Vec<Pattern>),
    As {
        pattern: Box<Pattern>,
        name: Ident,
    },
}
