# typing: forms that can be subscripted and joined with |, for annotations that are never evaluated by anyone.

from types import GenericAlias


class _Form:
    def __init__(self, name, args=()):
        self._name = name
        self.__args__ = args
        self.__origin__ = None

    def __getitem__(self, args):
        form = _Form(self._name, args if isinstance(args, tuple) else (args,))
        form.__origin__ = self
        return form

    def __call__(self, *args, **kwargs):
        raise TypeError(f"Cannot instantiate typing.{self._name}")

    def __or__(self, other):
        return Union[self, other]

    def __ror__(self, other):
        return Union[other, self]

    def __eq__(self, other):
        return isinstance(other, _Form) and (self._name, self.__args__) == (other._name, other.__args__)

    def __hash__(self):
        return hash((self._name, self.__args__))

    def __mro_entries__(self, bases):
        return ()

    def __repr__(self):
        if not self.__args__:
            return 'typing.' + self._name
        def show(arg):
            if arg is ...:
                return '...'
            if isinstance(arg, list):
                return '[' + ', '.join(show(a) for a in arg) + ']'
            if isinstance(arg, type):
                return 'None' if arg is type(None) else arg.__qualname__
            return repr(arg)
        return 'typing.' + self._name + '[' + ', '.join(show(a) for a in self.__args__) + ']'


Any = _Form('Any')
Union = _Form('Union')
Optional = _Form('Optional')
List = _Form('List')
Dict = _Form('Dict')
Set = _Form('Set')
FrozenSet = _Form('FrozenSet')
Tuple = _Form('Tuple')
Type = _Form('Type')
DefaultDict = _Form('DefaultDict')
OrderedDict = _Form('OrderedDict')
Counter = _Form('Counter')
ChainMap = _Form('ChainMap')
Deque = _Form('Deque')
Callable = _Form('Callable')
Awaitable = _Form('Awaitable')
Coroutine = _Form('Coroutine')
AsyncIterable = _Form('AsyncIterable')
AsyncIterator = _Form('AsyncIterator')
AsyncGenerator = _Form('AsyncGenerator')
AsyncContextManager = _Form('AsyncContextManager')
ContextManager = _Form('ContextManager')
Iterable = _Form('Iterable')
Iterator = _Form('Iterator')
Generator = _Form('Generator')
Reversible = _Form('Reversible')
Container = _Form('Container')
Collection = _Form('Collection')
Sequence = _Form('Sequence')
MutableSequence = _Form('MutableSequence')
Mapping = _Form('Mapping')
MutableMapping = _Form('MutableMapping')
AbstractSet = _Form('AbstractSet')
MutableSet = _Form('MutableSet')
Hashable = _Form('Hashable')
Sized = _Form('Sized')
Literal = _Form('Literal')
Final = _Form('Final')
ClassVar = _Form('ClassVar')
Annotated = _Form('Annotated')
NoReturn = _Form('NoReturn')
Never = _Form('Never')
Self = _Form('Self')
LiteralString = _Form('LiteralString')
Concatenate = _Form('Concatenate')
TypeAlias = _Form('TypeAlias')
TypeGuard = _Form('TypeGuard')
TypeIs = _Form('TypeIs')
Unpack = _Form('Unpack')
Required = _Form('Required')
NotRequired = _Form('NotRequired')
ReadOnly = _Form('ReadOnly')
Pattern = _Form('Pattern')
Match = _Form('Match')
IO = _Form('IO')
TextIO = _Form('TextIO')
BinaryIO = _Form('BinaryIO')
Text = str
AnyStr = _Form('AnyStr')
TYPE_CHECKING = False


class _NoDefaultType:
    def __repr__(self):
        return 'typing.NoDefault'


NoDefault = _NoDefaultType()


class Generic:
    def __class_getitem__(cls, args):
        return GenericAlias(cls, args)


class Protocol:
    def __class_getitem__(cls, args):
        return GenericAlias(cls, args)


class SupportsInt(Protocol): pass
class SupportsFloat(Protocol): pass
class SupportsIndex(Protocol): pass
class SupportsAbs(Protocol): pass
class SupportsRound(Protocol): pass


class NewType:
    def __init__(self, name, supertype):
        self.__name__ = name
        self.__supertype__ = supertype

    def __call__(self, value):
        return value

    def __repr__(self):
        return f'{__name__}.{self.__name__}'


class TypedDict(dict):
    def __init_subclass__(cls, total=True):
        cls.__total__ = total


def cast(typ, val):
    return val


def overload(func):
    def refuse(*args, **kwargs):
        raise NotImplementedError(
            'You should not call an overloaded function. '
            'A series of @overload-decorated functions '
            'outside a stub module should always be followed '
            'by an implementation that is not @overload-ed.')
    return refuse


def _mark(obj):
    return obj


final = override = no_type_check = runtime_checkable = _mark


def dataclass_transform(**kwargs):
    return _mark


def assert_type(val, typ, /):
    return val


def reveal_type(obj, /):
    return obj


def assert_never(arg, /):
    raise AssertionError(f'Expected code to be unreachable, but got: {arg!r}')


def get_type_hints(obj, globalns=None, localns=None, include_extras=False):
    return dict(getattr(obj, '__annotations__', {}))


def get_origin(tp):
    return getattr(tp, '__origin__', None)


def get_args(tp):
    return getattr(tp, '__args__', ())
