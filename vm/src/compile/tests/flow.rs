//! A check of the compiler's work: on every way through a function each register is written before it is read. What a call
//! leaves above its area counts as gone.

use crate::{
    bytecode::{CaptureSource, HandlerKind, Op, Proto, SLOT, Word, op::Operand},
    heap::object::{List, ProtoObject},
};

/// Registers, one bit each.
#[derive(Clone, PartialEq)]
struct Set(Vec<u64>);

impl Set {
    fn has(&self, reg: usize) -> bool {
        self.0[reg / 64] & 1 << (reg % 64) != 0
    }

    fn put(&mut self, reg: usize) {
        self.0[reg / 64] |= 1 << (reg % 64);
    }

    fn drop_from(&mut self, first: usize) {
        for reg in first..self.0.len() * 64 {
            self.0[reg / 64] &= !(1 << (reg % 64));
        }
    }

    /// True if that changed something.
    fn intersect(&mut self, other: &Set) -> bool {
        let before = self.clone();
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine &= theirs;
        }
        *self != before
    }
}

#[derive(Default)]
struct Effect {
    /// First register and how many.
    reads: Vec<(usize, usize)>,
    writes: Vec<(usize, usize)>,
    /// Written only if the jump is taken.
    writes_on_jump: Vec<(usize, usize)>,
    /// Registers from here on are lost.
    loses: Option<usize>,
}

fn effect(proto: &Proto, word: Word) -> Effect {
    use Op::*;
    let [a, b, c] = [word.a(), word.b(), word.c()].map(|operand| operand as usize / SLOT);
    let (count_b, count_c) = (word.b() as usize, word.c() as usize);
    let mut effect = Effect::default();
    match word.op() {
        SET_GLOBAL | SET_CAPTURE_CELL | CHECK_SET | EXPECT_LIST | EXPECT_FIELDS | RETURN | THROW
        | RETHROW | CLEANUP_LEAVE | MATCH_FAIL | ITER_CLOSE | JUMP_IF_FALSE | JUMP_IF_TRUE | JUMP_IF_NIL
        | JUMP_IF_NOT_NIL | JUMP_IF_UNDEF | JUMP_IF_SET => {
            effect.reads.push((a, 1));
        }
        SET_CELL | LIST_PUSH | LIST_EXTEND | MAP_EXTEND | SET_FIELD | SET_CAUSE | JUMP_LT | JUMP_NOT_LT
        | JUMP_LE | JUMP_NOT_LE | JUMP_EQ | JUMP_NE => effect.reads.extend([(a, 1), (b, 1)]),
        SET_INDEX => effect.reads.extend([(a, 1), (b, 1), (c, 1)]),
        op if op.name().starts_with("JUMP_") => effect.reads.push((a, 1)),
        JUMP | LOOP | RETURN_NIL => {}
        NEW_CELL => {
            effect.reads.push((a, 1));
            effect.writes.push((a, 1));
        }
        STRUCT => {
            effect.reads.push((a + 1, 2));
            effect.writes.push((a, 1));
        }
        NEW_LIST | CONCAT | NEW_INSTANCE => {
            effect.reads.push((b, count_c));
            effect.writes.push((a, 1));
        }
        NEW_MAP => {
            effect.reads.push((b, 2 * count_c));
            effect.writes.push((a, 1));
        }
        NEW_RANGE | NEW_RANGE_INCL => {
            effect.reads.push((b, 2));
            effect.writes.push((a, 1));
        }
        GET_SLICE | GET_SLICE_INCL => {
            effect.reads.extend([(b, 1), (c, 2)]);
            effect.writes.push((a, 1));
        }
        FOR_PREP | FOR_PREP_INCL => {
            effect.reads.push((a, 2));
            effect.writes.push((a, 3));
        }
        FOR_LOOP => {
            effect.reads.push((a, 2));
            effect.writes_on_jump.push((a + 2, 1));
        }
        ITER_PREP | ITER_PREP_ASYNC => {
            effect.reads.push((b, 1));
            effect.writes.push((a, 3));
        }
        ITER_LOOP => {
            effect.reads.push((a, 3));
            effect.writes_on_jump.push((a + 3, 1));
        }
        ITER_LOOP_2 => {
            effect.reads.push((a, 3));
            effect.writes_on_jump.push((a + 3, 2));
        }
        CALL | CALL_NAMED | AWAIT_CALL | SPAWN_CALL => {
            effect.reads.extend([(a, 1), (a + 2, count_b)]);
            effect.writes.push((a, 1));
            effect.loses = Some(a);
        }
        CALL_GLOBAL | AWAIT_CALL_GLOBAL | INVOKE | AWAIT_INVOKE | SPAWN_INVOKE => {
            effect.reads.push((a + 2, count_b));
            effect.writes.push((a, 1));
            effect.loses = Some(a);
        }
        CALL_EX => {
            let names = proto.constants[count_c].as_object::<List>().map_or(0, |names| names.len());
            effect.reads.extend([(a, 1), (a + 2, 1 + names)]);
            effect.writes.push((a, 1));
            effect.loses = Some(a);
        }
        AWAIT | SPAWN => {
            effect.reads.push((a, 1));
            effect.writes.push((a, 1));
            effect.loses = Some(a);
        }
        IMPORT => effect.loses = Some(a),
        // The third register counts only if something is thrown.
        SCOPE_EXIT => effect.reads.extend([(a, 1), (b, 1)]),
        SELECT => {
            effect.reads.push((a, count_b));
            effect.writes.push((a, 2));
        }
        CLOSURE => {
            if let Some(inner) = proto.constants[word.bc() as usize].as_object::<ProtoObject>() {
                for capture in &inner.proto.captures {
                    if let CaptureSource::Register(reg) = capture {
                        effect.reads.push((*reg as usize, 1));
                    }
                }
            }
            effect.writes.push((a, 1));
        }
        op => {
            let kinds = op.operands();
            for (kind, reg) in kinds.iter().zip([a, b, c]).skip(1) {
                if *kind == Operand::Reg {
                    effect.reads.push((reg, 1));
                }
            }
            if kinds[0] == Operand::Reg {
                effect.writes.push((a, 1));
            }
        }
    }
    effect
}

