//! Who the server is and who may speak to it: a certificate authority of its own, the server's certificate, the client certificate
//! and the token of the administrator. All of it is made anew for every run and never leaves this machine but in the kubeconfig.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// The user that the kubeconfig names. Source: kubeadm's `admin.conf`.
pub const ADMIN: &str = "kubernetes-admin";
/// Its groups. Source: kubeadm puts it into `kubeadm:cluster-admins`; `system:masters` is what `super-admin.conf` has, and
/// needs no binding.
pub const ADMIN_GROUPS: [&str; 2] = ["system:masters", "system:authenticated"];

/// The credentials of one run.
pub struct Identity {
    /// The authority, PEM.
    pub ca: String,
    /// The administrator's certificate, PEM.
    pub client_certificate: String,
    /// Its key, PEM.
    pub client_key: String,
    /// The administrator's token.
    pub token: String,
    /// What the listener needs.
    pub tls: Arc<ServerConfig>,
}

/// Credentials that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A certificate.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// What TLS made of it.
    #[error("cannot set TLS up: {0}")]
    Tls(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

impl Identity {
    /// New credentials for a server that is reached at `address`.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new(address: IpAddr) -> Result<Self, IdentityError> {
        let ca = CertifiedIssuer::self_signed(authority(), KeyPair::generate()?)?;
        let server_key = KeyPair::generate()?;
        let server = server(address)?.signed_by(&server_key, &ca)?;
        let client_key = KeyPair::generate()?;
        let client = client().signed_by(&client_key, &ca)?;
        let tls = tls(ca.der().clone(), server.der().clone(), server_key.serialize_der())?;
        Ok(Self {
            ca: ca.pem(),
            client_certificate: client.pem(),
            client_key: client_key.serialize_pem(),
            token: token()?,
            tls,
        })
    }
}

fn named(organisations: &[&str], name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    for organisation in organisations {
        names.push(DnType::OrganizationName, *organisation);
    }
    names.push(DnType::CommonName, name);
    names
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&[], "kubernetes");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn server(address: IpAddr) -> Result<CertificateParams, rcgen::Error> {
    let names = [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    let mut params = CertificateParams::new(names.map(str::to_owned).to_vec())?;
    params.subject_alt_names.push(SanType::IpAddress(IpAddr::from([127, 0, 0, 1])));
    if address.is_loopback() || !address.is_unspecified() {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.distinguished_name = named(&[], "kube-apiserver");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn client() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&ADMIN_GROUPS[..1], ADMIN);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn tls(
    ca: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
) -> Result<Arc<ServerConfig>, IdentityError> {
    let failed = |error: &dyn std::fmt::Display| IdentityError::Tls(error.to_string());
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(ca).map_err(|error| failed(&error))?;
    // A client without a certificate may still have a token.
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::try_from(key).map_err(|error| failed(&error))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)
        .map_err(|error| failed(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// 32 random bytes in hexadecimal digits.
fn token() -> Result<String, IdentityError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(IdentityError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
