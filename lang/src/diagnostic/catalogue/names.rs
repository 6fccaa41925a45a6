//! `E02xx`, `W02xx`: names, bindings, imports, and statements that do nothing.

pages! {
    UNDEFINED_NAME = "E0201", "name is not defined" {
        why: "Every name must be declared: by `let`, `var`, `fn`, `struct`, `import`, a parameter or a pattern. \
              Assigning to a name does not declare it, so a misspelt variable is found before the program runs.",
        wrong: "let total = 3\nprint(totl)\n",
        right: "let total = 3\nprint(total)\n",
    }
    DECLARED_TWICE = "E0202", "name is declared twice in one block" {
        why: "In one block a name means one thing from its declaration to the block's end. A second `let` would silently \
              change what the lines below it mean. An inner block may use the name again, and a `var` may be assigned.",
        wrong: "let port = 80\nlet port = 8080\nprint(port)\n",
        right: "var port = 80\nport = 8080\nprint(port)\n",
    }
    USED_BEFORE_DECLARATION = "E0203", "name is used before its declaration has run" {
        why: "A `let` or `var` has no value before its line has run. Functions may name variables that are declared \
              further down, as long as they are called later; `fn` and `struct` can be used anywhere in their block.",
        wrong: "print(limit)\nlet limit = 10\n",
        right: "let limit = 10\nprint(limit)\n",
    }
    ASSIGNED_CONSTANT = "E0204", "name cannot be assigned" {
        why: "`let`, `fn`, `struct` and `import` bind a name once, so that a reader need not look for changes. \
              Only what is declared with `var`, parameters and the variables of patterns can be assigned.",
        wrong: "let count = 0\ncount += 1\n",
        right: "var count = 0\ncount += 1\n",
    }
    DUPLICATE = "E0205", "the same name twice in one list" {
        why: "Parameters, the fields and methods of a struct, the names that one pattern binds, and named arguments are \
              told apart by their names.",
        wrong: "fn area(side, side) { side * side }\nprint(area(2, 3))\n",
        right: "fn area(width, height) { width * height }\nprint(area(2, 3))\n",
    }
    DIFFERENT_ALTERNATIVES = "E0206", "alternatives of a pattern bind different names" {
        why: "Whichever alternative of `a | b` matches, the arm's body runs with the same variables. So every alternative \
              has to bind the same names.",
        wrong: "let point = [0, 7]\nmatch point {\n    [0, y] | [x, 0] => print(y)\n    _ => print(\"not on an axis\")\n}\n",
        right: "let point = [0, 7]\nmatch point {\n    [0, d] | [d, 0] => print(d)\n    _ => print(\"not on an axis\")\n}\n",
    }
    OUTSIDE_LOOP = "E0207", "`break` or `continue` outside a loop" {
        why: "`break` and `continue` concern the innermost `while` or `for` of the same function. A lambda inside a loop is a \
              function of its own: it cannot end the loop that called it.",
        wrong: "[1, 2, 3].each(|x| {\n    if x == 2 { break }\n    print(x)\n})\n",
        right: "for x in [1, 2, 3] {\n    if x == 2 { break }\n    print(x)\n}\n",
    }
    OUTSIDE_FUNCTION = "E0208", "`yield` outside a function" {
        why: "A function that contains `yield` is a generator: a call gives an object that runs the body bit by bit. The top \
              level of a file, tests and `async { … }` blocks are no functions, nobody could ask them for the next value.",
        wrong: "for i in 0..3 { yield i }\n",
        right: "fn count() {\n    for i in 0..3 { yield i }\n}\nfor i in count() { print(i) }\n",
    }
    UNDERSCORE_READ = "E0209", "`_` has no value" {
        why: "`_` in a pattern or on the left of `=` says that a value is not wanted, nothing is stored under it. (At the \
              REPL `_` is the last value.)",
        wrong: "let [first, _] = [1, 2]\nprint(_)\n",
        right: "let [first, second] = [1, 2]\nprint(second)\n",
    }
    PRIVATE_NAME = "E0210", "name is private to another file" {
        why: "A top-level name that starts with `_` belongs to its file, which may change it at any time without asking \
              those who import it.",
        wrong: "import \"./util.co\"\nprint(util._limit)\n# file: util.co\nlet _limit = 10\nlet limit = _limit\n",
        right: "import \"./util.co\"\nprint(util.limit)\n# file: util.co\nlet _limit = 10\nlet limit = _limit\n",
    }
    UNKNOWN_MEMBER = "E0211", "module has no such name" {
        why: "What a module offers is known before the program runs: the top-level names of a file, or the list of a standard \
              module. So a misspelt one is found then.",
        wrong: "import \"./util.co\"\nprint(util.dubble(2))\n# file: util.co\nfn double(x) { x * 2 }\n",
        right: "import \"./util.co\"\nprint(util.double(2))\n# file: util.co\nfn double(x) { x * 2 }\n",
    }
    TYPE_CALLED = "E0212", "type is not a function" {
        why: "The names of the built-in types stand after `is` and in patterns, and can be compared with `type(x)`. Those that \
              convert (`int`, `float`, `str`, `set` …) are functions too; the others have literals or methods instead.",
        wrong: "for i in range(3) { print(i) }\n",
        right: "for i in 0..3 { print(i) }\n",
    }
    UNKNOWN_MODULE = "E0214", "module cannot be found" {
        why: "`import name` takes a standard module, `import \"./file.co\"` a file. Its path begins with `./` or `../` and \
              starts at the importing file.",
        wrong: "import maths\nprint(maths.pi)\n",
        right: "import math\nprint(math.pi)\n",
    }
    IMPORT_CYCLE = "E0215", "files import each other in a circle" {
        why: "A file runs once, before the file that imports it. In a circle no file could be the first. Move what both need \
              into a third file that both import.",
        wrong: "import \"./a.co\"\nprint(a.x)\n# file: a.co\nimport \"./b.co\"\nlet x = b.y\n# file: b.co\nimport \"./a.co\"\nlet y = 1\nfn z() { a.x }\n",
        right: "import \"./a.co\"\nprint(a.x)\n# file: a.co\nimport \"./b.co\"\nlet x = b.y\n# file: b.co\nlet y = 1\n",
    }
    TOO_LARGE = "E0216", "function is too large" {
        why: "A function's variables and the values it works with live in numbered slots, of which there are 65,535. Programs \
              that people write stay far below; generated ones may have to be split, or to keep their data in lists.",
        wrong: "",
        right: "let squares = (0..100000).map(|n| n * n)\nprint(squares[99999])\n",
    }
    NO_EFFECT = "W0203", "statement without an effect" {
        why: "The value of this expression is computed and dropped. Often the line was meant to continue the one above: a line \
              that starts with `-`, `[`, `(` or `|` is a new statement in Co, an operator that continues stands at the end \
              of the line before. Or `==` was written for `=`.",
        wrong: "let price = 10\nlet discount = 3\nlet total = price\n    - discount\nprint(total)\n",
        right: "let price = 10\nlet discount = 3\nlet total = price -\n    discount\nprint(total)\n",
    }
    LOOSE_OPERATOR = "W0204", "a method call binds tighter than the operator before it" {
        why: "A method call belongs to the operand that it stands behind: `0..n.rev()` is `0..(n.rev())`, and `-2.abs()` is \
              `-(2.abs())`, which is -2. Parentheses around the range or the number say what was meant.",
        wrong: "print(-2.abs())\n",
        right: "print((-2).abs())\n",
    }
}
