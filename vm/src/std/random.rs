//! `import random`: one generator for the whole program, not for secrets.
//!
//! xoshiro256** by David Blackman and Sebastiano Vigna (<https://prng.di.unimi.it>), whose state a splitmix64 sequence fills
//! from the seed. Seeds give the same values on every machine, so what is drawn from the generator, and in which order, is part of the
//! module's interface.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::{
    builtins::{Control, args, builtins, hand_over},
    heap::object::*,
    ops::{index, iterate},
    value::Value,
    vm::Vm,
};

builtins! {
    pub static MEMBERS = [
        /// Starts the generator again from the int `n`: the same seed gives the same values.
        fn seed(n) = native(seed);
        /// A float, 0.0 ≤ x < 1.0.
        fn random() = native(random);
        /// A float, low ≤ x < high.
        fn float(low, high) = native(float);
        /// An int, low ≤ x ≤ high: both ends are included. `random.int(1, 6)` throws a die.
        fn int(low, high) = native(int);
        /// `true` with probability `p`.
        fn bool(p = 0.5) = native(bool);
        /// A float from the normal distribution.
        fn normal(mean = 0.0, deviation = 1.0) = native(normal);
        /// One item of a list, range or str.
        fn choice(items) = native(choice);
        /// A list of `n` items from different places, in random order.
        fn sample(items, n) = native(sample);
        /// Puts the items of a list into random order.
        fn shuffle(list) = native(shuffle);
    ];
}

/// The generator.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
    /// The second of two normal values that come together.
    spare: Option<f64>,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        let mut seed = seed;
        let state = std::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ mixed >> 31
        });
        Random { state, spare: None }
    }

    pub fn draw(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ b << 17, d.rotate_left(45)];
        result
    }

    /// 0.0 ≤ x < 1.0, all multiples of 2⁻⁵³ alike.
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 0 ≤ x < bound without bias (Lemire, "Fast random integer generation in an interval"); `bound` is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let mut product = self.draw() as u128 * bound as u128;
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = self.draw() as u128 * bound as u128;
            }
        }
        (product >> 64) as u64
    }

    /// Mean 0, deviation 1 (Marsaglia's polar method).
    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (self.unit() * 2.0 - 1.0, self.unit() * 2.0 - 1.0);
            let size = x * x + y * y;
            if size > 0.0 && size < 1.0 {
                let factor = (-2.0 * size.ln() / size).sqrt();
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }
}

fn seed(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let seed = args::int(vm, "seed(n)", args[0])?;
    vm.builtins.random = Random::new(seed as u64);
    Ok(Value::NIL)
}

fn random(vm: &mut Vm, _: &[Value]) -> Result<Value, Control> {
    Ok(Value::float(vm.builtins.random.unit()))
}

fn float(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let low = args::number(vm, "float(low)", args[0])?;
    let high = args::number(vm, "float(high)", args[1])?;
    if !low.is_finite() || !high.is_finite() || low > high {
        let message = format!("random.float needs finite bounds with low <= high, not {low} and {high}");
        return Err(vm.throw("ValueError", message));
    }
    let part = vm.builtins.random.unit();
    // Written so that a difference too large for a float does no harm.
    let value = low * (1.0 - part) + high * part;
    // Rounding may give the upper end itself.
    Ok(Value::float(if value >= high && low < high { high.next_down().max(low) } else { value.max(low) }))
}

fn int(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let low = args::int(vm, "int(low)", args[0])?;
    let high = args::int(vm, "int(high)", args[1])?;
    if low > high {
        return Err(vm.throw("ValueError", format!("random.int needs low <= high, not {low} and {high}")));
    }
    let span = high.wrapping_sub(low) as u64;
    let random = &mut vm.builtins.random;
    let offset = if span == u64::MAX { random.draw() } else { random.below(span + 1) };
    Ok(Value::int(low.wrapping_add(offset as i64)))
}

