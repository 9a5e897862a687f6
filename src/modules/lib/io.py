SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
DEFAULT_BUFFER_SIZE = 8192


class UnsupportedOperation(OSError, ValueError):
    pass


class _Memory:
    def __init__(self, initial):
        self._buffer = initial
        self._at = 0
        self.closed = False

    def _check(self):
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def getvalue(self):
        self._check()
        self._join()
        return self._buffer

    def _join(self):
        pass

    def read(self, size=-1):
        self._check()
        self._join()
        end = len(self._buffer) if size is None or size < 0 else self._at + size
        part = self._buffer[self._at:end]
        self._at = max(self._at, min(end, len(self._buffer)))
        return part

    def readline(self, size=-1):
        self._check()
        self._join()
        found = self._buffer.find(self._newline, self._at)
        end = len(self._buffer) if found < 0 else found + 1
        if size is not None and size >= 0:
            end = min(end, self._at + size)
        part = self._buffer[self._at:end]
        self._at = max(self._at, end)
        return part

    def readlines(self, hint=-1):
        return list(self)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def tell(self):
        self._check()
        return self._at

    def seek(self, offset, whence=0):
        self._check()
        self._join()
        if whence == 0:
            if offset < 0:
                raise ValueError(f"Negative seek position {offset}")
            self._at = offset
        elif whence == 1:
            self._at += offset
        elif whence == 2:
            self._at = max(0, len(self._buffer) + offset)
        else:
            raise ValueError(f"Invalid whence ({whence}, should be 0, 1 or 2)")
        return self._at

    def truncate(self, size=None):
        self._check()
        self._join()
        self._buffer = self._buffer[:self._at if size is None else size]
        return self._at if size is None else size

    def readable(self):
        return True

    def writable(self):
        return True

    def seekable(self):
        return True

    def isatty(self):
        return False

    def flush(self):
        self._check()

    def close(self):
        self.closed = True

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, *args):
        self.close()


class StringIO(_Memory):
    _newline = "\n"

    def __init__(self, initial_value="", newline="\n"):
        if initial_value is not None and not isinstance(initial_value, str):
            raise TypeError(f"initial_value must be str or None, not {type(initial_value).__name__}")
        super().__init__(initial_value or "")
        self._parts = []

    def _join(self):
        if self._parts:
            self._buffer += "".join(self._parts)
            self._parts = []

    def write(self, text):
        self._check()
        if not isinstance(text, str):
            raise TypeError(f"string argument expected, got '{type(text).__name__}'")
        waiting = self._at - len(self._buffer)
        if waiting >= 0 and (self._parts or waiting == 0):
            # At the end: pieces are joined when somebody looks.
            self._parts.append(text)
        else:
            self._join()
            padded = self._buffer.ljust(self._at, "\0")
            self._buffer = padded[:self._at] + text + padded[self._at + len(text):]
        self._at += len(text)
        return len(text)


class BytesIO(_Memory):
    _newline = b"\n"

    def __init__(self, initial_bytes=b""):
        super().__init__(bytes(initial_bytes or b""))

    def write(self, data):
        self._check()
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        data = bytes(data)
        padded = self._buffer.ljust(self._at, b"\0")
        self._buffer = padded[:self._at] + data + padded[self._at + len(data):]
        self._at += len(data)
        return len(data)