/// What is known at a point of the code. Clean-up code is entered for several reasons, which a register tells apart, so its
/// possible values are followed one by one.
#[derive(Clone, PartialEq)]
struct State {
    written: Set,
    /// Registers that hold the reason of a clean-up, with the reason.
    reasons: Vec<(usize, i32)>,
}

/// What is wrong with a function, if anything.
pub(super) fn check(proto: &Proto) -> Result<(), String> {
    let mut before: Vec<Vec<State>> = vec![Vec::new(); proto.code.len()];
    // See `cleanup::Exit`: the reason lies two registers below the depth.
    let reason_regs: Vec<usize> = crate::bytecode::disasm::instructions(proto)
        .filter_map(|(_, word)| match word.op() {
            Op::CLEANUP_ENTER => Some(word.a() as usize / SLOT - 2),
            Op::SCOPE_EXIT => Some(word.b() as usize / SLOT),
            _ => None,
        })
        .collect();
    let mut first = Set(vec![0; proto.registers as usize / 64 + 1]);
    for reg in 0..proto.params as usize + proto.flags.rest as usize {
        first.put(reg);
    }
    let mut work = vec![(0, State { written: first, reasons: Vec::new() })];
    while let Some((at, arriving)) = work.pop() {
        let known = before[at].iter_mut().find(|known| known.reasons == arriving.reasons);
        let state = match known {
            Some(known) => {
                if !known.written.intersect(&arriving.written) {
                    continue;
                }
                known.clone()
            }
            None => {
                before[at].push(arriving.clone());
                arriving
            }
        };
        let word = proto.code[at];
        let behind = at + 1 + word.op().cache_words();
        let effect = effect(proto, word);
        for (from, count) in &effect.reads {
            for reg in *from..from + count {
                if !state.written.has(reg) {
                    return Err(format!(
                        "{}: {at} {} reads r{reg}, which may have no value",
                        proto.name,
                        word.op().name()
                    ));
                }
            }
        }
        let mut lost = state.clone();
        if let Some(first) = effect.loses {
            lost.written.drop_from(first);
            lost.reasons.retain(|(reg, _)| *reg < first);
        }
        for handler in &proto.handlers {
            if (handler.start as usize..handler.end as usize).contains(&at) {
                let mut thrown = lost.clone();
                thrown.written.put(handler.register as usize);
                thrown.reasons.retain(|(reg, _)| *reg != handler.register as usize);
                work.push((handler.target as usize, thrown));
                if handler.kind == HandlerKind::Cleanup {
                    break;
                }
            }
        }
        let written = |state: &State, registers: &[(usize, usize)]| {
            let mut state = state.clone();
            for (from, count) in registers {
                (*from..from + count).for_each(|reg| state.written.put(reg));
                state.reasons.retain(|(reg, _)| !(*from..from + count).contains(reg));
            }
            state
        };
        let mut after = written(&lost, &effect.writes);
        let a = word.a() as usize / SLOT;
        if word.op() == Op::LOAD_INT && reason_regs.contains(&a) {
            after.reasons.push((a, word.bc() as i32));
            after.reasons.sort_unstable();
        }
        let reason = after.reasons.iter().find(|(reg, _)| *reg == a).map(|(_, reason)| *reason);
        let compared = reason.map(|reason| reason == word.b() as i16 as i32);
        let (may_jump, may_go_on) = match (word.op(), compared) {
            (Op::JUMP_EQ_I, Some(equal)) => (equal, !equal),
            (Op::JUMP_NE_I, Some(equal)) => (!equal, equal),
            _ => (true, true),
        };
        let distance = match word.op().operands() {
            [_, Operand::WideJump, _] => Some(word.bc() as i32 as i64),
            [_, _, Operand::Jump] => Some(word.c() as i16 as i64),
            _ => None,
        };
        if let Some(distance) = distance.filter(|_| may_jump) {
            work.push(((behind as i64 + distance) as usize, written(&after, &effect.writes_on_jump)));
        }
        let ends = matches!(
            word.op(),
            Op::JUMP | Op::LOOP | Op::RETURN | Op::RETURN_NIL | Op::THROW | Op::RETHROW | Op::MATCH_FAIL
        );
        if !ends && may_go_on {
            work.push((behind, after));
        }
    }
    Ok(())
}
