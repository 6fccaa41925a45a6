//! The verifier: whatever the interpreter takes for granted about a function's code, checked.
//!
//! It runs on everything that is compiled in debug builds and tests. What it finds is a bug of the compiler, never of a program.

use super::{Op, Proto, SLOT, Word, disasm::instructions, op::Operand};
use crate::heap::object::List;

/// Checks one function (not those in it). The text says what is wrong and where.
pub fn verify(proto: &Proto) -> Result<(), String> {
    let mut starts = vec![false; proto.code.len() + 1];
    let mut at = 0;
    while at < proto.code.len() {
        let number = proto.code[at].0 as u16 as usize;
        let Some(op) = Op::ALL.get(number) else { return Err(format!("{at}: no operation {number}")) };
        starts[at] = true;
        at += 1 + op.cache_words();
    }
    if at != proto.code.len() {
        return Err("the last instruction is cut off".into());
    }
    let check = Check { proto, starts };
    for (at, word) in instructions(proto) {
        check
            .instruction(at, word)
            .map_err(|wrong| format!("{}: {at} {}: {wrong}", proto.name, word.op().name()))?;
    }
    check.tables().map_err(|wrong| format!("{}: {wrong}", proto.name))
}

struct Check<'a> {
    proto: &'a Proto,
    /// By address: an instruction begins there. One more entry for the end.
    starts: Vec<bool>,
}

