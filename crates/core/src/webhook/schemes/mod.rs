//! The schemes, one file each: what the provider signs, and where it puts what.

pub mod aws_sns;
pub mod bird;
pub mod elevenlabs;
pub mod github;
pub mod messagebird_jwt;
pub mod messagebird_legacy;
pub mod phone_agent;
pub mod plivo_v2;
pub mod plivo_v3;
pub mod registry;
pub mod retell;
pub mod sinch_application;
pub mod sinch_numbers;
pub mod sinch_webhook;
pub mod slack;
pub mod standard;
pub mod stripe;
pub mod telnyx;
pub mod twilio;
pub mod vonage_jwt;
pub mod vonage_sms;

mod items;
mod payload_hash;
mod plivo;
