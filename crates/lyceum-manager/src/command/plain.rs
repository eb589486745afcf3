//! JSON values, as people read them.

use serde_json::{Map, Value};

use super::paint::{Paint, harmless};
use super::table::{Cell, Table};

/// Returns a value as lines of text: objects by key, lists of like objects as tables.
pub(crate) fn text(value: &Value, paint: Paint) -> String {
    let mut text = String::new();
    write(&mut text, value, 0, paint);
    text
}

fn write(text: &mut String, value: &Value, depth: usize, paint: Paint) {
    match value {
        Value::Object(fields) if !fields.is_empty() => object(text, fields, depth, paint),
        Value::Array(items) if !items.is_empty() => list(text, items, depth, paint),
        scalar => {
            indent(text, depth);
            text.push_str(&word(scalar));
            text.push('\n');
        }
    }
}

fn object(text: &mut String, fields: &Map<String, Value>, depth: usize, paint: Paint) {
    let flat = fields.iter().filter(|(_, value)| is_flat(value));
    let width = flat.map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, value) in fields {
        indent(text, depth);
        let name = paint.faint(&harmless(key));
        if is_flat(value) {
            let gap = " ".repeat(width.saturating_sub(key.chars().count()));
            text.push_str(&format!("{name}{gap}  {}\n", word(value)));
        } else {
            text.push_str(&format!("{name}\n"));
            write(text, value, depth + 1, paint);
        }
    }
}

fn list(text: &mut String, items: &[Value], depth: usize, paint: Paint) {
    if let Some(table) = table(items) {
        for line in table.render(paint).lines() {
            indent(text, depth);
            text.push_str(line);
            text.push('\n');
        }
        return;
    }
    for item in items {
        let mut piece = String::new();
        write(&mut piece, item, depth + 1, paint);
        // The item begins where its mark is.
        let start = 2 * (depth + 1);
        indent(text, depth);
        text.push_str(&paint.faint("- "));
        text.push_str(piece.get(start..).unwrap_or_default());
    }
}

/// Returns a list of objects with the same flat fields as a table.
fn table(items: &[Value]) -> Option<Table> {
    let rows: Vec<_> = items.iter().map(Value::as_object).collect::<Option<_>>()?;
    let mut keys: Vec<_> = rows.first()?.keys().collect();
    keys.sort_by_key(|key| *key != "name");
    let alike = |row: &&&Map<String, Value>| {
        row.len() == keys.len() && keys.iter().all(|key| row.get(*key).is_some_and(is_flat))
    };
    if keys.is_empty() || rows.iter().filter(alike).count() < rows.len() {
        return None;
    }
    let mut table = keys.iter().fold(Table::new(), |table, key| {
        let numbers = rows.iter().all(|row| row[*key].is_number());
        if numbers { table.right(key) } else { table.left(key) }
    });
    for row in rows {
        table.row(keys.iter().map(|key| Cell::new(word(&row[*key]).replace('\n', " "))).collect());
    }
    Some(table)
}

fn is_flat(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.iter().all(|item| item.is_number() || item.is_string()),
        Value::String(text) => !text.contains('\n'),
        _ => true,
    }
}

/// Returns a value in one line; strings without quotes.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => harmless(text),
        Value::Null => "nothing".into(),
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(word).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn indent(text: &mut String, depth: usize) {
    text.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: &Value, expected: &str) {
        assert_eq!(text(value, Paint::plain()), expected);
    }

    #[test]
    fn scalars_are_one_word() {
        check(&json!("hello"), "hello\n");
        check(&json!(1.5), "1.5\n");
        check(&json!(null), "nothing\n");
        check(&json!([1, 2]), "- 1\n- 2\n");
        check(&json!("evil\u{1b}[2Jname"), "evil?[2Jname\n");
    }

    #[test]
    fn objects_are_aligned_by_key() {
        let value = json!({ "age": 7, "limits": { "cpu": 90.0 }, "name": "ada" });
        check(&value, "age   7\nlimits\n  cpu  90.0\nname  ada\n");
    }

    #[test]
    fn lists_of_like_objects_are_tables() {
        let value = json!([{ "count": 1, "name": "a" }, { "count": 20, "name": "b" }]);
        check(&value, "name  count\na         1\nb        20\n");
        check(&json!([{ "a": 1 }, { "b": [1, 2] }]), "- a  1\n- b  1, 2\n");
    }
}