impl Check<'_> {
    fn instruction(&self, at: usize, word: Word) -> Result<(), String> {
        let op = word.op();
        let behind = at + 1 + op.cache_words();
        let narrow = [word.a(), word.b(), word.c()];
        for (kind, value) in op.operands().into_iter().zip(narrow) {
            match kind {
                Operand::None | Operand::Int | Operand::Count | Operand::WideInt | Operand::Global => {}
                Operand::Reg => self.registers(value, 1)?,
                Operand::Const => self.constant(self.unscaled(value)?)?,
                Operand::Name => self.constant(value as usize)?,
                Operand::WideConst => self.constant(word.bc() as usize)?,
                Operand::Jump => self.target(behind, value as i16 as i64)?,
                Operand::WideJump => self.target(behind, word.bc() as i32 as i64)?,
                Operand::Capture => {
                    let index = self.unscaled(value)?;
                    if index >= self.proto.captures.len() {
                        return Err(format!("no capture {index}"));
                    }
                }
            }
        }
        self.neighbours(word)?;
        let ends = matches!(
            op,
            Op::JUMP | Op::LOOP | Op::RETURN | Op::RETURN_NIL | Op::THROW | Op::RETHROW | Op::MATCH_FAIL
        );
        if !ends && behind >= self.proto.code.len() {
            return Err("control runs off the end".into());
        }
        let follower = match op {
            Op::AWAIT_CALL | Op::AWAIT_CALL_GLOBAL | Op::AWAIT_INVOKE => Some(Op::AWAIT),
            Op::SPAWN_CALL | Op::SPAWN_INVOKE => Some(Op::SPAWN),
            Op::TASK_END | Op::GENERATOR_END | Op::FINISH => return Err("belongs into no function".into()),
            _ => None,
        };
        if let Some(follower) = follower {
            let next = self.proto.code[behind];
            if next.op() != follower || next.a() != word.a() {
                return Err(format!("{} has to follow", follower.name()));
            }
        }
        Ok(())
    }

    /// Registers that an op uses beside the named ones.
    fn neighbours(&self, word: Word) -> Result<(), String> {
        let (a, b, c) = (word.a(), word.b(), word.c());
        match word.op() {
            Op::CALL
            | Op::CALL_GLOBAL
            | Op::AWAIT_CALL
            | Op::AWAIT_CALL_GLOBAL
            | Op::SPAWN_CALL
            | Op::INVOKE
            | Op::AWAIT_INVOKE
            | Op::SPAWN_INVOKE => self.registers(a, 2 + b as usize),
            Op::CALL_NAMED => {
                let names = self.proto.constants[c as usize].as_object::<List>();
                if names.is_none_or(|names| names.len() > b as usize) {
                    return Err("the names of arguments are no list, or too many".to_string());
                }
                self.registers(a, 2 + b as usize)
            }
            Op::CALL_EX => {
                let names = self.proto.constants[c as usize].as_object::<List>();
                let names = names.ok_or("the names of arguments are no list")?.len();
                self.registers(a, 3 + names)
            }
            Op::NEW_LIST | Op::CONCAT | Op::NEW_INSTANCE => self.registers(b, c as usize),
            Op::NEW_MAP => self.registers(b, 2 * c as usize),
            Op::NEW_RANGE | Op::NEW_RANGE_INCL => self.registers(b, 2),
            Op::GET_SLICE | Op::GET_SLICE_INCL => self.registers(c, 2),
            Op::FOR_PREP | Op::FOR_PREP_INCL | Op::FOR_LOOP => self.registers(a, 3),
            Op::ITER_PREP | Op::ITER_PREP_ASYNC | Op::STRUCT => self.registers(a, 3),
            Op::ITER_LOOP => self.registers(a, 4),
            Op::ITER_LOOP_2 => self.registers(a, 5),
            Op::IMPORT => self.registers(a, 2),
            Op::SELECT => self.registers(a, (b as usize).max(2)),
            Op::IN_RANGE | Op::IN_RANGE_OPEN => self.constant(c as usize + 1),
            _ => Ok(()),
        }
    }

    fn unscaled(&self, operand: u16) -> Result<usize, String> {
        match (operand as usize).is_multiple_of(SLOT) {
            true => Ok(operand as usize / SLOT),
            false => Err(format!("operand {operand} is not scaled")),
        }
    }

    fn registers(&self, first: u16, count: usize) -> Result<(), String> {
        let first = self.unscaled(first)?;
        match first + count <= self.proto.registers as usize {
            true => Ok(()),
            false => {
                Err(format!("r{first} and {count} registers from it are beyond {}", self.proto.registers))
            }
        }
    }

    fn constant(&self, index: usize) -> Result<(), String> {
        match index < self.proto.constants.len() {
            true => Ok(()),
            false => Err(format!("no constant {index}")),
        }
    }

    fn target(&self, behind: usize, distance: i64) -> Result<(), String> {
        let target = behind as i64 + distance;
        let is_start = usize::try_from(target).is_ok_and(|target| {
            target < self.proto.code.len() && self.starts.get(target).copied().unwrap_or(false)
        });
        if is_start { Ok(()) } else { Err(format!("jumps to {target}, where no instruction begins")) }
    }

    fn tables(&self) -> Result<(), String> {
        let proto = self.proto;
        let end = proto.code.len();
        for handler in &proto.handlers {
            let (start, stop, target) =
                (handler.start as usize, handler.end as usize, handler.target as usize);
            let is_edge = |at: usize| at == end || self.starts.get(at).copied().unwrap_or(false);
            if start >= stop || stop > end || !is_edge(start) || !is_edge(stop) {
                return Err(format!("region {start}..{stop} is none"));
            }
            if target >= end || !self.starts[target] || (start..stop).contains(&target) {
                return Err(format!("region {start}..{stop} has its handler at {target}"));
            }
            if handler.register as u32 >= proto.registers {
                return Err(format!("handler at {target} writes to r{}", handler.register));
            }
        }
        let is_sorted = |pair: &[super::Position]| pair[0].pc < pair[1].pc;
        if !proto.positions.windows(2).all(is_sorted) {
            return Err("positions are not sorted".into());
        }
        if proto.positions.iter().any(|position| position.pc as usize >= end) {
            return Err("a position lies behind the code".into());
        }
        let named = |(at, _): &(u32, Box<str>)| self.starts.get(*at as usize).copied().unwrap_or(false);
        if !proto.names_at.iter().all(named) {
            return Err("a name belongs to no instruction".into());
        }
        let given = proto.params as u32 + proto.flags.rest as u32;
        if proto.required > proto.params || given > proto.registers {
            return Err("parameters do not fit".into());
        }
        Ok(())
    }
}
