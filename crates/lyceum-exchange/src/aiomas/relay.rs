//! Calls of the other side for agents elsewhere, which are passed on.

use std::sync::Arc;

use futures_util::FutureExt;
use lyceum_core::{AnyHandle, Arguments as JsonArguments, CallOptions};
use lyceum_wire::aiomas::{Handles, Known, Map, Typed, Value, ValueError};
use serde_json::Value as Json;

use super::agents::Outcome;
use super::calls::Answer;
use super::hub::Hub;
use super::rpc_error::read_exception;
use super::session::Session;
use super::site::{Site, Stuck};
use super::{Exception, told};
use crate::arguments::Arguments;
use crate::departing::Destination;

impl Session {
    /// Passes a call on to an agent that was shown to the other side.
    pub(super) fn relay(
        self: Arc<Self>,
        hub: &Arc<Hub>,
        agent: AnyHandle,
        path: &str,
        mut arguments: Arguments,
    ) -> Outcome {
        let address = agent.address();
        let site = address.endpoint.as_ref().and_then(|endpoint| hub.site(endpoint));
        let member = path.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
        let (args, kwargs) = arguments.take_rest();
        match site {
            Some(site) => async move {
                let path = site.place().path(&address.agent, &member);
                let passed = self.pass_on(&site, &path, args, kwargs).await;
                passed.unwrap_or_else(|stuck| {
                    let fault = site.fault(&address.agent, &member);
                    Err(told::exception(&stuck.into_error(fault, None), &path))
                })
            }
            .boxed(),
            None => {
                let path = path.to_owned();
                async move { self.pass_on_json(&agent, &member, &path, args, kwargs).await }.boxed()
            }
        }
    }

    /// Passes a call on over this same wire: types keep what they are.
    async fn pass_on(
        &self,
        site: &Site,
        path: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
    ) -> Result<Result<Value, Exception>, Stuck> {
        let given = |there: &Session| {
            let translate = |value: &Value| self.translate(value.clone(), there);
            let args = args.iter().map(translate).collect::<Result<_, _>>()?;
            let kwargs = kwargs.iter().map(|(name, value)| Ok((name.clone(), translate(value)?)));
            Ok((args, kwargs.collect::<Result<_, ValueError>>()?))
        };
        let (sent, there) = site.send_to(path, given).await?;
        Ok(match sent.answer().await {
            Ok(Answer::Result(value)) => there.translate(value, self).map_err(Exception::from),
            Ok(Answer::Exception(content)) => {
                let (kind, message, _) = read_exception(content);
                Err(Exception::new(kind, message))
            }
            Ok(Answer::Unreadable(why)) => {
                Err(Exception::new("SerializationError", why.to_string()))
            }
            Err(closed) => Err(Exception::new("Disconnected", closed.to_string())),
        })
    }

    /// Passes a call on to an agent of Lyceum.
    async fn pass_on_json(
        &self,
        agent: &AnyHandle,
        action: &str,
        path: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
    ) -> Result<Value, Exception> {
        let plain = |value| self.plain(value).map(Json::from);
        let args = args.into_iter().map(plain).collect::<Result<Vec<_>, _>>()?;
        let kwargs = kwargs.into_iter().map(|(name, value)| Ok((name, plain(value)?)));
        let kwargs = kwargs.collect::<Result<_, ValueError>>()?;
        let arguments = JsonArguments::new(args, kwargs);
        let result = agent.call_with(action, arguments, CallOptions::default()).await;
        match result {
            Ok(json) => Ok(self.show_addresses(json.into())?),
            Err(error) => Err(told::exception(&error.widen(), path)),
        }
    }

    /// Makes a value of this connection one of another.
    fn translate(&self, value: Value, there: &Self) -> Result<Value, ValueError> {
        self.map(value, &|known| match known {
            Known::Date(date) => Ok(there.profile.types.date(date)?),
            Known::Proxy(proxy) => there.write_handle(&self.of_proxy(proxy.path)),
            Known::Extra { name, data } => {
                let data = self.translate(data, there)?;
                let kind = lyceum_wire::aiomas::Kind::Extra(name);
                match there.profile.types.id(&kind) {
                    Some(id) => Ok(Typed { id, data }.into()),
                    None => Ok(data),
                }
            }
            _ => Err(ValueError::Custom { text: "a value of a new kind".into() }),
        })
    }

    /// Makes typed values plain: dates and agents are texts.
    fn plain(&self, value: Value) -> Result<Value, ValueError> {
        self.map(value, &|known| match known {
            Known::Date(date) => Ok(date.to_string().into()),
            Known::Proxy(proxy) => Ok(self.of_proxy(proxy.path).into()),
            Known::Extra { data, .. } => self.plain(data),
            _ => Err(ValueError::Custom { text: "a value of a new kind".into() }),
        })
    }

    /// Replaces the typed values in a value.
    fn map(
        &self,
        value: Value,
        replace: &dyn Fn(Known) -> Result<Value, ValueError>,
    ) -> Result<Value, ValueError> {
        Ok(match value {
            Value::Typed(typed) => replace(self.profile.types.read(*typed)?)?,
            Value::List(items) => {
                let items = items.into_iter().map(|item| self.map(item, replace));
                items.collect::<Result<Vec<_>, _>>()?.into()
            }
            Value::Map(map) => {
                let pairs = map.into_iter();
                let pairs = pairs.map(|(key, value)| Ok((key, self.map(value, replace)?)));
                Value::Map(pairs.collect::<Result<Map, ValueError>>()?)
            }
            other => other,
        })
    }

    fn write_handle(&self, address: &str) -> Result<Value, ValueError> {
        Handles::write(self, address)
    }
}
