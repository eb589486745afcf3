//! Colors, on terminals only.

/// How pieces of text look: painted on a terminal, plain elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

impl Paint {
    /// Paints where that is wanted: not beside a terminal, nor with `NO_COLOR` or a dumb one.
    pub(crate) fn new(is_terminal: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        Self(is_terminal && !is_dumb && !set("NO_COLOR"))
    }

    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self(false)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn calm(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(crate) fn warning(self, text: &str) -> String {
        self.with("33", text)
    }

    pub(crate) fn alarm(self, text: &str) -> String {
        self.with("1;31", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
}

/// Returns a text from outside without what a terminal would take for an order.
pub(crate) fn harmless(text: &str) -> String {
    let is_order = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.chars().map(|c| if is_order(c) { '?' } else { c }).collect()
}
