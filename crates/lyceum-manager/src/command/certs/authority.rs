//! The authority: signs the certificates of nodes.

use jiff::civil::Date;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use super::Period;
use super::error::CertsError;
use super::names::Names;

/// Who signs certificates.
pub(super) struct Authority(Issuer<'static, KeyPair>);

impl Authority {
    /// Makes an authority; returns it with its certificate and key as PEM.
    pub(super) fn make(period: Period) -> Result<(Self, String, String), CertsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        good_for(&mut params, period);
        // Two authorities are told apart by a part of their keys.
        let mark = key.public_key_raw().iter().skip(1).take(4);
        let mark: String = mark.map(|byte| format!("{byte:02x}")).collect();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, format!("Lyceum authority {mark}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.pem();
        let pem = key.serialize_pem();
        Ok((Self(Issuer::new(params, key)), certificate, pem))
    }

    /// Makes an authority of what was written when it was made.
    pub(super) fn load(certificate: &str, key: &str) -> Result<Self, CertsError> {
        let key = KeyPair::from_pem(key)?;
        Ok(Self(Issuer::from_ca_cert_pem(certificate, key)?))
    }

    /// Makes a node's certificate and key, as PEM.
    pub(super) fn sign(
        &self,
        names: &Names,
        period: Period,
    ) -> Result<(String, String), CertsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names.all())?;
        good_for(&mut params, period);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, names.file());
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // A node dials and is dialed.
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

fn good_for(params: &mut CertificateParams, period: Period) {
    let midnight = |date: Date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        date_time_ymd(date.year().into(), month, day)
    };
    (params.not_before, params.not_after) = (midnight(period.from), midnight(period.until));
}
