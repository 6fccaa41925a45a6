//! The methods that a generator shares with the sequences: those that give a sequence are generators themselves, which do
//! their work when they are asked for values. All are written in Co (`library/gen.co`, `library/seq.co`).
//!
//! `next`, `send` and `close` resume fibers and stand in [`super::tasks`].

use crate::{
    builtins::{Control, args},
    sched::task::{Generator, GeneratorState},
    value::Value,
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// A generator of `f(x)` for each value.
        fn map(f) = library("gen_map");
        /// A generator of the values for which `f(x)` is true.
        fn filter(f) = library("gen_filter");
        /// A generator of `[i, x]` for each value, counted from `start`.
        fn enumerate(start = 0) = library("gen_enumerate");
        /// A generator of lists with one value of each sequence; it ends with the shortest.
        fn zip(...others) = library("gen_zip");
        /// A generator of the first `n` values; then it closes its source.
        fn take(n) = library("gen_take");
        /// A generator of the values behind the first `n`.
        fn skip(n) = library("gen_skip");
        /// A generator of the values before the first for which `f(x)` is false.
        fn take_while(f) = library("gen_take_while");
        /// A generator that begins with the first value for which `f(x)` is false.
        fn skip_while(f) = library("gen_skip_while");
        /// A generator of all items of the sequences that `f(x)` gives.
        fn flat_map(f) = library("gen_flat_map");
        /// Calls `f(x)` for each value.
        fn each(f) = library("seq_each");
        /// Combines all values, beginning with `start`: `g.fold(0, |sum, x| sum + x)`.
        fn fold(start, f) = library("seq_fold");
        /// The first value for which `f(x)` is true, or `nil`.
        fn find(f) = library("seq_find");
        /// Is `f(x)` (without `f`: the value itself) true for a value? Stops at the first one.
        fn any(f = nil) = library("seq_any");
        /// Is `f(x)` (without `f`: the value itself) true for every value? Stops at the first that is not.
        fn all(f = nil) = library("seq_all");
        /// All numbers added up; 0 if there are none.
        fn sum() = library("gen_sum");
        /// The smallest value by `<`, the first of equal ones, or `nil` if there is none.
        fn min() = library("seq_min");
        /// The greatest value by `<`, the first of equal ones, or `nil` if there is none.
        fn max() = library("seq_max");
        /// The value whose `f(x)` is smallest.
        fn min_by(f) = library("seq_min_by");
        /// The value whose `f(x)` is greatest.
        fn max_by(f) = library("seq_max_by");
        /// How many values there are, or for how many `f(x)` is true.
        fn count(f = nil) = library("seq_count");
        /// A sorted list of the values, by `<` or by `less(a, b)`, which says if `a` comes first.
        fn sorted(less = nil) = library("gen_sorted");
        /// The values as `print` shows them, with `sep` between.
        fn join(sep = "") = library("seq_join");
        /// A list of the values.
        fn to_list() = library("gen_to_list");
        /// Has it ended?
        fn done() = native(done);
    ];
}

fn done(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(args::receiver::<Generator>(args).state.get() == GeneratorState::Done))
}
