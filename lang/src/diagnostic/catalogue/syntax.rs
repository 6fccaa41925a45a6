//! `E01xx`: what the lexer and the parser report.

pages! {
    BAD_CHARACTER = "E0101", "unexpected character" {
        why: "Outside strings and comments only letters, digits, `_`, brackets and the signs of operators mean something. Often the \
              character comes from another language (`$name`, `@decorator`, `a ? b : c`), or was copied from a text that has typographic \
              quotes.",
        wrong: "let price = $5\nprint(price)\n",
        right: "let price = 5\nprint(price)\n",
    }
    UNCLOSED_STRING = "E0102", "string is not closed" {
        why: "A string in `\"` or `'` ends on its line, also with the code in its braces. A text of several lines stands in \
              three quotes.",
        wrong: "print(\"hello)\n",
        right: "print(\"hello\")\n",
    }
    BAD_ESCAPE = "E0103", "unknown escape in a string" {
        why: "What stands behind a backslash in a string must be one of the known escapes: a misspelt one would go unnoticed if it stood for \
              itself. They are `\\n \\t \\r \\0 \\\\ \\\" \\' \\{ \\} \\xNN \\u{…}`. A backslash itself is written twice.",
        wrong: "print('C:\\data')\n",
        right: "print('C:\\\\data')\n",
    }
    BAD_NUMBER = "E0104", "malformed number" {
        why: "A number is written in decimal, or with `0x`, `0o` or `0b` in another base; `_` may stand between digits. A letter directly \
              behind it must be a unit of time: `ns us ms s m h`. A name does not start with a digit.",
        wrong: "let width = 12px\nprint(width)\n",
        right: "let width = 12\nprint(width)\n",
    }
    NUMBER_TOO_LARGE = "E0105", "number is too large" {
        why: "An int has 64 bits with a sign: the largest is 9223372036854775807. Beyond that a float is needed, which is a number with a \
              point or an exponent.",
        wrong: "print(9223372036854775808)\n",
        right: "print(9223372036854775808.0)\n",
    }
    UNCLOSED_BRACKET = "E0106", "bracket is not closed" {
        why: "Every `(`, `[` and `{` has its closing bracket. Where one is missing is guessed from the lines behind it, so look at the \
              whole statement.",
        wrong: "print((1 + 2) * 3\nlet x = 1\nprint(x)\n",
        right: "print((1 + 2) * 3)\nlet x = 1\nprint(x)\n",
    }
    STRAY_CLOSING = "E0107", "closing bracket without an opening one" {
        why: "A closing bracket belongs to the innermost bracket that is open. Here none is open, or one of another kind is: one bracket is too \
              many, or one is missing further up.",
        wrong: "print(1 + 2))\n",
        right: "print(1 + 2)\n",
    }
    TOO_DEEP = "E0108", "program exceeds a limit of the parser" {
        why: "Brackets and blocks nest at most 500 deep, and so do prefix operators. \
              Chains such as `a + b + c`, `x.f().g()` and `else if` have no limit. A file has less than 4 GiB.",
        wrong: "print([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \
              [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \
              [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \
              [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \
              [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \
              [1)\n",
        right: "print([[1]])\n",
    }
    BAD_SPEC = "E0109", "malformed format in an interpolation" {
        why: "`{expr:format}` takes `[[fill]align][sign][0][width][.precision][type]` with an align of `<`, `^` or `>`, a sign of `+`, `-` or \
              a blank, and a type of `x`, `X`, `b`, `o`, `e` or `%`.",
        wrong: "let price = 3.5\nprint(\"{price:2 digits}\")\n",
        right: "let price = 3.5\nprint(\"{price:.2}\")\n",
    }
    EMPTY_INTERPOLATION = "E0110", "interpolation without an expression" {
        why: "In a string in `\"`, braces hold code, and `{}` holds none. A brace as text is written `\\{`; a string in `'` does not \
              interpolate.",
        wrong: "print(\"an empty map: {}\")\n",
        right: "print(\"an empty map: \\{\\}\")\n",
    }
    UNEXPECTED = "E0111", "something else was expected" {
        why: "The words up to this place began a construct that cannot go on like this. The message says what could follow.",
        wrong: "let = 5\n",
        right: "let five = 5\nprint(five)\n",
    }
    TWO_STATEMENTS = "E0112", "two statements on one line" {
        why: "A statement ends at the end of its line. Two on one line need a `;` between them. Often the real mistake is an operator, \
              comma or quote that is missing between the two.",
        wrong: "let x = 1 print(x)\n",
        right: "let x = 1\nprint(x)\n",
    }
    FOREIGN_OPERATOR = "E0113", "operator of another language" {
        why: "Co writes `and`, `or` and `not` as words, has one `==`, which never converts, and counts with `x += 1`.",
        wrong: "let ready = true\nlet late = false\nif ready && not late { print(\"go\") }\n",
        right: "let ready = true\nlet late = false\nif ready and not late { print(\"go\") }\n",
    }
    FOREIGN_STATEMENT = "E0114", "construct of another language" {
        why: "The line is right in another language. Functions are `fn`, variables `let` and `var`, types `struct`, lambdas `|x| x + 1`; \
              the help shows the form for this one.",
        wrong: "def area(w, h) { w * h }\n",
        right: "fn area(w, h) { w * h }\nprint(area(2, 3))\n",
    }
    CHAINED = "E0115", "operators that cannot be chained" {
        why: "`a < b < c` would compare the bool of `a < b` with `c`, which nobody means, so comparisons do not chain. Ranges do not \
              either.",
        wrong: "let x = 5\nprint(1 < x < 10)\n",
        right: "let x = 5\nprint(1 < x and x < 10)\n",
    }
    NEEDS_PARENTHESES = "E0116", "operand needs parentheses" {
        why: "`not`, lambdas and jumps such as `return` bind more loosely than the operator in front of them. Parentheses say how \
              far they reach.",
        wrong: "print(1 == not true)\n",
        right: "print(1 == (not true))\n",
    }
    NOT_ASSIGNABLE = "E0117", "this cannot be assigned to" {
        why: "Left of `=` stands a variable, `x.name`, `x[i]`, `_`, or a list of these. An operator such as `+=` takes only one \
              place that has a value.",
        wrong: "var a = 1\na + 1 = 2\n",
        right: "var a = 1\na = 2 - 1\nprint(a)\n",
    }
    ASSIGNMENT_AS_VALUE = "E0118", "assignment where a value is needed" {
        why: "An assignment is a statement and has no value, so that `=` is never mistaken for `==`.",
        wrong: "var x = 1\nif x = 2 { print(x) }\n",
        right: "var x = 1\nif x == 2 { print(x) }\n",
    }
    COLON_BLOCK = "E0119", "block with a colon" {
        why: "Blocks stand in braces, and indentation means nothing, so a block's end can be seen where lines are moved or joined. `:` is for the \
              keys of maps, named arguments and formats.",
        wrong: "if 1 < 2:\n    print(\"yes\")\n",
        right: "if 1 < 2 {\n    print(\"yes\")\n}\n",
    }
    BLOCK_EXPECTED = "E0120", "a block is missing" {
        why: "The head of an `if`, `while`, `for`, `match`, `fn`, `struct`, `test`, `try`, `catch` is followed by a block, whose `{` stands on the same \
              line: a newline would end the statement.",
        wrong: "if 1 < 2\n{\n    print(\"yes\")\n}\n",
        right: "if 1 < 2 {\n    print(\"yes\")\n}\n",
    }
    MISPLACED_STATEMENT = "E0121", "statement in the wrong place" {
        why: "`import` and `test` stand at the top level of a file, so that what a file needs and tests is seen at once. Loops and \
              declarations are statements and have no value.",
        wrong: "fn area(r) {\n    import math\n    math.pi * r * r\n}\nprint(area(1))\n",
        right: "import math\nfn area(r) {\n    math.pi * r * r\n}\nprint(area(1))\n",
    }
    PARAMETER_ORDER = "E0122", "parameters in an impossible order" {
        why: "Arguments are bound from left to right: first parameters that need one, then those with a default, at the end one that \
              collects the rest.",
        wrong: "fn pad(width = 8, text) { text }\nprint(pad(1, \"a\"))\n",
        right: "fn pad(text, width = 8) { text }\nprint(pad(\"a\", 1))\n",
    }
    ARGUMENT_ORDER = "E0123", "positional argument behind a named one" {
        why: "Positional arguments are counted from the left, so they come first; behind a named one nobody could tell which parameter is next.",
        wrong: "fn area(w, h) { w * h }\nprint(area(w: 2, 3))\n",
        right: "fn area(w, h) { w * h }\nprint(area(2, h: 3))\n",
    }
    SEVERAL_RESTS = "E0124", "more than one rest" {
        why: "`...` takes what the other items of a list leave, so a list pattern has at most one; a map pattern needs none, as it fits maps \
              with more keys, too.",
        wrong: "let [...a, ...b] = [1, 2]\nprint(a, b)\n",
        right: "let [a, ...b] = [1, 2]\nprint(a, b)\n",
    }
    FN_NAME = "E0125", "`fn` without a name" {
        why: "`fn` is a statement and declares a function with a name, which can be used anywhere in its block. A function as a value is a lambda: \
              `|x| x * 2`, `|x| { … }`; a named function is a value under its name.",
        wrong: "let double = fn(x) { x * 2 }\nprint(double(2))\n",
        right: "let double = |x| x * 2\nprint(double(2))\n",
    }
    BARE_TRY = "E0126", "`try` without `catch` or `finally`" {
        why: "A `try` that neither catches nor cleans up does nothing: an error in it is thrown on by itself, as everywhere else. `catch e { … }` handles \
              the error, `finally { … }` runs in any case.",
        wrong: "try { print(1) }\n",
        right: "try { print(1) } catch e { print(e) }\n",
    }
    NO_VALUE = "E0127", "variable without a value" {
        why: "`let` and `var` give their names a value at once, so there is no variable that is not set yet. A `var` may start with `nil`; \
              often it can be declared where its first value is known.",
        wrong: "var best\nbest = 1\nprint(best)\n",
        right: "var best = nil\nbest = 1\nprint(best)\n",
    }
    OPEN_RANGE = "E0128", "range without an end" {
        why: "A range may lack its start or end only as an index, where the list itself gives it: `xs[1..]`, `xs[..3]`. Elsewhere nothing says \
              where it ends; a loop without an end is `while true`. `..=` names its last value, so it always has one.",
        wrong: "for i in 0.. { print(i) }\n",
        right: "for i in 0..3 { print(i) }\n",
    }
    PLAIN_STRING = "E0129", "string that must not interpolate" {
        why: "The path of an `import`, the name of a `test` and strings in patterns are fixed before the program runs, so there are no variables \
              yet whose values they could show. A guard compares with a string that is made at run time.",
        wrong: "let a = 1\nmatch \"x1\" {\n    \"x{a}\" => print(\"same\")\n    _ => nil\n}\n",
        right: "let a = 1\nmatch \"x1\" {\n    s if s == \"x{a}\" => print(\"same\")\n    _ => nil\n}\n",
    }
    IMPORT_NAME = "E0130", "import without a usable name" {
        why: "An imported file is bound to its own name without `.co`. If that is no name of the language, `as` gives one.",
        wrong: "import \"./my-util.co\"\nprint(my_util.answer)\n# file: my-util.co\nlet answer = 42\n",
        right: "import \"./my-util.co\" as util\nprint(util.answer)\n# file: my-util.co\nlet answer = 42\n",
    }
    KEYWORD_AS_NAME = "E0131", "keyword as a name" {
        why: "The keywords of the language cannot name variables, functions, structs and parameters. After `.`, before `:` \
              in maps and calls, and for fields and methods they are plain names.",
        wrong: "let match = 3\n",
        right: "let found = 3\n",
    }
    TYPE_ANNOTATION = "E0132", "type annotation" {
        why: "Variables, parameters and results have no declared types: a value has its type with it, and an operation that it is not made for \
              throws. `x is int` tests a type, and `match` chooses by it.",
        wrong: "fn twice(x: int) { x * 2 }\nprint(twice(2))\n",
        right: "fn twice(x) { x * 2 }\nprint(twice(2))\n",
    }
}