fn bool(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let p = args::given(args[0]).map_or(Ok(0.5), |p| args::number(vm, "bool(p)", p))?;
    if !(0.0..=1.0).contains(&p) {
        return Err(vm.throw("ValueError", format!("a probability is from 0 to 1, not {p}")));
    }
    Ok(Value::bool(vm.builtins.random.unit() < p))
}

fn normal(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mean = args::given(args[0]).map_or(Ok(0.0), |mean| args::number(vm, "normal(mean)", mean))?;
    let deviation =
        args::given(args[1]).map_or(Ok(1.0), |deviation| args::number(vm, "normal(deviation)", deviation))?;
    Ok(Value::float(mean + deviation * vm.builtins.random.normal()))
}

fn choice(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let Some(len) = length(args[0]) else {
        return Err(vm.wrong_type("choice(items)", "a list, range or str", args[0]));
    };
    if len == 0 {
        return Err(vm.throw("ValueError", "nothing to choose from: there are no items"));
    }
    let at = vm.builtins.random.below(len);
    match args[0].as_object::<Range>() {
        Some(range) => Ok(Value::int(range.at(at))),
        None => index::get_index(vm, args[0], Value::int(at as i64)),
    }
}

fn length(items: Value) -> Option<u64> {
    let list = items.as_object::<List>().map(|list| list.len() as u64);
    let text = items.as_object::<Str>().map(|text| text.char_count() as u64);
    list.or(text).or(items.as_object::<Range>().map(|range| range.len))
}

pub fn sample(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::count(vm, "sample(n)", args[1])?;
    if let Some(range) = args[0].as_object::<Range>() {
        return sample_range(vm, &range, n);
    }
    let Some(mut items) = iterate::collect_for(vm, "sample(items)", args[0])? else {
        return Err(hand_over(vm, "__sample", args));
    };
    check_sample(vm, n, items.len() as u64)?;
    for at in 0..n {
        let other = at + vm.builtins.random.below((items.len() - at) as u64) as usize;
        items.swap(at, other);
    }
    Ok(vm.heap.list(&items[..n]).into())
}

fn check_sample(vm: &mut Vm, n: usize, items: u64) -> Result<(), Control> {
    if n as u64 > items {
        return Err(vm.throw("ValueError", format!("cannot take a sample of {n} from {items} items")));
    }
    Ok(())
}

/// As for a list of the range's numbers, of which only those that have changed places are kept.
fn sample_range(vm: &mut Vm, range: &Range, n: usize) -> Result<Value, Control> {
    check_sample(vm, n, range.len)?;
    vm.check_items(n)?;
    let mut moved: HashMap<u64, u64, FxBuildHasher> = HashMap::default();
    let mut drawn = Vec::with_capacity(n);
    for at in 0..n as u64 {
        let other = at + vm.builtins.random.below(range.len - at);
        let here = moved.get(&at).copied().unwrap_or(at);
        drawn.push(Value::int(range.at(moved.insert(other, here).unwrap_or(other))));
    }
    Ok(vm.heap.list(&drawn).into())
}

fn shuffle(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = args::list(vm, "shuffle(list)", args[0])?;
    for at in (1..list.len()).rev() {
        let other = vm.builtins.random.below(at as u64 + 1) as usize;
        list.swap(&mut vm.heap, at, other);
    }
    Ok(Value::NIL)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the authors' C code for the state 1, 2, 3, 4.
    #[test]
    fn agrees_with_the_reference() {
        let mut random = Random { state: [1, 2, 3, 4], spare: None };
        let values: Vec<u64> = (0..4).map(|_| random.draw()).collect();
        assert_eq!(values, [11520, 0, 1509978240, 1215971899390074240]);
    }

    #[test]
    fn values_below_a_bound_reach_all_of_them() {
        let mut random = Random::new(7);
        let mut seen = [0; 6];
        for _ in 0..6000 {
            seen[random.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (850..1150).contains(count)), "{seen:?}");
    }

    #[test]
    fn normal_values_have_their_mean_and_deviation() {
        let mut random = Random::new(1);
        let values: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
