//! `E04xx`: errors that are thrown while a program runs, one code for each kind.

use crate::diagnostic::Code;

pages! {
    CUSTOM_ERROR = "E0400", "uncaught error" {
        why: "`throw` ended the program because no `catch` on its way fitted. This code stands for every kind of error that the \
              program itself made up.",
        wrong: "fn open_door(key) {\n    if key == nil { throw \"no key\" }\n    \"open\"\n}\nprint(open_door(nil))\n",
        right: "fn open_door(key) {\n    if key == nil { throw \"no key\" }\n    \"open\"\n}\ntry { print(open_door(nil)) } catch e { print(e.message) }\n",
    }
    TYPE_ERROR = "E0401", "value of the wrong type" {
        why: "An operation got a value that it is not made for. Co never converts between text and numbers by itself: use \
              `int(…)`, `float(…)`, `str(…)` or an interpolated string.",
        wrong: "let age = \"41\"\nprint(age + 1)\n",
        right: "let age = \"41\"\nprint(int(age) + 1)\n",
    }
    NAME_ERROR = "E0402", "name has no value yet" {
        why: "A function read a variable whose declaration has not run. Call the function after the line that declares what \
              it needs.",
        wrong: "fn report(go) { if go { print(total) } }\nreport(true)\nlet total = 3\n",
        right: "let total = 3\nfn report(go) { if go { print(total) } }\nreport(true)\n",
    }
    KEY_ERROR = "E0403", "missing key or field" {
        why: "`m[k]` and `m.name` expect the key to be there. `m?[k]` and `m?.name` give `nil` when it is not, `m.get(k, default)` \
              gives the default.",
        wrong: "let ages = {ada: 36}\nprint(ages[\"alan\"])\n",
        right: "let ages = {ada: 36}\nprint(ages?[\"alan\"] ?? \"unknown\")\n",
    }
    INDEX_ERROR = "E0404", "index out of range" {
        why: "Indices run from 0 to the length minus 1, or from -1 back to minus the length. `xs?[i]` gives `nil` outside.",
        wrong: "let xs = [1, 2, 3]\nprint(xs[3])\n",
        right: "let xs = [1, 2, 3]\nprint(xs[2])\n",
    }
    VALUE_ERROR = "E0405", "value that does not fit" {
        why: "The type was right, but the operation cannot work with this value, for example text that is no number, or a value \
              for which a `match` has no arm.",
        wrong: "print(int(\"twelve\"))\n",
        right: "print(int(\"12\"))\n",
    }
    OVERFLOW_ERROR = "E0406", "integer overflow" {
        why: "An `int` has 64 bits. A result that does not fit throws instead of wrapping around in silence; where wrapping is \
              wanted, say so with `wrapping_add`, `wrapping_sub` or `wrapping_mul`.",
        wrong: "let big = 9223372036854775807\nprint(big + 1)\n",
        right: "let big = 9223372036854775807\nprint(big.wrapping_add(1))\n",
    }
    DIVISION_BY_ZERO = "E0407", "integer division by zero" {
        why: "An int divided by the int 0 has no result, be it with `/`, `//` or `%`. Floats follow IEEE 754: `1.0 / 0.0` is infinite.",
        wrong: "let parts = 0\nprint(10 // parts)\n",
        right: "let parts = 2\nprint(10 // parts)\n",
    }
    ASSERTION_ERROR = "E0408", "assertion failed" {
        why: "`assert(condition)` states what the program relies on. When it does not hold, the report shows the values of the \
              condition's operands.",
        wrong: "let sum = 1 + 1\nassert(sum == 3)\n",
        right: "let sum = 1 + 1\nassert(sum == 2)\n",
    }
    STACK_OVERFLOW = "E0409", "calls nested too deeply" {
        why: "Calls may nest more than 100,000 deep. This program went deeper, which nearly always is a recursion that does not \
              come nearer to its end.",
        wrong: "fn count(n) { 1 + count(n + 1) }\nprint(count(0))\n",
        right: "fn count(n) { if n == 100 { 0 } else { 1 + count(n + 1) } }\nprint(count(0))\n",
    }
    TIMEOUT = "E0410", "time ran out" {
        why: "`timeout(d, c)` cancels what it waits for when the time is over, and throws this error. Its `finally` and `defer` have run by then. \
              Catch it where the program can do something else instead.",
        wrong: "await timeout(10ms, sleep(1h))\n",
        right: "try { await timeout(10ms, sleep(1h)) } catch e if e.kind == \"Timeout\" { print(\"too slow\") }\n",
    }
    CANCELLED = "E0411", "awaited a task that was cancelled" {
        why: "A task that was cancelled has no result. Whoever awaits it gets this error, which tells who cancelled it and why. In the task itself \
              `catch` does not see the cancellation; `finally` and `defer` run.",
        wrong: "let t = spawn sleep(1h)\nt.cancel(\"not needed\")\nawait t\n",
        right: "let t = spawn sleep(1h)\nt.cancel(\"not needed\")\ntry { await t } catch e if e.kind == \"Cancelled\" { print(\"cancelled\") }\n",
    }
    CHANNEL_CLOSED = "E0412", "channel is closed" {
        why: "`close()` says that no more values come. Nothing can be sent after that, and when the values still in the channel are gone nothing \
              can be received. The side that sends closes. \
              `for await v in ch` ends by itself at that point.",
        wrong: "let ch = channel(1)\nch.close()\nawait ch.send(1)\n",
        right: "let ch = channel(1)\nawait ch.send(1)\nch.close()\nfor await v in ch { print(v) }\n",
    }
    DEADLOCK = "E0413", "every task waits and nothing can wake one" {
        why: "No task can go on, no timer is set and no input or output is under way, so waiting would last for ever. The report \
              lists what each task waits for, and the circle if there is one.",
        wrong: "let ch = channel()\nprint(await ch.recv())\n",
        right: "let ch = channel()\nspawn { await ch.send(1) }\nprint(await ch.recv())\n",
    }
    IO_ERROR = "E0414", "input or output failed" {
        why: "An operation on a file, a connection or a process failed, or the operating system refused it. Code that talks to \
              devices of its own throws errors of this kind, too. What is outside a program can fail at any time, so a `catch` belongs \
              to it.",
        wrong: "fn ask(printer) {\n    if not printer.on { throw error(\"the printer does not answer\", kind: \"IoError\") }\n    \"ready\"\n}\nprint(ask({on: false}))\n",
        right: "fn ask(printer) {\n    if not printer.on { throw error(\"the printer does not answer\", kind: \"IoError\") }\n    \"ready\"\n}\ntry {\n    print(ask({on: false}))\n} catch e if e.kind == \"IoError\" {\n    print(\"try again later: {e.message}\")\n}\n",
    }
    PERMISSION_ERROR = "E0415", "not allowed" {
        why: "Something was asked for that whoever asks may not have. The kind tells this from failures that might go away when \
              the program tries again.",
        wrong: "fn open_safe(key) {\n    if key != \"swordfish\" { throw error(\"the safe stays closed\", kind: \"PermissionError\") }\n    \"gold\"\n}\nprint(open_safe(\"herring\"))\n",
        right: "fn open_safe(key) {\n    if key != \"swordfish\" { throw error(\"the safe stays closed\", kind: \"PermissionError\") }\n    \"gold\"\n}\ntry { print(open_safe(\"herring\")) } catch e if e.kind == \"PermissionError\" { print(\"ask the owner\") }\n",
    }
    IMPORT_ERROR = "E0416", "import failed" {
        why: "Code that chooses at run time what it works with, for example among formats or plug-ins, throws this when there is nothing \
              of that name. What an `import` names is looked for before the program runs (E0214).",
        wrong: "let formats = {csv: |row| row.join(\",\")}\nfn format_of(name) {\n    formats?[name] ?? throw error(\"no format {name}\", kind: \"ImportError\")\n}\nprint(format_of(\"xml\")([1, 2]))\n",
        right: "let formats = {csv: |row| row.join(\",\")}\nfn format_of(name) {\n    formats?[name] ?? throw error(\"no format {name}\", kind: \"ImportError\")\n}\nprint(format_of(\"csv\")([1, 2]))\n",
    }
    MEMORY_LIMIT = "E0417", "memory limit reached" {
        why: "A single text, list or other value would be larger than any can be, or than there is memory for. Nearly always a number that \
              is far too large has come from elsewhere. Large data is worked on in parts: by a generator, or line by line.",
        wrong: "let width = 9_000_000_000_000\nprint(\"-\" * width)\n",
        right: "let width = 40\nprint(\"-\" * width)\n",
    }
    BLOCKING = "W0421", "task that runs long without an await" {
        why: "Only `await` lets other tasks run. A task that computes for long without one stops them all: timers come late, channels \
              fill up. `co run --warn-blocking` counts the turns of loops and the calls since a task's last `await`, and names the task \
              and the place once the count is too large. Divide the work, with an `await sleep(0)` in between.",
        wrong: "fn sum(n) {\n    var total = 0\n    for i in 0..n { total += i }\n    total\n}\nprint(sum(1000000))\n",
        right: "async fn sum(n) {\n    var total = 0\n    for i in 0..n {\n        total += i\n        if i % 10000 == 0 { await sleep(0) }\n    }\n    total\n}\nprint(await sum(1000000))\n",
    }
    LEAKED_TASK = "W0422", "task that waits forever" {
        why: "A task waits for something, a value from a channel for example, that nothing which still runs can reach: nobody can ever \
              wake it. It is found when memory is collected. Give the other side a `close()`, a `timeout(…)`, or cancel the task \
              when it is not needed any more.",
        wrong: "",
        right: "async fn logger(ch) { for await line in ch { print(line) } }\nlet lines = channel(10)\nspawn logger(lines)\nawait lines.send(\"hello\")\nlines.close()\n",
    }
}

