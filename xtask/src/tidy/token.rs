//! The tokens of a Rust file in one flat row, so that rules can look for short patterns.
//!
//! Macro bodies are part of the row, which a syntax tree would keep opaque.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, LexError, LineColumn, Span, TokenStream, TokenTree};

/// A token and the lines that it stands on.
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    first_line: usize,
    last_line: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword.
    Word(String),
    /// One character of punctuation or a bracket.
    Mark(char),
    /// A number, a character or a string.
    Literal,
}

impl Token {
    /// Returns the tokens of a text, without those that doc comments stand for.
    pub(crate) fn all_of(text: &str) -> Result<Vec<Self>, LexError> {
        let mut tokens = Vec::new();
        flatten(text.parse()?, &mut tokens);
        Ok(tokens)
    }

    fn new(kind: Kind, span: Span) -> Self {
        Self { kind, first_line: span.start().line, last_line: span.end().line }
    }

    /// Returns the line on which the token begins.
    pub(crate) fn line(&self) -> usize {
        self.first_line
    }

    /// Returns the lines that the token covers: more than one for a long string.
    pub(crate) fn lines(&self) -> RangeInclusive<usize> {
        self.first_line..=self.last_line
    }

    /// Returns the word, if this is one.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Returns whether this is the mark.
    pub(crate) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut comment: Option<LineColumn> = None;
    for tree in stream {
        let span = tree.span();
        if is_doc_comment(&tree) {
            comment = Some(span.start());
        }
        if comment == Some(span.start()) {
            continue;
        }
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                tokens.extend(open.map(|mark| Token::new(Kind::Mark(mark), group.span_open())));
                flatten(group.stream(), tokens);
                tokens.extend(close.map(|mark| Token::new(Kind::Mark(mark), group.span_close())));
            }
            TokenTree::Ident(word) => tokens.push(Token::new(Kind::Word(word.to_string()), span)),
            TokenTree::Punct(mark) => tokens.push(Token::new(Kind::Mark(mark.as_char()), span)),
            TokenTree::Literal(_) => tokens.push(Token::new(Kind::Literal, span)),
        }
    }
}

/// Tells the `#` that a doc comment turns into: it spans the whole comment, as do its followers.
fn is_doc_comment(tree: &TokenTree) -> bool {
    let (start, end) = (tree.span().start(), tree.span().end());
    let is_wide = start.line != end.line || end.column > start.column + 1;
    is_wide && matches!(tree, TokenTree::Punct(mark) if mark.as_char() == '#')
}

fn brackets(delimiter: Delimiter) -> (Option<char>, Option<char>) {
    match delimiter {
        Delimiter::Parenthesis => (Some('('), Some(')')),
        Delimiter::Brace => (Some('{'), Some('}')),
        Delimiter::Bracket => (Some('['), Some(']')),
        Delimiter::None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(tokens: &[Token]) -> String {
        let text = |token: &Token| match &token.kind {
            Kind::Word(word) => word.clone(),
            Kind::Mark(mark) => mark.to_string(),
            Kind::Literal => "0".to_owned(),
        };
        tokens.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn macro_bodies_are_seen_and_docs_are_not() {
        let text = "/// Doc.\n#[test]\nfn a() { /** more */ m!(x::y, \"s\"); }";

        let tokens = Token::all_of(text).unwrap();

        assert_eq!(text_of(&tokens), "# [ test ] fn a ( ) { m ! ( x : : y , 0 ) ; }");
    }

    #[test]
    fn long_string_covers_its_lines() {
        let tokens = Token::all_of("\n\"a\n\nb\"").unwrap();

        assert_eq!(tokens[0].lines(), 2..=4);
    }
}
