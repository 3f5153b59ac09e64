//! The line editor: edits in, actions out. No I/O.

use super::history::History;
use super::keymap::{Edit, Motion};
use super::line::Line;

/// The longest line, in bytes: what is pasted beyond it is refused, not cut.
pub const LONGEST: usize = 1 << 20;

/// What is to be done after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Show the line again.
    Redraw,
    /// This line was entered. It is in no history yet.
    Submit(String),
    /// Ctrl-C, on a line that was empty or not; it is empty now.
    Interrupt {
        /// Whether there was nothing to clear.
        idle: bool,
    },
    /// Ctrl-D on an empty line.
    EndOfInput,
    /// Clear the screen.
    ClearScreen,
    /// Stop the program.
    Suspend,
    /// The edit cannot be done.
    Refused,
}

/// A search in the history.
#[derive(Debug)]
struct Search {
    query: String,
    /// Where the match is in the history.
    place: Option<usize>,
    /// The line before the search.
    before: Line,
}

/// A line editor with a history.
#[derive(Debug, Default)]
pub struct Editor {
    line: Line,
    history: History,
    /// Which line of the history is shown, and what was being written before.
    shown: Option<(usize, Line)>,
    taken: String,
    search: Option<Search>,
    /// What Tab completes.
    words: Vec<&'static str>,
}

impl Editor {
    /// An editor that completes these words at the beginning of a line.
    pub fn new(history: History, words: Vec<&'static str>) -> Self {
        Editor { history, words, ..Editor::default() }
    }

    /// The line and its cursor.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// What is being searched for, while something is, and whether it was found.
    pub fn searching(&self) -> Option<(&str, bool)> {
        self.search.as_ref().map(|search| (search.query.as_str(), search.place.is_some() || search.query.is_empty()))
    }

    /// The history, to add to it.
    pub fn history(&mut self) -> &mut History {
        &mut self.history
    }

    /// Puts a line back that was entered too early.
    pub fn put_back(&mut self, text: &str) {
        self.line = Line::from(text);
    }

    /// Does what a key asks for.
    pub fn apply(&mut self, edit: Edit) -> Action {
        if self.search.is_some() {
            match self.search_edit(edit) {
                Ok(action) => return action,
                // Anything else ends the search with the line that was found.
                Err(edit) => {
                    self.search = None;
                    return self.apply(edit);
                }
            }
        }
        match edit {
            Edit::Insert(text) if self.line.end() + text.len() > LONGEST => return Action::Refused,
            Edit::Insert(text) => self.line.insert(&text),
            Edit::Move(motion) => self.line.move_to(self.place(motion)),
            Edit::Delete(motion) => self.delete(motion),
            Edit::Yank => self.line.insert(&self.taken),
            Edit::Older => return self.older(),
            Edit::Newer => return self.newer(),
            Edit::Search => {
                self.search = Some(Search { query: String::new(), place: None, before: self.line.clone() });
            }
            Edit::Complete => return self.complete(),
            Edit::Cancel => {}
            Edit::Submit => {
                self.shown = None;
                let mut line = self.line.take();
                // Only a paste ends so. Enter means this end, and not an empty line behind it.
                line.truncate(line.strip_suffix('\n').map_or(line.len(), str::len));
                return Action::Submit(line);
            }
            Edit::Interrupt => {
                self.shown = None;
                return Action::Interrupt { idle: self.line.take().is_empty() };
            }
            Edit::EndOfInput if self.line.is_empty() => return Action::EndOfInput,
            Edit::EndOfInput => self.delete(Motion::Right),
            Edit::ClearScreen => return Action::ClearScreen,
            Edit::Suspend => return Action::Suspend,
        }
        Action::Redraw
    }

    fn place(&self, motion: Motion) -> usize {
        match motion {
            Motion::Left => self.line.left(),
            Motion::Right => self.line.right(),
            Motion::WordLeft => self.line.word_left(),
            Motion::WordRight => self.line.word_right(),
            Motion::BlankLeft => self.line.blank_left(),
            Motion::Home => 0,
            Motion::End => self.line.end(),
        }
    }

    fn delete(&mut self, motion: Motion) {
        let taken = self.line.cut(self.place(motion));
        if !matches!(motion, Motion::Left | Motion::Right) && !taken.is_empty() {
            self.taken = taken;
        }
    }

    fn older(&mut self) -> Action {
        let place = self.shown.as_ref().map_or(self.history.len(), |(place, _)| *place);
        let Some((place, text)) = place.checked_sub(1).and_then(|place| Some((place, self.history.get(place)?))) else {
            return Action::Refused;
        };
        let older = Line::from(text);
        let written = std::mem::replace(&mut self.line, older);
        let draft = self.shown.take().map_or(written, |(_, draft)| draft);
        self.shown = Some((place, draft));
        Action::Redraw
    }

    fn newer(&mut self) -> Action {
        let Some((place, draft)) = self.shown.take() else { return Action::Refused };
        match self.history.get(place + 1) {
            Some(text) => {
                self.line = Line::from(text);
                self.shown = Some((place + 1, draft));
            }
            None => self.line = draft,
        }
        Action::Redraw
    }

    /// An edit while the history is searched; one that is no part of a search comes back.
    fn search_edit(&mut self, edit: Edit) -> Result<Action, Edit> {
        let Some(search) = &mut self.search else { return Err(edit) };
        let newest = self.history.len();
        let (from, old) = match edit {
            Edit::Insert(text) => {
                search.query.push_str(&text);
                (search.place.map_or(newest, |place| place + 1), search.place)
            }
            Edit::Search => (search.place.unwrap_or(newest), search.place),
            Edit::Delete(Motion::Left) => {
                search.query.pop();
                (newest, None)
            }
            Edit::Cancel | Edit::Interrupt => {
                self.line = std::mem::take(&mut search.before);
                self.search = None;
                return Ok(Action::Redraw);
            }
            other => return Err(other),
        };
        if search.query.is_empty() {
            search.place = None;
            self.line = search.before.clone();
            return Ok(Action::Redraw);
        }
        let found = self.history.find(&search.query, from);
        let Some((place, text, at)) = found else {
            // What was found for a shorter query, or later, stays on the screen.
            search.place =
                old.filter(|place| self.history.get(*place).is_some_and(|text| text.contains(&search.query)));
            return Ok(Action::Refused);
        };
        search.place = Some(place);
        self.line = Line::from(text);
        self.line.move_to(at);
        Ok(Action::Redraw)
    }

    /// Completes the word at the beginning of the line as far as it is the only one; elsewhere Tab is a tab.
    fn complete(&mut self) -> Action {
        let typed = self.line.text();
        if !typed.starts_with('/') || typed.starts_with("//") || typed.contains(' ') {
            self.line.insert("\t");
            return Action::Redraw;
        }
        let mut fitting = self.words.iter().filter(|word| word.starts_with(typed));
        match (fitting.next(), fitting.next()) {
            (Some(word), None) => {
                self.line = Line::from(format!("{word} ").as_str());
                Action::Redraw
            }
            _ => Action::Refused,
        }
    }
}

#[cfg(test)]
mod tests;
