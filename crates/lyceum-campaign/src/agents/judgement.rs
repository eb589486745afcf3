//! What a session found, by what its agents think together.

use super::OutputOpinion;
use crate::{Cause, DirectoryName, Find, FindKind};

/// Returns what a session found: in the way that its program failed, or else, if its score is a
/// success, by what it printed or by the opinion of its agents, which say by the session's name
/// what they saw.
pub(super) fn find(
    is_success: bool,
    kind: Option<FindKind>,
    output: &OutputOpinion,
    name: &DirectoryName,
) -> Option<Find> {
    let hit = output.hit.as_ref();
    let by_score = match hit {
        _ if output.too_many_lines => FindKind::LineLimit,
        Some(_) => FindKind::Pattern,
        None => FindKind::Opinion,
    };
    let kind = kind.or_else(|| is_success.then_some(by_score))?;
    let mut find = Find::new(kind, &output.output, hit);
    if kind == FindKind::Opinion {
        // What a program prints before it is stopped is chance.
        let seen = (!name.is_empty()).then(|| name.to_string());
        find.cause = Cause { message: seen, ..Cause::default() };
    }
    Some(find)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hit;

    #[test]
    fn agents_are_heard_where_the_program_says_nothing() {
        let hit = Hit { pattern: "error".into(), weight: 1.0, number: 1, line: "error 1".into() };
        let silent = || OutputOpinion::default();
        let printed = || OutputOpinion { hit: Some(hit.clone()), ..silent() };
        let chatty = OutputOpinion { too_many_lines: true, ..printed() };
        let mut name = DirectoryName::new();
        name.push("cpu_load");
        let key = |is_success, kind, output: &OutputOpinion| {
            find(is_success, kind, output, &name).map(|find| find.key())
        };

        assert_eq!(key(false, None, &printed()), None);
        assert_eq!(key(false, Some(FindKind::Timeout), &silent()).unwrap(), "timeout");
        assert_eq!(key(true, None, &printed()).unwrap(), "pattern: error #");
        assert_eq!(key(true, None, &chatty).unwrap(), "line_limit");
        assert_eq!(key(true, None, &silent()).unwrap(), "opinion: cpu_load");
    }
}
