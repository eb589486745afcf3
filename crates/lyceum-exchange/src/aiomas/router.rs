//! Routers: services that are put together of methods and further services.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::aiomas::{Proxy, Value};
use thiserror::Error;

use super::{Exception, RpcCall, Service};

/// A service whose members go by names: methods, and further routers.
///
/// A call's path names a member of a member, and so on: `rooms/kitchen/temperature`. What aiomas
/// calls a dictionary service is a router whose members are named by the keys. Members can come
/// and go at any time. Clones are the same router.
///
/// ```
/// use lyceum_exchange::aiomas::Router;
///
/// let (house, kitchen) = (Router::new(), Router::new());
/// kitchen.expose("temperature", |call| async move { call.answer(&21.5) });
/// house.nest("kitchen", &kitchen)?;
/// assert_eq!(kitchen.proxy().path, "kitchen");
/// # Ok::<(), lyceum_exchange::aiomas::NestError>(())
/// ```
#[derive(Clone, Default)]
pub struct Router(Arc<Mutex<Members>>);

#[derive(Default)]
struct Members {
    members: BTreeMap<String, Member>,
    parent: Option<(Weak<Mutex<Members>>, String)>,
}

#[derive(Clone)]
enum Member {
    Method(Arc<Method>),
    Router(Router),
}

type Method = dyn Fn(RpcCall) -> Answer + Send + Sync;
type Answer = BoxFuture<'static, Result<Value, Exception>>;

/// Says why a router cannot be a member of another one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NestError {
    /// It has one place alone, since proxies of it have one path.
    #[error("cannot nest a router as `{0}`: it is a member of a router already")]
    HasParent(String),
    /// It would be inside of itself.
    #[error("cannot nest a router as `{0}`: it would be a member of itself")]
    Cycle(String),
}

impl Router {
    /// Makes a router without members.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets others call a method, instead of what went by that name.
    pub fn expose<F>(&self, name: &str, method: impl Fn(RpcCall) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<Value, Exception>> + Send + 'static,
    {
        let method = Member::Method(Arc::new(move |call| method(call).boxed()));
        self.insert(name, method);
    }

    /// Makes a router a member of this one, instead of what went by that name.
    ///
    /// # Errors
    ///
    /// It is a member of a router already, or this one is inside of it.
    pub fn nest(&self, name: &str, router: &Self) -> Result<(), NestError> {
        if self.is_inside(router) {
            return Err(NestError::Cycle(name.into()));
        }
        let mut members = router.lock();
        if members.parent.as_ref().is_some_and(|(parent, _)| parent.strong_count() > 0) {
            return Err(NestError::HasParent(name.into()));
        }
        members.parent = Some((Arc::downgrade(&self.0), name.into()));
        drop(members);
        self.insert(name, Member::Router(router.clone()));
        Ok(())
    }

    /// Removes a member; false if there is none of that name.
    pub fn remove(&self, name: &str) -> bool {
        let removed = self.lock().members.remove(name);
        Self::orphan(removed.as_ref());
        removed.is_some()
    }

    /// Returns what stands for this router when it is given to the other side: something that it
    /// can call, on a connection that serves the root of this router.
    pub fn proxy(&self) -> Proxy {
        let mut names = Vec::new();
        let mut router = self.clone();
        while let Some((parent, name)) = router.parent() {
            names.push(name);
            router = parent;
        }
        names.reverse();
        Proxy { path: names.join("/") }
    }

    fn parent(&self) -> Option<(Self, String)> {
        let (parent, name) = self.lock().parent.clone()?;
        Some((Self(parent.upgrade()?), name))
    }

    fn is_inside(&self, other: &Self) -> bool {
        let mut router = self.clone();
        loop {
            if Arc::ptr_eq(&router.0, &other.0) {
                return true;
            }
            match router.parent() {
                Some((parent, _)) => router = parent,
                None => return false,
            }
        }
    }

    fn insert(&self, name: &str, member: Member) {
        let replaced = self.lock().members.insert(name.into(), member);
        Self::orphan(replaced.as_ref());
    }

    /// Lets a router that was a member be one elsewhere.
    fn orphan(member: Option<&Member>) {
        if let Some(Member::Router(router)) = member {
            router.lock().parent = None;
        }
    }

    fn member(&self, name: &str) -> Option<Member> {
        self.lock().members.get(name).cloned()
    }
}

impl Service for Router {
    fn call(&self, mut call: RpcCall) -> BoxFuture<'static, Result<Value, Exception>> {
        let mut router = self.clone();
        let mut place = String::new();
        let exception = loop {
            let name = call.next_name();
            match router.member(&name) {
                Some(Member::Router(_)) if call.rest().is_empty() => {
                    break Exception::new("TypeError", format!("\"{}\" is no method", call.path()));
                }
                Some(Member::Router(next)) => router = next,
                Some(Member::Method(method)) if call.rest().is_empty() => return method(call),
                Some(Member::Method(_)) => {
                    let inside = call.path().len() - call.rest().len() - 1;
                    let place = call.path()[..inside].to_owned();
                    break Exception::not_found(&call.next_name(), &place);
                }
                None => break Exception::not_found(&name, &place),
            }
            if !place.is_empty() {
                place.push('/');
            }
            place.push_str(&name);
        };
        std::future::ready(Err(exception)).boxed()
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().members.keys()).finish()
    }
}
