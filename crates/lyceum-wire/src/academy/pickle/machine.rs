//! The stack machine that a pickle is a program for.

use std::collections::HashMap;

use super::arena::{Arena, Call, Id, Node};
use super::cursor::Cursor;
use super::{Class, PickleError, text};
use crate::Integer;
use crate::aiomas::Limits;

/// The highest protocol that is known.
const PROTOCOL: u8 = 5;

/// How many bytes an integer may have; Python itself writes no more digits than these have.
const INTEGER_LIMIT: usize = 1786;

/// The stack machine that a pickle is a program for. It only ever moves data.
pub(super) struct Machine<'b> {
    input: Cursor<'b>,
    limits: Limits,
    arena: Arena,
    stack: Vec<Id>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
}

impl<'b> Machine<'b> {
    pub(super) fn new(bytes: &'b [u8], limits: Limits) -> Result<Self, PickleError> {
        let (length, limit) = (bytes.len(), limits.payload);
        if length > limit {
            return Err(PickleError::TooLong { length, limit });
        }
        Ok(Self {
            input: Cursor::new(bytes),
            limits,
            arena: Arena::default(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        })
    }

    /// Runs the program; returns all values, and which one is the result.
    pub(super) fn run(mut self) -> Result<(Arena, Id), PickleError> {
        loop {
            let code = self.input.byte()?;
            if code == b'.' {
                let root = self.pop()?;
                return Ok((self.arena, root));
            }
            self.step(code)?;
        }
    }

    fn step(&mut self, code: u8) -> Result<(), PickleError> {
        if let Some(node) = self.scalar(code)? {
            return self.push(node);
        }
        if self.collection(code)? || self.memorize(code)? || self.object(code)? {
            return Ok(());
        }
        let what = match code {
            b'P' | b'Q' => "a persistent id",
            0x82..=0x84 => "an extension code",
            0x97 | 0x98 => "an out-of-band buffer",
            _ => return Err(PickleError::Opcode { offset: self.input.offset() - 1, code }),
        };
        Err(self.input.refused(what))
    }

    /// Reads a value that has no others in it.
    fn scalar(&mut self, code: u8) -> Result<Option<Node>, PickleError> {
        let input = &mut self.input;
        Ok(Some(match code {
            b'N' => Node::None,
            0x88 => Node::Bool(true),
            0x89 => Node::Bool(false),
            b'K' => Node::Int(input.byte()?.into()),
            b'M' => Node::Int(u16::from_le_bytes(input.array()?).into()),
            b'J' => Node::Int(i32::from_le_bytes(input.array()?).into()),
            0x8a => integer(input.sized::<1>()?, input)?,
            0x8b => integer(input.sized::<4>()?, input)?,
            b'I' | b'L' => text::number(input)?,
            b'F' => text::float(input)?,
            b'G' => Node::Float(f64::from_be_bytes(input.array()?)),
            0x8c => Node::Text(input.text::<1>()?.into()),
            b'X' => Node::Text(input.text::<4>()?.into()),
            0x8d => Node::Text(input.text::<8>()?.into()),
            b'V' => text::escaped(input)?,
            b'S' => text::quoted(input)?,
            b'U' => text::ascii(input.sized::<1>()?, input)?,
            b'T' => text::ascii(input.sized::<4>()?, input)?,
            b'C' => Node::Bytes(input.sized::<1>()?.into()),
            b'B' => Node::Bytes(input.sized::<4>()?.into()),
            0x8e | 0x96 => Node::Bytes(input.sized::<8>()?.into()),
            b'c' => Node::Class(Class::new(input.text_line()?, input.text_line()?)),
            _ => return Ok(None),
        }))
    }

    /// Makes and fills lists, tuples, sets and dicts.
    fn collection(&mut self, code: u8) -> Result<bool, PickleError> {
        match code {
            b'(' => self.marks.push(self.stack.len()),
            b')' => self.push(Node::Tuple(Vec::new()))?,
            b']' => self.push(Node::List(Vec::new()))?,
            b'}' => self.push(Node::Dict(Vec::new()))?,
            0x8f => self.push(Node::Set(Vec::new()))?,
            0x85..=0x87 => {
                let items = self.top(usize::from(code - 0x84))?;
                self.push(Node::Tuple(items))?;
            }
            b't' => self.make(Node::Tuple)?,
            b'l' => self.make(Node::List)?,
            0x91 => self.make(Node::Set)?,
            b'd' => {
                let pairs = self.marked_pairs()?;
                self.push(Node::Dict(pairs))?;
            }
            b'a' => {
                let items = self.top(1)?;
                self.append(&items)?;
            }
            b'e' => {
                let items = self.marked()?;
                self.append(&items)?;
            }
            0x90 => {
                let items = self.marked()?;
                match self.target()? {
                    Node::Set(own) => own.extend(items),
                    _ => return Err(self.input.expected("a set")),
                }
            }
            b's' => {
                let pair = self.top(2)?;
                self.put(&[(pair[0], pair[1])])?;
            }
            b'u' => {
                let pairs = self.marked_pairs()?;
                self.put(&pairs)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Moves what is there already.
    fn memorize(&mut self, code: u8) -> Result<bool, PickleError> {
        match code {
            0x80 => {
                if self.input.byte()? > PROTOCOL {
                    return Err(self.input.expected("protocol 0 to 5"));
                }
            }
            0x95 => self.input.frame()?,
            b'0' => {
                // Python lets it take a mark, too.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            b'1' => drop(self.marked()?),
            b'2' => {
                let top = self.peek()?;
                self.stack.push(top);
            }
            b'p' => {
                let key = text::key(&mut self.input)?;
                self.remember(key)?;
            }
            b'q' => {
                let key = self.input.byte()?.into();
                self.remember(key)?;
            }
            b'r' => {
                let key = u32::from_le_bytes(self.input.array()?).into();
                self.remember(key)?;
            }
            0x94 => self.remember(self.memo.len() as u64)?,
            b'g' => {
                let key = text::key(&mut self.input)?;
                self.recall(key)?;
            }
            b'h' => {
                let key = self.input.byte()?.into();
                self.recall(key)?;
            }
            b'j' => {
                let key = u32::from_le_bytes(self.input.array()?).into();
                self.recall(key)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Notes what Python would look up, call and fill.
    fn object(&mut self, code: u8) -> Result<bool, PickleError> {
        match code {
            0x93 => {
                let names = self.top(2)?;
                let class = match (self.arena.node(names[0]), self.arena.node(names[1])) {
                    // Shared, since many classes may have the same long name.
                    (Node::Text(module), Node::Text(name)) => {
                        Class { module: module.clone(), name: name.clone() }
                    }
                    _ => return Err(self.input.expected("the names of a module and a class")),
                };
                self.push(Node::Class(class))?;
            }
            b'R' | 0x81 => {
                let parts = self.top(2)?;
                self.call(parts[0], parts[1], None)?;
            }
            0x92 => {
                let parts = self.top(3)?;
                self.call(parts[0], parts[1], Some(parts[2]))?;
            }
            b'i' => {
                let class = Class::new(self.input.text_line()?, self.input.text_line()?);
                let args = self.marked()?;
                self.make_object(class, args)?;
            }
            b'o' => {
                let parts = self.marked()?;
                let (class, args) =
                    parts.split_first().ok_or_else(|| self.input.expected("a class"))?;
                let class = self.class(*class)?;
                self.make_object(class, args.to_vec())?;
            }
            b'b' => {
                let state = self.pop()?;
                match self.target()? {
                    Node::Object(call) => call.state = Some(state),
                    _ => return Err(self.input.expected("an object that takes a state")),
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call(&mut self, class: Id, args: Id, kwargs: Option<Id>) -> Result<(), PickleError> {
        let class = self.class(class)?;
        if !matches!(self.arena.node(args), Node::Tuple(_)) {
            return Err(self.input.expected("a tuple of arguments"));
        }
        if kwargs.is_some_and(|kwargs| !matches!(self.arena.node(kwargs), Node::Dict(_))) {
            return Err(self.input.expected("a dict of arguments"));
        }
        let (state, items, pairs) = (None, Vec::new(), Vec::new());
        self.push(Node::Object(Box::new(Call { class, args, kwargs, state, items, pairs })))
    }

    fn class(&self, id: Id) -> Result<Class, PickleError> {
        match self.arena.node(id) {
            Node::Class(class) => Ok(class.clone()),
            _ => Err(self.input.refused("a call of what is no class or function by name")),
        }
    }

    fn make_object(&mut self, class: Class, args: Vec<Id>) -> Result<(), PickleError> {
        let class = self.arena.add(Node::Class(class), self.limits.values)?;
        let args = self.arena.add(Node::Tuple(args), self.limits.values)?;
        self.call(class, args, None)
    }

    fn append(&mut self, items: &[Id]) -> Result<(), PickleError> {
        match self.target()? {
            Node::List(own) => own.extend(items),
            Node::Object(call) => call.items.extend(items),
            _ => return Err(self.input.expected("a list")),
        }
        Ok(())
    }

    fn put(&mut self, pairs: &[(Id, Id)]) -> Result<(), PickleError> {
        match self.target()? {
            Node::Dict(own) => own.extend(pairs),
            Node::Object(call) => call.pairs.extend(pairs),
            _ => return Err(self.input.expected("a dict")),
        }
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<(), PickleError> {
        let id = self.arena.add(node, self.limits.values)?;
        self.stack.push(id);
        Ok(())
    }

    /// Returns how much of the stack lies under the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or_default()
    }

    fn peek(&self) -> Result<Id, PickleError> {
        let above = self.stack.get(self.floor()..).unwrap_or_default();
        above.last().copied().ok_or_else(|| self.input.expected("a value on the stack"))
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        let top = self.peek()?;
        self.stack.pop();
        Ok(top)
    }

    fn target(&mut self) -> Result<&mut Node, PickleError> {
        let id = self.peek()?;
        Ok(self.arena.node_mut(id))
    }

    /// Takes that many values from the top.
    fn top(&mut self, count: usize) -> Result<Vec<Id>, PickleError> {
        if self.stack.len() - self.floor() < count {
            return Err(self.input.expected("more values on the stack"));
        }
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    /// Takes all values above the last mark.
    fn marked(&mut self) -> Result<Vec<Id>, PickleError> {
        let mark = self.marks.pop().ok_or_else(|| self.input.expected("a mark"))?;
        Ok(self.stack.split_off(mark))
    }

    fn marked_pairs(&mut self) -> Result<Vec<(Id, Id)>, PickleError> {
        let items = self.marked()?;
        let (pairs, rest) = items.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(self.input.expected("a value for each key"));
        }
        Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
    }

    fn make(&mut self, node: fn(Vec<Id>) -> Node) -> Result<(), PickleError> {
        let items = self.marked()?;
        self.push(node(items))
    }

    fn remember(&mut self, key: u64) -> Result<(), PickleError> {
        let top = self.peek()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, key: u64) -> Result<(), PickleError> {
        let known = self.memo.get(&key).copied();
        self.stack.push(known.ok_or_else(|| self.input.expected("a value that was kept"))?);
        Ok(())
    }
}

fn integer(bytes: &[u8], input: &Cursor<'_>) -> Result<Node, PickleError> {
    if bytes.len() > INTEGER_LIMIT {
        return Err(input.expected("an integer of at most 4300 digits"));
    }
    Ok(Node::Int(Integer::from_le_bytes(bytes)))
}
