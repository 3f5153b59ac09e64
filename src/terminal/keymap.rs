//! Which key asks for which edit: the keys of Emacs and of the shells, and those with a picture on them.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Put this in at the cursor.
    Insert(String),
    /// Move the cursor.
    Move(Motion),
    /// Take out what lies between the cursor and there.
    Delete(Motion),
    /// Put back what was taken out last.
    Yank,
    /// The line before in the history.
    Older,
    /// The line after in the history.
    Newer,
    /// Search the history backwards.
    Search,
    /// Complete the command.
    Complete,
    /// Give up the search.
    Cancel,
    /// The line is done.
    Submit,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D: the end of input on an empty line, else delete to the right.
    EndOfInput,
    /// Ctrl-L.
    ClearScreen,
    /// Ctrl-Z.
    Suspend,
}

/// Where from the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// One character.
    Left,
    /// One character.
    Right,
    /// To the beginning of the word.
    WordLeft,
    /// To the end of the word.
    WordRight,
    /// To the blank before.
    BlankLeft,
    /// To the beginning of the line.
    Home,
    /// To the end of the line.
    End,
}

/// The edit of a key; `None` for one without a meaning.
pub fn edit(key: &KeyEvent) -> Option<Edit> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let far = control || alt;
    Some(match key.code {
        KeyCode::Char(c) if control && !alt => return with_control(c.to_ascii_lowercase()),
        KeyCode::Char(c) if alt && !control => return with_alt(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Edit::Insert(c.to_string()),
        KeyCode::Enter => Edit::Submit,
        KeyCode::Tab => Edit::Complete,
        KeyCode::Esc => Edit::Cancel,
        KeyCode::Backspace if far => Edit::Delete(Motion::WordLeft),
        KeyCode::Backspace => Edit::Delete(Motion::Left),
        KeyCode::Delete if far => Edit::Delete(Motion::WordRight),
        KeyCode::Delete => Edit::Delete(Motion::Right),
        KeyCode::Left if far => Edit::Move(Motion::WordLeft),
        KeyCode::Left => Edit::Move(Motion::Left),
        KeyCode::Right if far => Edit::Move(Motion::WordRight),
        KeyCode::Right => Edit::Move(Motion::Right),
        KeyCode::Home => Edit::Move(Motion::Home),
        KeyCode::End => Edit::Move(Motion::End),
        KeyCode::Up => Edit::Older,
        KeyCode::Down => Edit::Newer,
        _ => return None,
    })
}

fn with_control(c: char) -> Option<Edit> {
    Some(match c {
        'a' => Edit::Move(Motion::Home),
        'b' => Edit::Move(Motion::Left),
        'c' => Edit::Interrupt,
        'd' => Edit::EndOfInput,
        'e' => Edit::Move(Motion::End),
        'f' => Edit::Move(Motion::Right),
        'g' => Edit::Cancel,
        'h' => Edit::Delete(Motion::Left),
        'j' | 'm' => Edit::Submit,
        'k' => Edit::Delete(Motion::End),
        'l' => Edit::ClearScreen,
        'n' => Edit::Newer,
        'p' => Edit::Older,
        'r' => Edit::Search,
        'u' => Edit::Delete(Motion::Home),
        'w' => Edit::Delete(Motion::BlankLeft),
        'y' => Edit::Yank,
        'z' => Edit::Suspend,
        _ => return None,
    })
}

fn with_alt(c: char) -> Option<Edit> {
    Some(match c {
        'b' => Edit::Move(Motion::WordLeft),
        'd' => Edit::Delete(Motion::WordRight),
        'f' => Edit::Move(Motion::WordRight),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Edit> {
        edit(&KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_ask_for_what_shells_do() {
        let none = KeyModifiers::NONE;
        let control = |c| key(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(key(KeyCode::Char('ä'), none), Some(Edit::Insert("ä".into())));
        assert_eq!(key(KeyCode::Char('A'), KeyModifiers::SHIFT), Some(Edit::Insert("A".into())));
        assert_eq!(key(KeyCode::Enter, none), Some(Edit::Submit));
        assert_eq!(control('w'), Some(Edit::Delete(Motion::BlankLeft)));
        assert_eq!(control('d'), Some(Edit::EndOfInput));
        assert_eq!(control('q'), None);
        assert_eq!(key(KeyCode::Left, KeyModifiers::CONTROL), Some(Edit::Move(Motion::WordLeft)));
        assert_eq!(key(KeyCode::Char('b'), KeyModifiers::ALT), Some(Edit::Move(Motion::WordLeft)));
        assert_eq!(key(KeyCode::F(1), none), None);
    }

    #[test]
    fn letters_that_need_alt_and_control_to_be_typed_are_letters() {
        let both = KeyModifiers::CONTROL | KeyModifiers::ALT;
        assert_eq!(key(KeyCode::Char('@'), both), Some(Edit::Insert("@".into())));
    }
}
