//! The line editor, in a thread of its own: it is asked for a line and tells what came.

use std::{
    borrow::Cow,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use etcetera::BaseStrategy;
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, EditMode, Editor, Event,
    EventContext, EventHandler, Helper, KeyCode, KeyEvent, Modifiers, RepeatCount,
    completion::Completer,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::{Hint, Hinter},
    history::FileHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};

use super::{
    complete,
    context::Question,
    driver::{Mailbox, Message},
    paint,
    printer::Printer,
    session,
};

/// How many entries are kept.
const HISTORY: usize = 5_000;
/// With vi's keys: what follows Escape within this time belongs to it, as arrow keys send it.
const ESCAPE_MS: u16 = 50;
/// The machine is busy if it has not answered by then.
const PATIENCE: Duration = Duration::from_millis(150);

/// What the editor is to do.
pub enum Request {
    /// Read a line; what it begins with.
    Read { prompt: &'static str, initial: String },
    /// Keep this in the history.
    Remember(String),
}

/// The main thread's end.
pub struct EditorHandle {
    requests: mpsc::Sender<Request>,
    pub printer: Option<Arc<Printer>>,
}

impl EditorHandle {
    pub fn ask(&self, request: Request) {
        // If the thread is gone, it has said so.
        let _ = self.requests.send(request);
    }
}

pub struct Settings {
    pub vi: bool,
    pub color: bool,
}

/// Makes the editor and starts its thread.
pub fn start(mailbox: Mailbox, settings: Settings) -> Result<EditorHandle, String> {
    let config = Config::builder()
        .max_history_size(HISTORY)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(|error| error.to_string())?
        .completion_type(CompletionType::List)
        .edit_mode(if settings.vi { EditMode::Vi } else { EditMode::Emacs })
        .color_mode(if settings.color { ColorMode::Enabled } else { ColorMode::Disabled })
        .bracketed_paste(true)
        .keyseq_timeout(settings.vi.then_some(ESCAPE_MS))
        .tab_stop(4)
        .build();
    let mut editor =
        Editor::<LineHelper, FileHistory>::with_config(config).map_err(|error| error.to_string())?;
    let printer = match editor.create_external_printer() {
        Ok(external) => Some(Printer::start(external).map_err(|error| error.to_string())?),
        // A terminal that can do nothing.
        Err(_) => None,
    };
    editor.set_helper(Some(LineHelper {
        mailbox: mailbox.clone(),
        printer: printer.clone(),
        is_reading: Cell::new(false),
    }));
    if !settings.vi {
        // With vi's keys that is Escape and then Enter.
        editor.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), Cmd::Newline);
    }
    editor.bind_sequence(
        KeyEvent(KeyCode::Enter, Modifiers::NONE),
        EventHandler::Conditional(Box::new(Accept)),
    );
    let (requests, asked) = mpsc::channel();
    let work = move || serve(editor, &asked, &mailbox);
    thread::Builder::new().name("editor".to_string()).spawn(work).map_err(|error| error.to_string())?;
    Ok(EditorHandle { requests, printer })
}

fn serve(mut editor: Editor<LineHelper, FileHistory>, asked: &mpsc::Receiver<Request>, mailbox: &Mailbox) {
    let history = history_file();
    let mut is_loaded = false;
    for request in asked {
        match request {
            Request::Read { prompt, initial } => {
                if !std::mem::replace(&mut is_loaded, true)
                    && let Some(history) = &history
                {
                    // There is none the first time.
                    let _ = editor.load_history(history);
                }
                // Nothing that is typed may end the session.
                let read =
                    catch_unwind(AssertUnwindSafe(|| editor.readline_with_initial(prompt, (&initial, ""))));
                if let Some(helper) = editor.helper() {
                    helper.stop_reading();
                }
                mailbox.send(match read {
                    Ok(Ok(line)) => Message::Line(line),
                    Ok(Err(ReadlineError::Interrupted)) | Err(_) => Message::Interrupted,
                    Ok(Err(ReadlineError::Eof)) => Message::Eof,
                    // Bytes that are no text.
                    Ok(Err(ReadlineError::Io(error))) if error.kind() == std::io::ErrorKind::InvalidData => {
                        Message::Interrupted
                    }
                    Ok(Err(error)) => Message::Broken(error.to_string()),
                });
            }
            Request::Remember(text) => {
                let _ = editor.add_history_entry(text);
                if let Some(history) = &history {
                    let _ = history.parent().map(std::fs::create_dir_all);
                    // A session whose history cannot be written goes on without.
                    let _ = editor.append_history(history);
                }
            }
        }
    }
}

/// In the platform's folder for the state of programs; `CO_HISTORY` names another file, or none if it is empty.
fn history_file() -> Option<PathBuf> {
    if let Some(file) = std::env::var_os("CO_HISTORY") {
        return (!file.is_empty()).then(|| PathBuf::from(file));
    }
    let folders = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_dir()).join("co").join("history"))
}

/// Whether `~/.inputrc` asks for vi's keys, as it does of programs with readline.
pub fn inputrc_wants_vi() -> bool {
    let file = std::env::var_os("INPUTRC").map(PathBuf::from);
    let file = file.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".inputrc")));
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let mut wants = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["set", "editing-mode", mode] = words[..] {
            wants = mode == "vi";
        }
    }
    wants
}

// ---- keys

/// Enter evaluates, wherever the cursor is; while the input is incomplete it begins a line.
struct Accept;

impl ConditionalEventHandler for Accept {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let line = context.line();
        match line.starts_with(':') || !session::is_incomplete(line) {
            true => Some(Cmd::AcceptLine),
            false => Some(Cmd::Insert(1, "\n".to_string())),
        }
    }
}

// ---- what the editor asks while a line is typed

struct LineHelper {
    mailbox: Mailbox,
    printer: Option<Arc<Printer>>,
    /// The editor has drawn its line, so that it can be printed above it.
    is_reading: Cell<bool>,
}

impl LineHelper {
    fn ask(&self, question: Question) -> Vec<String> {
        let (sender, answer) = mpsc::channel();
        self.mailbox.send(Message::Question(question, sender));
        let answer = answer.recv_timeout(PATIENCE).unwrap_or_default();
        answer.lines().map(str::to_string).collect()
    }

    fn start_reading(&self) {
        if !self.is_reading.replace(true)
            && let Some(printer) = &self.printer
        {
            printer.open();
        }
    }

    fn stop_reading(&self) {
        self.is_reading.set(false);
        if let Some(printer) = &self.printer {
            printer.shut();
        }
    }
}

impl Helper for LineHelper {}

impl Completer for LineHelper {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete::complete(line, pos, &|question| self.ask(question)))
    }
}

struct Parameters(String);

impl Hint for Parameters {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for LineHelper {
    type Hint = Parameters;

    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Parameters> {
        self.start_reading();
        if pos < line.len() || line.is_empty() {
            return None;
        }
        complete::hint(line, &|question| self.ask(question)).map(Parameters)
    }
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        if !text.starts_with(':') && session::is_incomplete(text) {
            return Ok(ValidationResult::Incomplete);
        }
        self.stop_reading();
        Ok(ValidationResult::Valid(None))
    }
}

impl Highlighter for LineHelper {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        Cow::Owned(paint::paint(line, self.is_reading.get().then_some(pos)))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(format!("\x1b[1;34m{prompt}\x1b[0m"))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        true
    }
}
