"""Writes properties.rs beside it: what `unicodedata` of CPython 3.13 (Unicode 15.1) tells of characters, as runs.

Run `python3.13 src/text/properties.py` from anywhere.
"""

import pathlib
import sys
import unicodedata

POINTS = range(sys.maxunicode + 1)


def runs(tell):
    """Where each value begins, up to the next such place."""
    found = []
    for point in POINTS:
        value = tell(chr(point))
        if not found or found[-1][1] != value:
            found.append((point, value))
    return found


def pack(items):
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line])


def table(name, doc, tell):
    rows = runs(tell)
    values = sorted({value for _, value in rows})
    index = {value: i for i, value in enumerate(values)}
    words = pack(f'"{value}"' for value in values)
    text = pack(f"({point:#x}, {index[value]})" for point, value in rows)
    return (
        f"/// {doc}\npub static {name}_NAMES: &[&str] = &[\n{words}\n];\n"
        f"/// Where runs begin, and their indices into the names.\npub static {name}: &[(u32, u8)] = &[\n{text}\n];\n"
    )


def numbers():
    rows = []
    for point in POINTS:
        value = unicodedata.numeric(chr(point), None)
        if value is not None:
            digit = unicodedata.digit(chr(point), -1)
            rows.append((point, digit, value))
    # Consecutive characters whose values count up by one are one row: first, last, value of the first, digits or not.
    packed = []
    for point, digit, value in rows:
        if packed:
            last = packed[-1]
            if last[1] == point - 1 and last[2] + point - last[0] == value and last[3] == (digit >= 0):
                last[1] = point
                continue
        packed.append([point, point, value, digit >= 0])
    body = pack(f"({a:#x}, {b:#x}, {float(v)!r}, {str(d).lower()})" for a, b, v, d in packed)
    return (
        "/// First and last of characters whose values count up, the value of the first, whether they are digits.\n"
        f"pub static NUMBERS: &[(u32, u32, f64, bool)] = &[\n{body}\n];\n"
    )


def main():
    parts = [
        "//! Properties of characters. Written by properties.py; do not edit.\n",
        table("CATEGORY", "General categories.", unicodedata.category),
        table("BIDIRECTIONAL", "Bidirectional classes.", unicodedata.bidirectional),
        table("WIDTH", "East Asian widths.", unicodedata.east_asian_width),
        table("MIRRORED", "Whether a character is mirrored in text from right to left.", lambda c: str(unicodedata.mirrored(c))),
        numbers(),
    ]
    path = pathlib.Path(__file__).with_name("properties.rs")
    path.write_text("\n".join(parts), encoding="utf-8")


main()
