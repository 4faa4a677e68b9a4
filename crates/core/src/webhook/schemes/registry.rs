//! The schemes by name.

use super::{
    aws_sns, bird, elevenlabs, github, messagebird_jwt, messagebird_legacy, phone_agent, plivo_v2,
    plivo_v3, retell, sinch_application, sinch_numbers, sinch_webhook, slack, standard, stripe,
    telnyx, twilio, vonage_jwt, vonage_sms,
};
use crate::webhook::error::UnknownScheme;
use crate::webhook::scheme::Scheme;

/// Every scheme.
pub static SCHEMES: [&dyn Scheme; 20] = [
    &phone_agent::PhoneAgent,
    &standard::Standard,
    &twilio::Twilio,
    &telnyx::Telnyx,
    &vonage_jwt::VonageJwt,
    &stripe::Stripe,
    &github::GitHub,
    &slack::Slack,
    &vonage_sms::VonageSms,
    &plivo_v2::PlivoV2,
    &plivo_v3::PlivoV3,
    &sinch_application::SinchApplication,
    &sinch_webhook::SinchWebhook,
    &sinch_numbers::SinchNumbers,
    &bird::Bird,
    &messagebird_jwt::MessageBirdJwt,
    &messagebird_legacy::MessageBirdLegacy,
    &elevenlabs::ElevenLabs,
    &retell::Retell,
    &aws_sns::AwsSns,
];

/// The scheme with this name.
///
/// # Errors
/// [`UnknownScheme`] when there is none.
pub fn find(name: &str) -> Result<&'static dyn Scheme, UnknownScheme> {
    let named = |scheme: &&&dyn Scheme| scheme.name() == name;
    SCHEMES.iter().find(named).copied().ok_or(UnknownScheme)
}
