//! Whatever the bytes, reading them answers. `cargo xtask fuzz` looks for bytes for which that is not so;
//! here those run that it found before, and some more by chance.

use goalpost_checker::check;
use goalpost_notation::{Language, Report, Style, Written, read, write};

/// Reads it, says what is found in each form, and writes it anew.
fn answers(text: &str) {
    let found = match read(text) {
        Err(placed) => vec![*placed],
        Ok(written) => {
            stays_the_same(&written);
            written.place(check(&written.blueprint, &written.blueprint.capabilities).findings)
        }
    };
    let report = Report { file: "flow.yaml", text, found: &found };
    drop((report.people(Style::Plain), report.json(), report.sarif(&[])));
}

fn stays_the_same(written: &Written<'_>) {
    let again = |text: &str| read(text).unwrap().formatted().unwrap();
    if let Ok(tidy) = written.formatted() {
        assert_eq!(again(&tidy), tidy);
    }
    let json = write(&written.blueprint, Language::Json);
    assert_eq!(again(&json), json);
}

#[test]
fn reading_answers_whatever_the_text() {
    bolero::check!(name = "reading").with_iterations(500).for_each(|bytes: &[u8]| {
        if let Ok(text) = str::from_utf8(bytes) {
            answers(text);
        }
    });
}
