//! Configurations of kubectl's.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::access::{Access, Token, tls, wrong};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    current_context: String,
    contexts: Vec<NamedContext>,
    clusters: Vec<NamedCluster>,
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Deserialize)]
struct Context {
    cluster: String,
    user: String,
    #[serde(default)]
    namespace: Option<String>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: String,
    #[serde(default)]
    certificate_authority: Option<PathBuf>,
    #[serde(default)]
    certificate_authority_data: Option<String>,
    #[serde(default)]
    tls_server_name: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct User {
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<String>,
    exec: Option<serde::de::IgnoredAny>,
    auth_provider: Option<serde::de::IgnoredAny>,
}

/// Reads a file, and returns how to reach the cluster of its current context.
///
/// # Errors
///
/// Says what is wrong with it.
pub(super) fn read(path: &Path) -> io::Result<Access> {
    let named = |error: &dyn std::fmt::Display| {
        wrong(format!("cannot use `{}` as a configuration: {error}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    parse(&text, folder).map_err(|error| named(&error))
}

fn parse(text: &str, folder: &Path) -> io::Result<Access> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let missing = |what: &str, name: &str| wrong(format!("there is no {what} `{name}`"));
    let context = file.contexts.iter().find(|one| one.name == file.current_context);
    let context = &context.ok_or_else(|| missing("context", &file.current_context))?.context;
    let cluster = file.clusters.iter().find(|one| one.name == context.cluster);
    let cluster = &cluster.ok_or_else(|| missing("cluster", &context.cluster))?.cluster;
    let user = file.users.iter().find(|one| one.name == context.user);
    let user = &user.ok_or_else(|| missing("user", &context.user))?.user;

    if user.exec.is_some() || user.auth_provider.is_some() {
        let text = "its user is proved by another program, which is not supported: run `kubectl \
                    proxy` and use http://127.0.0.1:8001";
        return Err(wrong(text.into()));
    }
    let mut access = Access::of(&cluster.server)?;
    access.namespace = context.namespace.clone().unwrap_or(access.namespace);
    access.server_name.clone_from(&cluster.tls_server_name);
    access.token = match (&user.token, &user.token_file) {
        (Some(token), _) => Some(Token::Fixed(token.clone())),
        (None, Some(file)) => Some(Token::File(folder.join(file))),
        (None, None) => None,
    };
    if !access.tls_is_wanted(&cluster.server) {
        // Only this machine is reached in clear, and without proof.
        let Access { namespace, .. } = access;
        return Ok(Access { namespace, ..Access::at(&cluster.server)? });
    }
    if cluster.insecure_skip_tls_verify {
        let text = "it wants any certificate to be believed, which is not supported";
        return Err(wrong(text.into()));
    }
    let data = |data: &Option<String>, file: &Option<PathBuf>| {
        pem(data.as_deref(), file.as_deref(), folder)
    };
    let authority = data(&cluster.certificate_authority_data, &cluster.certificate_authority)?;
    let authority = authority.ok_or_else(|| {
        wrong("expected `certificate-authority` or `certificate-authority-data`".into())
    })?;
    let chain = data(&user.client_certificate_data, &user.client_certificate)?;
    let key = data(&user.client_key_data, &user.client_key)?;
    let own = chain.as_deref().zip(key.as_deref());
    access.tls = Some(tls(&authority, own)?);
    Ok(access)
}

/// Returns the contents of a PEM file, which may be in the configuration itself.
fn pem(data: Option<&str>, file: Option<&Path>, folder: &Path) -> io::Result<Option<Vec<u8>>> {
    match (data, file) {
        (Some(data), _) => {
            let decoded = STANDARD.decode(data.trim());
            decoded.map(Some).map_err(|error| wrong(format!("its base64 is wrong: {error}")))
        }
        (None, Some(file)) => {
            let file = folder.join(file);
            let named = |error| wrong(format!("cannot read `{}`: {error}", file.display()));
            std::fs::read(&file).map(Some).map_err(named)
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(server: &str, cluster: &str, user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: one\n\
             contexts:\n- name: one\n  context: {{ cluster: c, user: u, namespace: farm }}\n\
             clusters:\n- name: c\n  cluster:\n    server: {server}\n{cluster}\
             users:\n- name: u\n  user:\n{user}"
        )
    }

    fn error(server: &str, cluster: &str, user: &str) -> String {
        parse(&configuration(server, cluster, user), Path::new(".")).unwrap_err().to_string()
    }

    #[test]
    fn context_says_where_to_launch() {
        let text = configuration("http://127.0.0.1:8001", "", "    token: secret\n");
        let access = parse(&text, Path::new(".")).unwrap();

        assert_eq!((access.host.as_str(), access.port), ("127.0.0.1", 8001));
        assert_eq!(access.namespace, "farm");
        assert!(access.token.is_none(), "nothing is told in clear");
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let server = "https://10.0.0.1:6443";
        let plugin = error(server, "", "    exec: { command: login, apiVersion: v1 }\n");
        assert!(plugin.contains("kubectl proxy"), "{plugin}");
        let careless = error(server, "    insecure-skip-tls-verify: true\n", "    token: secret\n");
        assert!(careless.contains("any certificate"), "{careless}");
        let unknown = error(server, "", "    token: secret\n");
        assert!(unknown.contains("certificate-authority"), "{unknown}");
        let open = error("http://10.0.0.1:6443", "", "    token: secret\n");
        assert!(open.contains("it has to be TLS"), "{open}");
        let data = "    certificate-authority-data: '?'\n";
        assert!(error(server, data, "    token: secret\n").contains("base64"));
        let other =
            configuration(server, "", "    token: secret\n").replace("user: u,", "user: v,");
        let other = parse(&other, Path::new(".")).unwrap_err().to_string();
        assert_eq!(other, "there is no user `v`");
    }
}
