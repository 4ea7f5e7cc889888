//! Incoming webhook of a chat: its URL is a secret, its body is JSON, and nothing else is needed.
//!
//! Chats do not deduplicate: a message that is resent after a crash may appear twice.

use super::{Context, TextTemplate, secret_endpoint};
use crate::http::{Endpoint, NEW_CONNECTIONS, Request, Responses, post};
use crate::secrets::{SecretSource, Secrets};
use crate::template::Escape;
use crate::{Channel, Message, SendFuture, SettingsError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;
use watchglass_model::Timestamp;

/// Settings of a chat channel. The URL is a secret: it allows posting there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatSettings {
    /// Environment variable with the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// File with the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Template of the text, in the markup of the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl ChatSettings {
    fn url(&self) -> SecretSource<'_> {
        let (env, file) = (self.url_env.as_deref(), self.url_file.as_deref());
        SecretSource { env_field: "url_env", env, file_field: "url_file", file }
    }

    pub(crate) fn check(&self, form: ChatForm) -> Result<(), SettingsError> {
        self.url().check(true)?;
        TextTemplate::new(self.template.as_deref(), form.escape).map(drop)
    }
}

/// What distinguishes one chat from another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChatForm {
    /// Escaping of values in templates.
    pub(crate) escape: Escape,
    /// Body of a message; the text is that of a template.
    pub(crate) body: fn(&Message, Option<&str>) -> Value,
    pub(crate) responses: Responses,
}

/// Chat channel.
#[derive(Debug)]
pub(crate) struct Chat {
    endpoint: Endpoint,
    secrets: Secrets,
    template: TextTemplate,
    form: ChatForm,
}

impl Chat {
    pub(crate) fn open(
        settings: &ChatSettings,
        form: ChatForm,
        context: Context<'_>,
    ) -> Result<Self, SettingsError> {
        let (endpoint, hidden) = secret_endpoint(settings.url(), NEW_CONNECTIONS, context.environment)?;
        Ok(Self {
            endpoint,
            secrets: Secrets::of(hidden.iter().map(String::as_str)),
            template: TextTemplate::new(settings.template.as_deref(), form.escape)?,
            form,
        })
    }
}

impl Channel for Chat {
    fn to(&self) -> String {
        self.endpoint.display_host().to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(async move {
            let text = self.template.render(message);
            let body = (self.form.body)(message, text.as_deref());
            let request = Request { responses: self.form.responses, ..Request::json(&body) };
            post(&self.endpoint, request, &self.secrets, now).await
        })
    }
}
