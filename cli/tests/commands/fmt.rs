//! `goalpost fmt`.

use crate::Folder;

const TIDY: &str = "# Head.\nname: sample\ntasks:\n  - name: a\n    capability: any\nedges: []\n";

#[test]
fn files_come_into_the_one_layout() {
    let loose = "# Head.\ntasks: [{capability: any, name: a}]\nname: sample\n";
    let folder = Folder::with(&[("loose.yaml", loose), ("tidy.yaml", TIDY)]);
    let check = |code, out: &str| {
        let found = folder.goalpost(&["fmt", "--check", "loose.yaml", "tidy.yaml"]);
        assert_eq!(found, (code, out.to_owned(), String::new()));
    };
    check(1, "loose.yaml\n");
    assert_eq!(folder.text("loose.yaml"), loose);
    assert_eq!(folder.goalpost(&["fmt", "loose.yaml", "tidy.yaml"]).0, 0);
    assert_eq!((folder.text("loose.yaml").as_str(), folder.text("tidy.yaml").as_str()), (TIDY, TIDY));
    check(0, "");
}

#[test]
fn a_file_that_would_lose_a_comment_is_left_as_it_is() {
    let commented = "name: sample # why\ntasks: []\n";
    let folder = Folder::with(&[("commented.yaml", commented)]);
    let (code, out, err) = folder.goalpost(&["fmt", "commented.yaml"]);
    let picture = "\
error: a comment inside the blueprint would be lost
 --> commented.yaml:1:14
  |
1 | name: sample # why
  |              ^^^^^
  |
  = help: move it to the head of the file, or leave the file as it is

";
    assert_eq!((code, out.as_str(), err.as_str()), (2, "", picture));
    assert_eq!(folder.text("commented.yaml"), commented);
}
