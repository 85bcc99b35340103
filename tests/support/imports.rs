//! Reads Rust source for the paths it names: `use` trees and inline `crate::x::y`, with their lines.
//!
//! Not a parser, a reader of tokens: comments, strings and lifetimes are told from code, inline modules are followed
//! (so that `super` means what it means to the compiler), and that is enough to say who imports whom.

/// A path as the compiler would resolve its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub path: Path,
    /// Counted from 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Path {
    /// Within this crate, from its root; `*` ends a glob; empty for the root itself.
    Crate(Vec<String>),
    /// Begins with another crate, or with a name that is in scope.
    Other(Vec<String>),
}

/// A word, `::`, or one character of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

impl Token {
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Every path of two segments or more in the source of `module`, and every single name in a `use` tree.
pub fn mentions(module: &[String], source: &str) -> Vec<Mention> {
    let tokens = tokens(source);
    let mut reader =
        Reader { tokens: &tokens, module: module.to_vec(), inline: Vec::new(), found: Vec::new() };
    reader.read();
    reader.found
}

struct Reader<'a> {
    tokens: &'a [Token],
    module: Vec<String>,
    /// For every open brace, whether it opened a module.
    inline: Vec<Opened>,
    found: Vec<Mention>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Module,
    Block,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn is_word(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(Token::is_word)
    }

    fn read(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = match self.text(at) {
                "mod" if self.is_word(at + 1) && self.text(at + 2) == "{" => {
                    self.module.push(self.text(at + 1).to_owned());
                    self.inline.push(Opened::Module);
                    at + 3
                }
                "{" => {
                    self.inline.push(Opened::Block);
                    at + 1
                }
                "}" => {
                    if self.inline.pop() == Some(Opened::Module) {
                        self.module.pop();
                    }
                    at + 1
                }
                "use" => self.tree(at + 1, &[]),
                _ if self.is_word(at) && self.text(at + 1) == "::" => self.tree(at, &[]),
                _ => at + 1,
            };
        }
    }

    /// Reads one path or one `use` tree that continues `prefix`, and says where it ended.
    fn tree(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        let line = self.tokens.get(at).map_or(0, |token| token.line);
        if self.text(at) == "::" {
            at += 1;
        }
        loop {
            if self.text(at) == "{" {
                return self.group(at + 1, &path);
            }
            if self.text(at) == "*" {
                path.push("*".to_owned());
                at += 1;
                break;
            }
            if !self.is_word(at) {
                break;
            }
            // `a::{self}` names `a`.
            if self.text(at) != "self" || path.is_empty() {
                path.push(self.text(at).to_owned());
            }
            at += 1;
            if self.text(at) != "::" {
                break;
            }
            at += 1;
        }
        if let Some(path) = self.resolve(path) {
            self.found.push(Mention { path, line });
        }
        at
    }

    fn group(&mut self, mut at: usize, prefix: &[String]) -> usize {
        while at < self.tokens.len() && self.text(at) != "}" {
            if self.text(at) == "," {
                at += 1;
                continue;
            }
            at = self.tree(at, prefix);
            // ` as name`
            while at < self.tokens.len() && !matches!(self.text(at), "," | "}") {
                at += 1;
            }
        }
        at + 1
    }

    fn resolve(&self, path: Vec<String>) -> Option<Path> {
        let mut from = self.module.clone();
        let mut rest = path.as_slice();
        match path.first()?.as_str() {
            "crate" => {
                from.clear();
                rest = &path[1..];
            }
            "self" | "super" => {
                while let Some((first, others)) = rest.split_first() {
                    match first.as_str() {
                        "self" => {}
                        "super" => {
                            from.pop();
                        }
                        _ => break,
                    }
                    rest = others;
                }
            }
            _ => return Some(Path::Other(path)),
        }
        from.extend_from_slice(rest);
        Some(Path::Crate(from))
    }
}

/// The code's tokens, without comments, strings, characters and lifetimes.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = literal(rest) {
            length
        } else if first.is_alphabetic() || first == '_' {
            let word = rest.trim_start_matches("r#");
            let end = word.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(word.len());
            tokens.push(Token { text: word[..end].to_owned(), line });
            rest.len() - word.len() + end
        } else if first.is_ascii_digit() {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else {
            let text = if rest.starts_with("::") { "::" } else { &rest[..first.len_utf8()] };
            if !first.is_whitespace() {
                tokens.push(Token { text: text.to_owned(), line });
            }
            text.len()
        };
        let (read, left) = rest.split_at(length);
        line += read.matches('\n').count();
        rest = left;
    }
    tokens
}

// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of the string, character or lifetime that `text` begins with.
fn literal(text: &str) -> Option<usize> {
    let body = text.trim_start_matches(['b', 'c']);
    if text.len() - body.len() > 1 {
        return None;
    }
    let prefix = text.len() - body.len();
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let opened = prefix + 1 + hashes + 1;
            return Some(text[opened..].find(&end).map_or(text.len(), |found| opened + found + end.len()));
        }
        return None;
    }
    if body.starts_with('"') {
        return Some(prefix + quoted(body, '"'));
    }
    let inside = body.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    let is_character = first == '\\' || inside[first.len_utf8()..].starts_with('\'');
    if is_character {
        return Some(prefix + quoted(body, '\''));
    }
    let end = inside.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inside.len());
    Some(prefix + 1 + end)
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
