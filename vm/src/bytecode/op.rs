//! The one list of operations. The enum, the disassembler, the lengths and the documentation all come from it.
//!
//! In the descriptions `A B C` are operands, `R(x)` the register x, `K(x)` the constant x. "May call" marks ops that can
//! run a function of the program (`to_str`, `eq`, `iter` …): they save a return to themselves and are completed
//! when that function returns.

/// How an operand is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    None,
    /// A register, scaled.
    Reg,
    /// A constant, scaled.
    Const,
    /// A constant's index, not scaled (names, named-argument lists).
    Name,
    /// A signed 16-bit number.
    Int,
    /// An unsigned 16-bit number.
    Count,
    /// A signed 16-bit jump.
    Jump,
    /// `BC`: a constant's index.
    WideConst,
    /// `BC`: a signed 32-bit number.
    WideInt,
    /// `BC`: a signed 32-bit jump.
    WideJump,
    /// `BC`: a slot of the globals.
    Global,
    /// A captured variable of the running closure, scaled.
    Capture,
}

macro_rules! ops {
    ($($(#[doc = $doc:literal])* $name:ident ($a:ident $b:ident $c:ident) $(+ $cache:literal)?;)*) => {
        /// An operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        pub enum Op {
            $($(#[doc = $doc])* $name,)*
        }

        impl Op {
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name)),* }
            }

            pub const fn operands(self) -> [Operand; 3] {
                match self { $(Op::$name => [Operand::$a, Operand::$b, Operand::$c]),* }
            }

            /// Inline-cache words behind the instruction.
            pub const fn cache_words(self) -> usize {
                match self { $(Op::$name => 0 $(+ $cache)?),* }
            }

            pub const fn doc(self) -> &'static str {
                match self { $(Op::$name => concat!($($doc),*)),* }
            }
        }
    };
}

