//! What small programs become. `INSTA_UPDATE=always cargo test -p co-vm golden` writes the listings anew; look at each change.

use super::{Role, compile, compile_as};

macro_rules! golden {
    ($($name:ident: $program:literal;)*) => {$(
        #[test]
        fn $name() {
            let text = match compile($program) {
                Ok(listing) => listing,
                Err(errors) => panic!("{errors:?}"),
            };
            insta::with_settings!({ description => $program, omit_expression => true }, {
                insta::assert_snapshot!(stringify!($name), text);
            });
        }
    )*};
}

golden! {
    fib: "
fn fib(n) {
    if n < 2 { return n }
    fib(n - 1) + fib(n - 2)
}
print(fib(30))
";
    operators: "
fn f(a, b) {
    let sum = a + b * 2 - 1
    let same = a == b and not (a < 1.5) or a is int
    let other = a ?? b ?? 'none'
    let folded = 2 * 3.5 + 1
    let large = a + 1_000_000
    let left = 10 - a
    [sum, same, other, folded, large, left, -a, ~b, 1 + a, 2 ** a, a in [1], a not in [2]]
}
";
    conditions: "
fn f(a, b) {
    while a < b and (a != 3 or b == nil) {
        if a > 100_000 or not b { break }
        if a == 'x' { continue }
    }
    if a is nil and 5 < b { 1 } else if a >= 2.5 { 2 } else { 3 }
}
";
    evaluation_order: "
fn f(a) {
    var x = a
    let y = x + (if a { x = 2; x } else { 1 })
    let z = x[if a { x = [1]; 0 } else { 1 }]
    x = x + 1
    x = [x, x]
    x = x or a
    y + z
}
";
    counted_loops: "
fn f(n) {
    var sum = 0
    for i in 0..n { sum += i }
    for i in (1..=n) { for j in i..10 { if j == 5 { continue }; sum += j } }
    for i in (0..n).step(2) { sum += i }
    for _ in 0..3 { sum += 1 }
    sum
}
";
    iterated_loops: "
fn f(xs, m) {
    for x in xs { print(x) }
    for k, v in m { if k == v { break } }
    for [a, b] in [[1, 2]] { print(a, b) }
    for x in xs { for y in x { if y { return y } } }
}
";
    closures: "
fn counter() {
    var count = 0
    let add = |n| { count += n; count }
    let fixed = 10
    let all = []
    for i in 0..3 { all.push(|| i + fixed) }
    add
}
fn recursive() {
    let fact = |n| if n < 2 { 1 } else { n * fact(n - 1) }
    fn even(n) { n == 0 or odd(n - 1) }
    fn odd(n) { n != 0 and even(n - 1) }
    fact(5) + even(3)
}
";
    chains: "
fn f(a, g) {
    a.b.c(1).d[2].e(a.f, 3)
    let x = g(1)(2)[a].name
    a.f(g(a.h()), 1).i()
    (a.field)(1)
    x
}
";
    optional_chains: "
fn f(a) {
    let x = a?.b
    let y = a?.b.c(1)?[2].d ?? 0
    a?.go(1)
    let z = a?.name(x).len()
    a?[1..2]
}
";
    calls: "
fn area(w, h = w, ...rest) { w * h }
fn f(xs, m) {
    area(2, h: 3)
    area(...xs, 4)
    area(1, ...xs, h: 2)
    m.go(...xs)
    m.go(1, deep: true)
    print(xs[0], sep: '')
}
";
    lambdas: "
let add = |x, y = x + 1| x + y
let swap = |[a, b]| [b, a]
let get = |{name, age: years}, ...rest| [name, years, rest]
let assign = |v| v.seen = true
";
    assignments: "
var total = 0
fn g() { total += 1 }
fn f(xs, i, j, m) {
    var a = 1
    var b = 2
    [a, b] = [b, a + b]
    [xs[i], xs[j]] = [xs[j], xs[i]]
    [a, [b, _], ...m.rest] = xs
    xs[i] += 1
    m.count ??= a
    m[a] ??= b
    a ??= b
    a **= 2
    _ = g()
    m.self = m
    xs[0] = a
}
";
    matching: "
struct Point { x, y = 0 }
fn f(v, color) {
    match v {
        0 | 1 | -2.5 => 'small'
        n if n is int and n < 0 => 'negative'
        'quit' | nil | true => return
        color.RED => 'red'
        [x, y] => x + y
        [first, ..., last] => first + last
        [1, ...rest] => rest
        {kind: 'move', to} => to
        Point {x: 0, y} | Point {x: y, y: 0} => y
        'a'..='z' => 'letter'
        1..9 => 'digit'
        is list => 'list'
        is Point => 'point'
    }
}
";
    destructuring: "
fn f(xs, m) {
    let [a, [b, ...c], _] = xs
    let {name, age: years} = m
    let [x, y] = [a, b]
    var [first, ...] = xs
    first = 1
    let g = || first
    name + years + x + y + g() + c
}
";
    structs: "
let start = 100
struct Account {
    owner
    balance = start
    history = [balance_of(owner_of)]
    fn deposit(self, amount) { self.balance += amount; self }
    async fn audit(self) { await sleep(10ms); self.balance >= 0 }
    fn shared() { Account('house') }
}
fn balance_of(x) { x }
let owner_of = 1
Account('Ada', balance: 5).deposit(3)
";
    local_items: "
fn f(n) {
    let twice = helper(n)
    fn helper(x) { x * factor }
    let factor = 2
    struct Pair { a, b = n; fn sum(self) { self.a + self.b } }
    Pair(1).sum() + twice
}
";
    errors: "
fn f(x) {
    let a = try { risky(x) } catch e if e.kind == 'KeyError' { 1 } catch e { || e }
    try { risky(a) } catch { throw 'no' }
    try { return risky(1) } catch e if e { 2 }
}
fn risky(x) { x or throw error('no') }
";
    finally_and_defer: "
fn f(xs) {
    defer print('last')
    for x in xs {
        defer { print('turn', x) }
        try {
            if x == 1 { continue }
            if x == 2 { break }
            if x == 3 { return x }
            throw x
        } finally {
            print('finally')
        }
    }
    let y = try { xs[0] } finally { print('done') }
    y
}
";
    generators: "
fn count(n) { for i in 0..n { let got = yield i; if got { return } } }
fn pairs(xs) { for x in xs { yield [x, yield] } }
";
    late_bodies: "
var n = 0
fn f(k) {
    async fn each(a, b = next(a), ...rest) { if b { each(1) } else { || each } }
    fn count(start = k + 1) { yield start; yield k }
    async fn plain(a, b = 1, c = a, d = -2.5) { b }
    each(k)
}
fn next(a) { n += a; n }
";
    tasks: "
async fn cook(dish, time) { await sleep(time); dish }
struct Pot { async fn boil(self) { await cook('water', 1s) } }
let rice = spawn cook('rice', 3s)
spawn cook('lost', 1s)
spawn { await rice }
let later = async { 1 }
let both = [spawn Pot().boil(), await later]
print(await rice, await cook('x', time: 1))
async fn last() { spawn cook('y', 1) }
let f = async |x| await x.y.go(1)
async fn walk(ch) { for await v in ch { print(v) } }
await all([cook('z', 0), cook('w', 0)])
";
    scopes: "
async fn f(xs) {
    for x in xs {
        await scope {
            spawn g(x)
            if x == 1 { break }
            if x == 2 { return x }
        }
    }
    await scope { spawn g(1); 2 }
}
async fn g(x) { x }
async fn h(a, b) {
    await select {
        v = a.recv() => v
        b.wait() => return
        [x, y] = a.recv() => x + y
        else => nil
    }
}
";
    strings: "
fn f(x, y) {
    let plain = 'a' + \"b\"
    \"{x}: {y:>8.2} {x + 1:*^+010x}!\"
}
";
    literals: "
fn f(x, xs) {
    let m = {a: 1, 'b c': 2, [x]: 3, x, ...xs}
    let l = [1, ...xs, 2, x]
    [nil, true, 2.5, 250ms, b\"bytes\", 0..x, 1..=3, xs[1..], xs[..-1], xs[..]]
}
";
    assertions: "
fn f(a, b) {
    assert(a + 1 == b)
    assert(a and b.ok(), \"message {a}\")
    assert(not a)
    assert(a in b)
    assert(a is int, 'int')
    assert(b)
}
";
    modules: "
import math
import math.{pi, sqrt as root}
import './util.co'
fn area(r) { pi * r ** 2 + 2 * math.pi }
print(math.sqrt(2), root(3), util.helper(1), util.other)
let f = math.sqrt
";
    globals: "
let limit = 10
var count = 0
let shared = 1
let [a, b] = [1, 2]
fn f() { count += shared; limit_of() }
fn limit_of() { later }
let later = 5
count = limit + shared + a + b
test 'adds up' { assert(count == 1) }
";
    dead_code: "
fn f(x) {
    while true { if x { return 1 } }
    print('never')
}
fn g(x) {
    if x { return 1 } else { throw 2 }
    for i in x { print(i) }
}
";
    jumps_as_expressions: "
fn f(xs) {
    for x in xs {
        let y = x ?? continue
        let z = y.get(1) or break
        print(z or return z)
    }
}
";
}

#[test]
fn lines_at_the_prompt() {
    let listing = compile_as("let x = 1\nfn f() { x }\nimport math\nx + f()", Role::Repl, true);
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("lines_at_the_prompt", listing.unwrap_or_default());
    });
}
