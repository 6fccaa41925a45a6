//! `E03xx`, `W03xx`: misuse of `await`, `async`, `spawn`, `scope` and `select`.

pages! {
    AWAIT_OUTSIDE_ASYNC = "E0301", "`await` outside an async function" {
        why: "`await` may let other tasks run before it goes on, so a function that contains it is marked `async`, and \
              whoever calls it awaits it in turn: every place where a program can pause shows. Make the function `async` \
              and await its calls, or `spawn` what need not be waited for.",
        wrong: "fn load() {\n    await sleep(10ms)\n    42\n}\nprint(load())\n",
        right: "async fn load() {\n    await sleep(10ms)\n    42\n}\nprint(await load())\n",
    }
    NEVER_AWAITED = "E0302", "coroutine that is never awaited" {
        why: "Calling an async function only makes a coroutine; nothing in it runs before it is awaited or spawned. A coroutine \
              that is dropped is work that was asked for and never done.",
        wrong: "async fn save() { await sleep(1ms); print(\"saved\") }\nsave()\nprint(\"bye\")\n",
        right: "async fn save() { await sleep(1ms); print(\"saved\") }\nawait save()\nprint(\"bye\")\n",
    }
    NOT_AWAITABLE = "E0303", "`await` on something that cannot be awaited" {
        why: "`await` takes a coroutine, a task, or a wait such as `sleep(1s)` or `ch.recv()`. An async function must be called \
              first, and a plain function has its result at once.",
        wrong: "async fn answer() { await sleep(1ms); 42 }\nprint(await answer)\n",
        right: "async fn answer() { await sleep(1ms); 42 }\nprint(await answer())\n",
    }
    AWAIT_IN_PLAIN_LAMBDA = "E0304", "`await` inside a plain lambda" {
        why: "A lambda is a function of its own, also when it stands inside an async function. Whoever calls it expects an \
              answer at once. Make the lambda `async` if its caller awaits it, or use a `for` loop or `all(…)`.",
        wrong: "async fn double(x) { await sleep(1ms); x * 2 }\nasync fn main() {\n    [1, 2].map(|x| await double(x))\n}\nprint(await main())\n",
        right: "async fn double(x) { await sleep(1ms); x * 2 }\nasync fn main() {\n    await all([1, 2].map(|x| double(x)))\n}\nprint(await main())\n",
    }
    AWAITED_TWICE = "E0305", "coroutine awaited or spawned twice" {
        why: "A coroutine is one run of its function: it can be awaited or spawned once. To get a result several times, keep the \
              result, or spawn a task, which may be awaited as often as needed.",
        wrong: "async fn roll() { await sleep(1ms); 4 }\nlet c = roll()\nprint(await c)\nprint(await c)\n",
        right: "async fn roll() { await sleep(1ms); 4 }\nlet t = spawn roll()\nprint(await t)\nprint(await t)\n",
    }
    NOT_SPAWNABLE = "E0306", "`spawn` of something that is no coroutine" {
        why: "`spawn` makes a task of a coroutine, so it takes the call of an async function, or a block: `spawn { … }`. A plain function has run to \
              its end before `spawn` would see its result, and with `spawn await f()` the waiting is over: only its result is left.",
        wrong: "async fn work() { await sleep(1ms) }\nspawn work\n",
        right: "async fn work() { await sleep(1ms) }\nspawn work()\n",
    }
    COROUTINE_AS_VALUE = "E0307", "coroutine used as if it were its result" {
        why: "Without `await` a call of an async function gives a coroutine, not what the function will return. It is never \
              false, has no fields, and cannot be compared, added or printed in place of the result.",
        wrong: "async fn count() { await sleep(1ms); 3 }\nprint(count() + 1)\n",
        right: "async fn count() { await sleep(1ms); 3 }\nprint(await count() + 1)\n",
    }
    WRONG_FOR = "E0308", "`for` over an async source, or `for await` over a plain one" {
        why: "A channel or an async generator may have to wait for its next value, which must show: `for await`. A list has \
              all its values at once, so walking it never waits.",
        wrong: "let ch = channel(1)\nawait ch.send(1)\nch.close()\nfor v in ch { print(v) }\n",
        right: "let ch = channel(1)\nawait ch.send(1)\nch.close()\nfor await v in ch { print(v) }\n",
    }
    RETURNS_COROUTINE = "E0309", "async function that returns a coroutine" {
        why: "The caller awaits this function and gets another coroutine, which would have to be awaited again; whoever does not expect that never \
              runs it. Await it inside, so that one `await` gives the result. A plain function may pass a coroutine on: its caller awaits it \
              once.",
        wrong: "async fn inner() { await sleep(1ms); 1 }\nasync fn outer() { await sleep(1ms); inner() }\nprint(await outer() + 1)\n",
        right: "async fn inner() { await sleep(1ms); 1 }\nasync fn outer() { await sleep(1ms); await inner() }\nprint(await outer() + 1)\n",
    }
    FORBIDDEN_JUMP = "E0310", "`yield`, `return`, `break` or `continue` where the block around forbids it" {
        why: "A `defer` or `finally` runs while the block around it is being left, perhaps by an error or a cancellation; \
              jumping out would lose that. A `yield` in a scope, a `defer`, a `finally` or the head of a select arm would stop \
              in the middle of something that must run to its end, perhaps for ever.",
        wrong: "fn read() {\n    try { 1 } finally { return 2 }\n}\nprint(read())\n",
        right: "fn read() {\n    try { 1 } finally { print(\"done\") }\n}\nprint(read())\n",
    }
    MISPLACED_ASYNC = "E0311", "`scope` or `select` without `await`, or `await` and `async` in the wrong place" {
        why: "A `scope` waits for its tasks and a `select` for its arms, so both are written with `await`, like everything that \
              can pause. Beside an `else`, a `select` only asks what is ready at once, so the call of an async function, which has \
              to run first, cannot be an arm there.",
        wrong: "scope {\n    spawn sleep(1ms)\n}\n",
        right: "await scope {\n    spawn sleep(1ms)\n}\n",
    }
    IDLE_ASYNC = "W0321", "async function that never awaits" {
        why: "Nothing in the function can wait, so it need not be `async`, and its callers need no `await`. Each `async` in a program says \
              that others may run meanwhile; where that is not so, it misleads. The warning is silent about functions that are spawned, \
              passed on or collected, and about methods.",
        wrong: "async fn area(w, h) { w * h }\nprint(await area(2, 3))\n",
        right: "fn area(w, h) { w * h }\nprint(area(2, 3))\n",
    }
    SERIAL_AWAITS = "W0322", "awaits in a loop that do not depend on each other" {
        why: "Each turn waits for the one before though it needs nothing of it, so the loop takes as long as all waits together. `all` \
              starts them all and takes as long as the slowest; its `limit:` bounds how many run at once.",
        wrong: "async fn load(n) { await sleep(1ms); n * 2 }\nlet found = []\nfor n in [1, 2, 3] {\n    found.push(await load(n))\n}\nprint(found)\n",
        right: "async fn load(n) { await sleep(1ms); n * 2 }\nlet found = await all([1, 2, 3].map(|n| load(n)))\nprint(found)\n",
    }
    LOCK_HELD = "W0323", "lock held across an unrelated wait" {
        why: "While a task holds a lock and waits, everybody else who wants the lock waits for the same thing. Where nothing that the lock \
              protects is touched before the wait, or after it, the wait can stand outside.",
        wrong: "let m = mutex()\nvar count = 0\nasync fn add() {\n    let g = await m.lock()\n    count += 1\n    await sleep(10ms)\n    g.unlock()\n}\nawait all([add(), add()])\nprint(count)\n",
        right: "let m = mutex()\nvar count = 0\nasync fn add() {\n    let g = await m.lock()\n    count += 1\n    g.unlock()\n    await sleep(10ms)\n}\nawait all([add(), add()])\nprint(count)\n",
    }
    UNSCOPED_TASKS = "W0324", "tasks spawned in a loop, with no handle and no scope" {
        why: "Each turn of the loop makes a task, and nothing waits for them where the loop ends: the code behind it runs before they \
              have, and an error in one of them stops the whole task around. A scope ends when its tasks have ended.",
        wrong: "async fn work(n) { await sleep(1ms); print(n) }\nfor n in [1, 2] {\n    spawn work(n)\n}\nprint(\"done\")\n",
        right: "async fn work(n) { await sleep(1ms); print(n) }\nawait scope {\n    for n in [1, 2] {\n        spawn work(n)\n    }\n}\nprint(\"done\")\n",
    }
    RACE = "W0325", "shared variable read before a wait and written after it" {
        why: "While a task waits, others run, and may change the variable. What is then written back was computed from the old value, so \
              their change is lost. `x += e` evaluates `e` first and reads `x` then, so it loses nothing; otherwise wait first, or hold a \
              lock over reading and writing.",
        wrong: "var total = 0\nasync fn price(n) { await sleep(1ms); n }\nasync fn add(n) { total = total + await price(n) }\nawait all([add(1), add(2)])\nprint(total)\n",
        right: "var total = 0\nasync fn price(n) { await sleep(1ms); n }\nasync fn add(n) { total += await price(n) }\nawait all([add(1), add(2)])\nprint(total)\n",
    }
}