ops! {
    // ---- moves, constants, variables
    /// R(A) = R(B)
    MOVE (Reg Reg None);
    /// R(A) = K(BC)
    LOAD_K (Reg WideConst None);
    /// R(A) = the int BC
    LOAD_INT (Reg WideInt None);
    LOAD_NIL (Reg None None);
    LOAD_TRUE (Reg None None);
    LOAD_FALSE (Reg None None);
    /// R(A) = the mark of a variable that has no value yet
    LOAD_UNDEF (Reg None None);
    /// R(A) = global BC; NameError if it has no value yet
    GET_GLOBAL (Reg Global None);
    /// R(A) = global BC, which is known to have a value
    GET_GLOBAL_SET (Reg Global None);
    /// global BC = R(A)
    SET_GLOBAL (Reg Global None);
    /// R(A) = capture B, which holds the value itself
    GET_CAPTURE (Reg Capture None);
    /// R(A) = content of the cell in capture B; NameError if it has none yet
    GET_CAPTURE_CELL (Reg Capture None);
    /// cell in capture B = R(A)
    SET_CAPTURE_CELL (Reg Capture None);
    /// R(A) = a new cell that holds R(A)
    NEW_CELL (Reg None None);
    /// R(A) = content of the cell R(B); NameError if it has none yet
    GET_CELL (Reg Reg None);
    /// cell R(A) = R(B)
    SET_CELL (Reg Reg None);
    /// NameError if R(A) has no value yet
    CHECK_SET (Reg None None);
    /// R(A) = the closure that the frame runs
    GET_THIS (Reg None None);
    /// R(A) = a closure of the function K(BC), captures taken as its prototype says
    CLOSURE (Reg WideConst None);
    /// R(A) = a struct type: declaration K(BC), a list [name, [field names], number of fields without a default]; constructor
    /// closure in R(A+1) (its capture 0 is set to the new type), methods in a list R(A+2) of alternating name, closure
    STRUCT (Reg WideConst None);

    // ---- arithmetic
    /// R(A) = R(B) + R(C); may call
    ADD (Reg Reg Reg);
    SUB (Reg Reg Reg);
    MUL (Reg Reg Reg);
    DIV (Reg Reg Reg);
    FLOOR_DIV (Reg Reg Reg);
    REM (Reg Reg Reg);
    POW (Reg Reg Reg);
    /// R(A) = R(B) + K(C)
    ADD_K (Reg Reg Const);
    SUB_K (Reg Reg Const);
    MUL_K (Reg Reg Const);
    DIV_K (Reg Reg Const);
    FLOOR_DIV_K (Reg Reg Const);
    REM_K (Reg Reg Const);
    /// R(A) = R(B) + the int C (subtraction of a small int is the addition of its negative; `1 + x` is compiled as `x + 1`, and
    /// `2 * x` as MUL_K)
    ADD_I (Reg Reg Int);
    /// as ADD; put there by the interpreter when both operands were floats
    ADD_FLOAT (Reg Reg Reg);
    SUB_FLOAT (Reg Reg Reg);
    MUL_FLOAT (Reg Reg Reg);
    DIV_FLOAT (Reg Reg Reg);
    ADD_FLOAT_K (Reg Reg Const);
    SUB_FLOAT_K (Reg Reg Const);
    MUL_FLOAT_K (Reg Reg Const);
    DIV_FLOAT_K (Reg Reg Const);
    BIT_AND (Reg Reg Reg);
    BIT_OR (Reg Reg Reg);
    BIT_XOR (Reg Reg Reg);
    SHL (Reg Reg Reg);
    SHR (Reg Reg Reg);
    BIT_AND_K (Reg Reg Const);
    BIT_OR_K (Reg Reg Const);
    BIT_XOR_K (Reg Reg Const);
    SHL_K (Reg Reg Const);
    SHR_K (Reg Reg Const);
    NEG (Reg Reg None);
    BIT_NOT (Reg Reg None);
    NOT (Reg Reg None);

    // ---- comparisons that give a bool
    /// R(A) = R(B) == R(C); may call
    EQ (Reg Reg Reg);
    NE (Reg Reg Reg);
    LT (Reg Reg Reg);
    LE (Reg Reg Reg);
    /// R(A) = R(B) in R(C); may call
    IN (Reg Reg Reg);
    /// R(A) = R(B) is of the built-in type number C (the order of `BuiltinType`)
    IS_TYPE (Reg Reg Count);
    /// R(A) = R(B) is of the type R(C)
    IS (Reg Reg Reg);

    // ---- jumps
    JUMP (None WideJump None);
    /// a jump back; polls the interrupt word
    LOOP (None WideJump None);
    /// jump if R(A) is nil or false; TypeError (E0307) for a coroutine
    JUMP_IF_FALSE (Reg WideJump None);
    JUMP_IF_TRUE (Reg WideJump None);
    JUMP_IF_NIL (Reg WideJump None);
    JUMP_IF_NOT_NIL (Reg WideJump None);
    /// jump if R(A) is the mark of no value
    JUMP_IF_UNDEF (Reg WideJump None);
    JUMP_IF_SET (Reg WideJump None);
    /// jump by C if R(A) < R(B); the others alike: `_NOT_` jumps if it is not so. May call
    JUMP_LT (Reg Reg Jump);
    JUMP_NOT_LT (Reg Reg Jump);
    JUMP_LE (Reg Reg Jump);
    JUMP_NOT_LE (Reg Reg Jump);
    JUMP_EQ (Reg Reg Jump);
    JUMP_NE (Reg Reg Jump);
    /// jump by C if R(A) < the int B
    JUMP_LT_I (Reg Int Jump);
    JUMP_NOT_LT_I (Reg Int Jump);
    JUMP_LE_I (Reg Int Jump);
    JUMP_NOT_LE_I (Reg Int Jump);
    JUMP_GT_I (Reg Int Jump);
    JUMP_NOT_GT_I (Reg Int Jump);
    JUMP_GE_I (Reg Int Jump);
    JUMP_NOT_GE_I (Reg Int Jump);
    JUMP_EQ_I (Reg Int Jump);
    JUMP_NE_I (Reg Int Jump);
    /// jump by C if R(A) == K(B), a str, a float, or an int that is no 16-bit immediate
    JUMP_EQ_K (Reg Const Jump);
    JUMP_NE_K (Reg Const Jump);
    JUMP_LT_K (Reg Const Jump);
    JUMP_NOT_LT_K (Reg Const Jump);
    JUMP_LE_K (Reg Const Jump);
    JUMP_NOT_LE_K (Reg Const Jump);
    JUMP_GT_K (Reg Const Jump);
    JUMP_NOT_GT_K (Reg Const Jump);
    JUMP_GE_K (Reg Const Jump);
    JUMP_NOT_GE_K (Reg Const Jump);

    // ---- loops
    /// counted loop over R(A)..R(A+1) (ints, else TypeError): jump if it is empty, else R(A) = current, R(A+1) = turns left,
    /// R(A+2) = the loop variable
    FOR_PREP (Reg WideJump None);
    /// the same for R(A)..=R(A+1)
    FOR_PREP_INCL (Reg WideJump None);
    /// next turn of a counted loop: jump back if there is one; polls the interrupt word
    FOR_LOOP (Reg WideJump None);
    /// R(A) = what a `for` over R(B) walks (`iter` is called here), R(A+1) and R(A+2) = state. May call
    ITER_PREP (Reg Reg None);
    /// as ITER_PREP for `for await`
    ITER_PREP_ASYNC (Reg Reg None);
    /// next turn: R(A+3) = the element and jump back, or go on behind if there is none; polls. May call
    ITER_LOOP (Reg WideJump None);
    /// the same with two variables R(A+3), R(A+4): key and value of a map, the items of a pair
    ITER_LOOP_2 (Reg WideJump None);
    /// the loop over R(A) is left early: closes a generator (its cleanup runs now), nothing otherwise. May call
    ITER_CLOSE (Reg None None);

    // ---- fields, items, containers
    /// R(A) = R(B).name K(C); cache: shape, offset
    GET_FIELD (Reg Reg Name) + 1;
    /// the same, nil for a missing one
    GET_FIELD_OPT (Reg Reg Name);
    /// R(A).name K(C) = R(B); cache: shape, offset
    SET_FIELD (Reg Reg Name) + 1;
    /// R(A) = field or key K(C) of R(B), or the mark of no value: for patterns
    TRY_FIELD (Reg Reg Name);
    /// R(A) = what INVOKE of K(C) on R(B) would call, bound to R(B): for method calls with spread or named arguments
    GET_METHOD (Reg Reg Name);
    /// R(A) = INVOKE of K(C) on R(B) would find something to call (false for nil): for `x?.name(…)`
    HAS_METHOD (Reg Reg Name);
    /// R(A) = R(B)[R(C)]; may call (`key`)
    GET_INDEX (Reg Reg Reg);
    /// R(A) = R(B)[the int C]
    GET_INDEX_I (Reg Reg Int);
    /// the same as GET_INDEX, nil for a missing one
    GET_INDEX_OPT (Reg Reg Reg);
    /// R(A)[R(B)] = R(C); may call (`key`)
    SET_INDEX (Reg Reg Reg);
    /// R(A) = R(B)[R(C)..R(C+1)], nil for an open end
    GET_SLICE (Reg Reg Reg);
    /// R(A) = R(B)[R(C)..=R(C+1)]
    GET_SLICE_INCL (Reg Reg Reg);
    /// R(A) = [R(B), … C items]
    NEW_LIST (Reg Reg Count);
    /// push R(B) to the list R(A)
    LIST_PUSH (Reg Reg None);
    /// push all that R(B), a list, range, set, str or generator …, walks to the list R(A). May call
    LIST_EXTEND (Reg Reg None);
    /// R(A) = {R(B): R(B+1), … C pairs}; may call (`key`)
    NEW_MAP (Reg Reg Count);
    /// put all entries of the map R(B) into the map R(A)
    MAP_EXTEND (Reg Reg None);
    /// R(A) = R(B)..R(B+1)
    NEW_RANGE (Reg Reg None);
    NEW_RANGE_INCL (Reg Reg None);
    /// R(A) = R(B) is a list of exactly C items
    IS_LIST_OF (Reg Reg Count);
    /// R(A) = R(B) is a list of at least C items
    IS_LIST_MIN (Reg Reg Count);
    /// TypeError or ValueError unless R(A) is a list of exactly B items (C = 0) or at least B items (C = 1)
    EXPECT_LIST (Reg Count Count);
    /// TypeError unless R(A) is an instance, map, error or module, whose fields can be taken
    EXPECT_FIELDS (Reg None None);
    /// R(A) = the items of the list R(B) from C & 0xff on, without the last C >> 8
    LIST_REST (Reg Reg Count);
    /// R(A) = R(B) as an instance of a struct, map or error can be asked for fields
    HAS_FIELDS (Reg Reg None);
    /// R(A) = R(B) is an int, float or str between K(C) and K(C+1) (both ends belong to it); false for other types
    IN_RANGE (Reg Reg Name);
    /// the same without the upper end
    IN_RANGE_OPEN (Reg Reg Name);
    /// R(A) = the instance of the struct type in capture 0, fields from R(B) on, C of them
    NEW_INSTANCE (Reg Reg Count);

    // ---- strings
    /// R(A) = the texts of R(B) … (C registers) joined; may call (`to_str`)
    CONCAT (Reg Reg Count);
    /// R(A) = R(B) formatted by the spec K(C); may call (`to_str`). The spec is a list [fill, align, sign, zero, width, precision,
    /// type]: fill a str of one character; align "<", "^", ">" or nil; sign "-", "+" or " "; zero a bool; width an int (0: none);
    /// precision an int or nil; type a str of one character or nil
    FORMAT (Reg Reg Name);

    // ---- calls
    /// call R(A) with B arguments from R(A+2) on; result in R(A)
    CALL (Reg Count None);
    /// the same with the function in global C, which is put into R(A)
    CALL_GLOBAL (Reg Count Count);
    /// call R(A) with the positional arguments in the list R(A+2) and as many named ones behind it as the list of names K(C) has
    CALL_EX (Reg None Name);
    /// call R(A) with B arguments from R(A+2) on, the last of which have the names in the list K(C)
    CALL_NAMED (Reg Count Name);
    /// call the method K(C) of R(A+2), which is also the first of the B arguments; cache: shape or type, callee
    INVOKE (Reg Count Name) + 2;
    /// as CALL for `await f(…)`: an async function runs as a call and returns behind the AWAIT that must follow;
    /// any other result goes to that AWAIT
    AWAIT_CALL (Reg Count None);
    AWAIT_CALL_GLOBAL (Reg Count Count);
    AWAIT_INVOKE (Reg Count Name) + 2;
    /// as CALL for `spawn f(…)`: makes the task at once and goes on behind the SPAWN that must follow (same A), any other
    /// result goes to that SPAWN
    SPAWN_CALL (Reg Count None);
    SPAWN_INVOKE (Reg Count Name) + 2;
    /// R(A) = await R(A); R(A+1) … is free as a call area
    AWAIT (Reg None None);
    /// R(A) = a new scope, opened in the running task
    SCOPE_ENTER (Reg None None);
    /// the scope R(A) is left: R(B) = 0 at its end, 1 if R(C) is thrown through it, else by a jump (then its tasks are cancelled). Waits until
    /// its tasks have ended; then goes on, or throws what it has failed with, or R(C) on
    SCOPE_EXIT (Reg Reg Reg);
    /// waits for the first of the B awaitables from R(A) on: R(A) = its number, R(A+1) = its value; with C = 1 it does not
    /// wait: R(A) = B if none is ready
    SELECT (Reg Count Count);
    /// R(A) = a task that runs the coroutine R(A); B = 1 if the handle is discarded
    SPAWN (Reg Count None);
    RETURN (Reg None None);
    RETURN_NIL (None None None);
    /// hand R(B) to the consumer; R(A) = what it sends back
    YIELD (Reg Reg None);
    /// run the module number BC if it has not run yet (as an awaited call with its area at R(A))
    IMPORT (Reg WideInt None);

    // ---- errors
    /// throw R(A)
    THROW (Reg None None);
    /// throw on what a handler received in R(A), its trace unchanged
    RETHROW (Reg None None);
    /// R(A) is what clean-up code threw while R(B) was on its way: R(B) becomes the cause of the error R(A) if it has none
    SET_CAUSE (Reg Reg None);
    /// clean-up code begins: R(A) = the clean-up depth before. A cancellation waits until it ends
    CLEANUP_ENTER (Reg None None);
    /// clean-up code ends: the depth is R(A) again
    CLEANUP_LEAVE (Reg None None);
    /// ValueError: no arm of a `match` fits R(A)
    MATCH_FAIL (Reg None None);

    // ---- ends and stubs, never emitted into a function
    /// the root frame of a task has returned
    TASK_END (None None None);
    /// the root frame of a generator has returned
    GENERATOR_END (None None None);
    /// a function that an op called on its own account has returned: complete that op
    FINISH (None None None);
}
