//! Struct types, their fields and methods.

use super::*;

#[test]
fn fields_have_slots() {
    let mut heap = Heap::new(1);
    let point = point(&mut heap);
    let (x, y, z) = (heap.intern("x"), heap.intern("y"), heap.intern("z"));
    let shape = heap.shape(point.shape);
    assert_eq!((shape.slot(x), shape.slot(y), shape.slot(z)), (Some(0), Some(1), None));
    assert_eq!((shape.name.as_str(), shape.required, shape.field_count()), ("Point", 2, 2));
    let p = heap.instance(point.shape, &[Value::int(3), Value::int(4)]);
    heap.store(&p.fields()[1], Value::int(5));
    assert_eq!(p.fields()[1].get().as_int(), Some(5));
}

#[test]
fn many_names_are_found() {
    let mut heap = Heap::new(2);
    let names: Vec<Value> = (0..300).map(|i| heap.str(&format!("field{i}")).into()).collect();
    let methods: Vec<(Value, Value)> =
        (0..100).map(|i| (heap.str(&format!("method{i}")).into(), closure(&mut heap, &["self"]))).collect();
    let big = heap.struct_type(ShapeInit { name: "Big", fields: &names, required: 0, methods: &methods });
    collect(&mut heap, &[big.into()]);
    for i in 0..300 {
        let name = heap.find_interned(&format!("field{i}")).unwrap();
        assert_eq!(heap.shape(big.shape).slot(name), Some(i));
    }
    for (i, (_, function)) in methods.iter().enumerate() {
        let name = heap.find_interned(&format!("method{i}")).unwrap();
        let method = heap.shape(big.shape).method(name).unwrap();
        assert!(method.function.is_same(*function) && method.takes_self);
    }
    let other = heap.intern("other");
    assert!(heap.shape(big.shape).slot(other).is_none() && heap.shape(big.shape).method(other).is_none());
}

#[test]
fn special_methods_need_their_parameters() {
    let mut heap = Heap::new(3);
    let given: [(&str, &[&str]); 5] = [
        ("to_str", &["self"]),
        ("iter", &["self", "start"]),
        ("eq", &["self", "other"]),
        ("key", &[]),
        ("make", &["x"]),
    ];
    let methods: Vec<(Value, Value)> =
        given.iter().map(|(name, params)| (heap.intern(name).into(), closure(&mut heap, params))).collect();
    let made = heap.struct_type(ShapeInit { name: "S", fields: &[], required: 0, methods: &methods });
    let special = heap.shape(made.shape).special;
    assert!(special.to_str.unwrap().is_same(methods[0].1) && special.eq.unwrap().is_same(methods[2].1));
    assert!(special.iter.is_none() && special.key.is_none() && special.compare.is_none());
    let make = heap.intern("make");
    assert!(!heap.shape(made.shape).method(make).unwrap().takes_self);
    let instance = heap.instance(made.shape, &[]);
    assert_eq!(map::key_kind(&heap, instance.into()), map::KeyKind::NotAKey);
}

#[test]
fn an_instance_keeps_its_shape_and_a_shape_dies_with_its_type() {
    let mut heap = Heap::new(4);
    let method = (heap.intern("area").into(), closure(&mut heap, &["self"]));
    let kept = heap.struct_type(ShapeInit { name: "Kept", fields: &[], required: 0, methods: &[method] });
    let shape = kept.shape;
    let instance = heap.instance(shape, &[]);
    let lost = heap.struct_type(ShapeInit { name: "Lost", fields: &[], required: 0, methods: &[] }).shape;
    collect(&mut heap, &[instance.into()]);
    let area = heap.find_interned("area").unwrap();
    assert!(heap.shape(shape).method(area).unwrap().function.is_same(method.1));
    assert!(heap.shapes.get(lost).is_none());
    let next = point(&mut heap).shape;
    assert!(next != lost && next != shape);
    collect(&mut heap, &[]);
    assert!(heap.shapes.get(shape).is_none());
}
