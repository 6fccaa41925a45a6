//! Tests of the heap. Each collection here overwrites what is free and verifies the rest.

mod collection;
mod containers;
mod model;
mod shapes;
mod steps;
mod tables;
mod texts;
mod verifier;

use super::*;
use crate::bytecode::{CallKeys, Proto, ProtoFlags};
use co_lang::source::{SourceId, Span};

fn collect(heap: &mut Heap, roots: &[Value]) {
    heap.collect(|marker| marker.values(roots));
    heap.pages.poison_free_slots(&mut heap.reaper);
    if let Err(corruption) = heap.verify() {
        panic!("{corruption}");
    }
}

/// A function of these parameters that does nothing.
fn function(heap: &mut Heap, params: &[&str]) -> Gc<ProtoObject> {
    let param_names = params.iter().map(|name| heap.intern(name).into()).collect();
    heap.proto(Proto {
        code: Box::new([]),
        constants: Box::new([]),
        registers: 0,
        params: params.len() as u16,
        required: params.len() as u16,
        flags: ProtoFlags::default(),
        param_names,
        captures: Box::new([]),
        handlers: Box::new([]),
        positions: Box::new([]),
        name: "function".into(),
        source: SourceId(0),
        span: Span::default(),
        names_at: Box::new([]),
        keys: CallKeys::default(),
    })
}

fn closure(heap: &mut Heap, params: &[&str]) -> Value {
    let code = function(heap, params);
    heap.closure(code, &[]).into()
}

fn point(heap: &mut Heap) -> Gc<StructType> {
    let fields = [heap.intern("x").into(), heap.intern("y").into()];
    heap.struct_type(ShapeInit { name: "Point", fields: &fields, required: 2, methods: &[] })
}
