//! Tokens: JSON Web Tokens that the server signs and later recognises as its own.
//!
//! Source: RFC 7515, RFC 7519. **Simplified:** the signature is an HMAC with SHA-256 (`HS256`) under a key that comes from the
//! seed, so that the same run issues the same tokens; a real server signs with an RSA or elliptic-curve key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// A key to sign with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::apiserver) struct Key(Vec<u8>);

impl Key {
    pub(in crate::apiserver) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The claims, signed.
    pub(in crate::apiserver) fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(self.mac(text.as_bytes())))
    }

    /// The claims of a token that this key has signed.
    pub(in crate::apiserver) fn verify(&self, token: &str) -> Option<Value> {
        let (text, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if signature != self.mac(text.as_bytes()) {
            return None;
        }
        let claims = URL_SAFE_NO_PAD.decode(text.split_once('.')?.1).ok()?;
        serde_json::from_slice(&claims).ok()
    }

    /// RFC 2104.
    fn mac(&self, text: &[u8]) -> Vec<u8> {
        let mut key = if self.0.len() > BLOCK { Sha256::digest(&self.0).to_vec() } else { self.0.clone() };
        key.resize(BLOCK, 0);
        let padded = |byte: u8| key.iter().map(|one| one ^ byte).collect::<Vec<u8>>();
        let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
        Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_rfc() {
        // RFC 4231, test case 2.
        let hex: String =
            Key::new(b"Jefe").mac(b"what do ya want for nothing?").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn only_what_was_signed_is_recognised() {
        let key = Key::new(b"key");
        let token = key.sign(&json!({"sub": "a"}));
        assert_eq!(key.verify(&token), Some(json!({"sub": "a"})));
        assert_eq!(Key::new(b"other").verify(&token), None);
        assert_eq!(key.verify(&token.replace('.', "x.")), None);
    }
}
