//! What two nodes can have against each other's certificates, in words.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

/// Says what is wrong with the certificates, if that is what an error is about.
pub(crate) fn explain(error: &(dyn Error + 'static)) -> Option<String> {
    let cause = error.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>()?;
    let what = match cause {
        rustls::Error::AlertReceived(alert) => of_alert(*alert)?,
        rustls::Error::InvalidCertificate(error) => of_certificate(error)?,
        _ => return None,
    };
    Some(format!("{what} ({cause})"))
}

fn of_alert(alert: AlertDescription) -> Option<&'static str> {
    Some(match alert {
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            "the other node refused this one's certificate: expected one of its own authority"
        }
        AlertDescription::CertificateExpired => {
            "the other node refused this one's certificate: it has expired, or one clock is wrong"
        }
        AlertDescription::CertificateRequired => {
            "the other node refused this one: expected a certificate"
        }
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked => "the other node refused this one's certificate",
        _ => return None,
    })
}

fn of_certificate(error: &CertificateError) -> Option<&'static str> {
    Some(match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "this node does not believe the other one's certificate: expected one of its own \
             authority"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "this node does not believe the other one's certificate: it is for other host names"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "this node does not believe the other one's certificate: it has expired, or one clock \
             is wrong"
        }
        _ => return None,
    })
}
