# sys: the records that describe the interpreter.

def _record(name, fields, values):
    def show(self):
        return name + '(' + ', '.join(f'{f}={v!r}' for f, v in zip(fields, self)) + ')'

    members = {'__slots__': (), '__module__': 'sys', '__repr__': show,
               'n_fields': len(fields), 'n_sequence_fields': len(fields), 'n_unnamed_fields': 0}
    for i, field in enumerate(fields):
        members[field] = property(lambda self, i=i: self[i])
    return type(name.rpartition('.')[2], (tuple,), members)(values)


class SimpleNamespace:
    def __init__(self, **members):
        self.__dict__.update(members)

    def __repr__(self):
        return 'namespace(' + ', '.join(f'{k}={v!r}' for k, v in self.__dict__.items()) + ')'

    def __eq__(self, other):
        return self.__dict__ == other.__dict__ if isinstance(other, SimpleNamespace) else NotImplemented


version_info = _record('sys.version_info', ('major', 'minor', 'micro', 'releaselevel', 'serial'),
                       (3, 13, 0, 'final', 0))
hexversion = 0x030d00f0
implementation = SimpleNamespace(name='aio', cache_tag='aio-313', version=version_info, hexversion=hexversion)
flags = _record('sys.flags',
                ('debug', 'inspect', 'interactive', 'optimize', 'dont_write_bytecode', 'no_user_site', 'no_site',
                 'ignore_environment', 'verbose', 'bytes_warning', 'quiet', 'hash_randomization', 'isolated',
                 'dev_mode', 'utf8_mode', 'warn_default_encoding', 'safe_path', 'int_max_str_digits'),
                (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 1, 0, False, 4300))
float_info = _record('sys.float_info',
                     ('max', 'max_exp', 'max_10_exp', 'min', 'min_exp', 'min_10_exp', 'dig', 'mant_dig', 'epsilon',
                      'radix', 'rounds'),
                     (1.7976931348623157e+308, 1024, 308, 2.2250738585072014e-308, -1021, -307, 15, 53,
                      2.220446049250313e-16, 2, 1))
int_info = _record('sys.int_info',
                   ('bits_per_digit', 'sizeof_digit', 'default_max_str_digits', 'str_digits_check_threshold'),
                   (30, 4, 4300, 640))
hash_info = _record('sys.hash_info',
                    ('width', 'modulus', 'inf', 'nan', 'imag', 'algorithm', 'hash_bits', 'seed_bits', 'cutoff'),
                    (64, 2305843009213693951, 314159, 0, 1000003, 'aio', 64, 0, 0))
thread_info = _record('sys.thread_info', ('name', 'lock', 'version'), ('pthread', None, None))


warnoptions = []
abiflags = ''
api_version = 1013
stdlib_module_names = frozenset(name.partition('.')[0] for name in builtin_module_names if not name.startswith('_'))


def displayhook(object, /):
    import builtins
    if object is not None:
        builtins._ = None
        stdout.write(repr(object) + '\n')
        builtins._ = object


def excepthook(exctype, value, traceback, /):
    from traceback import print_exception
    print_exception(exctype, value, traceback)


__displayhook__, __excepthook__ = displayhook, excepthook
