//! Plain words for CPython's messages about sources: what to write at the place, and one line of help. A message is
//! known by its beginning; whoever makes a diagnostic may say something better.

/// Beginning of the message, label, help. Empty for none.
const WORDS: &[(&str, &str, &str)] = &[
    ("'break', 'continue' and 'return' cannot", "this would leave the group half handled", ""),
    ("'return' with value in async generator", "a value", ""),
    ("'yield from' inside async function", "yield from cannot wait for its items", ""),
    ("arguments cannot follow var-keyword", "a parameter behind **", "the ** parameter is the last one"),
    ("var-positional argument cannot have default", "a default", "without arguments it is an empty tuple"),
    ("var-keyword argument cannot have default", "a default", "without arguments it is an empty dict"),
    ("'(' was never closed", "opened here, and open until the end", "write the ) that belongs to it"),
    ("'[' was never closed", "opened here, and open until the end", "write the ] that belongs to it"),
    ("'{' was never closed", "opened here, and open until the end", "write the } that belongs to it"),
    ("closing parenthesis", "this closes another kind of bracket", ""),
    ("unmatched '", "nothing is open that this could close", "take it away, or open a bracket before it"),
    (
        "expected an indented block",
        "an indented block belongs here",
        "indent the lines that belong to the statement; pass is one that does nothing",
    ),
    (
        "unexpected indent",
        "deeper than the line before",
        "only what follows a line that ends with : is indented deeper",
    ),
    (
        "unindent does not match",
        "as deep as no block around it",
        "a block ends at the depth of the statement that it belongs to",
    ),
    ("inconsistent use of tabs", "tabs and spaces are mixed up to here", "indent with spaces alone"),
    (
        "unterminated string literal",
        "the text begins here and does not end on this line",
        "write the quote at its end; a text of several lines is written in \"\"\"",
    ),
    (
        "unterminated triple-quoted string",
        "the text begins here and does not end",
        "write the three quotes at its end",
    ),
    (
        "unterminated f-string literal",
        "the text begins here and does not end on this line",
        "write the quote at its end; a text of several lines is written in \"\"\"",
    ),
    (
        "unterminated triple-quoted f-string",
        "the text begins here and does not end",
        "write the three quotes at its end",
    ),
    ("leading zeros in decimal", "a number that begins with 0", ""),
    (
        "invalid decimal literal",
        "this does not belong to a number",
        "a name begins with a letter; _ stands between two digits only",
    ),
    ("invalid digit", "no digit of this kind of number", ""),
    ("invalid hexadecimal literal", "digits of 0x are 0 to 9 and a to f", ""),
    (
        "unexpected character after line continuation",
        "something stands behind the \\",
        "nothing may follow the \\ at a line's end, not even a space",
    ),
    (
        "invalid character",
        "no letter, digit or sign of the language",
        "texts that were copied often hold typographic quotes and dashes",
    ),
    ("invalid non-printable character", "an invisible character", "take it away, or type the line again"),
    ("f-string: expecting '}'", "the { before is still open", ""),
    (
        "f-string: valid expression required",
        "an expression is missing here",
        "a brace itself is written twice: {{",
    ),
    ("f-string: single '}'", "no { is open here", "a brace itself is written twice: }}"),
    ("f-string: invalid conversion character", "no conversion", "the conversions are !s, !r and !a"),
    ("expected ':'", "a colon is missing here", "a line that begins a block ends with :"),
    ("expected '('", "parentheses are missing here", "parameters stand in ( ), even if there are none"),
    (
        "expected 'else' after 'if' expression",
        "an else is missing before this",
        "a if condition else b always has both values",
    ),
    (
        "expected 'except' or 'finally' block",
        "the try before this catches nothing",
        "end it with except ...: or finally:",
    ),
    ("invalid syntax. Maybe you meant '=='", "'=' gives a name a value", "to compare, write =="),
    (
        "invalid syntax. Perhaps you forgot a comma?",
        "two values stand side by side",
        "write a comma, or an operator, between them",
    ),
    ("cannot assign to literal", "a value, not a name", "what is assigned to stands left of ="),
    ("cannot assign to True", "this word has a fixed meaning", "choose another name"),
    ("cannot assign to False", "this word has a fixed meaning", "choose another name"),
    ("cannot assign to None", "this word has a fixed meaning", "choose another name"),
    (
        "cannot assign to function call",
        "a call gives a value; it is no place for one",
        "assign to a name, to x[...] or to x.name; to compare, write ==",
    ),
    ("cannot assign to await expression", "await gives a value; it is no place for one", ""),
    (
        "cannot assign to expression",
        "this is computed; it is no place for a value",
        "assign to a name, to x[...] or to x.name; to compare, write ==",
    ),
    ("cannot assign to comparison", "this is computed; it is no place for a value", ""),
    ("cannot assign to f-string", "a text, not a name", ""),
    ("cannot delete", "this cannot be deleted", "del takes names, x[...] and x.name"),
    ("expression cannot contain assignment", "a keyword is a name", "to compare, write =="),
    (
        "positional argument follows keyword argument",
        "this has no name",
        "arguments without a name come first",
    ),
    ("keyword argument repeated", "given twice", ""),
    ("duplicate argument", "this name is taken", "every parameter has a name of its own"),
    (
        "parameter without a default follows",
        "this has no default",
        "move it before the parameters with a default, or give it one, or write *, before it",
    ),
    ("Generator expression must be parenthesized", "beside other arguments it needs ( ) of its own", ""),
    ("named arguments must follow bare *", "a name is missing behind *", ""),
    (
        "'return' outside function",
        "no function is around it",
        "to end a script, write sys.exit(); to show a value, print it",
    ),
    ("'yield' outside function", "no function is around it", ""),
    (
        "'break' outside loop",
        "no loop is around it",
        "break ends a for or while around it; return ends a function",
    ),
    (
        "'continue' not properly in loop",
        "no loop is around it",
        "continue goes on with a for or while around it",
    ),
    ("'await' outside async function", "this waits, and the function around it cannot", ""),
    ("'async with' outside async function", "this waits, and the function around it cannot", ""),
    ("'async for' outside async function", "this waits, and the function around it cannot", ""),
    ("asynchronous comprehension outside", "this waits, and the function around it cannot", ""),
    ("no binding for nonlocal", "no function around this has that name", ""),
    (
        "nonlocal declaration not allowed at module level",
        "no function is around it",
        "the names of a module are its own without a declaration",
    ),
    ("import * only allowed at module level", "a function is around it", ""),
    ("default 'except", "this catches everything", ""),
    ("multiple exception types must be parenthesized", "more than one", "write except (A, B):"),
    ("Missing parentheses in call to", "print is a function", ""),
    ("Did you mean to use 'from", "import comes last", "from module import name"),
    ("Expected one or more names after 'import'", "a name is missing here", ""),
    ("trailing comma not allowed", "nothing follows the comma", "take it away, or put the names in ( )"),
    ("did you forget parentheses around the comprehension target", "these need ( ) around them", ""),
    ("expression expected after dictionary key and ':'", "the value is missing", ""),
    ("':' expected after dictionary key", "a key without a value", "an entry is written key: value"),
    (
        "multiple starred expressions in assignment",
        "a second star",
        "only one name can take all that is left",
    ),
    ("starred assignment target must be in a list or tuple", "a star alone", ""),
    ("can't use starred expression here", "a star unpacks into a call, a list, a tuple or a set", ""),
    ("wildcard makes remaining patterns unreachable", "this matches everything", "move it to the end"),
    (
        "cannot mix bytes and nonbytes literals",
        "text and bytes side by side",
        "write b before both, or before none",
    ),
    ("illegal target for annotation", "only a name, x[...] or x.name is annotated", ""),
    ("only single target", "an annotation belongs to one name", ""),
];

/// The label and the help for a message.
pub(super) fn of(message: &str) -> (&'static str, &'static str) {
    WORDS
        .iter()
        .find(|(start, ..)| message.starts_with(start))
        .map_or(("", ""), |&(_, label, help)| (label, help))
}
