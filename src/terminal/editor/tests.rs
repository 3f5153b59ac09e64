use super::*;
use proptest::prelude::*;

fn editor(history: &[&str]) -> Editor {
    let mut remembered = History::default();
    for line in history {
        remembered.add(line).unwrap();
    }
    Editor::new(remembered, vec!["/help", "/hex", "/close"])
}

fn typed(editor: &mut Editor, text: &str) {
    for c in text.chars() {
        assert_eq!(editor.apply(Edit::Insert(c.to_string())), Action::Redraw);
    }
}

#[test]
fn a_line_is_written_corrected_and_entered() {
    let mut editor = editor(&[]);
    typed(&mut editor, "ehl me");
    for _ in 0..3 {
        editor.apply(Edit::Move(Motion::Left));
    }
    typed(&mut editor, "o");
    editor.apply(Edit::Move(Motion::Home));
    assert_eq!(editor.line().cursor(), 0);
    assert_eq!(editor.apply(Edit::Submit), Action::Submit("ehlo me".into()));
    assert!(editor.line().is_empty());
}

#[test]
fn what_is_cut_can_be_put_back() {
    let mut editor = editor(&[]);
    typed(&mut editor, "one two three");
    editor.apply(Edit::Delete(Motion::BlankLeft));
    editor.apply(Edit::Delete(Motion::Left));
    assert_eq!(editor.line().text(), "one two");
    editor.apply(Edit::Delete(Motion::Home));
    editor.apply(Edit::Yank);
    editor.apply(Edit::Yank);
    assert_eq!(editor.line().text(), "one twoone two");
}

#[test]
fn the_history_is_walked_and_the_draft_comes_back() {
    let mut editor = editor(&["first", "second"]);
    typed(&mut editor, "draft");
    editor.apply(Edit::Older);
    assert_eq!(editor.line().text(), "second");
    editor.apply(Edit::Older);
    assert_eq!(editor.line().text(), "first");
    assert_eq!(editor.apply(Edit::Older), Action::Refused);
    editor.apply(Edit::Newer);
    editor.apply(Edit::Newer);
    assert_eq!(editor.line().text(), "draft");
    assert_eq!(editor.apply(Edit::Newer), Action::Refused);
}

#[test]
fn the_history_is_searched_backwards() {
    let mut editor = editor(&["EHLO me", "MAIL FROM:<a>", "EHLO you", "QUIT"]);
    typed(&mut editor, "x");
    editor.apply(Edit::Search);
    typed(&mut editor, "EHLO");
    assert_eq!((editor.line().text(), editor.searching()), ("EHLO you", Some(("EHLO", true))));
    editor.apply(Edit::Search);
    assert_eq!(editor.line().text(), "EHLO me");
    assert_eq!(editor.apply(Edit::Search), Action::Refused);
    assert_eq!(editor.line().text(), "EHLO me");
    editor.apply(Edit::Delete(Motion::Left));
    assert_eq!(editor.line().text(), "EHLO you");
    editor.apply(Edit::Cancel);
    assert_eq!((editor.line().text(), editor.searching()), ("x", None));
}

#[test]
fn any_other_key_ends_a_search_with_what_was_found() {
    let mut editor = editor(&["EHLO me", "QUIT"]);
    editor.apply(Edit::Search);
    typed(&mut editor, "EH");
    editor.apply(Edit::Move(Motion::End));
    typed(&mut editor, "2");
    assert_eq!(editor.apply(Edit::Submit), Action::Submit("EHLO me2".into()));
    editor.apply(Edit::Search);
    assert_eq!(editor.apply(Edit::Insert("zz".into())), Action::Refused);
    assert_eq!(editor.searching(), Some(("zz", false)));
}

#[test]
fn control_c_and_control_d_depend_on_the_line() {
    let mut editor = editor(&[]);
    assert_eq!(editor.apply(Edit::EndOfInput), Action::EndOfInput);
    assert_eq!(editor.apply(Edit::Interrupt), Action::Interrupt { idle: true });
    typed(&mut editor, "ab");
    editor.apply(Edit::Move(Motion::Home));
    assert_eq!(editor.apply(Edit::EndOfInput), Action::Redraw);
    assert_eq!(editor.line().text(), "b");
    assert_eq!(editor.apply(Edit::Interrupt), Action::Interrupt { idle: false });
    assert!(editor.line().is_empty());
}

#[test]
fn tab_completes_commands_and_is_a_tab_elsewhere() {
    let mut editor = editor(&[]);
    typed(&mut editor, "/cl");
    editor.apply(Edit::Complete);
    assert_eq!(editor.line().text(), "/close ");
    editor.apply(Edit::Delete(Motion::Home));
    typed(&mut editor, "/h");
    assert_eq!(editor.apply(Edit::Complete), Action::Refused);
    editor.apply(Edit::Delete(Motion::Home));
    typed(&mut editor, "a");
    editor.apply(Edit::Complete);
    assert_eq!(editor.line().text(), "a\t");
}

#[test]
fn a_line_has_a_bound_and_nothing_is_cut() {
    let mut editor = editor(&[]);
    assert_eq!(editor.apply(Edit::Insert("x".repeat(LONGEST))), Action::Redraw);
    assert_eq!(editor.apply(Edit::Insert("y".into())), Action::Refused);
    assert_eq!(editor.line().end(), LONGEST);
}

fn edits() -> impl Strategy<Value = Edit> {
    let motion = prop::sample::select(vec![
        Motion::Left,
        Motion::Right,
        Motion::WordLeft,
        Motion::WordRight,
        Motion::BlankLeft,
        Motion::Home,
        Motion::End,
    ]);
    prop_oneof![
        ".{1,3}".prop_map(Edit::Insert),
        motion.clone().prop_map(Edit::Move),
        motion.prop_map(Edit::Delete),
        prop::sample::select(vec![
            Edit::Yank,
            Edit::Older,
            Edit::Newer,
            Edit::Search,
            Edit::Complete,
            Edit::Cancel,
            Edit::Submit,
            Edit::Interrupt,
            Edit::EndOfInput,
        ]),
    ]
}

proptest! {
    #[test]
    fn any_keys_in_any_order_leave_a_line_with_a_cursor_in_it(edits in prop::collection::vec(edits(), 0..60)) {
        let mut editor = editor(&["one", "two ä", "漢字"]);
        for edit in edits {
            if let Action::Submit(line) = editor.apply(edit) {
                editor.history().add(&line).unwrap();
            }
            prop_assert!(editor.line().text().is_char_boundary(editor.line().cursor()));
        }
    }
}
