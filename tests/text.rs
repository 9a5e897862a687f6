//! The text room against CPython 3.13: every expected value here was printed by it.

use aio::text::int::{IntRef, IntValue};
use aio::text::{TextError, arith, casing, float, hexfloat, int, percent, quote, spec, strings, template};
use num_bigint::BigInt;

/// A result as the tables have it: errors are `Class: message`.
fn shown(result: Result<String, TextError>) -> String {
    result.unwrap_or_else(|error| error.to_string())
}

/// The same of what is appended, to a text that has something already.
fn pushed(push: impl FnOnce(&mut String) -> Result<(), TextError>) -> String {
    let mut out = "-x".to_owned();
    shown(push(&mut out).map(|()| out.split_off(2)))
}

/// The last but few is a tie between two shortest texts.
#[test]
fn float_repr() {
    let rows = [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (0.30000000000000004, "0.30000000000000004"),
        (1000000000000000.0, "1000000000000000.0"),
        (1e+16, "1e+16"),
        (1.2345678901234568e+17, "1.2345678901234568e+17"),
        (0.0001, "0.0001"),
        (1e-05, "1e-05"),
        (5e-324, "5e-324"),
        (1.7976931348623157e+308, "1.7976931348623157e+308"),
        (239443262365932.62, "239443262365932.62"),
        (1e+22, "1e+22"),
        (1e+23, "1e+23"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
        (-1.5, "-1.5"),
    ];
    for (value, expected) in rows {
        assert_eq!(float::repr(value), expected);
    }
}

/// `format(float, spec)`.
#[test]
fn format_float() {
    let rows = [
        (1234.5678, ".2f", "1234.57"),
        (1234.5678, "10.1f", "    1234.6"),
        (1234.5678, "<10.1f", "1234.6    "),
        (1234.5678, "^+12.3e", " +1.235e+03 "),
        (1234.5678, "012,.1f", "00,001,234.6"),
        (1234.5678, ",", "1,234.5678"),
        (1234.5678, "_", "1_234.5678"),
        (1234.5678, ".3", "1.23e+03"),
        (1234.5678, ".0f", "1235"),
        (1234.5678, "#.0f", "1235."),
        (1234.5678, "#.3g", "1.23e+03"),
        (1234.5678, "g", "1234.57"),
        (1234.5678, "G", "1234.57"),
        (1234.5678, "e", "1.234568e+03"),
        (1234.5678, "E", "1.234568E+03"),
        (1234.5678, "%", "123456.780000%"),
        (1234.5678, ".1%", "123456.8%"),
        (1234.5678, "n", "1234.57"),
        (1234.5678, "z.0f", "1235"),
        (1234.5678, "", "1234.5678"),
        (1234.5678, "08", "1234.5678"),
        (1234.5678, "=+9.1f", "+  1234.6"),
        (1234.5678, "*^14", "**1234.5678***"),
        (1234.5678, "s", "ValueError: Unknown format code 's' for object of type 'float'"),
        (1234.5678, "d", "ValueError: Unknown format code 'd' for object of type 'float'"),
        (1234.5678, "x", "ValueError: Unknown format code 'x' for object of type 'float'"),
        (1234.5678, ".", "ValueError: Format specifier missing precision"),
        (1234.5678, "1,_", "ValueError: Cannot specify both ',' and '_'."),
        (1234.5678, ".99999999999999999999", "ValueError: Too many decimal digits in format string"),
        (-0.001, "z.1f", "0.0"),
        (-0.001, ".1f", "-0.0"),
        (f64::INFINITY, "08", "00000inf"),
        (f64::NAN, "F", "NAN"),
        (f64::INFINITY, ",.2E", "INF"),
        (123.0, ".3", "1.23e+02"),
        (10000000000.0, ".10", "1e+10"),
        (0.5, ".0f", "0"),
        (1.5, ".0f", "2"),
        (2.5, ".0f", "2"),
        (1e+300, ".5g", "1e+300"),
        (1e-05, "", "1e-05"),
        (1234567.0, "09,", "1,234,567.0"),
        (1234567.0, "012,", "01,234,567.0"),
    ];
    for (value, spec, expected) in rows {
        assert_eq!(pushed(|out| spec::push_float(out, value, spec, "float")), expected, "{spec}");
    }
}

/// `format(int, spec)`.
#[test]
fn format_int() {
    let rows = [
        (42_i64, "", "42"),
        (42_i64, "d", "42"),
        (42_i64, "5", "   42"),
        (42_i64, "<5", "42   "),
        (42_i64, "^5", " 42  "),
        (42_i64, "05", "00042"),
        (42_i64, "+", "+42"),
        (42_i64, "-", "42"),
        (42_i64, " d", " 42"),
        (42_i64, "b", "101010"),
        (42_i64, "#b", "0b101010"),
        (42_i64, "#o", "0o52"),
        (42_i64, "#x", "0x2a"),
        (42_i64, "#X", "0X2A"),
        (42_i64, "x", "2a"),
        (42_i64, "c", "*"),
        (42_i64, "n", "42"),
        (42_i64, "e", "4.200000e+01"),
        (42_i64, ".2f", "42.00"),
        (42_i64, "%", "4200.000000%"),
        (42_i64, "#010x", "0x0000002a"),
        (42_i64, "08b", "00101010"),
        (42_i64, "_b", "10_1010"),
        (42_i64, "*>+8", "*****+42"),
        (42_i64, "=+6", "+   42"),
        (42_i64, "s", "ValueError: Unknown format code 's' for object of type 'int'"),
        (42_i64, "y", "ValueError: Unknown format code 'y' for object of type 'int'"),
        (42_i64, ".3", "ValueError: Precision not allowed in integer format specifier"),
        (42_i64, "z", "ValueError: Negative zero coercion (z) not allowed in integer format specifier"),
        (42_i64, "+c", "ValueError: Sign not allowed with integer format specifier 'c'"),
        (42_i64, "#c", "ValueError: Alternate form (#) not allowed with integer format specifier 'c'"),
        (42_i64, ",x", "ValueError: Cannot specify ',' with 'x'."),
        (42_i64, "_s", "ValueError: Cannot specify '_' with 's'."),
        (42_i64, "é", "ValueError: Unknown format code '\\xe9' for object of type 'int'"),
        (42_i64, "\u{1}", "ValueError: Unknown format code '\\x1' for object of type 'int'"),
        (42_i64, "dd", "ValueError: Invalid format specifier 'dd' for object of type 'int'"),
        (1234567_i64, ",", "1,234,567"),
        (1234567_i64, "_", "1_234_567"),
        (1234_i64, "08,", "0,001,234"),
        (1234_i64, "09,", "0,001,234"),
        (-1234_i64, "010,", "-0,001,234"),
        (3735928559_i64, "_x", "dead_beef"),
        (3735928559_i64, "#015_x", "0x000_dead_beef"),
        (-1_i64, "c", "OverflowError: %c arg not in range(0x110000)"),
        (1114112_i64, "c", "OverflowError: %c arg not in range(0x110000)"),
        (128512_i64, "*^5c", "**\u{1f600}**"),
        (-255_i64, "#x", "-0xff"),
    ];
    for (value, spec, expected) in rows {
        assert_eq!(
            pushed(|out| spec::push_int(out, value.into(), spec, "int", int::MAX_STR_DIGITS)),
            expected,
            "{spec}"
        );
    }
}

/// `format(str, spec)`.
#[test]
fn format_str() {
    let rows = [
        ("abc", "", "abc"),
        ("abc", "5", "abc  "),
        ("abc", ">5", "  abc"),
        ("abc", "^6", " abc  "),
        ("abc", "*<5", "abc**"),
        ("abc", ".2", "ab"),
        ("abc", "5.1s", "a    "),
        ("abc", "05", "abc00"),
        ("abc", "+", "ValueError: Sign not allowed in string format specifier"),
        ("abc", "-", "ValueError: Sign not allowed in string format specifier"),
        ("abc", " ", "ValueError: Space not allowed in string format specifier"),
        ("abc", "z", "ValueError: Negative zero coercion (z) not allowed in string format specifier"),
        ("abc", "#", "ValueError: Alternate form (#) not allowed in string format specifier"),
        ("abc", "=5", "ValueError: '=' alignment not allowed in string format specifier"),
        ("abc", ",", "ValueError: Cannot specify ',' with 's'."),
        ("abc", "_", "ValueError: Cannot specify '_' with 's'."),
        ("abc", "d", "ValueError: Unknown format code 'd' for object of type 'str'"),
        ("abc", ".", "ValueError: Format specifier missing precision"),
        ("abc", "x", "ValueError: Unknown format code 'x' for object of type 'str'"),
        ("abc", "10y", "ValueError: Unknown format code 'y' for object of type 'str'"),
        ("abc", "é", "ValueError: Unknown format code '\\xe9' for object of type 'str'"),
        ("日本", "5", "日本   "),
        ("日本", ".1", "日"),
    ];
    for (value, spec, expected) in rows {
        assert_eq!(pushed(|out| spec::push_str(out, value, spec, "str")), expected, "{spec}");
    }
}

/// `int(text, base)`.
#[test]
fn parse_int() {
    let rows = [
        ("12", 10, "12"),
        (" -7\n", 10, "-7"),
        ("+1_000", 10, "1000"),
        ("1__0", 10, "ValueError: invalid literal for int() with base 10: '1__0'"),
        ("_1", 10, "ValueError: invalid literal for int() with base 10: '_1'"),
        ("1_", 10, "ValueError: invalid literal for int() with base 10: '1_'"),
        ("0x1F", 16, "31"),
        ("0x_1f", 0, "31"),
        ("0b101", 0, "5"),
        ("010", 0, "ValueError: invalid literal for int() with base 0: '010'"),
        ("00", 0, "0"),
        ("0o17", 8, "15"),
        ("zz", 36, "1295"),
        ("\u{663}\u{664}", 10, "34"),
        ("\u{3000}7", 10, "7"),
        ("abc", 10, "ValueError: invalid literal for int() with base 10: 'abc'"),
        ("", 10, "ValueError: invalid literal for int() with base 10: ''"),
        ("it's", 10, "ValueError: invalid literal for int() with base 10: \"it's\""),
        ("1", 1, "ValueError: int() base must be >= 2 and <= 36, or 0"),
        ("1", 37, "ValueError: int() base must be >= 2 and <= 36, or 0"),
        ("0b1", 16, "177"),
        ("8", 8, "ValueError: invalid literal for int() with base 8: '8'"),
        ("9223372036854775808", 10, "9223372036854775808"),
        ("-9223372036854775808", 10, "-9223372036854775808"),
        ("- 1", 10, "ValueError: invalid literal for int() with base 10: '- 1'"),
        ("\u{1c}1", 10, "ValueError: invalid literal for int() with base 10: '\\x1c1'"),
    ];
    for (text, base, expected) in rows {
        let got = int::parse(text, base, int::MAX_STR_DIGITS).map(|value| match value {
            IntValue::Small(value) => value.to_string(),
            IntValue::Big(value) => value.to_string(),
        });
        assert_eq!(shown(got), expected, "{text}");
    }
}

/// `float(text)`.
#[test]
fn parse_float() {
    let rows = [
        ("1", "1.0"),
        ("1.", "1.0"),
        (".5", "0.5"),
        (" 1e5\n", "100000.0"),
        ("1_0.0_1", "10.01"),
        ("1__0", "ValueError: could not convert string to float: '1__0'"),
        ("_1", "ValueError: could not convert string to float: '_1'"),
        ("1e_5", "ValueError: could not convert string to float: '1e_5'"),
        ("inf", "inf"),
        ("-Infinity", "-inf"),
        ("nAn", "nan"),
        ("infinit", "ValueError: could not convert string to float: 'infinit'"),
        ("1e400", "inf"),
        ("1e-400", "0.0"),
        ("\u{663}.\u{665}", "3.5"),
        (".", "ValueError: could not convert string to float: '.'"),
        ("e5", "ValueError: could not convert string to float: 'e5'"),
        ("", "ValueError: could not convert string to float: ''"),
        ("0x10", "ValueError: could not convert string to float: '0x10'"),
        ("\u{3000}2.5", "2.5"),
        ("1 2", "ValueError: could not convert string to float: '1 2'"),
    ];
    for (text, expected) in rows {
        assert_eq!(shown(float::from_text(text).map(float::repr)), expected, "{text}");
    }
}

/// `round(value, places)`.
#[test]
fn round_floats() {
    let rows = [
        (2.675, 2, "2.67"),
        (1.005, 2, "1.0"),
        (0.125, 2, "0.12"),
        (0.375, 2, "0.38"),
        (2.5, 0, "2.0"),
        (50.0, -2, "0.0"),
        (51.0, -2, "100.0"),
        (150.0, -2, "200.0"),
        (1234.5, -2, "1200.0"),
        (1e+308, -308, "1e+308"),
        (1.7e+308, -308, "OverflowError: rounded value too large to represent"),
        (1.5, 400, "1.5"),
        (-1.5, -400, "-0.0"),
        (5e-324, 323, "0.0"),
        (-0.4, 0, "-0.0"),
    ];
    for (value, places, expected) in rows {
        assert_eq!(
            shown(float::round_half_even(value, places).map(float::repr)),
            expected,
            "{value} {places}"
        );
    }
}

/// `hash(float)`.
#[test]
fn hash_floats() {
    let rows = [
        (0.0, 0_i64),
        (1.0, 1_i64),
        (-1.0, -2_i64),
        (0.5, 1152921504606846976_i64),
        (0.1, 230584300921369408_i64),
        (-2.5, -1152921504606846978_i64),
        (1e+300, 1224995262755759164_i64),
        (5e-324, 16777216_i64),
        (2.305843009213694e+18, 1_i64),
        (f64::INFINITY, 314159_i64),
        (f64::NEG_INFINITY, -314159_i64),
    ];
    for (value, expected) in rows {
        assert_eq!(float::hash(value), expected, "{value}");
    }
}

/// `repr(text)` and `ascii(text)`.
#[test]
fn quote_strings() {
    let rows = [
        ("", "''", "''"),
        ("a'b", "\"a'b\"", "\"a'b\""),
        ("a\"b", "'a\"b'", "'a\"b'"),
        ("a'\"b", "'a\\'\"b'", "'a\\'\"b'"),
        (
            "\\\n\t\r\u{0}\u{7f}\u{80}\u{a0}\u{ad}",
            "'\\\\\\n\\t\\r\\x00\\x7f\\x80\\xa0\\xad'",
            "'\\\\\\n\\t\\r\\x00\\x7f\\x80\\xa0\\xad'",
        ),
        (
            "é\u{378}\u{2028}\u{1f600}\u{e0001}",
            "'é\\u0378\\u2028\u{1f600}\\U000e0001'",
            "'\\xe9\\u0378\\u2028\\U0001f600\\U000e0001'",
        ),
        ("日本", "'日本'", "'\\u65e5\\u672c'"),
    ];
    for (text, repr, ascii) in rows {
        assert_eq!(quote::repr_str(text), repr);
        assert_eq!(quote::ascii_str(text), ascii);
    }
}

/// `upper`, `lower`, `title`, `capitalize`, `swapcase`, `casefold`.
#[test]
fn change_case() {
    let rows = [
        ("straße", "STRASSE", "straße", "Straße", "Straße", "STRASSE", "strasse"),
        ("ΑΣ", "ΑΣ", "ας", "Ας", "Ας", "ας", "ασ"),
        ("ΑΣ Σ", "ΑΣ Σ", "ας σ", "Ας Σ", "Ας σ", "ας σ", "ασ σ"),
        (
            "İstanbul",
            "İSTANBUL",
            "i\u{307}stanbul",
            "İstanbul",
            "İstanbul",
            "i\u{307}STANBUL",
            "i\u{307}stanbul",
        ),
        ("ŉa", "ʼNA", "ŉa", "ʼNa", "ʼNa", "ʼNA", "ʼna"),
        ("ǆ ǅ", "Ǆ Ǆ", "ǆ ǆ", "ǅ ǅ", "ǅ ǆ", "Ǆ ǅ", "ǆ ǆ"),
        ("ﬁn", "FIN", "ﬁn", "Fin", "Fin", "FIN", "fin"),
        (
            "héLLo wORLD",
            "HÉLLO WORLD",
            "héllo world",
            "Héllo World",
            "Héllo world",
            "HÉllO World",
            "héllo world",
        ),
        (
            "they're 3rd",
            "THEY'RE 3RD",
            "they're 3rd",
            "They'Re 3Rd",
            "They're 3rd",
            "THEY'RE 3RD",
            "they're 3rd",
        ),
    ];
    for (text, upper, lower, title, capitalize, swapcase, casefold) in rows {
        assert_eq!(casing::upper(text), upper);
        assert_eq!(casing::lower(text), lower);
        assert_eq!(casing::title(text), title);
        assert_eq!(casing::capitalize(text), capitalize);
        assert_eq!(casing::swapcase(text), swapcase);
        assert_eq!(casing::casefold(text), casefold);
    }
}

/// `float.hex()` and back.
#[test]
fn float_hex() {
    let rows = [
        (0.0, "0x0.0p+0"),
        (-0.0, "-0x0.0p+0"),
        (1.5, "0x1.8000000000000p+0"),
        (0.1, "0x1.999999999999ap-4"),
        (5e-324, "0x0.0000000000001p-1022"),
        (1.7976931348623157e+308, "0x1.fffffffffffffp+1023"),
        (-3.0, "-0x1.8000000000000p+1"),
        (f64::INFINITY, "inf"),
    ];
    for (value, expected) in rows {
        assert_eq!(hexfloat::hex(value), expected);
        assert_eq!(hexfloat::fromhex(expected).map(f64::to_bits), Ok(value.to_bits()));
    }
}

/// The errors of templates.
#[test]
fn template_errors() {
    let rows = [
        ("a}", "ValueError: Single '}' encountered in format string"),
        ("{", "ValueError: Single '{' encountered in format string"),
        ("{0", "ValueError: expected '}' before end of string"),
        ("{!", "ValueError: end of string while looking for conversion specifier"),
        ("{0!r", "ValueError: unmatched '{' in format spec"),
        ("{0!rx}", "ValueError: expected ':' after conversion specifier"),
        ("{0:{1}", "ValueError: unmatched '{' in format spec"),
        ("{a{b}", "ValueError: unexpected '{' in field name"),
        ("}{", "ValueError: Single '}' encountered in format string"),
        ("{a.}|", "ValueError: Empty attribute in format string"),
        ("{a[}", "ValueError: expected '}' before end of string"),
        ("{a[]}", "ValueError: Empty attribute in format string"),
        ("{a[0]x}", "ValueError: Only '.' or '[' may follow ']' in format field specifier"),
        ("{}{0}", "ValueError: cannot switch from automatic field numbering to manual field specification"),
        ("{0}{}", "ValueError: cannot switch from manual field specification to automatic field numbering"),
    ];
    for (text, expected) in rows {
        let mut auto = template::AutoNumber::default();
        let failed = template::Template::new(text).find_map(|piece| match piece {
            Ok(template::Piece::Literal(_)) => None,
            Ok(template::Piece::Field(field)) => {
                let name = template::FieldName::parse(field.name).and_then(|mut name| {
                    auto.resolve(name.first)?;
                    name.try_for_each(|step| step.map(drop))
                });
                name.err()
            }
            Err(error) => Some(error),
        });
        assert_eq!(failed.map(|error| error.to_string()).as_deref(), Some(expected), "{text}");
    }
}

/// `format % int`.
#[test]
fn percent_ints() {
    let rows = [
        ("%5d", 42, "   42"),
        ("%-5d|", 42, "42   |"),
        ("%05d", -42, "-0042"),
        ("%+d", 42, "+42"),
        ("% d", 42, " 42"),
        ("%.5d", 42, "00042"),
        ("%08.3d", 5, "00000005"),
        ("%#x", 255, "0xff"),
        ("%#010X", 255, "0X000000FF"),
        ("%o", 8, "10"),
        ("%i%%", 1, "1%"),
        ("%y", 1, "ValueError: unsupported format character 'y' (0x79) at index 1"),
        ("%5%", 1, "ValueError: unsupported format character '%' (0x25) at index 2"),
        ("%", 1, "ValueError: incomplete format"),
        ("%ld", 7, "7"),
    ];
    for (format, value, expected) in rows {
        let mut out = String::new();
        let done = percent::Percent::new(format).try_for_each(|piece| match piece? {
            percent::Piece::Literal(text) => {
                out.push_str(text);
                Ok(())
            }
            percent::Piece::Directive(directive) if "dioxX".contains(directive.conversion) => {
                let layout = percent::Layout::new(&directive, None, None);
                layout.push_int(&mut out, directive.conversion, IntRef::Small(value), 0)
            }
            percent::Piece::Directive(directive) => Err(percent::unsupported(format, &directive)),
        });
        assert_eq!(shown(done.map(|()| out)), expected, "{format}");
    }
}

/// What is longer than 64 bits.
#[test]
fn big_integers() {
    let big = |text: &str| text.parse::<BigInt>().unwrap_or_default();
    let ten = BigInt::from(10);
    let (above, below) = (ten.pow(400), ten.pow(390) + 7);
    assert_eq!(arith::true_div(&above, &below), Ok(10000000000.0));
    assert_eq!(
        shown(arith::true_div(&above, &ten).map(float::repr)),
        "OverflowError: integer division result too large for a float"
    );
    assert_eq!(
        shown(int::big_to_f64(&above).map(float::repr)),
        "OverflowError: int too large to convert to float"
    );
    assert_eq!(int::hash_big(&above), 477640439047194790);
    assert_eq!(int::hash_big(&-above.clone()), -477640439047194790);
    assert_eq!(int::big_to_f64(&big("9007199254740993")), Ok(9007199254740992.0));
    assert_eq!(
        int::compare_big(&big("9007199254740993"), 9_007_199_254_740_992.0),
        Some(std::cmp::Ordering::Greater)
    );
    assert_eq!(arith::divmod(&big("-7"), &big("2")), Ok((big("-4"), big("1"))));
    let on = |_effort| Ok::<(), TextError>(());
    assert_eq!(arith::pow_mod(&big("3"), &big("-1"), &big("-7"), on), Ok(big("-2")));
    assert_eq!(
        shown(arith::pow_mod(&big("2"), &big("-1"), &big("4"), on).map(|value| value.to_string())),
        "ValueError: base is not invertible for the given modulus"
    );
    assert_eq!(
        shown(int::to_decimal(IntRef::Big(&ten.pow(4300)), int::MAX_STR_DIGITS)),
        "ValueError: Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
    );
    assert_eq!(
        shown(int::parse(&"1".repeat(4301), 10, int::MAX_STR_DIGITS).map(|_| String::new())),
        "ValueError: Exceeds the limit (4300 digits) for integer string conversion: value has 4301 digits; use sys.set_int_max_str_digits() to increase the limit"
    );
}

/// Cutting and padding.
#[test]
fn cut_and_pad() {
    let split = |text: &str, separator: Option<&str>, limit| {
        let mut all = Vec::new();
        let part = |from, to| all.push(&text[from..to]);
        match separator {
            Some(separator) => strings::split(text, separator, limit, part),
            None => strings::split_whitespace(text, limit, part),
        }
        all.join("|")
    };
    assert_eq!(split(" a  b  c ", None, Some(1)), "a|b  c ");
    assert_eq!(strings::rsplit_whitespace(" a  b  c ", Some(1)), [" a  b", "c"]);
    assert_eq!(split("a,b,,c", Some(","), Some(2)), "a|b|,c");
    assert_eq!(split("a,b", Some(","), Some(0)), "a,b");
    assert_eq!(strings::rsplit("a,b,,c", ",", Some(1)), ["a,b,", "c"]);
    assert_eq!(strings::splitlines("a\r\nb\u{2028}c\x1cd\n", false), ["a", "b", "c", "d"]);
    assert_eq!(strings::strip("\x1f\u{3000} x ", None, strings::Ends::Left), "x ");
    assert_eq!(strings::interleave("abc", "-", Some(2)), "-a-bc");
    assert_eq!(strings::count("aaa", ""), 4);
    assert_eq!(strings::expandtabs("a\tbc\nd\t", 4), "a   bc\nd   ");
    assert!(casing::isdigit("²") && !casing::isdecimal("²") && casing::isnumeric("½"));
    assert!(casing::isidentifier("_é1") && !casing::isidentifier("1a"));
}
