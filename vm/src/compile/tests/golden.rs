use super::compile;

#[test]
fn look() {
    let text = std::fs::read_to_string(std::env::var("CO_FILE").unwrap()).unwrap();
    match compile(&text) {
        Ok(t) => println!("{t}"),
        Err(e) => println!("{e:#?}"),
    }
}