/// Which kind of error, as in `e.kind`, has which code.
const KINDS: [(&str, Code); 18] = [
    ("Error", Code::CUSTOM_ERROR),
    ("TypeError", Code::TYPE_ERROR),
    ("NameError", Code::NAME_ERROR),
    ("KeyError", Code::KEY_ERROR),
    ("IndexError", Code::INDEX_ERROR),
    ("ValueError", Code::VALUE_ERROR),
    ("OverflowError", Code::OVERFLOW_ERROR),
    ("DivisionByZero", Code::DIVISION_BY_ZERO),
    ("AssertionError", Code::ASSERTION_ERROR),
    ("StackOverflow", Code::STACK_OVERFLOW),
    ("Timeout", Code::TIMEOUT),
    ("Cancelled", Code::CANCELLED),
    ("ChannelClosed", Code::CHANNEL_CLOSED),
    ("Deadlock", Code::DEADLOCK),
    ("IoError", Code::IO_ERROR),
    ("PermissionError", Code::PERMISSION_ERROR),
    ("ImportError", Code::IMPORT_ERROR),
    ("MemoryLimit", Code::MEMORY_LIMIT),
];

impl Code {
    /// The code under which an uncaught error of this kind is reported; kinds of the program's own are E0400.
    pub fn of_kind(kind: &str) -> Code {
        KINDS.iter().find(|(name, _)| *name == kind).map_or(Code::CUSTOM_ERROR, |(_, code)| *code)
    }
}
