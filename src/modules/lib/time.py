# time: the struct_time type and what is built on it.

class struct_time(tuple):
    __slots__ = ()
    n_fields = 11
    n_sequence_fields = 9
    n_unnamed_fields = 0
    tm_year = property(lambda self: self[0])
    tm_mon = property(lambda self: self[1])
    tm_mday = property(lambda self: self[2])
    tm_hour = property(lambda self: self[3])
    tm_min = property(lambda self: self[4])
    tm_sec = property(lambda self: self[5])
    tm_wday = property(lambda self: self[6])
    tm_yday = property(lambda self: self[7])
    tm_isdst = property(lambda self: self[8])
    tm_zone = property(lambda self: 'UTC')
    tm_gmtoff = property(lambda self: 0)

    def __repr__(self):
        names = ('tm_year', 'tm_mon', 'tm_mday', 'tm_hour', 'tm_min', 'tm_sec', 'tm_wday', 'tm_yday', 'tm_isdst')
        return 'time.struct_time(' + ', '.join(f'{n}={v!r}' for n, v in zip(names, self)) + ')'


def gmtime(seconds=None, /):
    return struct_time(_civil(time() if seconds is None else seconds))


# There is one time zone: scripts print the same everywhere.
localtime = gmtime
timezone = altzone = daylight = 0
tzname = ('UTC', 'UTC')


def strftime(format, t=None, /):
    return _strftime(format, tuple(gmtime() if t is None else t))


def asctime(t=None, /):
    t = gmtime() if t is None else t
    return strftime('%a %b ', t) + f'{t[2]:2d}' + strftime(' %H:%M:%S ', t) + str(t[0])


def ctime(seconds=None, /):
    return asctime(gmtime(seconds))


def strptime(data_string, format='%a %b %d %H:%M:%S %Y', /):
    from _datetime_text import parse
    from datetime import date
    (year, month, day, hour, minute, second, _), _, _, weekday = parse(data_string, format)
    today = date(year, month, day)
    return struct_time((year, month, day, hour, minute, second, today.weekday() if weekday is None else weekday,
                        today.timetuple()[7], -1))
